import Crypto
import Foundation
import Jobs
import Routing
import Serving
import Synchronization
import Testing
import Wire

@testable import Adapters

/// Signatures over raw bytes, and what a webhook says.
@Suite("Webhooks")
struct WebhookTests {
  func refusal(_ work: () throws(WebhookRefusal) -> Void) -> WebhookRefusal? {
    do throws(WebhookRefusal) {
      try work()
      return nil
    } catch {
      return error
    }
  }

  // MARK: Standard Webhooks

  static let standard = WebhookShape(scheme: .standardWebhooks, secrets: ["S"], id: [JSONPath(steps: ["id"])])

  /// The example of standardwebhooks.com; the signature from Python:
  /// base64(hmac.new(b64decode("MfKQ…LaSw"), b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}', sha256))
  static let message = WebhookCall(
    headers: [
      .init("Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), .init("webhook-timestamp", "1614265330"),
      .init("webhook-signature", "v2,AAAA v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ], body: Array(#"{"test": 2432232314}"#.utf8))
  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let sent = Instant(microseconds: 1_614_265_330_000_000)

  @Test("a standard webhook is good under any of several secrets, and for five minutes")
  func standardWebhook() {
    func verdict(_ call: WebhookCall, _ secrets: [String], at now: Instant) -> WebhookRefusal? {
      refusal { () throws(WebhookRefusal) in
        try WebhookSeal(shape: Self.standard, now: now).verify(call, secrets: secrets)
      }
    }
    #expect(verdict(Self.message, [Self.secret], at: Self.sent) == nil)
    #expect(verdict(Self.message, ["whsec_AAAA", Self.secret], at: Self.sent + .minutes(5)) == nil)
    #expect(verdict(Self.message, [Self.secret], at: Self.sent - .minutes(5)) == nil)
    #expect(verdict(Self.message, [Self.secret], at: Self.sent + .seconds(301)) == .stale)
    #expect(verdict(Self.message, [Self.secret], at: Self.sent - .seconds(301)) == .stale)
    #expect(verdict(Self.message, ["whsec_AAAA"], at: Self.sent) == .wrongSignature)
    #expect(verdict(Self.message, [], at: Self.sent) == .wrongSignature)
    var tampered = Self.message
    tampered.body[3] ^= 1
    #expect(verdict(tampered, [Self.secret], at: Self.sent) == .wrongSignature)
    for (place, name) in ["webhook-id", "webhook-timestamp", "webhook-signature"].enumerated() {
      var call = Self.message
      call.headers.remove(at: place)
      #expect(verdict(call, [Self.secret], at: Self.sent) == .missingHeader(name))
    }
    var absurd = Self.message
    absurd.headers[1].value = "99999999999999999999"
    #expect(verdict(absurd, [Self.secret], at: Self.sent) == .missingHeader("webhook-timestamp"))
  }

  @Test("hexadecimal and stamped signatures, with their prefix and separator")
  func hexadecimal() {
    // Python: hmac.new(b"hush", b'{"id":"j1"}', "sha256").hexdigest()
    let body = Array(#"{"id":"j1"}"#.utf8)
    let hex = WebhookShape(scheme: .hmacHex, header: "X-BFL-Signature", prefix: "sha256=")
    let good = WebhookCall(
      headers: [
        .init("x-bfl-signature", "sha256=30175f7c04bb09c72f90d6572f65a59a8314ac79b4a2419364e92c8524514099")
      ], body: body)
    #expect(
      refusal { () throws(WebhookRefusal) in
        try WebhookSeal(shape: hex, now: Samples.now).verify(good, secrets: ["hush"])
      } == nil)
    for wrong in ["30175f7c04bb", "sha256=xyz", "sha256=", "sha256=30"] {
      let call = WebhookCall(headers: [.init("X-BFL-Signature", wrong)], body: body)
      #expect(
        refusal { () throws(WebhookRefusal) in
          try WebhookSeal(shape: hex, now: Samples.now).verify(call, secrets: ["hush"])
        } != nil)
    }
    // Python: hmac.new(b"hush", b'1795168800,{"id":"j1"}', "sha256").hexdigest()
    let stamped = WebhookShape(scheme: .tV1, header: "X-OpenRouter-Signature", separator: ",")
    let call = WebhookCall(
      headers: [
        .init(
          "X-OpenRouter-Signature",
          "t=1795168800,v1=00,v1=09367deb6d0f5670de51d905343442a2954ad3069767e03b965f1491ed101d88")
      ], body: body)
    func verdict(_ now: Instant) -> WebhookRefusal? {
      refusal { () throws(WebhookRefusal) in
        try WebhookSeal(shape: stamped, now: now).verify(call, secrets: ["other", "hush"])
      }
    }
    #expect(verdict(Samples.now) == nil)
    #expect(verdict(Samples.now + .minutes(6)) == .stale)
  }

  // MARK: Ed25519

  /// The key of RFC 8032, section 7.1, test 1; the signature from Python's cryptography:
  /// Ed25519PrivateKey.from_private_bytes(seed).sign("r1\nu1\n1795168800\n" + sha256(body).hexdigest())
  static let falBody =
    #"{"request_id":"r1","status":"OK","payload":{"images":[{"url":"https://v3.fal.media/a.png"}]}}"#
  static let falCall = WebhookCall(
    headers: [
      .init("X-Fal-Webhook-Request-Id", "r1"), .init("X-Fal-Webhook-User-Id", "u1"),
      .init("X-Fal-Webhook-Timestamp", "1795168800"),
      .init(
        "X-Fal-Webhook-Signature",
        "49c3d890fa3cf73476b1f714273b71c12eaf2baad8202df5158b1744b7ee64b913bcee9713ae955e4220e63e41baa15b431334b85605436f1f2ba1b1b002e109"
      ),
    ], body: Array(falBody.utf8))
  static let keySet: JSONValue = [
    "keys": [
      ["kty": "RSA", "n": "AQAB"],
      ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
    ]
  ]

  @Test("fal's signature holds over the raw bytes, under any key of its set")
  func ed25519() throws {
    let keys = WebhookSeal.keys(ofSet: Self.keySet)
    #expect(keys.count == 1)
    let shape = try Samples.declaration("fal").webhook
    func verdict(_ call: WebhookCall, _ keys: [[UInt8]], at now: Instant = Samples.now) -> WebhookRefusal? {
      refusal { () throws(WebhookRefusal) in try WebhookSeal(shape: shape, now: now).verify(call, keys: keys)
      }
    }
    #expect(verdict(Self.falCall, [[UInt8](repeating: 1, count: 32)] + keys) == nil)
    #expect(verdict(Self.falCall, []) == .wrongSignature)
    #expect(verdict(Self.falCall, keys, at: Samples.now + .seconds(301)) == .stale)
    var respaced = Self.falCall
    respaced.body.append(0x20)
    #expect(verdict(respaced, keys) == .wrongSignature)
  }

  @Test("keys are fetched once, again when none fits, and not at every forger's will")
  func keySet() async throws {
    let fetches = Mutex(0)
    let set = KeySet { () async throws(WebhookRefusal) in
      [
        [
          UInt8(
            fetches.withLock {
              $0 += 1; return $0
            })
        ]
      ]
    }
    #expect(try await set.current(at: Samples.now) == [[1]])
    #expect(try await set.current(at: Samples.now + .minutes(59)) == [[1]])
    #expect(await set.renewed(at: Samples.now + .seconds(59)) == nil)
    #expect(await set.renewed(at: Samples.now + .seconds(60)) == [[2]])
    #expect(await set.renewed(at: Samples.now + .seconds(61)) == nil)
    #expect(try await set.current(at: Samples.now + .hours(2)) == [[3]])
  }

  @Test("webhooks that come while the keys are being fetched wait for them, and nobody fetches twice")
  func keysFetchedTogether() async throws {
    let fetches = Mutex(0)
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let set = KeySet { () async throws(WebhookRefusal) in
      fetches.withLock { $0 += 1 }
      for await _ in gate { break }
      return [[1]]
    }
    let calls = (0..<8).map { _ in Task { try await set.current(at: Samples.now) } }
    // All of them have come, as far as one can see from here, before the answer does.
    while fetches.withLock({ $0 }) == 0 { await Task.yield() }
    for _ in 0..<100 { await Task.yield() }
    opener.yield()
    opener.finish()
    for call in calls { #expect(try await call.value == [[1]]) }
    #expect(fetches.withLock { $0 } == 1)
  }

  @Test("old keys serve on while the vendor's address is down; none at all is said")
  func keysUnavailable() async throws {
    let isUp = Mutex(true)
    let set = KeySet { () async throws(WebhookRefusal) in
      guard isUp.withLock({ $0 }) else { throw .keysUnavailable("down") }
      return [[1]]
    }
    _ = try await set.current(at: Samples.now)
    isUp.withLock { $0 = false }
    #expect(try await set.current(at: Samples.now + .hours(3)) == [[1]])
    let never = KeySet { () async throws(WebhookRefusal) in throw .keysUnavailable("down") }
    await #expect(throws: WebhookRefusal.keysUnavailable("down")) { try await never.current(at: Samples.now) }
  }

  // MARK: What they say

  @Test("fal's webhook brings the output, its failure, or only the news that it is over")
  func falTells() throws {
    let interpreter = try Samples.interpreter("fal")
    let operation = try #require(
      interpreter.declaration.operation(for: .imageGeneration, model: "fal-ai/flux/dev"))
    func told(_ body: String) throws -> Reading.State? {
      interpreter.told(try JSONValue.parse(body), operation)?.state
    }
    #expect(
      try told(Self.falBody)
        == .succeeded(Output(files: [.address("https://v3.fal.media/a.png")], lifetime: .hours(24))))
    let failed = try told(
      #"{"request_id": "r", "status": "ERROR", "error": "Unexpected status code: 422", "payload": {"detail": [{"msg": "flagged", "type": "content_policy_violation"}]}}"#
    )
    guard case .failed(let failure)? = failed else {
      Issue.record("not a failure: \(String(describing: failed))")
      return
    }
    #expect(failure.failureClass == .moderated)
    // Too large for a webhook: the payload is left out, and the result must be fetched.
    #expect(
      try told(#"{"request_id": "r", "status": "OK", "payload": null, "payload_error": "too big"}"#) == nil)
    #expect(try told(#"{"request_id": "r"}"#) == nil)
    #expect(try told(#"{"request_id": "r", "status": "MAYBE"}"#) == .unrecognised("MAYBE"))
  }

  @Test("Replicate's webhook is the prediction")
  func replicateTells() throws {
    let interpreter = try Samples.interpreter("replicate")
    let operation = try #require(interpreter.declaration.operation(for: .textToVideo, model: "o/m"))
    let reading = interpreter.told(
      ["id": "p", "status": "succeeded", "output": "https://replicate.delivery/f.mp4"], operation)
    #expect(
      reading?.state
        == .succeeded(Output(files: [.address("https://replicate.delivery/f.mp4")], lifetime: .hours(1))))
    #expect(interpreter.told(["id": "p", "status": "aborted"], operation)?.state == .expired)
  }
}
