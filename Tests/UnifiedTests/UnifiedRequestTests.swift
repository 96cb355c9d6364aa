import Jobs
import Routing
import Testing
import Unified
import Wire

@Suite("Requests and answers of the unified contract")
struct UnifiedRequestTests {
  @Test("Every field is read, the provider's own parameters too")
  func fields() throws {
    let request = try UnifiedRequest(Golden.read("request-pinned-2.0"))
    #expect(request.id == "r-7" && request.provider == "flux" && request.model == "flux-pro")
    #expect(request.prompt == "Mountain landscape" && request.mediaType == .image)
    #expect(request.parameters.map(\.name) == ["width", "height", "safety_tolerance"])
    #expect(request.timestamp == Instant("2026-11-21T12:00:00Z"))
    #expect(request.timeout == .seconds(60) && request.maximumRetries == nil)
    #expect(request.callbackURL == "https://me.example/done")
    #expect(request.capability == .imageGeneration)
    let free = try UnifiedRequest(Golden.read("request-free-2.0"))
    #expect(free.provider == nil && free.model == nil && free.maximumRetries == 2)
    #expect(free.metadata == [.init("campaign", "autumn")])
    #expect(free.capability == .imageToVideo)
  }

  @Test(
    "The kind of media and the inputs say what is asked for, unless the request names it",
    arguments: [
      ("image", [:], "image_generation"), ("image", ["image_url": "u"], "image_to_image"),
      ("image", ["image_url": "u", "mask_url": "m"], "inpainting"), ("video", [:], "text_to_video"),
      ("video", ["image_url": "u"], "image_to_video"), ("video", ["video_urls": []], "video_composition"),
      ("audio", [:], "text_to_speech"), ("audio", ["audio_url": "u"], "voice_cloning"),
      ("text", [:], "text_generation"), ("text", ["audio_url": "u"], "speech_to_text"),
      ("image", ["image_url": "u", "capability": "super_resolution"], "super_resolution"),
    ] as [(String, JSONValue, String)])
  func capabilities(media: String, parameters: JSONValue, capability: String) throws {
    let request = try UnifiedRequest([
      "schema_version": "2.0", "prompt": "x", "media_type": .string(media), "parameters": parameters,
    ])
    #expect(request.capability.name == capability)
    // It says what is asked for, and is no parameter.
    #expect(!request.parameters.contains { $0.name == "capability" })
  }

  @Test("Every fault is told with its place")
  func faults() throws {
    let error = #expect(throws: FieldErrors.self) {
      try UnifiedRequest([
        "schema_version": "2.0", "provider": "auto", "model": "flux-pro", "media_type": "smell",
        "parameters": ["capability": "teleport"], "metadata": 3, "timeout": 0, "timestamp": "noon",
        "retry_config": ["max_retries": 8, "backoff": 2], "colour": "red",
      ])
    }
    #expect(
      Set(error?.errors.map(\.pointer) ?? []) == [
        "/model", "/prompt", "/media_type", "/parameters/capability", "/metadata", "/timeout", "/timestamp",
        "/retry_config/max_retries", "/retry_config/backoff", "/colour",
      ])
  }

  @Test("An answer has every member of the contract, in its order")
  func answers() throws {
    let at = try #require(Instant("2026-11-21T12:00:02Z"))
    let failed = UnifiedResponse(
      requestID: "r-8", status: .failed, timestamp: at,
      failure: .init(
        ErrorDetails(
          .rateLimitExceeded, "asked too often", retryable: true, retryAfter: .milliseconds(2_100),
          provider: "flux"), more: [.init("class", "rate_concurrency")], at: at),
      processingTime: .milliseconds(12), tokens: 12, cost: .zero)
    #expect(try failed.json == Golden.read("response-failure-2.0"))
  }
}
