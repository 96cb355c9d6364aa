import API
import HTTPTypes
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// The server on a socket.
@Suite struct RouterAPITests {
  @Test("a decision and its feedback over a socket")
  func live() async throws {
    try await TestRouter.run(isLive: true) { router in
      let id = try await router.decision()
      let reply = try await router.feedback([
        "decision_id": .string(id), "signal": "user.thumb", "value": "up",
      ])
      #expect(reply.status == 202 && reply.headers[.server] == "pointsman")
      #expect(try await router.get("/v1/decisions/\(id)").json.number("/reward/value") == 1)
      let missing = try await router.get("/nowhere")
      #expect(missing.status == 404 && missing.slug == "not-found")
    }
  }

  @Test("health, readiness, and their heads")
  func health() async throws {
    try await TestRouter.run(isLive: true) { router in
      #expect(try await router.get("/healthz").json == ["status": "ok"])
      let ready = try await router.get("/readyz")
      #expect(
        ready.json == [
          "status": "ready", "epoch": 0, "embedding": "hashing-256", "candidates": 7, "regions": 0,
        ])
      let head = try await router.send(.head, "/readyz")
      #expect(head.status == 200 && head.bytes.isEmpty && head.headers[.contentType] == "application/json")
      #expect(head.headers[.contentLength] == ready.headers[.contentLength])
    }
  }

  @Test("the epoch closes by itself when the clock says so")
  func epochs() async throws {
    try await TestRouter.run(isLive: true) { router in
      let id = try await router.decision()
      _ = try await router.feedback(["decision_id": .string(id), "signal": "score", "value": 1])
      router.clock.advance(by: .minutes(15))
      var epochs: [JSONValue] = []
      for _ in 0..<300 where epochs.isEmpty {
        try await Task.sleep(for: .milliseconds(100))
        epochs = try await router.get("/v1/epochs")["/epochs"]?.arrayValue ?? []
      }
      #expect(epochs.first?.number("/decisions") == 1 && epochs.first?.number("/observations") == 1)
    }
  }

  @Test("a large batch comes through a socket")
  func large() async throws {
    try await TestRouter.run(isLive: true) { router in
      let text = String(repeating: "a very long intent ", count: 500)
      let items = (0..<1_000).map {
        JSONValue.object([.init("capability", "text_to_video"), .init("intent", .string("\($0) \(text)"))])
      }
      let reply = try await router.post("/v1/decisions:batch", ["decisions": .array(items)])
      #expect(reply.status == 200 && reply["/decisions"]?.arrayValue?.count == 1_000)
    }
  }
}
