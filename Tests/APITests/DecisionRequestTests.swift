import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// What a decision may ask, and what is refused.
@Suite struct DecisionRequestTests {
  @Test(
    "constraints decide who may serve, each with its reason",
    arguments: [
      ("max_cost_usd", 0.5, ["fal/veo-3": "max_cost", "luma/ray-3": "price_unknown"]),
      ("max_latency_ms", 60_000, ["fal/veo-3": "max_latency"]),
      ("width", 3_840, ["fal/veo-3": "resolution_limit"]),
      ("height", 2_160, ["fal/veo-3": "resolution_limit"]),
      ("duration_s", 0.5, ["fal/veo-3": "duration_limit"]),
      ("duration_s", 20, ["fal/veo-3": "duration_limit"]),
      ("only", ["xai", "luma/ray-3"], ["fal/veo-3": "not_in_only"]),
      ("exclude", ["fal", "luma/ray-3"], ["fal/veo-3": "excluded", "luma/ray-3": "excluded"]),
    ] as [(String, JSONValue, [String: String])])
  func constraints(name: String, value: JSONValue, reasons: [String: String]) async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(
        DecidingRoutesTests.body("constraints", .object([.init(name, value)])))
      #expect(reply.status == 200)
      var excluded: [String: String] = [:]
      for item in reply["/excluded"]?.arrayValue ?? [] {
        excluded[item.text("/candidate") ?? ""] = item.text("/reason")
      }
      excluded["openai/sora-2"] = nil
      excluded["runway/gen-4"] = nil
      #expect(excluded == reasons)
    }
  }

  @Test("units are held against limits, and costs follow them")
  func units() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(
        DecidingRoutesTests.body("units", ["input_tokens": 5_000, "characters": 501]))
      #expect(reply["/chosen/candidate"] == "luma/ray-3")
      let reasons = reply["/excluded"]?.arrayValue?.compactMap { $0.text("/reason") }
      #expect(reasons == ["token_limit", "retired", "disabled", "character_limit"])
      let images = try await router.decide([
        "capability": "image_generation", "intent": "a fox", "units": ["images": 3], "explore": false,
      ])
      #expect(images.json.number("/chosen/expected_cost_usd") == 0.09)
    }
  }

  @Test("an embedding may stand in place of the text, of any length but zero")
  func embedding() async throws {
    try await TestRouter.run { router in
      for size in [1e-30, 1, 1e38] {
        let vector = JSONValue.array((0..<256).map { .number($0 == 3 ? size : 0) })
        let reply = try await router.decide(["capability": "text_to_video", "embedding": vector])
        #expect(reply.status == 200, "\(size)")
        let id = try #require(reply.json.text("/decision_id"))
        let read = try await router.get("/v1/decisions/\(id)")
        #expect(read["/intent"] == .null)
      }
    }
  }

  @Test(
    "what is no JSON is a 400 that says where",
    arguments: [
      "", "{", #"{"capability":"text_to_video","intent":"x"}}"#,
      #"{"capability":"text_to_video","embedding":[NaN]}"#,
      #"{"capability":"text_to_video","embedding":[Infinity]}"#, #"{'capability':'text_to_video'}"#,
      #"{"capability":"text_to_video","intent":"x",}"#,
      #"{"capability":"text_to_video","capability":"embedding"}"#,
      #"{"capability":"text_to_video","intent":"\ud800"}"#,
      #"{"capability":"text_to_video","explore":1e999}"#,
      String(repeating: "[", count: 100_000),
    ])
  func malformed(text: String) async throws {
    try await TestRouter.run { router in
      for path in ["/v1/decisions", "/v1/decisions:batch", "/v1/feedback", "/v1/regions", "/v1/regions:fit"] {
        let reply = try await router.post(path, text: text)
        #expect(reply.status == 400 && reply.slug == "malformed-json", "\(path) \(text.prefix(60))")
        #expect(reply.json.text("/detail")?.contains("at byte") == true)
      }
    }
  }

  @Test(
    "a wrong field is a 400 with its pointer",
    arguments: [
      ("capability", "text_to_vide", "/capability"), ("capability", 3, "/capability"),
      ("capability", nil, "/capability"),
      ("intent", "", "/intent"), ("intent", " \n\t\u{3000}", "/intent"), ("intent", 7, "/intent"),
      ("intent", nil, "/intent"), ("intent", ["a"], "/intent"),
      ("intent", .string(String(repeating: "x", count: 32_769)), "/intent"),
      ("embedding", [0.5, 0.5], "/embedding"), ("embedding", [], "/embedding"),
      ("embedding", "AAAA", "/embedding"),
      ("embedding", .array(Array(repeating: 0, count: 256)), "/embedding"),
      ("embedding", .array(Array(repeating: 1, count: 257)), "/embedding"),
      ("embedding", .array(Array(repeating: 1e39, count: 1)), "/embedding/0"),
      ("embedding", .array(Array(repeating: "1", count: 1)), "/embedding/0"),
      ("constraints", ["max_cost_usd": -1], "/constraints/max_cost_usd"),
      ("constraints", ["max_cost_usd": "0.5"], "/constraints/max_cost_usd"),
      ("constraints", ["max_latency_ms": -0.5], "/constraints/max_latency_ms"),
      ("constraints", ["width": 0], "/constraints/width"),
      ("constraints", ["width": 10.5], "/constraints/width"),
      ("constraints", ["height": 1_000_001], "/constraints/height"),
      ("constraints", ["duration_s": -1], "/constraints/duration_s"),
      ("constraints", ["only": []], "/constraints/only"),
      ("constraints", ["only": [""]], "/constraints/only/0"),
      ("constraints", ["only": "fal"], "/constraints/only"),
      ("constraints", ["exclude": ["fal", 3]], "/constraints/exclude/1"),
      ("constraints", ["max_cost": 1], "/constraints/max_cost"), ("constraints", [], "/constraints"),
      ("units", ["input_tokens": -1], "/units/input_tokens"), ("units", ["images": 0], "/units/images"),
      ("units", ["tokens": 5], "/units/tokens"),
      ("objective", ["cost_weight": 10.5], "/objective/cost_weight"),
      ("objective", ["costweight": 1], "/objective/costweight"), ("explore", 1, "/explore"),
      ("explore", "no", "/explore"),
      ("session", "", "/session"), ("session", .string(String(repeating: "s", count: 201)), "/session"),
      ("idempotency_key", "", "/idempotency_key"),
      ("idempotency_key", .string(String(repeating: "k", count: 256)), "/idempotency_key"),
      ("intnet", "x", "/intnet"), ("decision_id", "x", "/decision_id"),
    ] as [(String, JSONValue, String)])
  func invalid(name: String, value: JSONValue, pointer: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(DecidingRoutesTests.body(name, value))
      #expect(reply.status == 400 && reply.slug == "invalid-request")
      #expect(reply.pointers.first == pointer)
      #expect(try await router.counts().decisions == 0)
    }
  }

  @Test("every wrong field is named at once, with what was meant")
  func allErrors() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide([
        "capabilty": "text_to_video", "constraints": ["max_cost_usd": -1, "widht": 5], "explore": "yes",
      ])
      #expect(
        Set(reply.pointers) == [
          "/capability", "/intent", "/constraints/max_cost_usd", "/constraints/widht", "/explore",
          "/capabilty",
        ])
      #expect(reply.text.contains(#"did you mean \"capability\"?"#))
      for body in [JSONValue.array([]), "text", 3, .null, true] {
        #expect(try await router.decide(body).pointers == [""])
      }
    }
  }

  @Test("an intent of a megabyte is too large a body, and nothing was read of it")
  func tooLarge() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(
        DecidingRoutesTests.body("intent", .string(String(repeating: "x", count: 1_000_000))))
      #expect(reply.status == 413 && reply.slug == "payload-too-large")
      #expect(reply.json.text("/detail") == "at most 262144 bytes are taken here")
      let fits = try await router.decide(
        DecidingRoutesTests.body("intent", .string(String(repeating: "é", count: 32_768))))
      #expect(fits.status == 200)
    }
  }
}
