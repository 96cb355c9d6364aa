import Crypto
import Foundation
import Testing
import Wire

@testable import VendorStreet

@Suite("The contract of fal")
struct FalContractTests {
  @Test("A job waits, runs and completes, and has no result before", arguments: [true, false])
  func states(isQueued: Bool) async throws {
    let run = OpenStreet.ever
    try await OpenStreet.run(queue: isQueued ? OpenStreet.ever : .zero, run: run) { open in
      let sent = try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"])
      let path = "/fal-ai/flux/requests/\(try #require(sent.json.string("request_id")))"
      let status = try await open.call("fal", "GET", path + "/status?logs=1")
      #expect(status.status == 202 && status.json["status"] == (isQueued ? "IN_QUEUE" : "IN_PROGRESS"))
      #expect((status.json["queue_position"] != nil) == isQueued)
      #expect((status.json["logs"]?.arrayValue != nil) != isQueued)
      let result = try await open.call("fal", "GET", path)
      #expect(result.status == 400 && result.json["detail"] == "Request is still in progress")
      #expect(open.street.report().charges == (isQueued ? 0 : 1))
    }
  }

  @Test("A completed job has its result, under URLs without the endpoint's sub-path")
  func result() async throws {
    try await OpenStreet.run { open in
      let sent = try await open.call(
        "fal", "POST", "/fal-ai/flux/dev", ["prompt": "fjords", "image_size": "square"])
      let id = try #require(sent.json.string("request_id"))
      #expect(sent.status == 200 && sent.json["status"] == "IN_QUEUE")
      #expect(sent.json.string("status_url") == "\(open.root)/fal/fal-ai/flux/requests/\(id)/status")
      let path = "/fal-ai/flux/requests/\(id)"
      let last = try await open.poll("fal", path + "/status") { $0.json["status"] == "COMPLETED" }.last
      #expect(last?.status == 200 && last?.json.at("metrics", "inference_time")?.doubleValue == 0.02)
      let result = try await open.call("fal", "GET", path)
      #expect(result.json.at("images", 0, "width") == 512 && result.headers["x-fal-request-id"] == id)
      let url = try #require(result.json.at("images", 0, "url")?.stringValue)
      #expect(
        try await open.fetch(url).body.count
          == result.json.at("images", 0, "file_size")?.integerValue.map(Int.init))
      // The path that many public snippets build.
      #expect(try await open.call("fal", "GET", "/fal-ai/flux/dev/requests/\(id)/status").status == 405)
      #expect(try await open.call("fal", "GET", "/fal-ai/flux/requests/none/status").status == 404)
    }
  }

  @Test("An endpoint in a namespace keeps it in its URLs")
  func namespaces() async throws {
    try await OpenStreet.run { open in
      let sent = try await open.call("fal", "POST", "/workflows/me/it/deep", ["prompt": "x"])
      #expect(sent.json.string("response_url")?.contains("/fal/workflows/me/it/requests/") == true)
    }
  }

  @Test("The direct host answers at once, and the stream of states ends with the last")
  func directAndStream() async throws {
    try await OpenStreet.run { open in
      let direct = try await open.call("fal", "POST", "/sync/fal-ai/kokoro-tts", ["text": "hello"])
      #expect(direct.status == 200 && direct.json.at("audio", "content_type") == "audio/wav")
      let sent = try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"])
      let id = try #require(sent.json.string("request_id"))
      let stream = try await open.call("fal", "GET", "/fal-ai/flux/requests/\(id)/status/stream")
      let states = stream.text.components(separatedBy: "\n\n").compactMap {
        try? JSONValue.parse(String($0.dropFirst(6))).string("status")
      }
      #expect(states.last == "COMPLETED" && states.count { $0 == "COMPLETED" } == 1)
      #expect(stream.ending == .complete)
    }
  }

  @Test("Completed is not succeeded: the result says what went wrong, in fal's two forms")
  func failures() async throws {
    try await OpenStreet.run { open in
      for (body, status, type) in [
        (["prompt": "x [[street: fails]]"], 500, "internal_server_error"),
        (["prompt": "x [[street: moderated]]"], 422, "content_policy_violation"),
        (["seed": 1], 422, "missing"),
      ] as [(JSONValue, Int, String)] {
        let sent = try await open.call("fal", "POST", "/fal-ai/flux/dev", body)
        let path = "/fal-ai/flux/requests/\(try #require(sent.json.string("request_id")))"
        let states = try await open.poll("fal", path + "/status") { $0.json["status"] == "COMPLETED" }
        #expect(states.last?.json["error"] != nil)
        let result = try await open.call("fal", "GET", path)
        #expect(result.status == status && result.json.at("detail", 0, "type")?.stringValue == type)
      }
    }
  }

  @Test("A job is canceled once, and its result tells of it")
  func cancel() async throws {
    try await OpenStreet.run(queue: OpenStreet.ever) { open in
      let sent = try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"])
      let path = "/fal-ai/flux/requests/\(try #require(sent.json.string("request_id")))"
      let first = try await open.call("fal", "PUT", path + "/cancel")
      #expect(first.status == 202 && first.json["status"] == "CANCELLATION_REQUESTED")
      let second = try await open.call("fal", "PUT", path + "/cancel")
      #expect(second.status == 400 && second.json["status"] == "ALREADY_COMPLETED")
      let result = try await open.call("fal", "GET", path)
      #expect(result.status == 499 && result.json["error_type"] == "client_cancelled")
      #expect(result.headers["x-fal-error-type"] == "client_cancelled")
      let none = try await open.call("fal", "PUT", "/fal-ai/flux/requests/none/cancel")
      #expect(none.status == 404 && none.json["status"] == "NOT_FOUND")
      #expect(open.street.report().charges == 0)
    }
  }

  @Test("The webhook carries the result and a signature that the published key verifies")
  func webhook() async throws {
    let receiver = WebhookReceiver(refusing: 1)
    try await receiver.whileOpen { url in
      try await OpenStreet.run(change: { $0.webhookRetries = [.milliseconds(20)] }) { open in
        let target = try #require(url.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let sent = try await open.call(
          "fal", "POST", "/fal-ai/flux/dev?fal_webhook=\(target)", ["prompt": "call me"])
        // Refused once, it comes again, the same.
        let messages = try await receiver.wait(for: 2)
        #expect(messages.count == 2 && messages[0].body == messages[1].body)
        let message = try #require(messages.last)
        #expect(message.json["status"] == "OK" && message.json["request_id"] == sent.json["request_id"])
        #expect(message.json.at("payload", "images", 0, "url") != nil)
        let jwks = try await open.call("fal", "GET", "/.well-known/jwks.json", headers: ["authorization": ""])
        let encoded = try #require(jwks.json.at("keys", 0, "x")?.stringValue)
          .replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let key = try Curve25519.Signing.PublicKey(
          rawRepresentation: try #require(Data(base64Encoded: encoded + "=")))
        let names = ["request-id", "user-id", "timestamp"].map { "x-fal-webhook-\($0)" }
        let digest = SHA256.hash(data: message.body).map { String(format: "%02x", $0) }.joined()
        let signed = (names.map { message.headers[$0] ?? "" } + [digest]).joined(separator: "\n")
        let signature = try #require(message.headers["x-fal-webhook-signature"])
        #expect(signature.count == 128)
        #expect(key.isValidSignature(Self.bytes(signature), for: Data(signed.utf8)))
      }
    }
  }

  private static func bytes(_ hex: String) -> Data {
    let digits = Array(hex)
    return Data(
      stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(digits[$0...($0 + 1)]), radix: 16)
      })
  }

  @Test("Wrong headers, addresses and keys are refused")
  func doors() async throws {
    try await OpenStreet.run { open in
      let path = "/fal-ai/flux/dev"
      let body: JSONValue = ["prompt": "x"]
      let bearer = try await open.call("fal", "POST", path, body, headers: ["authorization": "Bearer k"])
      #expect(bearer.status == 401 && bearer.json["detail"]?.stringValue != nil)
      let broke = try await open.call("fal", "POST", path, body, headers: ["authorization": "Key broke"])
      #expect(broke.status == 403)
      let short = try await open.call("fal", "POST", path, body, headers: ["x-fal-request-timeout": "1"])
      #expect(short.status == 400)
      #expect(try await open.call("fal", "POST", "/fal-ai/no-such-app", body).status == 404)
      #expect(try await open.call("fal", "POST", path + "?fal_webhook=nowhere", body).status == 400)
      #expect(open.street.report().jobs.isEmpty)
    }
  }
}
