import Crypto
import Foundation
import HTTPTypes

/// Signature Version 4 of AWS, checked as AWS does: the caller's secret access key must be ``secret``.
///
///     key       = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")
///     text      = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + hex(SHA256(canonical call))
///     signature = hex(HMAC(key, text))
///
/// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct AmazonSignature {
  /// The secret access key of every account on the street.
  static let secret = "street-secret"

  let call: Call
  let service: String

  init(_ call: Call, service: String) {
    self.call = call
    self.service = service
  }

  func verify() throws {
    let fields = fields()
    let credential = (fields["Credential"] ?? "").split(separator: "/").map(String.init)
    guard credential.count == 5, credential[3] == service, credential[4] == "aws4_request",
      let signature = fields["Signature"], let names = fields["SignedHeaders"]?.split(separator: ";")
    else {
      throw Refusal(.unauthorized, "Authorization header requires a Credential scoped to '\(service)'.")
    }
    guard let time = call.header("x-amz-date"), names.contains("host"), names.contains("x-amz-date") else {
      throw Refusal(.unauthorized, "Authorization header requires 'host' and 'x-amz-date' to be signed.")
    }
    try checkAge(of: time)
    let scope = credential.dropFirst().joined(separator: "/")
    let canonical = canonicalCall(signing: names.map(String.init), names: fields["SignedHeaders"] ?? "")
    let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hexadecimal(canonical))"
    var key = SymmetricKey(data: Data("AWS4\(Self.secret)".utf8))
    for part in credential.dropFirst() {
      key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key))
    }
    let wanted = WebhookSignature.hexadecimal(
      HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
    guard wanted == signature else {
      throw Refusal(
        .unauthorized, "The request signature we calculated does not match the signature you provided.")
    }
  }

  /// `Credential=…, SignedHeaders=…, Signature=…`
  private func fields() -> [String: String] {
    var fields: [String: String] = [:]
    for field in (call.token("AWS4-HMAC-SHA256") ?? "").split(separator: ",") {
      let sides = field.drop { $0 == " " }.split(separator: "=", maxSplits: 1).map(String.init)
      if sides.count == 2 { fields[sides[0]] = sides[1] }
    }
    return fields
  }

  /// Five minutes either way.
  private func checkAge(of time: String) throws {
    let digits = time.filter(\.isNumber)
    let style = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted)
    guard digits.count == 14, let date = try? style.parse(time),
      abs(date.timeIntervalSince1970 - call.desk.clock.unix(call.now)) <= 300
    else { throw Refusal(.unauthorized, "Signature expired or not yet current: \(time)") }
  }

  private func canonicalCall(signing headers: [String], names: String) -> String {
    let parts = call.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    // Every service but S3 encodes the path as it is on the wire once more.
    let path =
      service == "s3"
      ? String(parts[0])
      : parts[0].split(separator: "/", omittingEmptySubsequences: false)
        .map { Self.encoded(String($0)) }.joined(separator: "/")
    let query = (parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : []).sorted()
    let lines = headers.map { name -> String in
      let value = (name == "host" ? call.host : call.header(name)) ?? ""
      return "\(name):\(value.split(separator: " ").joined(separator: " "))\n"
    }.joined()
    return [
      call.method.rawValue, path, query.joined(separator: "&"), lines, names,
      WebhookSignature.hexadecimal(SHA256.hash(data: call.body)),
    ].joined(separator: "\n")
  }

  private func hexadecimal(_ text: String) -> String {
    WebhookSignature.hexadecimal(SHA256.hash(data: Data(text.utf8)))
  }

  private static func encoded(_ text: String) -> String {
    let safe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    return text.utf8.map { byte in
      safe.contains(byte)
        ? String(UnicodeScalar(byte))
        : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
