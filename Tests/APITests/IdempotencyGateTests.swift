import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct IdempotencyGateTests {
  static let replay = HTTPField.Name("Idempotent-Replay")!
  static let body: JSONValue = [
    "capability": "text_to_video", "intent": "a drone shot", "idempotency_key": "order-991-step-2",
  ]

  @Test("the same key and body give the same bytes again, also after a restart on the same file")
  func replays() async throws {
    try await withDatabase { path in
      let clock = ManualClock()
      let first = try await TestRouter.run(on: SQLiteLedger(path: path), clock: clock) { router in
        let first = try await router.decide(Self.body)
        #expect(first.status == 200 && first.headers[Self.replay] == nil)
        clock.advance(by: .minutes(5))
        try await router.closeEpoch()
        let second = try await router.decide(Self.body)
        #expect(second.bytes == first.bytes && second.headers[Self.replay] == "true")
        #expect(try await router.counts().decisions == 1)
        try router.service.ledger.close()
        return first
      }
      try await TestRouter.run(on: SQLiteLedger(path: path), seed: 8, clock: clock) { router in
        let again = try await router.decide(Self.body)
        #expect(again.bytes == first.bytes && again.headers[Self.replay] == "true")
        try router.service.ledger.close()
      }
    }
  }

  @Test("the same key with another body is a 409, with spaces in other places too")
  func conflicts() async throws {
    try await TestRouter.run { router in
      let first = try await router.decide(Self.body)
      #expect(first.status == 200)
      let other = try await router.decide([
        "capability": "text_to_video", "intent": "another shot", "idempotency_key": "order-991-step-2",
      ])
      #expect(other.status == 409 && other.slug == "idempotency-conflict")
      let spaced = try await router.send(.post, "/v1/decisions", body: Self.body.serialized(pretty: true))
      #expect(spaced.status == 409)
      #expect(try await router.decide(Self.body).bytes == first.bytes)
      #expect(try await router.counts().decisions == 1)
    }
  }

  @Test("twenty at once make one decision", arguments: [false, true])
  func concurrent(isSQLite: Bool) async throws {
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await TestRouter.run(on: ledger) { router in
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
          for _ in 0..<20 { group.addTask { try await router.decide(Self.body) } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.allSatisfy { $0.status == 200 })
        #expect(Set(replies.map(\.bytes)).count == 1)
        #expect(replies.count { $0.headers[Self.replay] == "true" } == 19)
        #expect(try await router.counts().decisions == 1)
      }
      try ledger.close()
    }
  }

  @Test("a request that nobody may serve leaves its key free")
  func failureKeepsNothing() async throws {
    try await TestRouter.run { router in
      let nobody: JSONValue = ["capability": "voice_cloning", "intent": "x", "idempotency_key": "k"]
      #expect(try await router.decide(nobody).status == 422)
      #expect(try await router.decide(nobody).status == 422)
      let somebody: JSONValue = ["capability": "text_to_video", "intent": "x", "idempotency_key": "k"]
      let reply = try await router.decide(somebody)
      #expect(reply.status == 200 && reply.headers[Self.replay] == nil)
    }
  }

  @Test("a key is forgotten after its window")
  func window() async throws {
    try await TestRouter.run(settings: [("idempotency_window", .text("1h"))]) { router in
      let first = try await router.decide(Self.body)
      try await router.closeEpoch(after: .hours(2))
      let later = try await router.decide(Self.body)
      #expect(later.headers[Self.replay] == nil && later["/decision_id"] != first["/decision_id"])
    }
  }
}
