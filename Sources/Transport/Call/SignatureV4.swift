import Crypto
import Glibc

/// AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request").
///
/// Made here and not by libcurl's `CURLOPT_AWS_SIGV4`: up to 7.88 that one signs the path and the query as
/// they are, and AWS expects the path encoded once more and the query sorted, so a Bedrock model id with a
/// colon would be refused.
public struct SignatureV4: Sendable, Equatable {
  public var accessKey: String
  public var secretKey: String
  /// Of temporary credentials; sent as `X-Amz-Security-Token` and signed.
  public var sessionToken: String?
  /// `us-east-1`
  public var region: String
  /// `bedrock`, `s3`
  public var service: String

  public init(
    accessKey: String, secretKey: String, sessionToken: String? = nil, region: String, service: String
  ) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.region = region
    self.service = service
  }

  /// The headers with the date, the signature and what else the signature needs.
  ///
  /// - Parameter date: `20150830T123600Z`
  func signed(
    _ method: String, _ address: WebAddress, _ headers: HeaderFields, body: [UInt8], date: String
  ) -> HeaderFields {
    var headers = headers
    headers.set("X-Amz-Date", date)
    if let sessionToken { headers.set("X-Amz-Security-Token", sessionToken) }
    let digest = SignatureV4.hex(SHA256.hash(data: body))
    if service == "s3" { headers.set("X-Amz-Content-Sha256", digest) }

    var lines: [(name: String, value: String)] = [("host", address.authority)]
    for field in headers.fields {
      let name = field.name.lowercased()
      if SignatureV4.unsigned.contains(name) { continue }
      let value = field.value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
      if let index = lines.firstIndex(where: { $0.name == name }) {
        lines[index].value += "," + value
      } else {
        lines.append((name, value))
      }
    }
    lines.sort { $0.name < $1.name }
    let names = lines.map(\.name).joined(separator: ";")
    let canonical = [
      method, path(address.path), SignatureV4.query(address.query ?? ""),
      lines.map { "\($0.name):\($0.value)\n" }.joined(), names, digest,
    ].joined(separator: "\n")

    let day = String(date.prefix(8))
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let text = ["AWS4-HMAC-SHA256", date, scope, SignatureV4.hex(SHA256.hash(data: Array(canonical.utf8)))]
      .joined(separator: "\n")
    let key = [day, region, service, "aws4_request"].reduce(Array("AWS4\(secretKey)".utf8)) {
      SignatureV4.code($1, key: $0)
    }
    let signature = SignatureV4.hex(SignatureV4.code(text, key: key))
    headers.set(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)")
    return headers
  }

  /// Headers that something on the way may change, or that the signature replaces.
  private static let unsigned = ["authorization", "user-agent", "accept-encoding", "x-amzn-trace-id"]

  /// S3 takes the path as it is sent; all others encode each segment of it once more.
  func path(_ path: String) -> String {
    service == "s3" ? path : SignatureV4.encoded(path, keeping: "/~")
  }

  /// Pairs, encoded the one way and sorted by their encoded bytes.
  static func query(_ query: String) -> String {
    let pairs = query.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (encoded(decoded(parts[0])), encoded(decoded(parts.count > 1 ? parts[1] : "")))
    }
    return pairs.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private static func decoded(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        result.append(byte)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  static func encoded(_ text: String, keeping kept: String = "~") -> String {
    text.utf8.map { byte in
      let isKept =
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x7B
        || "-._".utf8.contains(byte) || kept.utf8.contains(byte)
      return isKept ? String(UnicodeScalar(byte)) : "%" + hex([byte]).uppercased()
    }.joined()
  }

  static func code(_ text: String, key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  /// The time now in the form of `X-Amz-Date`.
  static func dateNow() -> String { date(of: time(nil)) }

  /// - Parameter seconds: since 1970-01-01T00:00:00Z.
  public static func date(of seconds: Int) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }
}
