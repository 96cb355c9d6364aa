import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// What becomes of an order: pure, so the call is looked at and not made.
@Suite("From order to call")
struct OrderingTests {
  @Test("OpenAI's chat gets its messages, and a prompt alone becomes one")
  func chat() throws {
    let order = try Samples.order(
      .textGeneration, "gpt-5", ["prompt": "Hello", "max_output_tokens": 20, "temperature": 0.5])
    let call = try Samples.call("openai", order)
    #expect(call.method == "POST")
    #expect(call.url == "https://api.openai.com/v1/chat/completions")
    #expect(call.headers == [CallDescription.Header(name: "Authorization", value: "Bearer secret")])
    #expect(
      try Samples.body(call) == [
        "model": "gpt-5", "messages": [["role": "user", "content": "Hello"]], "max_completion_tokens": 20,
        "temperature": 0.5,
      ])
  }

  @Test(
    "a shape that the vendor does not know becomes its nearest",
    arguments: [
      // 16:9 = 1.78 is nearer to 1536:1024 = 1.5 (factor 1.19) than to 1 (factor 1.78).
      (["aspect_ratio": "16:9"], "1536x1024"), (["aspect_ratio": "9:16"], "1024x1536"),
      (["width": 512, "height": 512], "1024x1024"), (["width": 1000, "height": 900], "1024x1024"),
    ] as [(JSONValue, String)])
  func nearestSize(shape: JSONValue, size: String) throws {
    let input = JSONValue.object([.init("prompt", "a kettle")] + (shape.members ?? []))
    let call = try Samples.call("openai", try Samples.order(.imageGeneration, "gpt-image-1", input))
    #expect(try Samples.body(call)["size"]?.stringValue == size)
  }

  @Test("fal gets a webhook in the query, its own repetitions switched off, and the size as an object")
  func fal() throws {
    let order = try Samples.order(
      .imageGeneration, "fal-ai/flux/dev",
      ["prompt": "a fjord", "aspect_ratio": "1:1", "count": 2, "vendor": ["enable_safety_checker": true]],
      webhook: "https://me.example/webhooks/fal?attempt=j-0")
    let call = try Samples.call("fal", order)
    #expect(
      call.url
        == "https://queue.fal.run/fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fme.example%2Fwebhooks%2Ffal%3Fattempt%3Dj-0"
    )
    #expect(call.headers.contains(CallDescription.Header(name: "Authorization", value: "Key secret")))
    #expect(call.headers.contains(CallDescription.Header(name: "X-Fal-No-Retry", value: "1")))
    #expect(
      try Samples.body(call) == [
        "prompt": "a fjord", "image_size": ["width": 1_024, "height": 1_024], "num_images": 2,
        "enable_safety_checker": true,
      ])
  }

  @Test("Replicate's official models and versions have their own addresses; the deadline goes along")
  func replicate() throws {
    let input: JSONValue = ["prompt": "a fjord", "seed": 7]
    let deadline = Samples.now + .seconds(90)
    let official = try Samples.call(
      "replicate",
      try Samples.order(.imageGeneration, "black-forest-labs/flux-schnell", input, deadline: deadline))
    #expect(
      official.url == "https://api.replicate.com/v1/models/black-forest-labs/flux-schnell/predictions")
    #expect(official.headers.contains(CallDescription.Header(name: "Cancel-After", value: "90s")))
    #expect(try Samples.body(official) == ["input": ["prompt": "a fjord", "seed": 7]])
    let version = try Samples.call(
      "replicate",
      try Samples.order(.imageGeneration, "owner/name:5c7d5dc6", input, webhook: "https://me.example/w"))
    #expect(version.url == "https://api.replicate.com/v1/predictions")
    #expect(!version.headers.contains { $0.name == "Cancel-After" })
    #expect(
      try Samples.body(version) == [
        "input": ["prompt": "a fjord", "seed": 7], "version": "5c7d5dc6", "webhook": "https://me.example/w",
        "webhook_events_filter": ["completed"],
      ])
  }

  @Test("a transcription is a form with the recording in it")
  func transcription() throws {
    let order = try Samples.order(
      .speechToText, "whisper-1", ["audio_url": "data:audio/wav;base64,UklGRg==", "language": "de"])
    let call = try Samples.call("openai", order)
    guard case .multipart(let parts) = call.body else {
      Issue.record("not a form")
      return
    }
    #expect(parts.contains(CallDescription.Part(name: "model", content: .text("whisper-1"))))
    #expect(parts.contains(CallDescription.Part(name: "language", content: .text("de"))))
    #expect(
      parts.contains(
        CallDescription.Part(name: "file", content: .file(url: "data:audio/wav;base64,UklGRg=="))))
    var form = MultipartForm()
    form.add("a", text: "x --pointsman-form-0 y")
    #expect(form.boundary == "pointsman-form-1")
    #expect(
      String(decoding: form.bytes, as: UTF8.self)
        == "--pointsman-form-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx --pointsman-form-0 y\r\n--pointsman-form-1--\r\n"
    )
  }

  @Test("an address of the operator's own takes the place of the declared one, port and all")
  func ownAddress() throws {
    let access = Access(bases: [Access.Base(name: "api", url: "http://127.0.0.1:9100/openai/v1")])
    let order = try Samples.order(.textGeneration, "m", ["prompt": "x"])
    #expect(
      try Samples.call("openai", order, access: access).url
        == "http://127.0.0.1:9100/openai/v1/chat/completions")
    let policy = try Samples.interpreter("openai", access: access).artefactPolicy
    #expect(throws: Never.self) { try policy.checked("http://127.0.0.1:9100/files/1.png") }
    #expect(throws: (any Error).self) { try policy.checked("http://127.0.0.2:9100/files/1.png") }
    #expect(throws: (any Error).self) { try policy.checked("http://127.0.0.1:22/") }
  }

  // MARK: Checks before any money is spent

  func faults(
    _ vendor: String, _ capability: Capability, _ model: String, _ input: JSONValue,
    _ limits: Limits = Limits()
  ) throws -> [String] {
    let interpreter = try Samples.interpreter(vendor)
    let order = try Samples.order(capability, model, input)
    let operation = try #require(interpreter.declaration.operation(for: capability, model: model))
    var errors = limits.faults(of: order)
    errors.absorb(
      interpreter.faults(of: OrderValues(order: order, now: Samples.now), operation), under: "")
    return errors.errors.map(\.description)
  }

  @Test("a model's limits are held before the vendor hears of it")
  func limits() throws {
    var limits = Limits()
    limits.maximumWidth = 1_024
    limits.minimumDuration = 4
    limits.maximumDuration = 8
    limits.maximumImages = 1
    #expect(
      try faults("fal", .textToVideo, "fal-ai/x/y", ["prompt": "p", "duration_s": 12], limits)
        == ["/duration_s: must be at most 8 seconds for this model, got 12"])
    #expect(
      try faults("fal", .textToVideo, "fal-ai/x/y", ["prompt": "p", "duration_s": 2.5], limits)
        == ["/duration_s: must be at least 4 seconds for this model, got 2.5"])
    #expect(
      try faults(
        "fal", .imageGeneration, "fal-ai/x", ["prompt": "p", "width": 2048, "height": 10, "count": 3], limits)
        == [
          "/width: must be at most 1024 pixels for this model, got 2048",
          "/count: must be at most 1 pictures for this model, got 3",
        ])
    #expect(try faults("fal", .textToVideo, "fal-ai/x/y", ["prompt": "p", "duration_s": 8], limits) == [])
  }

  @Test("what a vendor cannot do is said, and what it needs is asked for")
  func vendorsFaults() throws {
    #expect(
      try faults(
        "openai", .imageGeneration, "gpt-image-1", ["prompt": "p", "image_url": "https://a.example/b.png"])
        == ["/image_url: is not something that openai's image can take; leave it out or ask another"])
    #expect(
      try faults("openai", .imageGeneration, "gpt-image-1", ["count": 11])
        == ["/prompt: is required by this model", "/count: must be at most 10.0 for this model, got 11"])
    #expect(
      try faults("openai", .textToSpeech, "tts-1", ["prompt": "Hi", "format": "ogg"])
        == ["/format: must be one of mp3, opus, aac, flac, wav, pcm for this model, got \"ogg\""])
    let conversation: JSONValue = [
      "messages": [["role": "user", "content": "Hi"], ["role": "assistant", "content": "Hello"]]
    ]
    #expect(
      try faults("google", .textGeneration, "gemini-3-flash", conversation).contains(
        "/messages: has 2 parts, and google's text takes one prompt"))
    #expect(try faults("openai", .textGeneration, "gpt-5", conversation) == [])
    // Seeds and the like only help: where a vendor has none they are left out.
    #expect(try faults("openai", .textToSpeech, "tts-1", ["prompt": "Hi", "seed": 1]) == [])
  }

  @Test("an input is checked word by word")
  func input() {
    let wrong: JSONValue = [
      "promt": "x", "aspect_ratio": "wide", "image_url": "file:///etc/passwd", "seed": -1, "vendor": 3,
      "messages": [["role": "user"]],
    ]
    do throws(FieldErrors) {
      _ = try WorkInput(wrong)
      Issue.record("accepted")
    } catch {
      #expect(
        error.errors.map(\.pointer).sorted() == [
          "/aspect_ratio", "/image_url", "/messages/0", "/promt", "/seed", "/vendor",
        ])
      #expect(error.errors.contains { $0.message.contains("did you mean \"prompt\"?") })
    }
  }

  @Test("a ratio is what is left of two sides without their common factor")
  func ratios() {
    // gcd(1920, 1080) = 120
    #expect(AspectRatio(width: 1_920, height: 1_080)?.description == "16:9")
    #expect(AspectRatio("1024x768")?.description == "4:3")
    #expect(AspectRatio("0:1") == nil)
    #expect(AspectRatio("16:9:1") == nil)
  }
}
