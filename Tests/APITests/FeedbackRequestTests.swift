import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// What may be said, and what it stands for.
@Suite struct FeedbackRequestTests {
  @Test(
    "every kind of signal is taken, and stands for the reward of the routing model",
    arguments: [
      ("user.thumb", "up", 1), ("user.thumb", "down", 0), ("user.rating", 1, 0), ("user.rating", 4, 0.75),
      ("user.rating", 5, 1), ("user.rating", 3.5, 0.625), ("user.ticket", nil, 0),
      ("user.download", nil, 0.9),
      ("user.download", true, 0.9), ("user.view", 1, 0.6), ("user.regenerate", .null, 0.1),
      ("review.agent", 0.25, 0.25),
      ("reputation.erc8004", 1, 1), ("outcome.bad_output", nil, 0), ("score", 0.125, 0.125),
    ] as [(String, JSONValue?, Double)])
  func kinds(signal: String, value: JSONValue?, reward: Double) async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let reply = try await router.feedback(FeedbackRoutesTests.item(id, signal, value))
      #expect(reply.status == 202 && reply.json == FeedbackRoutesTests.receipts(1))
      let read = try await router.get("/v1/decisions/\(id)")
      #expect(read.json.number("/reward/value") == reward)
      #expect(read.json.number("/feedback/0/reward") == reward)
      #expect(read["/feedback/0/signal"] == .string(signal))
      #expect(read.json.text("/feedback/0/id")?.hasPrefix("auto:") == true)
    }
  }

  @Test(
    "signals add up by their weights: (1 × 0.75 + 0.5 × 0.9) / 1.5 = 0.8, an observation of mass 1 at most")
  func weights() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      _ = try await router.feedback(FeedbackRoutesTests.item(id, "user.view", nil))
      let viewed = try await router.get("/v1/decisions/\(id)")
      #expect(viewed.json.number("/reward/mass") == 0.1)
      let other = try await router.decision()
      _ = try await router.feedback(FeedbackRoutesTests.item(other, "user.rating", 4))
      _ = try await router.feedback(FeedbackRoutesTests.item(other, "user.download", nil))
      let read = try await router.get("/v1/decisions/\(other)")
      #expect(abs((read.json.number("/reward/value") ?? 0) - 0.8) < 1e-12)
      #expect(read["/reward/mass"] == 1.0 || read["/reward/mass"] == 1)
    }
  }

  @Test(
    "a wrong item is a 400 with its pointer, and nothing is kept",
    arguments: [
      (["signal": "user.thumb", "value": "up"], "/decision_id"),
      (["decision_id": "not-an-id", "signal": "user.thumb", "value": "up"], "/decision_id"),
      (["value": "up"], "/signal"), (["signal": "user.thumbs", "value": "up"], "/signal"),
      (["signal": 3], "/signal"),
      (["signal": "user.thumb", "value": "sideways"], "/value"), (["signal": "user.thumb"], "/value"),
      (["signal": "user.rating", "value": 0.99], "/value"),
      (["signal": "user.rating", "value": 5.01], "/value"),
      (["signal": "user.rating", "value": "4"], "/value"), (["signal": "score", "value": -0.001], "/value"),
      (["signal": "score", "value": 1.001], "/value"), (["signal": "score", "value": true], "/value"),
      (["signal": "score", "value": [0.5]], "/value"), (["signal": "user.download", "value": 0.5], "/value"),
      (["signal": "user.ticket", "value": "broken"], "/value"),
      (["signal": "comparison", "value": "win"], "/other_decision_id"),
      (
        ["signal": "comparison", "value": 1, "other_decision_id": "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"],
        "/value"
      ),
      (
        ["signal": "score", "value": 1, "other_decision_id": "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"],
        "/other_decision_id"
      ),
      (["signal": "score", "value": 1, "at": "2026-11-20T10:05:01Z"], "/at"),
      (["signal": "score", "value": 1, "at": "9999-12-31T23:59:59Z"], "/at"),
      (["signal": "score", "value": 1, "at": "yesterday"], "/at"),
      (["signal": "score", "value": 1, "at": 1], "/at"),
      (["signal": "score", "value": 1, "id": ""], "/id"),
      (["signal": "score", "value": 1, "rater": ""], "/rater"),
      (["signal": "score", "value": 1, "trust": 0.5], "/trust"),
      (["signal": "reputation.erc8004", "value": 1, "trust": 1.5], "/trust"),
      (
        ["signal": "score", "value": 1, "comment": .string(String(repeating: "c", count: 4_001))], "/comment"
      ),
      (["signal": "score", "value": 1, "weight": 3], "/weight"),
    ] as [(JSONValue, String)])
  func invalid(fields: JSONValue, pointer: String) async throws {
    try await TestRouter.run { router in
      var members = fields.members!
      if pointer != "/decision_id" {
        members.append(.init("decision_id", .string(try await router.decision())))
      }
      let reply = try await router.feedback(.object(members))
      #expect(reply.status == 400 && reply.slug == "invalid-request")
      #expect(reply.pointers == [pointer])
      let counts = try await router.counts()
      #expect(counts.judgements == 0 && counts.parked == 0)
    }
  }

  @Test("a sender's clock may be five minutes ahead")
  func tolerance() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let reply = try await router.feedback(
        FeedbackRoutesTests.item(id, "score", 1, ["at": "2026-11-20T11:05:00+01:00"]))
      #expect(reply.status == 202)
      #expect(try await router.get("/v1/decisions/\(id)")["/feedback/0/at"] == "2026-11-20T10:05:00.000Z")
    }
  }
}
