import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// Many decisions in one request.
@Suite struct DecisionBatchTests {
  @Test("a thousand decisions come back in order, the bad ones as problems in their places")
  func batch() async throws {
    try await TestRouter.run { router in
      var items: [JSONValue] = (0..<1_000).map { number in
        [
          "capability": number % 2 == 0 ? "text_to_video" : "image_generation",
          "intent": .string("take \(number)"),
        ]
      }
      items[500] = ["capability": "text_to_video"]
      items[501] = ["capability": "voice_cloning", "intent": "mine"]
      items[502] = 7
      items[503] = ["capability": "text_to_video", "intent": "x", "idempotency_key": "k"]
      let reply = try await router.post("/v1/decisions:batch", ["decisions": .array(items)])
      #expect(reply.status == 200)
      let answers = try #require(reply["/decisions"]?.arrayValue)
      #expect(answers.count == 1_000)
      for (number, answer) in answers.enumerated() where !(500...503).contains(number) {
        let candidates =
          number % 2 == 0 ? ["fal/veo-3", "luma/ray-3", "xai/grok-video"] : ["fal/flux", "xai/aurora"]
        #expect(candidates.contains(answer.text("/chosen/candidate") ?? ""), "\(number)")
      }
      #expect(answers[500].text("/type") == "urn:pointsman:invalid-request")
      #expect(answers[500].text("/errors/0/pointer") == "/intent")
      #expect(answers[501].text("/type") == "urn:pointsman:no-eligible-candidate")
      #expect(answers[502].text("/errors/0/pointer") == "")
      #expect(answers[503].text("/errors/0/pointer") == "/idempotency_key")
      let ids = answers.compactMap { $0.text("/decision_id") }
      #expect(ids == ids.sorted() && Set(ids).count == 996)
      #expect(try await router.counts().decisions == 996)
      let last = try await router.get("/v1/decisions/\(ids[995])")
      #expect(last["/intent"] == "take 999")
    }
  }

  @Test("a batch is refused whole when it is too long or no batch")
  func batchRefused() async throws {
    try await TestRouter.run { router in
      let long = JSONValue.array(Array(repeating: DecidingRoutesTests.intent, count: 1_001))
      let reply = try await router.post("/v1/decisions:batch", ["decisions": long])
      #expect(reply.status == 413 && reply.slug == "too-many-items")
      #expect(
        try await router.post("/v1/decisions:batch", ["decisions": DecidingRoutesTests.intent]).pointers == [
          "/decisions"
        ])
      #expect(
        try await router.post("/v1/decisions:batch", ["items": []]).pointers == ["/decisions", "/items"])
      #expect(try await router.post("/v1/decisions:batch", ["decisions": []])["/decisions"] == [])
      #expect(try await router.counts().decisions == 0)
    }
  }

  @Test("a batch decides as single requests do: the same ids, regions and figures")
  func batchAgrees() async throws {
    let texts = (0..<40).map { "a picture of \($0) foxes in the snow" }
    let named: JSONValue = ["id": "foxes", "examples": ["foxes in the snow"]]
    let single = try await TestRouter.run { router in
      _ = try await router.post("/v1/regions", named)
      try await router.closeEpoch()
      var answers: [JSONValue] = []
      for text in texts {
        answers.append(
          try await router.decide(["capability": "image_generation", "intent": .string(text)]).json)
      }
      return answers
    }
    let batch = try await TestRouter.run { router in
      _ = try await router.post("/v1/regions", named)
      try await router.closeEpoch()
      let items = texts.map {
        JSONValue.object([.init("capability", "image_generation"), .init("intent", .string($0))])
      }
      return try await router.post("/v1/decisions:batch", ["decisions": .array(items)])["/decisions"]?
        .arrayValue ?? []
    }
    #expect(batch.count == 40)
    for (one, many) in zip(single, batch) {
      for pointer in ["/decision_id", "/region/id", "/chosen", "/fallbacks"] {
        #expect(one.at(pointer) == many.at(pointer))
      }
      // sgemv and sgemm may differ in the last bits.
      #expect(abs((one.number("/region/similarity") ?? 9) - (many.number("/region/similarity") ?? 0)) < 1e-5)
    }
    #expect(Set(batch.compactMap { $0.text("/region/id") }) == ["foxes"])
  }
}
