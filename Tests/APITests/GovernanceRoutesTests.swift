import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct GovernanceRoutesTests {
  @Test("every parameter is shown with its value, its default and what it accepts")
  func reads() async throws {
    try await TestRouter.run { router in
      let reply = try await router.get("/v1/governance")
      #expect(reply["/version"] == 0 && reply["/effective_epoch"] == 0 && reply["/pending"] == .null)
      #expect(reply["/overrides"] == [:])
      let definitions = try #require(reply["/definitions"]?.arrayValue)
      #expect(definitions.compactMap { $0.text("/name") } == Parameter.all.map(\.name))
      for definition in definitions {
        let name = try #require(definition.text("/name"))
        #expect(reply["/parameters"]?[name] == definition["default"])
        #expect(
          definition.text("/accepts")?.isEmpty == false && definition.text("/meaning")?.isEmpty == false)
      }
      #expect(reply["/parameters"]?["epoch_interval"] == "15m")
    }
  }

  @Test("a change waits for the next epoch, and its history says who and why")
  func changes() async throws {
    try await TestRouter.run { router in
      let reply = try await router.patch(
        "/v1/governance",
        [
          "parameters": ["half_life": "7d", "text_to_video.holdout": 0.25], "author": "ana",
          "reason": "models change weekly",
        ])
      #expect(reply.status == 200 && reply.json == ["version": 1, "effective_epoch": 1])
      let waiting = try await router.get("/v1/governance")
      #expect(waiting["/version"] == 0 && waiting["/parameters"]?["half_life"] == "14d")
      #expect(waiting["/pending/version"] == 1 && waiting["/pending/parameters"]?["half_life"] == "7d")
      #expect(waiting["/pending/overrides"] == ["half_life": "7d", "text_to_video.holdout": 0.25])
      try await router.closeEpoch()
      let holds = try await router.get("/v1/governance")
      #expect(holds["/version"] == 1 && holds["/effective_epoch"] == 1 && holds["/pending"] == .null)
      #expect(holds["/parameters"]?["half_life"] == "7d")
      _ = try await router.patch("/v1/governance", ["parameters": ["half_life": .null]])
      let history = try await router.get("/v1/governance/history")
      #expect(
        history["/changes"] == [
          [
            "version": 1, "at": "2026-11-20T10:00:00.000Z", "author": "ana", "reason": "models change weekly",
            "parameters": ["half_life": "7d", "text_to_video.holdout": 0.25],
          ],
          [
            "version": 2, "at": "2026-11-20T10:15:00.000Z", "author": "api", "reason": "",
            "parameters": ["text_to_video.holdout": 0.25],
          ],
        ])
    }
  }

  @Test("a change with anything wrong in it changes nothing, and every fault has its pointer")
  func allOrNothing() async throws {
    try await TestRouter.run { router in
      let reply = try await router.patch(
        "/v1/governance",
        [
          "parameters": [
            "half_life": "7d", "holdout": 0.75, "no_such": 1, "mode": "on",
            "text_to_video.epoch_interval": "1m",
            "nobody.holdout": 0.1, "epoch_interval": "soon", "policy": 3, "a/b~c": 1, "rater_cap": .null,
          ]
        ])
      #expect(reply.status == 400 && reply.slug == "invalid-request")
      #expect(
        reply.pointers == [
          "/parameters/holdout", "/parameters/no_such", "/parameters/mode",
          "/parameters/text_to_video.epoch_interval",
          "/parameters/nobody.holdout", "/parameters/epoch_interval", "/parameters/policy",
          "/parameters/a~1b~0c",
        ])
      #expect(try await router.get("/v1/governance")["/pending"] == .null)
      #expect(try await router.get("/v1/governance/history")["/changes"] == [])
    }
  }

  @Test(
    "a body that is no change is refused",
    arguments: [
      ([:], "/parameters"), (["parameters": [:]], "/parameters"), (["parameters": [1]], "/parameters"),
      (["parameters": ["holdout": true]], "/parameters/holdout"),
      (["parameters": ["holdout": [0.1]]], "/parameters/holdout"),
      (["parameters": ["holdout": 0.1], "author": ""], "/author"),
      (["parameters": ["holdout": 0.1], "reasons": "x"], "/reasons"),
      (["holdout": 0.1], "/parameters"),
    ] as [(JSONValue, String)])
  func invalid(body: JSONValue, pointer: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.patch("/v1/governance", body)
      #expect(reply.status == 400 && reply.pointers.first == pointer)
      #expect(try await router.get("/v1/governance/history")["/changes"] == [])
    }
  }

  @Test("mode observe serves the baseline and shows whom the policy would have served; off serves it alone")
  func modes() async throws {
    try await TestRouter.run { router in
      let body: JSONValue = ["capability": "text_to_video", "intent": "fjords"]
      try await router.govern(["mode": "observe"])
      var shadows: Set<String> = []
      for _ in 0..<40 {
        let reply = try await router.decide(body)
        // The first by priority.
        #expect(reply["/chosen/candidate"] == "xai/grok-video" && reply["/chosen/reason"] == "fixed")
        #expect(reply["/mode"] == "observe" && reply.json.number("/chosen/propensity") == 1)
        shadows.insert(try #require(reply.json.text("/shadow")))
      }
      #expect(shadows.count > 1)
      try await router.govern(["mode": "off", "text_to_video.fixed": "luma/ray-3"])
      let off = try await router.decide(body)
      #expect(off["/chosen/candidate"] == "luma/ray-3" && off["/mode"] == "off" && off["/shadow"] == nil)
      let elsewhere = try await router.decide(["capability": "image_generation", "intent": "a fox"])
      #expect(elsewhere["/mode"] == "off" && elsewhere["/chosen/reason"] == "fixed")
      // Where the fixed one may not serve, the first by priority does.
      let without = try await router.decide([
        "capability": "text_to_video", "intent": "fjords", "constraints": ["exclude": ["luma"]],
      ])
      #expect(without["/chosen/candidate"] == "xai/grok-video")
      try await router.govern(["mode": .null])
      #expect(try await router.decide(body)["/mode"] == "apply")
    }
  }

  @Test("a holdout keeps its share on the baseline, with the propensity that both ways to it add up to")
  func holdout() async throws {
    try await TestRouter.run { router in
      try await router.govern(["text_to_video.holdout": 0.5, "text_to_video.fixed": "luma/ray-3"])
      var kept = 0
      for number in 0..<200 {
        let reply = try await router.decide([
          "capability": "text_to_video", "intent": .string("take \(number)"), "explore": false,
        ])
        if reply["/chosen/reason"] == "holdout" {
          kept += 1
          #expect(reply["/chosen/candidate"] == "luma/ray-3")
        } else {
          #expect(reply["/chosen/candidate"] == "fal/veo-3" && reply["/chosen/reason"] == "exploit")
        }
        #expect(reply.json.number("/chosen/propensity") == 0.5)
      }
      // Binomial(200, ½): outside 70…130 once in 50,000 (scipy.stats.binom.sf(130, 200, .5) * 2 = 1.6e-5).
      #expect((70...130).contains(kept))
    }
  }

  @Test("every policy can be chosen and decides", arguments: PolicyKind.allCases)
  func policies(kind: PolicyKind) async throws {
    try await TestRouter.run { router in
      try await router.govern(["policy": .string(kind.rawValue)])
      var chosen: Set<String> = []
      for number in 0..<30 {
        let reply = try await router.decide([
          "capability": "text_to_video", "intent": .string("take \(number)"),
        ])
        #expect(reply.status == 200 && reply["/policy"] == .string(kind.rawValue))
        chosen.insert(reply.json.text("/chosen/candidate") ?? "")
        let id = try #require(reply.json.text("/decision_id"))
        #expect(try await router.get("/v1/decisions/\(id)/explanation")["/agrees"] == true)
      }
      switch kind {
      case .priority, .fixed: #expect(chosen == ["xai/grok-video"])
      case .roundRobin: #expect(chosen.count == 3)
      default: #expect(!chosen.isEmpty)
      }
    }
  }

  @Test("with durability sync, the record is there when the answer is")
  func sync() async throws {
    try await TestRouter.run(settings: [("decision_durability", .text("sync"))]) { router in
      for expected in 1...5 {
        _ = try await router.decision()
        #expect(try router.service.ledger.counts().decisions == Int64(expected))
      }
    }
  }
}
