import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Refusals and their classes, how long to wait, cancellations, lists and streams: recorded bodies, no network.
@Suite("Refusals, lists and streams")
struct RefusalTests {
  func operation(
    _ vendor: String, _ capability: Capability, _ model: String = "o/m"
  ) throws -> (VendorInterpreter, VendorOperation) {
    let interpreter = try Samples.interpreter(vendor)
    return (interpreter, try #require(interpreter.declaration.operation(for: capability, model: model)))
  }

  func submitted(
    _ vendor: String, _ capability: Capability, _ answer: VendorAnswer
  ) throws -> Result<Reading, VendorFailure> {
    let (interpreter, operation) = try operation(vendor, capability)
    return Result { () throws(VendorFailure) in try interpreter.submitted(answer, operation, at: Samples.now)
    }
  }

  func failure(of reading: Result<Reading, VendorFailure>) throws -> VendorFailure {
    switch reading {
    case .failure(let failure): return failure
    case .success(let reading):
      guard case .failed(let failure) = reading.state else {
        throw VendorFailure(.unknown, message: "it did not fail: \(reading.state)")
      }
      return failure
    }
  }

  static let refusals: [(vendor: String, status: Int, body: String, expected: FailureClass)] = [
    ("openai", 401, #"{"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}"#, .authCredit),
    (
      "openai", 429, #"{"error": {"message": "Rate limit", "code": "rate_limit_exceeded"}}"#, .rateConcurrency
    ),
    ("openai", 429, #"{"error": {"message": "You exceeded", "code": "insufficient_quota"}}"#, .authCredit),
    ("openai", 400, #"{"error": {"message": "x", "code": "content_policy_violation"}}"#, .moderated),
    ("openai", 400, #"{"error": {"message": "bad size"}}"#, .callerError),
    (
      "openai", 404, #"{"error": {"message": "The model has been deprecated", "code": "model_not_found"}}"#,
      .retired
    ),
    ("openai", 404, #"{"error": {"message": "No such model", "code": "model_not_found"}}"#, .callerError),
    ("openai", 500, #"{"error": {"message": "boom"}}"#, .transient),
    ("fal", 403, #"{"detail": "User is locked. Reason: Exhausted balance."}"#, .authCredit),
    ("fal", 504, #"{"detail": "x", "error_type": "startup_timeout"}"#, .transient),
    (
      "fal", 422, #"{"detail": [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}]}"#,
      .callerError
    ),
    (
      "replicate", 402, #"{"title": "Insufficient credit", "detail": "You have insufficient credit"}"#,
      .authCredit
    ),
    ("replicate", 422, #"{"detail": "The specified version does not exist (or perhaps …)"}"#, .retired),
    ("replicate", 410, #"{"detail": "gone"}"#, .retired),
  ]

  @Test("a refusal is of the class that its words and its status say", arguments: 0..<14)
  func refusal(number: Int) throws {
    let (vendor, status, body, expected) = Self.refusals[number]
    let failure = try failure(of: submitted(vendor, .imageGeneration, Samples.json(body, status: status)))
    #expect(failure.failureClass == expected, "\(failure)")
    #expect(failure.httpStatus == status)
    #expect(!failure.leavesSubmissionUnknown || status == 504)
  }

  @Test("how long to wait: seconds, milliseconds, a date, a sentence")
  func retryAfter() throws {
    func asked(_ headers: HeaderFields, _ body: String = "{}") throws -> Span? {
      try failure(of: submitted("replicate", .imageGeneration, Samples.json(body, status: 429, headers)))
        .retryAfter
    }
    #expect(try asked(["Retry-After": "7"]) == .seconds(7))
    #expect(try asked(["Retry-After": "0.5"]) == .milliseconds(500))
    #expect(try asked(["retry-after-ms": "1500", "Retry-After": "9"]) == .milliseconds(1_500))
    // now is 10:00:00.
    #expect(try asked(["Retry-After": "Fri, 20 Nov 2026 10:00:30 GMT"]) == .seconds(30))
    #expect(try asked(["Retry-After": "Fri, 20 Nov 2026 09:00:00 GMT"]) == .seconds(0))
    #expect(try asked(["Retry-After": "soon"]) == nil)
    #expect(
      try asked([:], #"{"detail": "Request was throttled. Your rate limit resets in ~30s."}"#) == .seconds(30)
    )
    // A slip of a year is not believed: Backoff.longestRetryAfter is a day.
    #expect(try asked(["Retry-After": "31536000"]) == .hours(24))
  }

  @Test("cancellations: done, tried, too late, refused")
  func cancellations() throws {
    let (interpreter, operation) = try operation("replicate", .imageGeneration)
    func answer(_ status: Int, _ body: String) throws -> CancelAnswer {
      try interpreter.canceled(Samples.json(body, status: status), operation, at: Samples.now)
    }
    #expect(try answer(200, #"{"id": "p", "status": "canceled"}"#) == .canceled)
    #expect(try answer(202, #"{"status": "CANCELLATION_REQUESTED"}"#) == .requested)
    #expect(try answer(200, #"{"id": "p", "status": "succeeded"}"#) == .alreadyEnded)
    #expect(try answer(400, #"{"status": "ALREADY_COMPLETED"}"#) == .alreadyEnded)
    #expect(try answer(404, "{}") == .alreadyEnded)
    #expect(try answer(405, "{}") == .refused)
    #expect(throws: VendorFailure.self) { try answer(503, "{}") }
  }

  @Test("our job is found in the list by the webhook that names the attempt")
  func listing() throws {
    let (interpreter, operation) = try operation("replicate", .imageGeneration)
    let list = try #require(operation.list)
    let body = #"""
      {"results": [{"id": "a", "webhook": "https://me.example/w?attempt=j-1"}, {"id": "b"},
                   {"id": "c", "webhook": "https://me.example/w?attempt=j-2", "urls": {"get": "https://api.replicate.com/v1/predictions/c"}}]}
      """#
    #expect(
      try interpreter.listed(Samples.json(body), list, operation, token: "j-2", at: Samples.now)
        == VendorJob(id: "c", statusURL: "https://api.replicate.com/v1/predictions/c"))
    #expect(try interpreter.listed(Samples.json(body), list, operation, token: "j-9", at: Samples.now) == nil)
  }

  @Test("a stream gives words, the reason of its end and the tokens; one that breaks off says so")
  func deltas() throws {
    let (interpreter, operation) = try operation("openai", .textGeneration)
    var reader = DeltaReader(
      interpreter: interpreter, shape: try #require(operation.stream), answer: operation.answer)
    func read(_ data: String) throws(VendorFailure) -> TextDelta? {
      try reader.read(ServerSentEvent(data: data))
    }
    #expect(try read(#"{"choices": [{"delta": {"role": "assistant", "content": ""}}]}"#) == nil)
    #expect(try read(#"{"choices": [{"delta": {"content": "Hi"}}]}"#) == TextDelta(text: "Hi"))
    #expect(throws: VendorFailure.self) { try reader.end() }
    #expect(
      try read(#"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#)
        == TextDelta(text: "", finish: "stop"))
    #expect(
      try read(#"{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}"#)
        == TextDelta(text: "", usage: TokenUsage(input: 3, output: 1)))
    #expect(try read("[DONE]") == nil)
    #expect(reader.isOver)
    #expect(throws: Never.self) { try reader.end() }
    #expect(throws: VendorFailure.self) {
      try read(#"{"error": {"message": "overloaded", "code": "server_error"}}"#)
    }
  }

  @Test("damaged answers are read or refused, and never trap")
  func damage() throws {
    let whole = Array(
      #"{"id": "p", "status": "succeeded", "output": ["https://replicate.delivery/a.png"], "urls": {"get": "https://api.replicate.com/v1/predictions/p"}, "metrics": {"predict_time": 1.5}}"#
        .utf8)
    let (interpreter, operation) = try operation("replicate", .imageGeneration)
    var state: UInt64 = 9
    func next(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    var refused = 0
    for _ in 0..<2_000 {
      var body = whole
      for _ in 0..<next(3) + 1 {
        switch next(3) {
        case 0: body[next(body.count)] = UInt8(next(256))
        case 1: body.removeSubrange(next(body.count)..<body.count)
        default: body.insert(UInt8(next(256)), at: next(body.count + 1))
        }
        if body.isEmpty { break }
      }
      let reading = Result { () throws(VendorFailure) in
        try interpreter.seen(VendorAnswer(status: 200, body: body), operation, at: Samples.now)
      }
      if case .failure = reading { refused += 1 }
      if case .success(let reading) = reading, case .succeeded(let output?) = reading.state {
        for case .address(let url) in output.files {
          #expect(
            url.hasPrefix("https://replicate.delivery/") || url.hasPrefix("https://api.replicate.com/"),
            "\(url)")
        }
      }
    }
    #expect(refused > 500)
  }
}
