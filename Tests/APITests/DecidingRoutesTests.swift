import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct DecidingRoutesTests {
  static let intent: JSONValue = [
    "capability": "text_to_video", "intent": "a cinematic drone shot over fjords at dawn",
  ]

  /// The valid body with one field put in or replaced.
  static func body(_ name: String, _ value: JSONValue) -> JSONValue {
    let members = intent.members!.filter { $0.name != name }
    return .object(members + [JSONValue.Member(name, value)])
  }

  @Test("a decision names one candidate, its fallbacks, and why the others may not serve")
  func decides() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(Self.intent)
      #expect(reply.status == 200)
      #expect(reply.headers[.contentType] == "application/json")
      #expect(reply["/epoch"] == 0)
      #expect(reply["/policy"] == "agentrank")
      #expect(reply["/mode"] == "apply")
      #expect(reply["/region/id"] == "root")
      let eligible = [
        reply.json.text("/chosen/candidate"), reply.json.text("/fallbacks/0/candidate"),
        reply.json.text("/fallbacks/1/candidate"),
      ]
      #expect(Set(eligible) == ["fal/veo-3", "xai/grok-video", "luma/ray-3"])
      #expect(reply["/fallbacks"]?.arrayValue?.count == 2)
      #expect(
        reply["/excluded"] == [
          [
            "candidate": "openai/sora-2", "reason": "retired",
            "detail": "since 2026-09-24; replaced by openai/sora-3",
          ],
          ["candidate": "runway/gen-4", "reason": "disabled", "detail": "disabled in the catalogue"],
        ])
      let id = try #require(reply.json.text("/decision_id").flatMap { Identifier($0) })
      // UUIDv7: the clock's milliseconds.
      #expect(id.instant == router.clock.now)
      let fallbacks = (reply["/fallbacks"]?.arrayValue ?? []).compactMap { $0.number("/propensity") }
      #expect(abs((reply.json.number("/chosen/propensity") ?? 0) + fallbacks.reduce(0, +) - 1) < 1e-12)
    }
  }

  @Test(
    "with nothing learned, figures are those of the priors: 4 pseudo-observations of 0.8 on a mean of 0.5")
  func priors() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(Self.body("explore", false))
      // q = (2 × 0.5 + 4 × 0.8) / (2 + 4) = 0.7 against 0.5 of the others.
      #expect(reply["/chosen/candidate"] == "fal/veo-3")
      #expect(abs((reply.json.number("/chosen/quality") ?? 0) - 0.7) < 1e-12)
      #expect(reply["/chosen/agent_rank"] == reply["/chosen/quality"])
      #expect(reply.json.number("/chosen/observations") == 0)
      // 5 s assumed × 0.15.
      #expect(reply.json.number("/chosen/expected_cost_usd") == 0.75)
      #expect(reply["/chosen/provider"] == "fal")
      #expect(reply["/chosen/model"] == "veo-3")
      let ray = reply["/fallbacks"]?.arrayValue?.first { $0["candidate"] == "luma/ray-3" }
      #expect(ray?["expected_cost_usd"] == .null)
    }
  }

  @Test("explore: false is never explored on and has propensity 1; exploring happens and is paid for")
  func exploration() async throws {
    try await TestRouter.run { router in
      var explored = 0
      for turn in 0..<60 {
        let forbidden = try await router.decide(Self.body("explore", false))
        #expect(
          forbidden["/chosen/reason"] == "exploit" && forbidden.json.number("/chosen/propensity") == 1,
          "\(turn)")
        #expect(forbidden.json.number("/subsidy_usd") == 0)
        let free = try await router.decide(Self.intent)
        guard free["/chosen/reason"] == "explore" else { continue }
        explored += 1
        let cost = free.json.number("/chosen/expected_cost_usd")
        // The preferred candidate, fal/veo-3, costs 0.75; luma/ray-3 has no price and grok is cheaper.
        #expect(cost == 0.4 || cost == nil)
        #expect(free.json.number("/subsidy_usd") == 0)
      }
      #expect(explored > 5)
    }
  }

  @Test("an explored decision that is dearer than the preferred one states the difference as subsidy")
  func subsidy() async throws {
    try await TestRouter.run { router in
      var subsidies: Set<Double> = []
      for _ in 0..<60 {
        let reply = try await router.decide(["capability": "image_generation", "intent": "a fox"])
        #expect(reply["/chosen/reason"] == (reply["/chosen/candidate"] == "fal/flux" ? "exploit" : "explore"))
        subsidies.insert(reply.json.number("/subsidy_usd") ?? -1)
      }
      // Equal in quality, the first id is preferred: 0.07 − 0.03 for the other.
      #expect(subsidies == [0, 0.04])
    }
  }

  @Test("a cost weight marks down the dearer one: 0.5 × (0.4 / 0.75)^1 of 0.7 is less than 0.5")
  func costWeight() async throws {
    try await TestRouter.run { router in
      let body: JSONValue = [
        "capability": "text_to_video", "intent": "fjords", "explore": false, "objective": ["cost_weight": 1],
        "constraints": ["exclude": ["luma"]],
      ]
      let reply = try await router.decide(body)
      #expect(reply["/chosen/candidate"] == "xai/grok-video")
      #expect(abs((reply.json.number("/fallbacks/0/agent_rank") ?? 0) - 0.7 * 0.4 / 0.75) < 1e-12)
    }
  }

  @Test("when nobody may serve it is a 422 with everyone's reason")
  func nobody() async throws {
    try await TestRouter.run { router in
      let reply = try await router.decide(Self.body("constraints", ["max_cost_usd": 0, "max_latency_ms": 1]))
      #expect(reply.status == 422 && reply.slug == "no-eligible-candidate")
      #expect(reply["/capability"] == "text_to_video")
      let reasons = reply["/excluded"]?.arrayValue?.map {
        "\($0.text("/candidate") ?? ""): \($0.text("/reason") ?? "")"
      }
      #expect(
        reasons == [
          "fal/veo-3: max_cost", "luma/ray-3: price_unknown", "openai/sora-2: retired",
          "runway/gen-4: disabled",
          "xai/grok-video: max_cost",
        ])
      let empty = try await router.decide(["capability": "voice_cloning", "intent": "my voice"])
      #expect(empty.status == 422 && empty["/excluded"] == [])
      #expect(empty.json.text("/detail") == "no candidate in the catalogue serves voice_cloning")
      #expect(try await router.counts().decisions == 0)
    }
  }

  @Test("a session stays with its candidate until its window has passed, per capability")
  func sessions() async throws {
    try await TestRouter.run(settings: [("session_window", .text("10m"))]) { router in
      let body = Self.body("session", "conversation-17")
      let first = try await router.decide(body)
      #expect(first["/chosen/reason"] != "sticky")
      for _ in 0..<20 {
        router.clock.advance(by: .minutes(10))
        let next = try await router.decide(body)
        #expect(next["/chosen/candidate"] == first["/chosen/candidate"])
        #expect(next["/chosen/reason"] == "sticky" && next.json.number("/chosen/propensity") == 1)
      }
      let other = try await router.decide([
        "capability": "image_generation", "intent": "a fox", "session": "conversation-17",
      ])
      #expect(other["/chosen/reason"] != "sticky")
      router.clock.advance(by: .minutes(11))
      #expect(try await router.decide(body)["/chosen/reason"] != "sticky")
      // A candidate that may not serve cannot be kept.
      let candidate = try #require(try await router.decide(body).json.text("/chosen/candidate"))
      let moved = try await router.decide([
        "capability": "text_to_video", "intent": "fjords", "session": "conversation-17",
        "constraints": ["exclude": [.string(candidate)]],
      ])
      #expect(moved["/chosen/candidate"] != .string(candidate) && moved["/chosen/reason"] != "sticky")
    }
  }

  @Test("reading a decision back gives the answer as it was, and nothing said yet")
  func readBack() async throws {
    try await TestRouter.run { router in
      let made = try await router.decide(Self.body("session", "s"))
      let id = try #require(made.json.text("/decision_id"))
      // Before its group is committed as well.
      let read = try await router.get("/v1/decisions/\(id.uppercased())")
      #expect(read.status == 200)
      for member in made.json.members! { #expect(read.json[member.name] == member.value, "\(member.name)") }
      #expect(read["/decided_at"] == "2026-11-20T10:00:00.000Z")
      #expect(read["/capability"] == "text_to_video")
      #expect(read["/intent"] == Self.intent["intent"])
      #expect(read["/session"] == "s")
      #expect(read["/attempts"] == [] && read["/feedback"] == [] && read["/reward"] == .null)
    }
  }

  @Test("an explanation derives the same decision and shows every number", arguments: [false, true])
  func explains(isSQLite: Bool) async throws {
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await explains(on: ledger)
      try ledger.close()
    }
  }

  private func explains(on ledger: any Ledger) async throws {
    try await TestRouter.run(on: ledger) { router in
      var ids: [String] = []
      for turn in 0..<12 {
        let reply = try await router.decide(
          turn % 3 == 0
            ? Self.body("objective", ["cost_weight": 0.5]) : Self.body("session", .string("s\(turn % 2)")))
        ids.append(try #require(reply.json.text("/decision_id")))
        _ = try await router.feedback(["decision_id": .string(ids[turn]), "signal": "score", "value": 0.25])
        if turn % 4 == 3 { try await router.closeEpoch() }
      }
      for id in ids {
        let reply = try await router.get("/v1/decisions/\(id)/explanation")
        #expect(reply.status == 200 && reply["/agrees"] == true)
        #expect(reply["/decision/decision_id"] == .string(id))
        #expect(reply["/logged/propensity"] == reply["/decision/chosen/propensity"])
        #expect(reply["/logged/chosen"] == reply["/decision/chosen/candidate"])
        #expect(reply["/placement/region"] == "root")
        let arms = try #require(reply["/arms"]?.arrayValue)
        #expect(arms.count == 3)
        #expect(abs(arms.compactMap { $0.number("/best_probability") }.reduce(0, +) - 1) < 1e-9)
        #expect(abs(arms.compactMap { $0.number("/probability") }.reduce(0, +) - 1) < 1e-12)
        #expect(arms.count { $0["is_chosen"] == true } == 1 && arms.count { $0["is_preferred"] == true } == 1)
        for arm in arms {
          let rank = (arm.number("/weight") ?? 0) * (arm.number("/quality") ?? 0)
          #expect(arm.number("/agent_rank") == rank)
          #expect((arm.number("/index") ?? 0) > rank)
        }
      }
    }
  }

  @Test(
    "a decision that nobody made is a 404, whatever stands in its place",
    arguments: [
      "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "7", "x%20y", "019a9f3c6f007c3e9a550b8f6c1d2e3f", "%00", "%FF",
    ])
  func unknown(id: String) async throws {
    try await TestRouter.run { router in
      for path in ["/v1/decisions/\(id)", "/v1/decisions/\(id)/explanation"] {
        let reply = try await router.get(path)
        #expect(reply.status == 404 && reply.slug == "not-found")
      }
    }
  }

  @Test("an executor's report is an attempt; a second one of the same candidate stands in its place")
  func outcome() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let path = "/v1/decisions/\(id)/outcome"
      let failed: JSONValue = ["candidate": "fal/veo-3", "state": "failed", "latency_ms": 1_500.5]
      #expect(try await router.post(path, failed)["/accepted"] == 1)
      #expect(try await router.post(path, failed)["/duplicates"] == 1)
      router.clock.advance(by: .seconds(1))
      let done: JSONValue = [
        "candidate": "fal/veo-3", "state": "bad_output", "latency_ms": 2_000, "cost_usd": 0.75,
      ]
      #expect(try await router.post(path, done).status == 202)
      _ = try await router.post(path, ["candidate": "xai/grok-video", "state": "succeeded"])
      let read = try await router.get("/v1/decisions/\(id)")
      #expect(
        read["/attempts"] == [
          [
            "candidate": "fal/veo-3", "state": "bad_output", "ended_at": "2026-11-20T10:00:01.000Z",
            "latency_ms": 2_000.0,
            "cost_usd": 0.75,
          ],
          [
            "candidate": "xai/grok-video", "state": "succeeded", "ended_at": "2026-11-20T10:00:01.000Z",
            "latency_ms": .null, "cost_usd": .null,
          ],
        ])
      // Unusable output is a reward of 0.
      #expect(read.json.number("/reward/value") == 0 && read.json.number("/reward/mass") == 1)
    }
  }

  @Test(
    "a wrong report is refused",
    arguments: [
      (["candidate": "fal/veo-3"], 400, "/state"),
      (["candidate": "fal/veo-3", "state": "done"], 400, "/state"),
      (["candidate": "fal/veo-3", "state": "failed", "cost_usd": -1], 400, "/cost_usd"),
      (["candidate": "fal/veo-3", "state": "failed", "at": "2027-01-01T00:00:00Z"], 400, "/at"),
      (["candidate": "fal/veo-3", "state": "failed", "note": "x"], 400, "/note"),
      (["candidate": "nobody/nothing", "state": "failed"], 409, nil),
    ] as [(JSONValue, Int, String?)])
  func outcomeRefused(body: JSONValue, status: Int, pointer: String?) async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let reply = try await router.post("/v1/decisions/\(id)/outcome", body)
      #expect(reply.status == status && reply.pointers.first == pointer)
      #expect(try await router.get("/v1/decisions/\(id)")["/attempts"] == [])
    }
  }
}
