import Foundation
import Testing
import Wire

@testable import VendorStreet

@Suite("Faults on request")
struct FaultTests {
  private static let fal = "/fal-ai/flux/dev"

  /// A submission at fal that orders a fault in its prompt.
  private static func submit(_ open: OpenStreet, _ fault: String, patience: Duration = .seconds(60))
    async throws -> RawAnswer
  {
    try await open.call(
      "fal", "POST", fal, ["prompt": .string("x [[street: \(fault)]]")], patience: patience)
  }

  @Test(
    "Refusals come before any work: no job, no charge",
    arguments: [
      ("too_many_requests retry_after_s=4", 429), ("server_error", 503), ("server_error status=502", 502),
      ("retired", 404), ("retired status=410", 410), ("unauthorized", 401), ("out_of_credit", 403),
    ])
  func refusals(fault: String, status: Int) async throws {
    try await OpenStreet.run { open in
      let answer = try await Self.submit(open, fault)
      #expect(answer.status == status && answer.json["detail"]?.stringValue != nil)
      if status == 429 { #expect(answer.headers["retry-after"] == "4") }
      if fault.hasPrefix("retired") { #expect(answer.text.contains("no longer available")) }
      #expect(open.street.report().jobs.isEmpty)
    }
  }

  @Test("A hanging call is never answered, and buys nothing")
  func hang() async throws {
    try await OpenStreet.run { open in
      let answer = try await Self.submit(open, "hang", patience: .milliseconds(400))
      #expect(answer.ending == .silence && answer.status == nil)
      #expect(open.street.report().jobs.isEmpty)
    }
  }

  @Test("Work within a call that never ends is never answered, and goes on being paid for")
  func stuckWithinACall() async throws {
    try await OpenStreet.run { open in
      let answer = try await open.call(
        "openai", "POST", "/v1/chat/completions",
        ["model": "gpt-5-mini", "messages": [["role": "user", "content": "x [[street: stuck]]"]]],
        patience: .seconds(1))
      #expect(answer.ending == .silence && answer.status == nil)
      // On a busy machine it arrives late.
      for _ in 0..<3_000 where open.street.report().charges == 0 {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(open.street.report().charges == 1)
    }
  }

  @Test("A late answer is an answer")
  func latency() async throws {
    try await OpenStreet.run { open in
      let late = try await Self.submit(open, "latency delay_ms=2000", patience: .milliseconds(200))
      #expect(late.ending == .silence && late.status == nil)
      let patient = try await Self.submit(open, "latency delay_ms=100")
      #expect(patient.status == 200 && patient.ending == .complete)
    }
  }

  @Test("Lost after the submission: a reset, no byte of an answer, and a job that is paid for")
  func lost() async throws {
    try await OpenStreet.run { open in
      let answer = try await Self.submit(open, "lost")
      #expect(answer.ending == .reset && answer.status == nil)
      #expect(open.street.report().jobs.count == 1)
      #expect(open.street.report().charges == 1)
    }
  }

  @Test("Reset and truncated answers break off in the middle, each in its way")
  func broken() async throws {
    try await OpenStreet.run { open in
      let reset = try await Self.submit(open, "reset")
      #expect(reset.ending == .reset)
      let truncated = try await Self.submit(open, "truncated")
      #expect(truncated.status == 200 && truncated.ending == .cutShort && truncated.json == .null)
      #expect(open.street.report().jobs.count == 2)
    }
  }

  @Test("A stream breaks off after it has begun")
  func brokenStream() async throws {
    try await OpenStreet.run { open in
      for (fault, ending) in [("reset", RawAnswer.Ending.reset), ("truncated", .cutShort)] {
        let answer = try await open.call(
          "openai", "POST", "/v1/chat/completions",
          ["model": "gpt-4o", "stream": true, "messages": [["role": "user", "content": "x"]]],
          headers: ["x-street-fault": fault])
        #expect(answer.ending == ending, "\(fault)")
        #expect(!answer.text.contains("[DONE]"))
        if fault == "truncated" { #expect(answer.text.hasPrefix("data: {")) }
      }
    }
  }

  @Test("Malformed JSON, HTML with 200, and a body that is too large")
  func bodies() async throws {
    try await OpenStreet.run { open in
      let malformed = try await Self.submit(open, "malformed_json")
      #expect(malformed.status == 200 && malformed.ending == .complete && malformed.json == .null)
      let html = try await Self.submit(open, "html")
      #expect(html.status == 200 && html.headers["content-type"] == "text/html")
      #expect(html.text.hasPrefix("<!doctype html>"))
      let large = try await Self.submit(open, "oversize bytes=3000000")
      #expect(large.body.count > 2_900_000 && large.json["status"] == "IN_QUEUE", "only its size is wrong")
    }
  }

  @Test("A slow body arrives whole in the end")
  func slow() async throws {
    try await OpenStreet.run { open in
      let answer = try await Self.submit(open, "slow_body delay_ms=100")
      #expect(answer.json["status"] == "IN_QUEUE" && answer.ending == .complete)
      // A second between one part and the next is more than this caller waits.
      let hasty = try await Self.submit(open, "slow_body delay_ms=10000", patience: .milliseconds(300))
      #expect(hasty.ending == .silence && hasty.json == .null)
    }
  }

  @Test("A stuck job runs on")
  func stuck() async throws {
    try await OpenStreet.run { open in
      let sent = try await Self.submit(open, "stuck")
      // Five times as long as a job runs.
      try await Task.sleep(for: .milliseconds(100))
      let path = "/fal-ai/flux/requests/\(sent.json.string("request_id") ?? "")/status"
      #expect(try await open.call("fal", "GET", path).json["status"] == "IN_PROGRESS")
    }
  }

  @Test("Answers without the URL to ask at, and with relative ones")
  func urls() async throws {
    try await OpenStreet.run { open in
      let missing = try await Self.submit(open, "missing_polling_url")
      #expect(missing.json["status_url"] == nil && missing.json["request_id"] != nil)
      let relative = try await Self.submit(open, "relative_url")
      #expect(relative.json.string("status_url")?.hasPrefix("/fal/fal-ai/flux/requests/") == true)
      let replicate = try await open.call(
        "replicate", "POST", "/v1/models/google/veo-3/predictions",
        ["input": ["prompt": "x [[street: missing_polling_url]]"]])
      #expect(replicate.json.at("urls", "get") == nil && replicate.json.at("urls", "cancel") != nil)
    }
  }

  @Test("An order for later waits with the job and strikes as often as it says")
  func later() async throws {
    try await OpenStreet.run { open in
      let sent = try await Self.submit(open, "server_error on=status times=2")
      let path = "/fal-ai/flux/requests/\(sent.json.string("request_id") ?? "")/status"
      var states: [Int?] = []
      for _ in 0..<3 { states.append(try await open.call("fal", "GET", path).status) }
      #expect(states[0...1] == [503, 503] && states[2] != 503)
      let odd = try await Self.submit(open, "unknown_status")
      let oddPath = "/fal-ai/flux/requests/\(odd.json.string("request_id") ?? "")/status"
      #expect(try await open.call("fal", "GET", oddPath).json["status"] == "THINKING")
      #expect(try await open.call("fal", "GET", oddPath).json["status"] != "THINKING")
    }
  }

  @Test("Nothing in it, or gone before it is fetched")
  func products() async throws {
    try await OpenStreet.run { open in
      for fault in ["empty_output", "expired_asset"] {
        let sent = try await open.call(
          "fal", "POST", "/sync\(Self.fal)", ["prompt": .string("x [[street: \(fault)]]")])
        #expect(sent.status == 200)
        let url = sent.json.at("images", 0, "url")?.stringValue
        if fault == "empty_output" {
          #expect(url == nil)
        } else {
          #expect(try await open.fetch(try #require(url)).status == 403)
        }
      }
    }
  }

  @Test("Webhooks: thrice, wrongly signed, never, before the answer, and in the wrong order")
  func webhooks() async throws {
    let secret = try #require(Street().webhookSecret(of: "replicate"))
    @Sendable func send(_ fault: String, _ open: OpenStreet, _ url: String) async throws -> RawAnswer {
      try await open.call(
        "replicate", "POST", "/v1/models/google/veo-3/predictions",
        [
          "input": ["prompt": "x"], "webhook": .string(url),
          "webhook_events_filter": ["start", "completed"],
        ], headers: ["x-street-fault": fault])
    }
    for (fault, count) in [
      ("duplicate_webhook", 6), ("wrong_signature", 2), ("lost_webhook", 0), ("early_webhook", 2),
      ("webhook_out_of_order", 2),
    ] {
      let receiver = WebhookReceiver()
      try await receiver.whileOpen { url in
        try await OpenStreet.run { open in
          let answer = try await send(fault, open, url)
          let answered = ContinuousClock.now
          try await Task.sleep(for: .milliseconds(count == 0 ? 300 : 0))
          let messages = try await receiver.wait(for: count)
          #expect(messages.count == count, "\(fault)")
          let isValid = try messages.map { try ReplicateContractTests.isValid($0, secret) }
          #expect(isValid.allSatisfy { $0 == (fault != "wrong_signature") }, "\(fault)")
          #expect(messages.allSatisfy { $0.json["id"] == answer.json["id"] })
          switch fault {
          case "duplicate_webhook":
            #expect(Set(messages.map { $0.headers["webhook-id"] }).count == 2)
          case "early_webhook": #expect(messages.first.map { $0.at < answered } == true)
          case "webhook_out_of_order":
            // The first event's message comes last, and tells of a job that has ended.
            // A delivery is in the journal once it has been answered.
            var events: [String]?
            for _ in 0..<1_500 where events?.count != 2 {
              try await Task.sleep(for: .milliseconds(20))
              events = try await open.journal()["webhooks"]?.arrayValue?.compactMap { $0.string("event") }
            }
            #expect(events == ["completed", "start"])
          default: break
          }
        }
      }
    }
  }

  @Test("An order with a typo is refused, not ignored")
  func typo() async throws {
    try await OpenStreet.run { open in
      let answer = try await Self.submit(open, "stuk")
      #expect(answer.status == 400 && answer.text.contains("did you mean stuck?"))
    }
  }
}
