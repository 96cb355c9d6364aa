import HTTPTypes
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// What the answers say of the moment. The market of the tests has veo, grok and ray that may serve a video.
@Suite struct LiveMarketTests {
  private static let intent: JSONValue = ["capability": "text_to_video", "intent": "fjords"]

  private static func entry(_ reply: Reply, _ candidate: String) -> JSONValue? {
    reply["/excluded"]?.arrayValue?.first { $0["candidate"] == .string(candidate) }
  }

  private static func open(_ detail: String, until: Instant? = nil) -> LiveState {
    LiveState(obstacle: LiveObstacle(.circuitOpen, until: until, detail: detail))
  }

  @Test("whoever is kept out now stands among the excluded, with how long that lasts, fresh in every answer")
  func excluded() async throws {
    try await TestRouter.run { router in
      let until = router.clock.now + .milliseconds(23_001)
      router.service.adopt(
        market: LiveMarket(states: ["fal/veo-3": Self.open("6 of 8 attempts failed", until: until)]))
      let first = try await router.decide(Self.intent)
      #expect(
        Self.entry(first, "fal/veo-3") == [
          "candidate": "fal/veo-3", "reason": "circuit_open", "detail": "6 of 8 attempts failed",
          "retry_after_s": 24,
        ])
      #expect(
        Self.entry(first, "runway/gen-4") == [
          "candidate": "runway/gen-4", "reason": "disabled", "detail": "disabled in the catalogue",
        ])
      // The same table, another moment.
      router.clock.advance(by: .seconds(20))
      #expect(Self.entry(try await router.decide(Self.intent), "fal/veo-3")?["retry_after_s"] == 4)
      router.service.adopt(market: LiveMarket(states: ["fal/veo-3": Self.open("9 of 9")]))
      let third = try await router.decide(Self.intent)
      #expect(Self.entry(third, "fal/veo-3")?["detail"] == "9 of 9")
      #expect(Self.entry(third, "fal/veo-3")?["retry_after_s"] == nil)
      router.service.adopt(market: LiveMarket())
      #expect(Self.entry(try await router.decide(Self.intent), "fal/veo-3") == nil)
      // What stood in the way is not recorded.
      let id = try #require(first.json.text("/decision_id"))
      let later = try await router.get("/v1/decisions/\(id)/explanation")
      #expect(later["/agrees"] == true)
      let reasons = later["/decision/excluded"]?.arrayValue?.map { $0.text("/reason") }
      #expect(reasons == ["unavailable_then", "retired", "disabled"])
      #expect(try await router.get("/v1/decisions/\(id)")["/excluded/0/candidate"] == "fal/veo-3")
    }
  }

  @Test("a 422 says when to ask again, in its body and its header, where waiting helps")
  func retryAfter() async throws {
    try await TestRouter.run { router in
      let now = router.clock.now
      var states = [
        "fal/veo-3": Self.open("open", until: now + .seconds(30)),
        "xai/grok-video": Self.open("open", until: now + .seconds(12)), "luma/ray-3": Self.open("open"),
      ]
      router.service.adopt(market: LiveMarket(states: states))
      let reply = try await router.decide(Self.intent)
      #expect(reply.slug == "no-eligible-candidate" && reply.status == 422)
      #expect(reply["/retry_after_s"] == 12 && reply.headers[.retryAfter] == "12")
      #expect(Self.entry(reply, "fal/veo-3")?["retry_after_s"] == 30)
      let batch = try await router.post("/v1/decisions:batch", ["decisions": [Self.intent]])
      #expect(batch["/decisions/0/retry_after_s"] == 12)
      for id in states.keys { states[id] = LiveState(admission: 0) }
      router.service.adopt(market: LiveMarket(states: states))
      let halfOpen = try await router.decide(Self.intent)
      #expect(halfOpen["/retry_after_s"] == 1 && halfOpen.headers[.retryAfter] == "1")
      #expect(
        Self.entry(halfOpen, "luma/ray-3")?["detail"]
          == "half open: lets in 0 % of requests, and not this one")
      for id in states.keys { states[id] = Self.open("somebody must act") }
      router.service.adopt(market: LiveMarket(states: states))
      let stuck = try await router.decide(Self.intent)
      #expect(stuck.status == 422 && stuck["/retry_after_s"] == nil && stuck.headers[.retryAfter] == nil)
      #expect(try await router.counts().decisions == 0)
    }
  }

  @Test("under an order of the moment whoever is first is certain, in answers and rankings alike")
  func orders() async throws {
    try await TestRouter.run { router in
      try await router.govern(["policy": "least_loaded"])
      for first in ["xai/grok-video", "luma/ray-3", "fal/veo-3"] {
        var states = Dictionary(
          uniqueKeysWithValues: ["fal/veo-3", "luma/ray-3", "xai/grok-video"].map { ($0, LiveState(load: 1)) }
        )
        states[first] = LiveState(load: 0.5)
        router.service.adopt(market: LiveMarket(states: states))
        let reply = try await router.decide(Self.intent)
        #expect(reply["/chosen/candidate"] == .string(first) && reply["/chosen/reason"] == "exploit")
        #expect(reply.json.number("/chosen/propensity") == 1 && reply.json.number("/subsidy_usd") == 0)
        #expect(reply["/fallbacks"]?.arrayValue?.map { $0.number("/propensity") } == [0, 0])
        let rankings = try await router.get("/v1/rankings?capability=text_to_video")
        for row in rankings["/rankings"]?.arrayValue ?? [] {
          #expect(row.number("/propensity") == (row["candidate"] == .string(first) ? 1 : 0))
        }
        let id = try #require(reply.json.text("/decision_id"))
        let explanation = try await router.get("/v1/decisions/\(id)/explanation")
        #expect(explanation["/agrees"] == true)
        let preferred = explanation["/arms"]?.arrayValue?.first { $0["is_preferred"] == true }
        #expect(preferred?["candidate"] == .string(first) && preferred?.number("/probability") == 1)
      }
    }
  }

  @Test("max_latency_ms is held against what was measured")
  func latency() async throws {
    try await TestRouter.run { router in
      let body: JSONValue = [
        "capability": "text_to_video", "intent": "fjords", "constraints": ["max_latency_ms": 60_000],
      ]
      #expect(Self.entry(try await router.decide(body), "fal/veo-3")?["reason"] == "max_latency")
      router.service.adopt(
        market: LiveMarket(states: [
          "fal/veo-3": LiveState(latencyP90: .seconds(60)), "luma/ray-3": LiveState(latencyP90: .seconds(61)),
        ]))
      let reply = try await router.decide(body)
      #expect(Self.entry(reply, "fal/veo-3") == nil)
      #expect(Self.entry(reply, "luma/ray-3")?["detail"] == "answers within 61s in 90 % of cases")
    }
  }
}
