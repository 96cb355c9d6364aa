import Foundation
import Transport

/// A place in an S3-compatible store: a bucket, what stands before the names in it, and how it is reached.
public struct S3Bucket: Hashable, Sendable {
  public let name: String
  /// Empty, or with a slash at its end.
  public let prefix: String
  /// `us-east-1`
  public let region: String
  /// The address of the bucket, without a slash at its end.
  let base: String
  let host: String
  let port: Int
  let scheme: OutboundPolicy.Scheme

  /// Reads `s3://bucket/prefix`.
  ///
  /// - Parameters:
  ///   - endpoint: of a store that is not AWS's, such as `http://127.0.0.1:9000`; there the bucket is the first part of
  ///     the path. Nil for AWS, where it is a part of the host's name.
  /// - Throws: what is wrong, and what is wanted.
  public init(_ address: String, endpoint: String? = nil, region: String = "us-east-1") throws(S3BucketFault)
  {
    guard address.hasPrefix("s3://") else {
      throw S3BucketFault("must be s3://bucket/prefix, got \(address)")
    }
    let path = address.dropFirst(5).split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    guard let name = path.first, S3Bucket.isName(name) else {
      throw S3BucketFault(
        "must name a bucket of 3 to 63 lower-case letters, digits, dots and hyphens, got \(address)")
    }
    let steps = path.dropFirst()
    guard steps.allSatisfy({ $0 != "." && $0 != ".." && !$0.unicodeScalars.contains { $0.value < 0x20 } })
    else { throw S3BucketFault("must have a prefix without '.' and '..', got \(address)") }
    guard !region.isEmpty, region.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    else { throw S3BucketFault("needs a region such as us-east-1, got '\(region)'") }
    self.name = name
    self.region = region
    prefix = steps.map { $0 + "/" }.joined()
    // A certificate for *.s3.region.amazonaws.com does not hold for a bucket with a dot in its name.
    let usual =
      name.contains(".")
      ? "https://s3.\(region).amazonaws.com/\(name)" : "https://\(name).s3.\(region).amazonaws.com"
    var whole = usual
    if let endpoint {
      var endpoint = endpoint
      while endpoint.hasSuffix("/") { endpoint.removeLast() }
      whole = "\(endpoint)/\(name)"
    }
    guard let parts = URLComponents(string: whole), let word = parts.scheme,
      let scheme = OutboundPolicy.Scheme(rawValue: word), let host = parts.host, !host.isEmpty,
      parts.user == nil, parts.query == nil, parts.fragment == nil
    else {
      throw S3BucketFault("needs an endpoint such as https://s3.example.com, got \(endpoint ?? usual)")
    }
    base = whole
    self.host = host
    self.scheme = scheme
    port = parts.port ?? (scheme == .https ? 443 : 80)
  }

  /// The address of what is kept under a name, or of the bucket itself for nil.
  func address(of name: String?) -> String {
    guard let name else { return base }
    return base + "/" + Template.encoded(prefix + name, keepingSlashes: true)
  }

  /// Only there, wherever it is: an operator has named it.
  var policy: OutboundPolicy {
    OutboundPolicy(
      hosts: [host], schemes: [scheme], ports: [port],
      allowedRanges: ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) })
  }

  private static func isName(_ text: String) -> Bool {
    (3...63).contains(text.utf8.count) && !text.contains("..")
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
      } && text.first?.isPunctuation == false && text.last?.isPunctuation == false
  }
}

/// What is wrong with the address of a bucket: the rest of a sentence that begins with the setting's name.
public struct S3BucketFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
