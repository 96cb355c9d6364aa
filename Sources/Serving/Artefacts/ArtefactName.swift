import Foundation

/// The name of a kept file: the SHA-256 of its bytes and the extension of its media type, `9f86….png`. A name that
/// somebody sends is read by this and nothing else, so none leads out of the store.
public struct ArtefactName: Hashable, Sendable, CustomStringConvertible {
  /// 64 hexadecimal digits in lower case.
  public let digest: String
  public let type: MediaType

  /// - Parameter digest: of SHA-256, 32 bytes.
  public init(digest: some Sequence<UInt8>, type: MediaType) {
    let digits = Array("0123456789abcdef".utf8)
    self.digest = String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    self.type = type
  }

  /// Nil for anything that is not the name of an artefact.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 64,
      parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
      let type = MediaType(fileExtension: String(parts[1]))
    else { return nil }
    digest = String(parts[0])
    self.type = type
  }

  /// The name within an address that ``address(base:)`` made; nil for any other address.
  public init?(address: String) {
    guard let path = address.range(of: "/v1/artefacts/", options: .backwards) else { return nil }
    self.init(String(address[path.upperBound...].prefix { $0 != "?" }))
  }

  public var description: String { "\(digest).\(type.fileExtension)" }

  /// The path under which the API gives it out, after a public base where there is one.
  ///
  /// - Parameter base: `https://…`, with or without a slash at its end.
  public func address(base: String?) -> String {
    var base = base ?? ""
    while base.hasSuffix("/") { base.removeLast() }
    return "\(base)/v1/artefacts/\(description)"
  }
}
