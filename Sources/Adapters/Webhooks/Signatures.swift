import Crypto
import Foundation
import Jobs
import Routing
import Serving
import Wire

/// Whether a call to a webhook is the vendor's. Pure: the secrets, the keys and the time are arguments.
///
/// Signatures are compared in constant time, over the raw bytes, against every secret or key at hand; timestamps may
/// differ from ours by the replay window in either direction.
struct WebhookSeal: Sendable {
  let shape: WebhookShape
  let now: Instant

  // MARK: HMAC

  /// - Parameter secrets: as the vendor gives them out.
  func verify(_ call: WebhookCall, secrets: [String]) throws(WebhookRefusal) {
    switch shape.scheme {
    case .standardWebhooks: try standard(call, secrets)
    case .hmacHex: try hexadecimal(call, secrets)
    case .tV1: try stamped(call, secrets)
    case .none, .hintOnly, .ed25519JWKS: throw .notExpected
    }
  }

  /// Standard Webhooks: base64(HMAC-SHA256(key, "{id}.{timestamp}.{body}")), several signatures `v1,…` side by side.
  /// The key is base64 behind `whsec_`, or else the secret's own bytes.
  private func standard(_ call: WebhookCall, _ secrets: [String]) throws(WebhookRefusal) {
    let id = try header(call, "webhook-id")
    let timestamp = try header(call, "webhook-timestamp")
    let field = try header(call, "webhook-signature")
    try checkAge(timestamp, "webhook-timestamp")
    let given = field.split(separator: " ").compactMap { part -> Data? in
      part.hasPrefix("v1,") ? Data(base64Encoded: String(part.dropFirst(3))) : nil
    }
    let message = Data("\(id).\(timestamp).".utf8) + call.body
    try check(given, message, secrets.map(WebhookSeal.standardKey))
  }

  static func standardKey(_ secret: String) -> Data {
    let text = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
    return Data(base64Encoded: text) ?? Data(text.utf8)
  }

  /// prefix + hex(HMAC-SHA256(secret, body)). Without a timestamp there is no replay window; a job hears of its end once.
  private func hexadecimal(_ call: WebhookCall, _ secrets: [String]) throws(WebhookRefusal) {
    let field = try header(call, shape.header)
    guard field.hasPrefix(shape.prefix),
      let given = WebhookSeal.bytes(hex: field.dropFirst(shape.prefix.count))
    else {
      throw .missingHeader(shape.header)
    }
    try check([given], Data(call.body), secrets.map { Data($0.utf8) })
  }

  /// `t=…,v1=…[,v1=…]`: hex(HMAC-SHA256(secret, timestamp + separator + body)).
  private func stamped(_ call: WebhookCall, _ secrets: [String]) throws(WebhookRefusal) {
    let parts = try header(call, shape.header).split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard let timestamp = parts.first(where: { $0.hasPrefix("t=") })?.dropFirst(2) else {
      throw .missingHeader(shape.header)
    }
    try checkAge(String(timestamp), shape.header)
    let given = parts.filter { $0.hasPrefix("v1=") }.compactMap { WebhookSeal.bytes(hex: $0.dropFirst(3)) }
    let message = Data((timestamp + shape.separator).utf8) + call.body
    try check(given, message, secrets.map { Data($0.utf8) })
  }

  private func check(_ given: [Data], _ message: Data, _ keys: [Data]) throws(WebhookRefusal) {
    var isGood = false
    for key in keys where !key.isEmpty {
      for signature in given {
        // Compares in constant time; all are tried, so that time does not tell which one fits.
        let fits = HMAC<SHA256>.isValidAuthenticationCode(
          signature, authenticating: message, using: SymmetricKey(data: key))
        isGood = isGood || fits
      }
    }
    guard isGood else { throw .wrongSignature }
  }

  // MARK: Ed25519

  /// hex(Ed25519(id, user, timestamp, hex(sha256(body)), one a line)), good when any key fits.
  ///
  /// - Parameter keys: public keys, 32 bytes each.
  func verify(_ call: WebhookCall, keys: [[UInt8]]) throws(WebhookRefusal) {
    let id = try header(call, shape.header + "Request-Id")
    let user = try header(call, shape.header + "User-Id")
    let timestamp = try header(call, shape.header + "Timestamp")
    let field = try header(call, shape.header + "Signature")
    try checkAge(timestamp, shape.header + "Timestamp")
    guard let signature = WebhookSeal.bytes(hex: field[...]) else {
      throw .missingHeader(shape.header + "Signature")
    }
    let digest = WebhookSeal.hex(SHA256.hash(data: call.body))
    let message = Data("\(id)\n\(user)\n\(timestamp)\n\(digest)".utf8)
    let fits = keys.contains { key in
      (try? Curve25519.Signing.PublicKey(rawRepresentation: key))?.isValidSignature(signature, for: message)
        ?? false
    }
    guard fits else { throw .wrongSignature }
  }

  /// The Ed25519 keys of a JSON Web Key Set (RFC 7517, RFC 8037); empty when it is none.
  static func keys(ofSet json: JSONValue) -> [[UInt8]] {
    (json["keys"]?.arrayValue ?? []).compactMap { key in
      guard key["kty"]?.stringValue == "OKP", key["crv"]?.stringValue == "Ed25519",
        let x = key["x"]?.stringValue
      else {
        return nil
      }
      var text = x.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
      while text.utf8.count % 4 != 0 { text += "=" }
      return Data(base64Encoded: text).flatMap { $0.count == 32 ? Array($0) : nil }
    }
  }

  // MARK: Parts

  private func header(_ call: WebhookCall, _ name: String) throws(WebhookRefusal) -> String {
    guard let value = call[name], !value.isEmpty else { throw .missingHeader(name) }
    return value
  }

  private func checkAge(_ timestamp: String, _ name: String) throws(WebhookRefusal) {
    guard let seconds = Int64(timestamp), (0..<100_000_000_000).contains(seconds) else {
      throw .missingHeader(name)
    }
    let age = now - Instant(microseconds: seconds * 1_000_000)
    guard age.microseconds.magnitude <= shape.window.microseconds.magnitude else { throw .stale }
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func bytes(hex text: Substring) -> Data? {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard !digits.isEmpty, digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
    return Data(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
