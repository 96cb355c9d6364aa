import HTTPTypes
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// Candidates, providers and epochs: what is only read, and what closes an epoch.
@Suite struct ReadingRoutesTests {
  @Test("candidates are listed by id, for one capability where it is asked")
  func candidates() async throws {
    try await TestRouter.run { router in
      let all = try await router.get("/v1/candidates")
      #expect(all["/catalogue_version"] == 1)
      #expect(
        all["/candidates"]?.arrayValue?.compactMap { $0.text("/candidate") } == [
          "fal/flux", "fal/veo-3", "luma/ray-3", "openai/sora-2", "runway/gen-4", "xai/aurora",
          "xai/grok-video",
        ])
      let video = try await router.get("/v1/candidates?capability=text_to_video")
      #expect(video["/candidates"]?.arrayValue?.count == 5)
      let veo =
        #"{"candidate":"fal/veo-3","provider":"fal","model":"veo-3","capabilities":["text_to_video"],"#
        + #""enabled":true,"only_by_name":false,"bid":1.0,"priority":100,"weight":1.0,"#
        + #""lifecycle":{"stage":"active","ends":null,"replacement":null},"price":{"per_second":0.15},"#
        + #""limits":{"max_width":1920,"max_height":1080,"min_duration_s":1.0,"max_duration_s":10.0,"#
        + #""max_input_tokens":1000},"latency_p90_ms":90000.0,"prior":{"quality":0.8,"mass":4.0}}"#
      #expect(video["/candidates/0"]?.serialized() == Array(veo.utf8))
      let sora = video["/candidates/2"]
      #expect(sora?.text("/lifecycle/stage") == "retired" && sora?.text("/lifecycle/ends") == "2026-09-24")
      #expect(video["/candidates/1/price"] == .null && video["/candidates/1/prior"] == .null)
      #expect(try await router.get("/v1/candidates?capability=embedding")["/candidates"] == [])
    }
  }

  @Test("providers are listed with how many candidates they have; their health is unobserved")
  func providers() async throws {
    try await TestRouter.run { router in
      let reply = try await router.get("/v1/providers")
      #expect(reply["/providers"]?.arrayValue?.count == 5)
      #expect(reply["/providers/0"] == ["id": "fal", "name": "Fal", "kind": "remote", "candidates": 2])
      let health = try await router.get("/v1/providers/fal/health")
      #expect(health["/provider"] == "fal" && health["/status"] == "unobserved")
      #expect(try await router.get("/v1/providers/nobody/health").slug == "not-found")
    }
  }

  @Test("a router without a catalogue serves nobody and says so")
  func empty() async throws {
    try await TestRouter.run(catalogue: nil) { router in
      #expect(try await router.get("/v1/candidates").json == ["catalogue_version": 0, "candidates": []])
      #expect(try await router.get("/v1/rankings?capability=embedding")["/rankings"] == [])
      #expect(try await router.get("/v1/frontier?capability=embedding")["/points"] == [])
      let decision = try await router.decide(["capability": "embedding", "intent": "x"])
      #expect(decision.status == 422)
    }
  }

  @Test("an epoch says what it brought, and the list pages through them")
  func epochs() async throws {
    try await TestRouter.run { router in
      let none = try await router.get("/v1/epochs")
      #expect(none["/epochs"] == [])
      #expect(
        none["/open"] == [
          "number": 0, "opened": "2026-11-20T10:00:00.000Z", "due": "2026-11-20T10:15:00.000Z",
        ])
      for round in 0..<5 {
        for _ in 0..<round {
          let id = try await router.decision()
          _ = try await router.feedback(["decision_id": .string(id), "signal": "score", "value": 0.25])
        }
        let closed = try await router.closeEpoch()
        #expect(closed.json.number("/epoch/number") == Double(round))
        #expect(closed.json.number("/epoch/decisions") == Double(round))
        #expect(closed.json.number("/epoch/observations") == Double(round))
        #expect(closed["/epoch/mean_reward"] == (round == 0 ? .null : 0.25))
        let one = try await router.get("/v1/epochs/\(round)")
        #expect(one.json == closed["/epoch"])
      }
      func numbers(_ query: String) async throws -> [Int64] {
        try await router.get("/v1/epochs\(query)")["/epochs"]?.arrayValue?.compactMap {
          $0["number"]?.integerValue
        } ?? []
      }
      let all = try await numbers("")
      #expect(all == [0, 1, 2, 3, 4])
      let last = try await numbers("?limit=2")
      #expect(last == [3, 4])
      let middle = try await numbers("?from=1&limit=2")
      #expect(middle == [1, 2])
      let beyond = try await numbers("?from=9223372036854775807")
      #expect(beyond == [])
      let open = try await router.get("/v1/epochs")
      #expect(open["/open/number"] == 5 && open["/open/opened"] == "2026-11-20T11:15:00.000Z")
      for number in ["5", "-1", "x", "99999999999999999999"] {
        #expect(try await router.get("/v1/epochs/\(number)").slug == "not-found")
      }
    }
  }

  @Test("epochs close one after another, however many ask at once")
  func concurrentCloses() async throws {
    try await TestRouter.run { router in
      let numbers = try await withThrowingTaskGroup(of: Int64?.self) { group in
        for _ in 0..<10 {
          group.addTask { try await router.send(.post, "/v1/epochs")["/epoch/number"]?.integerValue }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.compactMap { $0 }.sorted() == Array(0..<10))
    }
  }
}
