import Crypto
import Foundation
import Testing
import Wire

@testable import VendorStreet

@Suite("The contract of Replicate")
struct ReplicateContractTests {
  private static let model = "/v1/models/black-forest-labs/flux-schnell/predictions"

  @Test("A prediction starts, processes and succeeds, with its times and its output")
  func prediction() async throws {
    try await OpenStreet.run { open in
      let sent = try await open.call("replicate", "POST", Self.model, ["input": ["prompt": "fjords"]])
      #expect(sent.status == 201 && sent.json["output"] == .null)
      let path = "/v1/predictions/\(try #require(sent.json.string("id")))"
      #expect(sent.json.string("urls", "get") == "\(open.root)/replicate\(path)")
      let states = try await open.poll("replicate", path) { $0.json["status"] == "succeeded" }
      let last = try #require(states.last?.json)
      #expect(last.at("metrics", "predict_time")?.doubleValue.map { ($0 - 0.02).magnitude < 1e-6 } == true)
      #expect(last["completed_at"]?.stringValue?.hasSuffix("Z") == true)
      let url = try #require(last.at("output", 0)?.stringValue)
      #expect(try await open.fetch(url).headers["content-type"] == "image/png")
    }
  }

  @Test("It starts in the queue and processes from then on")
  func states() async throws {
    for (queue, status) in [(OpenStreet.ever, "starting"), (.zero, "processing")] {
      try await OpenStreet.run(queue: queue, run: OpenStreet.ever) { open in
        let sent = try await open.call("replicate", "POST", Self.model, ["input": ["prompt": "x"]])
        let again = try await open.call(
          "replicate", "GET", "/v1/predictions/\(sent.json.string("id") ?? "")")
        #expect(again.json.string("status") == status && again.json["completed_at"] == .null)
        #expect((again.json["started_at"] == .null) == (status == "starting"))
      }
    }
  }

  @Test("Prefer: wait holds the line, and lets go in time")
  func wait() async throws {
    try await OpenStreet.run { open in
      let body: JSONValue = ["input": ["prompt": "x"]]
      let short = try await open.call(
        "replicate", "POST", Self.model, ["input": ["prompt": "x [[street: stuck]]"]],
        headers: ["prefer": "wait=1"])
      #expect(short.status == 202 && short.json["status"] == "processing")
      let long = try await open.call("replicate", "POST", Self.model, body, headers: ["prefer": "wait"])
      #expect(long.status == 201 && long.json["status"] == "succeeded")
      let wrong = try await open.call("replicate", "POST", Self.model, body, headers: ["prefer": "wait=90"])
      #expect(wrong.status == 400)
    }
  }

  @Test("A deadline in the queue aborts unpaid, one in the run cancels")
  func deadlines() async throws {
    try await OpenStreet.run(queue: OpenStreet.ever) { open in
      let sent = try await open.call(
        "replicate", "POST", Self.model, ["input": ["prompt": "x"]], headers: ["cancel-after": "1s"])
      let path = "/v1/predictions/\(try #require(sent.json.string("id")))"
      let last = try await open.poll("replicate", path) { $0.json["status"] == "aborted" }.last
      #expect(last?.json["started_at"] == .null && open.street.report().charges == 0)
    }
    try await OpenStreet.run { open in
      let sent = try await open.call(
        "replicate", "POST", Self.model, ["input": ["prompt": "x [[street: stuck]]"]],
        headers: ["cancel-after": "1"])
      let path = "/v1/predictions/\(try #require(sent.json.string("id")))"
      _ = try await open.poll("replicate", path) { $0.json["status"] == "canceled" }
      #expect(open.street.report().charges == 1)
    }
    #expect(Replicate.duration("1h30m") == .seconds(5_400) && Replicate.duration("soon") == nil)
    #expect(Replicate.duration("5") == .seconds(5) && Replicate.duration("5m3") == nil)
  }

  @Test("A version is found by its id, by its model, or not at all")
  func versions() async throws {
    try await OpenStreet.run { open in
      let id = Replicate.versionID("stability-ai/sdxl")
      for version in [id, "stability-ai/sdxl", "stability-ai/sdxl:\(id)"] {
        let sent = try await open.call(
          "replicate", "POST", "/v1/predictions", ["version": .string(version), "input": ["prompt": "x"]])
        #expect(sent.status == 201 && sent.json["version"]?.stringValue == id, "\(version)")
      }
      for (body, status) in [
        (["version": .string(String(repeating: "0", count: 64)), "input": ["prompt": "x"]], 422),
        (["input": ["prompt": "x"]], 422), (["version": .string(id)], 422),
        (["version": .string(id), "input": [:]], 422),
      ] as [(JSONValue, Int)] {
        let answer = try await open.call("replicate", "POST", "/v1/predictions", body)
        #expect(answer.status == status && answer.json["detail"]?.stringValue?.isEmpty == false)
        #expect(answer.headers["content-type"] == "application/problem+json")
      }
      let model = try await open.call("replicate", "GET", "/v1/models/stability-ai/sdxl")
      #expect(model.json.string("latest_version", "id") == id)
      #expect(try await open.call("replicate", "GET", "/v1/models/a/no-such").status == 404)
    }
  }

  @Test("What went in and came out is removed when its time is over")
  func removal() async throws {
    try await OpenStreet.run("file_lifetime_s: 0") { open in
      let sent = try await open.call(
        "replicate", "POST", Self.model, ["input": ["prompt": "x"]], headers: ["prefer": "wait"])
      let path = "/v1/predictions/\(try #require(sent.json.string("id")))"
      let later = try await open.poll("replicate", path) { $0.json["data_removed"] == true }.last
      #expect(later?.json["output"] == .null && later?.json["input"] == [:])
    }
  }

  @Test("Webhooks come for the events that were asked for, signed by the secret; a cancellation has its own")
  func webhooks() async throws {
    let receiver = WebhookReceiver()
    try await receiver.whileOpen { url in
      try await OpenStreet.run { open in
        let answer = try await open.call("replicate", "GET", "/v1/webhooks/default/secret")
        let secret = try #require(answer.json.string("key"))
        let body: JSONValue = [
          "input": ["prompt": "x"], "webhook": .string(url), "webhook_events_filter": ["start", "completed"],
        ]
        let sent = try await open.call("replicate", "POST", Self.model, body)
        let first = try await receiver.wait(for: 2)
        #expect(first.allSatisfy { $0.json["id"] == sent.json["id"] })
        #expect(first.contains { $0.json["status"] == "succeeded" })
        #expect(Set(first.map { $0.headers["webhook-id"] }).count == 2)

        // One that runs for ever says that it started, and later that it was canceled; nothing else.
        let stuck = try await open.call(
          "replicate", "POST", Self.model, body, headers: ["x-street-fault": "stuck"])
        #expect(try await receiver.wait(for: 3).last?.json["status"] == "processing")
        _ = try await open.call(
          "replicate", "POST", "/v1/predictions/\(stuck.json.string("id") ?? "")/cancel")
        #expect(try await receiver.wait(for: 4).last?.json["status"] == "canceled")
        try await Task.sleep(for: .milliseconds(100))
        #expect(receiver.messages.count == 4)
        for message in receiver.messages { #expect(try Self.isValid(message, secret)) }
      }
    }
  }

  /// base64(HMAC-SHA256(decoded secret, "id.timestamp.body")), as the documents say.
  static func isValid(_ message: WebhookReceiver.Message, _ secret: String) throws -> Bool {
    let key = try #require(Data(base64Encoded: String(secret.dropFirst("whsec_".count))))
    let id = message.headers["webhook-id"] ?? ""
    let text =
      "\(id).\(message.headers["webhook-timestamp"] ?? "").\(String(decoding: message.body, as: UTF8.self))"
    let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key))
    return message.headers["webhook-signature"] == "v1," + Data(code).base64EncodedString()
  }
}
