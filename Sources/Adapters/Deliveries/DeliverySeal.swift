import Crypto
import Foundation
import Jobs
import Routing
import Serving
import Transport

/// The headers by which a receiver knows that a delivery is ours, in two ways.
///
/// Standard Webhooks (standardwebhooks.com, specification 1.0): `webhook-signature` is `v1,` and
/// base64(HMAC-SHA256(key, "{id}.{timestamp}.{body}")), one for every secret, the newest first; the key is the bytes that
/// the secret spells out in base64 behind `whsec_`.
///
/// `X-Signature-256` is `sha256=` and hex(HMAC-SHA256(secret, body)), with the secret's own text for a key. It has room
/// for one, and that is the oldest that still signs: whoever checks it need not know a new secret before the old one ends.
enum DeliverySeal {
  /// - Parameter secrets: the newest first; not empty.
  static func headers(
    id: Identifier, body: [UInt8], secrets: [SigningSecret], at now: Instant
  ) -> [HeaderFields.Field] {
    let timestamp = String(now.microseconds / 1_000_000)
    let message = Data("\(id).\(timestamp).".utf8) + body
    let signatures = secrets.map { secret in
      let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret.key))
      return "v1,\(Data(code).base64EncodedString())"
    }
    var fields: [HeaderFields.Field] = [
      .init("webhook-id", id.description), .init("webhook-timestamp", timestamp),
      .init("webhook-signature", signatures.joined(separator: " ")),
      .init("X-Webhook-ID", id.description), .init("X-Webhook-Timestamp", timestamp),
    ]
    if let oldest = secrets.last {
      let code = HMAC<SHA256>.authenticationCode(
        for: Data(body), using: SymmetricKey(data: Data(oldest.text.utf8)))
      fields.append(.init("X-Signature-256", "sha256=\(WebhookSeal.hex(code))"))
    }
    return fields
  }
}
