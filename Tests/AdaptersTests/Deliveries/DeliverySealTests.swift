import Foundation
import Jobs
import Routing
import Serving
import Testing
import Transport

@testable import Adapters

@Suite("Signatures of deliveries")
struct DeliverySealTests {
  static let id = Identifier("019aa0a2-5900-7000-8000-000000000001")!
  static let body = Array(#"{"type":"job.succeeded","data":{"text":"grün"}}"#.utf8)

  /// Keys of the bytes 0…31 and 32…63.
  static func secret(_ first: UInt8) -> SigningSecret {
    SigningSecret(
      id: Identifier(high: UInt64(first), low: 0), key: Array(first..<first + 32), created: Samples.now)
  }

  static func headers(_ secrets: [SigningSecret]) -> HeaderFields {
    HeaderFields(DeliverySeal.headers(id: id, body: body, secrets: secrets, at: Samples.now))
  }

  // PyPI standardwebhooks 1.1.0: Webhook("whsec_AAEC…").sign(id, datetime.fromtimestamp(1795168800, tz=utc), body);
  // hmac.new(b"whsec_AAEC…", body, sha256).hexdigest() of Python.
  @Test("What is signed agrees with PyPI's standardwebhooks and with Python's hmac")
  func vectors() {
    #expect(Self.secret(0).text == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    let headers = Self.headers([Self.secret(0)])
    #expect(headers["webhook-id"] == "019aa0a2-5900-7000-8000-000000000001")
    #expect(headers["webhook-timestamp"] == "1795168800")
    #expect(headers["webhook-signature"] == "v1,pSSmwFywloCCuY+4+qgCofuX4V+25oR1MPa0/yU2i0A=")
    #expect(headers["X-Webhook-ID"] == headers["webhook-id"])
    #expect(headers["X-Webhook-Timestamp"] == headers["webhook-timestamp"])
    #expect(
      headers["X-Signature-256"]
        == "sha256=9608ed83ac35746c6cec2bac385a619cf83e0cf613cf3bb27005c409446c3468")
  }

  @Test(
    "While two secrets sign, both signatures are there, the newer first, and X-Signature-256 is the older's")
  func rotation() {
    let headers = Self.headers([Self.secret(32), Self.secret(0)])
    #expect(
      headers["webhook-signature"]
        == "v1,bu4RlgwVfkjaWaTCn3aUXXLNBQbmbN2N4nBA3pbC2kg= "
        + "v1,pSSmwFywloCCuY+4+qgCofuX4V+25oR1MPa0/yU2i0A=")
    #expect(headers["X-Signature-256"] == Self.headers([Self.secret(0)])["X-Signature-256"])
  }

  @Test("No header holds a secret or its key")
  func secrecy() {
    let secret = Self.secret(0)
    let base64 = secret.text.dropFirst(SigningSecret.prefix.count)
    for field in Self.headers([secret]).fields { #expect(!field.value.contains(base64)) }
    #expect(!"\(secret)".contains(base64))
  }
}
