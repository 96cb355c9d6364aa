import Crypto
import Foundation
import Wire

/// Vendors' webhooks as they would send them, truly signed: Replicate by Standard Webhooks (HMAC-SHA256), fal by Ed25519.
struct WebhookSigner: Sendable {
  enum Vendor: String, CaseIterable, Sendable {
    case replicate, fal

    var scheme: String { self == .replicate ? "Standard Webhooks, HMAC-SHA256" : "Ed25519" }
    var candidate: String { self == .replicate ? "replicate/flux-schnell" : "fal/flux-dev" }
  }

  /// 32 bytes of no meaning: only this machine hears of them.
  private static let seed = Data((0..<32).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) })

  let secret = "whsec_" + WebhookSigner.seed.base64EncodedString()
  private let key: Curve25519.Signing.PrivateKey

  init() throws { key = try Curve25519.Signing.PrivateKey(rawRepresentation: WebhookSigner.seed) }

  /// The public key as fal publishes it (RFC 7517).
  var keySet: [UInt8] {
    let x = key.publicKey.rawRepresentation.base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
    let set: JSONValue = ["keys": [["kty": "OKP", "crv": "Ed25519", "x": .string(x)]]]
    return set.serialized()
  }

  /// A request that says that a job has succeeded, signed now.
  ///
  /// - Parameters:
  ///   - work: the vendor's own name for it.
  ///   - token: of our address.
  ///   - file: where the result lies.
  ///   - isWrong: signed, and another body sent.
  func request(_ vendor: Vendor, work: String, token: String, file: String, isWrong: Bool = false) throws
    -> [UInt8]
  {
    let body = WebhookSigner.body(vendor, work, file)
    let time = String(Int(Date().timeIntervalSince1970))
    let headers =
      switch vendor {
      case .replicate: standard(body, work, time)
      case .fal: try ed25519(body, work, time)
      }
    return LoopbackConnection.request(
      "POST", "/webhooks/\(vendor.rawValue)?token=\(token)", isWrong ? body + " " : body, headers: headers)
  }

  private func standard(_ body: String, _ work: String, _ time: String) -> [(String, String)] {
    let code = HMAC<SHA256>.authenticationCode(
      for: Data("msg_\(work).\(time).\(body)".utf8), using: SymmetricKey(data: WebhookSigner.seed))
    return [
      ("webhook-id", "msg_\(work)"), ("webhook-timestamp", time),
      ("webhook-signature", "v1,\(Data(code).base64EncodedString())"),
    ]
  }

  private func ed25519(_ body: String, _ work: String, _ time: String) throws -> [(String, String)] {
    func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
    let message = "\(work)\nuser\n\(time)\n\(hex(SHA256.hash(data: Data(body.utf8))))"
    return [
      ("x-fal-webhook-request-id", work), ("x-fal-webhook-user-id", "user"),
      ("x-fal-webhook-timestamp", time),
      ("x-fal-webhook-signature", hex(try key.signature(for: Data(message.utf8)))),
    ]
  }

  /// About as long as the vendors' are.
  private static func body(_ vendor: Vendor, _ work: String, _ file: String) -> String {
    let log = String(repeating: "step 7 of 28, 3.1 it/s\\n", count: 20)
    return switch vendor {
    case .replicate:
      """
      {"id":"\(work)","model":"black-forest-labs/flux-schnell","version":"hidden","input":{"prompt":"a lighthouse"},\
      "logs":"\(log)","output":["\(file)"],"error":null,"status":"succeeded","metrics":{"predict_time":1.9},\
      "created_at":"2026-11-21T10:00:00Z","urls":{"get":"https://api.replicate.com/v1/predictions/\(work)"}}
      """
    case .fal:
      """
      {"request_id":"\(work)","gateway_request_id":"\(work)","status":"OK","payload":{"images":[{"url":"\(file)",\
      "width":1024,"height":1024,"content_type":"image/png"}],"timings":{"inference":1.9},"seed":7,"prompt":"\(log)"}}
      """
    }
  }
}
