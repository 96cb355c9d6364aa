import Crypto
import Foundation
import HTTPTypes

/// One message that a vendor owes to a caller.
struct WebhookEvent: Sendable {
  /// Of the message, the same for every time it is sent.
  let id: String
  /// For the journal: `completed`.
  let name: String
  /// Time since the street opened at which it is due.
  let due: Duration
  /// The body as of the time of sending; nil when there is nothing to say any more.
  let body: @Sendable (VendorJob, Duration) -> [UInt8]?
  /// The headers that vouch for it: of the id, the time in whole seconds since 1970, and the bytes.
  let sign: @Sendable (String, Int, [UInt8]) -> HTTPFields

  init(
    id: String, name: String, due: Duration,
    sign: @escaping @Sendable (String, Int, [UInt8]) -> HTTPFields,
    body: @escaping @Sendable (VendorJob, Duration) -> [UInt8]?
  ) {
    self.id = id
    self.name = name
    self.due = due
    self.sign = sign
    self.body = body
  }
}

/// The ways in which vendors sign.
enum WebhookSignature {
  /// Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`.
  ///
  /// - Parameter secret: the key's bytes, those behind `whsec_` decoded.
  static func standard(secret: [UInt8]) -> @Sendable (String, Int, [UInt8]) -> HTTPFields {
    { id, timestamp, body in
      let message = Array("\(id).\(timestamp).".utf8) + body
      let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret))
      return HTTPFields([
        field("webhook-id", id), field("webhook-timestamp", String(timestamp)),
        field("webhook-signature", "v1," + Data(code).base64EncodedString()),
      ])
    }
  }

  /// A header of the vendor's own with a hexadecimal HMAC-SHA256 of `message(timestamp, body)`.
  static func hexadecimal(
    _ header: String, secret: [UInt8], message: @escaping @Sendable (Int, [UInt8]) -> [UInt8],
    value: @escaping @Sendable (Int, String) -> String
  ) -> @Sendable (String, Int, [UInt8]) -> HTTPFields {
    { _, timestamp, body in
      let code = HMAC<SHA256>.authenticationCode(
        for: message(timestamp, body), using: SymmetricKey(data: secret))
      return HTTPFields([field(header, value(timestamp, hexadecimal(code)))])
    }
  }

  /// Nothing vouches for it.
  static let none: @Sendable (String, Int, [UInt8]) -> HTTPFields = { _, _, _ in [:] }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func field(_ name: String, _ value: String) -> HTTPField {
    HTTPField(name: .known(name), value: value)
  }

  /// 24 bytes that belong to a name under a seed.
  static func secret(_ name: String, seed: UInt64) -> [UInt8] {
    Array(Data(SHA256.hash(data: Array("pointsman street \(seed) \(name)".utf8))).prefix(24))
  }
}
