import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// What answers say, the vendors' worst cases among them: recorded bodies, no network.
@Suite("From answer to report")
struct ReadingTests {
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

  func seen(
    _ vendor: String, _ capability: Capability, _ answer: VendorAnswer
  ) throws -> Result<Reading, VendorFailure> {
    let (interpreter, operation) = try operation(vendor, capability)
    return Result { () throws(VendorFailure) in try interpreter.seen(answer, operation, at: Samples.now) }
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

  // MARK: Good answers

  @Test("fal's acceptance brings the addresses to use")
  func falAccepted() throws {
    let answer = Samples.json(
      #"""
      {"status": "IN_QUEUE", "request_id": "r1", "queue_position": 2,
       "response_url": "https://queue.fal.run/fal-ai/flux/requests/r1",
       "status_url": "https://queue.fal.run/fal-ai/flux/requests/r1/status",
       "cancel_url": "https://queue.fal.run/fal-ai/flux/requests/r1/cancel"}
      """#)
    let reading = try submitted("fal", .imageGeneration, answer).get()
    #expect(reading.state == .queued)
    #expect(
      reading.job
        == VendorJob(
          id: "r1", statusURL: "https://queue.fal.run/fal-ai/flux/requests/r1/status",
          resultURL: "https://queue.fal.run/fal-ai/flux/requests/r1",
          cancelURL: "https://queue.fal.run/fal-ai/flux/requests/r1/cancel"))
  }

  @Test("without its polling address a job is asked for where the vendor's paths lead")
  func missingPollingURL() throws {
    let reading = try submitted(
      "fal", .imageGeneration, Samples.json(#"{"request_id": "r 1", "status": "IN_QUEUE"}"#)
    ).get()
    let job = try #require(reading.job)
    #expect(job == VendorJob(id: "r 1"))
    let (interpreter, operation) = try operation("fal", .imageGeneration, "fal-ai/flux/dev")
    let call = try interpreter.call(
      try #require(operation.status),
      VendorInterpreter.Filling(job: job, model: "fal-ai/flux/dev", credential: "k"))
    #expect(call.url == "https://queue.fal.run/fal-ai/flux/requests/r%201/status")
    #expect(call.body == .none)
  }

  @Test("a relative polling address is joined to the vendor's, and one elsewhere is not used")
  func relativeAndForeignURLs() throws {
    let relative = try submitted(
      "replicate", .imageGeneration,
      Samples.json(#"{"id": "p", "status": "starting", "urls": {"get": "/v1/predictions/p"}}"#, status: 201)
    ).get()
    #expect(relative.job?.statusURL == "https://api.replicate.com/v1/predictions/p")
    for address in [
      "http://api.replicate.com/v1/predictions/p", "https://169.254.169.254/latest", "https://evil.example/p",
      "https://api.replicate.com@evil.example/p", "file:///etc/passwd",
      // Artefacts may come from there, but the credential does not go there.
      "https://replicate.delivery/p",
    ] {
      let reading = try submitted(
        "replicate", .imageGeneration,
        Samples.json(#"{"id": "p", "status": "starting", "urls": {"get": "\#(address)"}}"#, status: 201)
      ).get()
      #expect(reading.job == VendorJob(id: "p"), "\(address)")
    }
  }

  @Test("a job that is over at once is over at once")
  func finishedAtOnce() throws {
    let answer = Samples.json(
      #"{"id": "p", "status": "succeeded", "output": ["Hel", "lo"], "urls": {}}"#, status: 201)
    let reading = try submitted("replicate", .textGeneration, answer).get()
    #expect(reading.state == .succeeded(Output(text: "Hello", lifetime: .hours(1))))
  }

  @Test(
    "chat gives text and tokens; pictures come as base64; speech is the body itself; vectors are one JSON text"
  )
  func openAI() throws {
    let chat = try submitted(
      "openai", .textGeneration,
      Samples.json(
        #"{"id": "c", "choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"#
      )
    ).get()
    #expect(chat.state == .succeeded(Output(text: "Yes.")))
    #expect(chat.usage == TokenUsage(input: 9, output: 2))
    // base64 of the bytes 1, 2, 3 is AQID.
    let image = try submitted(
      "openai", .imageGeneration, Samples.json(#"{"data": [{"b64_json": "AQID"}]}"#)
    ).get()
    #expect(
      image.state
        == .succeeded(
          Output(files: [.inline([1, 2, 3], contentType: "image/png")], contentType: "image/png")))
    let speech = try submitted(
      "openai", .textToSpeech,
      VendorAnswer(status: 200, headers: ["Content-Type": "Audio/MPEG; rate=1"], body: [7, 8])
    ).get()
    #expect(speech.state == .succeeded(Output(files: [.inline([7, 8], contentType: "audio/mpeg")])))
    let vectors = try submitted(
      "openai", .embedding, Samples.json(#"{"data": [{"embedding": [0.5, 1]}, {"embedding": [0, 2]}]}"#)
    ).get()
    #expect(vectors.state == .succeeded(Output(text: "[[0.5,1],[0,2]]")))
  }

  // MARK: The worst cases

  @Test("an HTML page with 200 is no acceptance, and does not prove that there was none")
  func page() throws {
    for (vendor, capability) in [
      ("fal", Capability.imageGeneration), ("openai", .textGeneration), ("openai", .textToSpeech),
    ] {
      let failure = try failure(of: submitted(vendor, capability, Samples.page(200)))
      #expect(failure.failureClass == .ambiguous)
      #expect(failure.leavesSubmissionUnknown)
      #expect(failure.message == "the vendor answered with an HTML page where JSON belongs")
    }
    // Where the question was only how it stands, nothing is lost.
    let poll = try failure(of: seen("fal", .imageGeneration, Samples.page(200)))
    #expect(poll.failureClass == .unknown)
    #expect(
      try failure(of: seen("fal", .imageGeneration, Samples.page(502))).message
        == "HTTP 502 with an HTML page")
  }

  @Test("JSON that is cut, not UTF-8 or without an id leaves the submission open")
  func unreadable() throws {
    let bodies: [[UInt8]] = [
      Array(#"{"request_id": "r"#.utf8),
      Array(#"{"request_id": ""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8), [],
      Array("{}".utf8), Array("[]".utf8), Array(#"{"request_id": ""}"#.utf8),
      Array(#"{"request_id": null}"#.utf8),
    ]
    for body in bodies {
      let failure = try failure(
        of: submitted("fal", .imageGeneration, VendorAnswer(status: 200, body: body)))
      #expect(failure.leavesSubmissionUnknown, "\(failure)")
    }
  }

  @Test("COMPLETED that failed: the result's status and words tell")
  func completedThatFailed() throws {
    let (interpreter, operation) = try operation("fal", .imageGeneration)
    let status = try interpreter.seen(
      Samples.json(#"{"status": "COMPLETED", "request_id": "r", "error": "Unexpected status code: 422"}"#),
      operation, at: Samples.now)
    #expect(status.state == .succeeded(nil))
    #expect(status.isSuspect)
    let moderated = try interpreter.fetched(
      Samples.json(
        #"{"detail": [{"loc": ["body", "prompt"], "msg": "flagged by a content checker", "type": "content_policy_violation"}]}"#,
        status: 422), operation, isFailed: true, at: Samples.now)
    #expect(try failure(of: .success(moderated)).failureClass == .moderated)
    let runner = try interpreter.fetched(
      Samples.json(#"{"detail": "gone", "error_type": "runner_disconnected"}"#, status: 503), operation,
      isFailed: true, at: Samples.now)
    #expect(try failure(of: .success(runner)).failureClass == .transient)
    // Without a code of the vendor's, what the status said decides.
    let plain = Samples.json("{}", status: 500)
    let told = try interpreter.fetched(plain, operation, isFailed: true, at: Samples.now)
    #expect(try failure(of: .success(told)).failureClass == .transient)
    #expect(throws: VendorFailure.self) {
      try interpreter.fetched(plain, operation, isFailed: false, at: Samples.now)
    }
    // A gateway's page is about the call: the output may still be there.
    let gateway = Result { () throws(VendorFailure) in
      try interpreter.fetched(Samples.page(502), operation, isFailed: false, at: Samples.now)
    }
    #expect(throws: VendorFailure.self) { try gateway.get() }
    let empty = try interpreter.fetched(
      Samples.json(#"{"images": []}"#), operation, isFailed: false, at: Samples.now)
    #expect(try failure(of: .success(empty)).failureClass == .badOutput)
  }

  @Test(
    "success with nothing in it is bad output",
    arguments: [
      #"{"id": "p", "status": "succeeded", "output": null}"#,
      #"{"id": "p", "status": "succeeded", "output": []}"#,
      #"{"id": "p", "status": "succeeded", "output": ""}"#, #"{"id": "p", "status": "succeeded"}"#,
    ])
  func emptyOutput(body: String) throws {
    let failure = try failure(of: seen("replicate", .imageGeneration, Samples.json(body)))
    #expect(failure.failureClass == .badOutput)
    #expect(failure.cause == .found)
  }

  @Test("an empty file inside the answer is bad output")
  func emptyFile() throws {
    let speech = VendorAnswer(status: 200, headers: ["Content-Type": "audio/mpeg"], body: [])
    #expect(try failure(of: submitted("openai", .textToSpeech, speech)).failureClass == .badOutput)
    let image = Samples.json(#"{"data": [{"b64_json": ""}]}"#)
    #expect(try failure(of: submitted("openai", .imageGeneration, image)).failureClass == .badOutput)
  }

  @Test(
    "a result at a forbidden address is never fetched",
    arguments: [
      "http://replicate.delivery/x.png", "https://replicate.delivery.evil.example/x.png",
      "https://10.0.0.1/x.png",
      "https://[::1]/x.png", "https://0x7f.1/x.png", "ftp://replicate.delivery/x",
      "https://replicate.delivery:8443/x",
    ])
  func forbiddenResult(address: String) throws {
    let answer = Samples.json(#"{"id": "p", "status": "succeeded", "output": "\#(address)"}"#)
    let failure = try failure(of: seen("replicate", .imageGeneration, answer))
    #expect(failure.failureClass == .unknown)
    #expect(failure.message.contains("does not allow"))
  }

  @Test("a state never seen before is a job that goes on")
  func unknownState() throws {
    let reading = try seen("replicate", .imageGeneration, Samples.json(#"{"id": "p", "status": "THINKING"}"#))
      .get()
    #expect(reading.state == .unrecognised("THINKING"))
    // No state at all is an answer about nothing.
    let nothing = try failure(of: seen("replicate", .imageGeneration, Samples.json(#"{"id": "p"}"#)))
    #expect(nothing.failureClass == .unknown)
  }

  @Test("a refusal by a content policy is found in an answer with 200")
  func moderatedWith200() throws {
    let chat = Samples.json(
      #"{"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}"#)
    #expect(try failure(of: submitted("openai", .textGeneration, chat)).failureClass == .moderated)
    let failed = Samples.json(#"{"id": "p", "status": "failed", "error": "NSFW content detected"}"#)
    #expect(try failure(of: seen("replicate", .imageGeneration, failed)).failureClass == .moderated)
  }
}
