import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Each further vendor's own peculiarities: recorded bodies, no network.
@Suite("Further vendors")
struct FurtherVendorsTests {
  func parts(
    _ vendor: String, _ capability: Capability, _ model: String = "m"
  ) throws -> (VendorInterpreter, VendorOperation) {
    let interpreter = try Samples.interpreter(vendor)
    return (interpreter, try #require(interpreter.declaration.operation(for: capability, model: model)))
  }

  func seen(_ vendor: String, _ capability: Capability, _ body: String) throws -> Reading.State {
    let (interpreter, operation) = try parts(vendor, capability)
    return try interpreter.seen(Samples.json(body), operation, at: Samples.now).state
  }

  func failureClass(_ state: Reading.State) -> FailureClass? {
    if case .failed(let failure) = state { failure.failureClass } else { nil }
  }

  @Test("Flux with a webhook gives no polling address; the cost comes with the acceptance")
  func flux() throws {
    let (interpreter, operation) = try parts("bfl", .imageGeneration, "flux-2-pro")
    let reading = try interpreter.submitted(
      Samples.json(#"{"id": "b1", "status": "Pending", "webhook_url": "https://me.example/w", "cost": 4}"#),
      operation, at: Samples.now)
    #expect(reading.job == VendorJob(id: "b1"))
    // Four credits of a cent.
    #expect(reading.cost == Money(micros: 40_000))
    let call = try interpreter.call(
      try #require(operation.status), VendorInterpreter.Filling(job: reading.job, credential: "k"))
    #expect(call.url == "https://api.bfl.ai/v1/get_result?id=b1")
    #expect(call.headers == [CallDescription.Header(name: "x-key", value: "k")])
    let regional = try interpreter.submitted(
      Samples.json(#"{"id": "b1", "polling_url": "https://api.eu1.bfl.ai/v1/get_result?id=b1", "cost": 6}"#),
      operation,
      at: Samples.now)
    #expect(regional.job?.statusURL == "https://api.eu1.bfl.ai/v1/get_result?id=b1")
    #expect(regional.state == .queued && regional.cost == Money(micros: 60_000))
  }

  @Test("Flux's words: ready, moderated before and after, error, one never seen")
  func fluxStates() throws {
    #expect(
      try seen(
        "bfl", .imageGeneration,
        #"{"id": "b", "status": "Ready", "result": {"sample": "https://delivery-eu1.bfl.ai/a.png"}}"#)
        == .succeeded(Output(files: [.address("https://delivery-eu1.bfl.ai/a.png")], lifetime: .minutes(10))))
    for word in ["Request Moderated", "Content Moderated"] {
      #expect(
        failureClass(try seen("bfl", .imageGeneration, #"{"id": "b", "status": "\#(word)"}"#)) == .moderated)
    }
    #expect(
      failureClass(try seen("bfl", .imageGeneration, #"{"id": "b", "status": "Ready", "result": {}}"#))
        == .badOutput)
    #expect(failureClass(try seen("bfl", .imageGeneration, #"{"id": "b", "status": "Error"}"#)) == .unknown)
    #expect(try seen("bfl", .imageGeneration, #"{"id": "b", "status": "Drying"}"#) == .unrecognised("Drying"))
  }

  @Test("Runway: throttled is queued, safety is moderation, bad output is bad output")
  func runway() throws {
    #expect(try seen("runway", .textToVideo, #"{"id": "t", "status": "THROTTLED"}"#) == .queued)
    #expect(
      try seen("runway", .textToVideo, #"{"id": "t", "status": "RUNNING", "progress": 0.25}"#)
        == .running(progress: 0.25))
    func failed(_ code: String) throws -> FailureClass? {
      failureClass(
        try seen(
          "runway", .textToVideo,
          #"{"id": "t", "status": "FAILED", "failure": "x", "failureCode": "\#(code)"}"#))
    }
    #expect(try failed("SAFETY.INPUT.TEXT") == .moderated)
    #expect(try failed("INTERNAL.BAD_OUTPUT.CODE01") == .badOutput)
    #expect(try failed("INTERNAL") == .transient)
    #expect(try failed("SOMETHING.NEW") == .unknown)
    #expect(try seen("runway", .textToVideo, #"{"id": "t", "status": "CANCELLED"}"#) == .canceled)
    let (interpreter, operation) = try parts("runway", .textToVideo)
    let retired = Result { () throws(VendorFailure) in
      try interpreter.submitted(
        Samples.json(#"{"error": "Model variant gen3 is no longer available."}"#, status: 400), operation,
        at: Samples.now)
    }
    guard case .failure(let failure) = retired else {
      Issue.record("accepted")
      return
    }
    #expect(failure.failureClass == .retired)
  }

  @Test("Runway's order: version header, ratio and whole seconds")
  func runwayOrder() throws {
    let order = try Samples.order(
      .textToVideo, "gen4.5", ["prompt": "a fjord", "width": 720, "height": 1280, "duration_s": 8])
    let call = try Samples.call("runway", order)
    #expect(call.headers.contains(CallDescription.Header(name: "X-Runway-Version", value: "2024-11-06")))
    #expect(
      try Samples.body(call) == [
        "model": "gen4.5", "promptText": "a fjord", "ratio": "720:1280", "duration": 8,
      ])
  }

  @Test("Luma's failure codes, each with its class")
  func luma() throws {
    func failed(_ code: String) throws -> FailureClass? {
      failureClass(
        try seen("luma", .textToVideo, #"{"id": "g", "state": "failed", "failure_code": "\#(code)"}"#))
    }
    #expect(try failed("content_moderated") == .moderated)
    #expect(try failed("budget_exhausted") == .authCredit)
    #expect(try failed("corrupt_input") == .callerError)
    #expect(try failed("generation_failed") == .transient)
    let order = try Samples.order(.textToVideo, "ray-3.2", ["prompt": "p", "duration_s": 5])
    #expect(
      try Samples.body(try Samples.call("luma", order))
        == ["model": "ray-3.2", "prompt": "p", "video": ["duration": "5s"], "type": "video"])
    // Without a duration the part is left out.
    let plain = try Samples.order(.textToVideo, "ray-3.2", ["prompt": "p"])
    #expect(try Samples.body(try Samples.call("luma", plain))["video"] == nil)
  }

  @Test("Luma's older API: films of prompts and of pictures, a callback, and a reason in words")
  func dreamMachine() throws {
    let film = try Samples.order(.textToVideo, "ray-2", ["prompt": "p", "duration_s": 5])
    #expect(
      try Samples.body(try Samples.call("dreammachine", film))
        == ["model": "ray-2", "prompt": "p", "duration": "5s"])
    let moving = try Samples.order(.imageToVideo, "ray-2", ["image_url": "https://me.example/fox.png"])
    let call = try Samples.call("dreammachine", moving)
    #expect(call.url == "https://api.lumalabs.ai/dream-machine/v1/generations/video")
    #expect(
      try Samples.body(call)["keyframes"] == [
        "frame0": ["url": "https://me.example/fox.png", "type": "image"]
      ])
    func failed(_ reason: String) throws -> FailureClass? {
      failureClass(
        try seen(
          "dreammachine", .textToVideo, #"{"id": "g", "state": "failed", "failure_reason": "\#(reason)"}"#))
    }
    #expect(try failed("400: prompt not allowed because advanced moderation failed") == .moderated)
    #expect(try failed("Insufficient credits") == .authCredit)
    // It gives no code, and these words say nothing.
    #expect(try failed("Job failed") == .unknown)
  }

  @Test("OpenRouter: relative addresses, the vendor's own preferences, the cost it states, its callback")
  func openRouter() throws {
    let (interpreter, operation) = try parts("openrouter", .textToVideo)
    let accepted = try interpreter.submitted(
      Samples.json(#"{"id": "v", "polling_url": "/api/v1/videos/v", "status": "pending"}"#, status: 202),
      operation,
      at: Samples.now)
    #expect(accepted.job?.statusURL == "https://openrouter.ai/api/v1/videos/v")
    let done = try interpreter.seen(
      Samples.json(
        #"{"id": "v", "status": "completed", "usage": {"cost": 0.25}, "unsigned_urls": ["/api/v1/videos/v/content?index=0"]}"#
      ), operation, at: Samples.now)
    #expect(done.cost == Money(micros: 250_000))
    #expect(
      done.state
        == .succeeded(
          Output(
            files: [.address("https://openrouter.ai/api/v1/videos/v/content?index=0")],
            contentType: "video/mp4")))
    let told = interpreter.told(
      [
        "type": "video.generation.failed",
        "data": ["id": "v", "status": "failed", "error": "flagged by the provider"],
      ],
      operation)
    #expect(told.map { failureClass($0.state) } == .moderated)
    let order = try Samples.order(
      .textGeneration, "a/b", ["prompt": "x", "vendor": ["provider": ["sort": "price", "zdr": true]]])
    #expect(
      try Samples.body(try Samples.call("openrouter", order))["provider"] == ["sort": "price", "zdr": true])
  }

  @Test("OpenRouter's list of models tells prices, and which are free")
  func discovery() throws {
    let interpreter = try Samples.interpreter("openrouter")
    let shape = try #require(interpreter.declaration.discovery.first)
    let body = #"""
      {"data": [
        {"id": "a/b", "name": "B", "context_length": 128000, "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
         "architecture": {"output_modalities": ["text"]}},
        {"id": "a/c:free", "pricing": {"prompt": "0", "completion": "0"}, "architecture": {"output_modalities": ["image", "text"]}},
        {"id": "a/b"}, {"name": "no id"}]}
      """#
    let models = try interpreter.models(Samples.json(body), shape, at: Samples.now)
    #expect(models.map(\.model) == ["a/b", "a/c:free"])
    // 0.00000015 dollars a token is 0.15 a million.
    #expect(abs((models[0].price?.perMillionInputTokens ?? 0) - 0.15) < 1e-12)
    #expect(models[0].maximumInputTokens == 128_000 && models[0].capabilities == [.textGeneration])
    #expect(models[1].isFree && !models[0].isFree)
    #expect(models[1].capabilities == [.textGeneration, .imageGeneration])
  }

  @Test("Together: films with their cost, pictures, and failures in the job")
  func together() throws {
    let (interpreter, operation) = try parts("together", .textToVideo)
    let done = try interpreter.seen(
      Samples.json(
        #"{"id": "v", "status": "completed", "outputs": {"cost": 0.4, "video_url": "https://api.together.ai/v.mp4"}}"#
      ),
      operation, at: Samples.now)
    #expect(done.cost == Money(micros: 400_000))
    #expect(done.state == .succeeded(Output(files: [.address("https://api.together.ai/v.mp4")])))
    #expect(
      failureClass(
        try seen(
          "together", .textToVideo,
          #"{"id": "v", "status": "failed", "error": {"code": "content_policy", "message": "x"}}"#))
        == .moderated)
    #expect(
      failureClass(
        try seen("together", .textToVideo, #"{"id": "v", "status": "completed", "outputs": null}"#))
        == .badOutput)
  }

  @Test("Stability: a form without a file, 202 while it works, a filtered picture with 200")
  func stability() throws {
    let order = try Samples.order(
      .imageGeneration, "stable-image/generate/core", ["prompt": "x", "width": 1366, "height": 768])
    let call = try Samples.call("stability", order)
    #expect(call.url == "https://api.stability.ai/v2beta/stable-image/generate/core")
    guard case .multipart(let parts) = call.body else {
      Issue.record("not a form")
      return
    }
    #expect(parts.contains(CallDescription.Part(name: "aspect_ratio", content: .text("16:9"))))
    let (interpreter, sync) = try self.parts("stability", .imageGeneration, "stable-image/generate/core")
    let filtered = try interpreter.submitted(
      Samples.json(#"{"image": "AQID", "finish_reason": "CONTENT_FILTERED", "seed": 1}"#), sync,
      at: Samples.now)
    #expect(failureClass(filtered.state) == .moderated)
    let (_, later) = try self.parts("stability", .superResolution, "stable-image/upscale/creative")
    #expect(
      try interpreter.seen(
        Samples.json(#"{"id": "s", "status": "in-progress"}"#, status: 202), later, at: Samples.now
      ).state == .running(progress: nil))
    let done = try interpreter.seen(
      Samples.json(#"{"image": "AQID", "finish_reason": "SUCCESS"}"#), later, at: Samples.now)
    #expect(
      done.state
        == .succeeded(
          Output(files: [.inline([1, 2, 3], contentType: "image/png")], contentType: "image/png")))
  }

  @Test("Google's interactions: films in the background, as base64; text at once")
  func google() throws {
    let order = try Samples.order(.textToVideo, "gemini-omni-1.1-flash", ["prompt": "a fjord"])
    #expect(
      try Samples.body(try Samples.call("google", order))
        == ["model": "gemini-omni-1.1-flash", "input": "a fjord", "background": true])
    let done = try seen(
      "google", .textToVideo,
      #"{"id": "v1_a", "status": "completed", "output_video": {"type": "video", "data": "AQID"}}"#)
    #expect(
      done
        == .succeeded(
          Output(files: [.inline([1, 2, 3], contentType: "video/mp4")], contentType: "video/mp4")))
    #expect(
      failureClass(
        try seen(
          "google", .textToVideo,
          #"{"id": "v1_a", "status": "failed", "errors": [{"code": "content_policy_violation", "message": "blocked"}]}"#
        ))
        == .moderated)
    let (interpreter, text) = try parts("google", .textGeneration)
    let answer = try interpreter.submitted(
      Samples.json(
        #"{"id": "v1_b", "status": "completed", "steps": [{"content": [{"text": "Hel"}, {"text": "lo"}]}], "usage": {"total_input_tokens": 3, "total_output_tokens": 2}}"#
      ), text, at: Samples.now)
    #expect(answer.state == .succeeded(Output(text: "Hello")))
    #expect(answer.usage == TokenUsage(input: 3, output: 2))
    let blocked = try interpreter.submitted(
      Samples.json(#"{"id": "v1_c", "status": "failed", "errors": [{"code": "content_policy_violation"}]}"#),
      text,
      at: Samples.now)
    #expect(failureClass(blocked.state) == .moderated)
  }

  @Test("Pika has no service of its own and is a model of fal's")
  func pika() throws {
    let order = try Samples.order(
      .textToVideo, "fal-ai/pika/v2.2/text-to-video",
      ["prompt": "p", "duration_s": 5, "aspect_ratio": "16:9"])
    let call = try Samples.call("fal", order)
    #expect(call.url == "https://queue.fal.run/fal-ai/pika/v2.2/text-to-video")
    #expect(try Samples.body(call) == ["prompt": "p", "aspect_ratio": "16:9", "duration": "5"])
  }
}
