import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct FeedbackRoutesTests {
  static func item(_ decision: String, _ signal: String, _ value: JSONValue?, _ more: JSONValue = [:])
    -> JSONValue
  {
    var members = [JSONValue.Member("decision_id", .string(decision)), .init("signal", .string(signal))]
    if let value { members.append(.init("value", value)) }
    return .object(members + more.members!)
  }

  static func receipts(_ accepted: Int64, duplicates: Int64 = 0, parked: Int64 = 0) -> JSONValue {
    [
      "accepted": .integer(accepted), "duplicates": .integer(duplicates), "parked": .integer(parked),
      "rejected": [],
    ]
  }

  @Test(
    "the same id and content again is a duplicate, in one batch, in the next, and hours later",
    arguments: [false, true])
  func duplicates(isSQLite: Bool) async throws {
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await TestRouter.run(on: ledger) { router in
        let id = try await router.decision()
        let item = Self.item(id, "user.rating", 4, ["id": "rater-7:991", "rater": "rater-7"])
        let twice = try await router.feedback(["feedback": [item, item]])
        #expect(twice.json == Self.receipts(1, duplicates: 1))
        router.clock.advance(by: .hours(3))
        #expect(try await router.feedback(item).json == Self.receipts(0, duplicates: 1))
        try await router.closeEpoch()
        #expect(try await router.feedback(item).json == Self.receipts(0, duplicates: 1))
        #expect(try await router.counts().judgements == 1)
      }
      try ledger.close()
    }
  }

  @Test("the same id with another value corrects: the latest `at` wins, whenever it arrives")
  func corrections() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      func rate(_ value: JSONValue, _ at: String) async throws -> Reply {
        try await router.feedback(Self.item(id, "user.rating", value, ["id": "r", "at": .string(at)]))
      }
      #expect(try await rate(5, "2026-11-20T09:00:00Z").json == Self.receipts(1))
      #expect(try await rate(1, "2026-11-20T09:30:00Z").json == Self.receipts(1))
      #expect(try await router.get("/v1/decisions/\(id)").json.number("/reward/value") == 0)
      // Older than what stands.
      #expect(try await rate(3, "2026-11-20T09:15:00Z").status == 202)
      let read = try await router.get("/v1/decisions/\(id)")
      #expect(read.json.number("/reward/value") == 0 && read["/feedback"]?.arrayValue?.count == 3)
      #expect(read["/feedback"]?.arrayValue?.map { $0["superseded"] } == [true, false, true])
      // The id belongs to this decision.
      let other = try await router.decision()
      let taken = try await router.feedback(Self.item(other, "user.rating", 5, ["id": "r"]))
      #expect(taken.status == 409 && taken.slug == "feedback-rejected")
    }
  }

  @Test("a correction after the epoch leaves what was learned as if the right signal had come first")
  func lateCorrection() async throws {
    func learned(_ values: [JSONValue]) async throws -> Reply {
      try await TestRouter.run { router in
        let id = try await router.decision()
        for value in values {
          let reply = try await router.feedback(
            Self.item(id, "user.rating", value, ["id": "r", "at": .string(router.clock.now.description)]))
          #expect(reply.status == 202)
          try await router.closeEpoch()
        }
        for _ in values.count..<2 { try await router.closeEpoch() }
        return try await router.get("/v1/rankings?capability=text_to_video")
      }
    }
    let corrected = try await learned([5, 1])
    #expect(corrected.status == 200)
    #expect(corrected.bytes == (try await learned([1])).bytes)
    #expect(corrected.bytes != (try await learned([5])).bytes)
  }

  @Test(
    "a revocation takes back what was said, once; of an unknown id it is a 404", arguments: [false, true])
  func revocation(isSQLite: Bool) async throws {
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await TestRouter.run(on: ledger) { router in
        let unknown = try await router.delete("/v1/feedback/nobody:1")
        #expect(unknown.status == 404 && unknown.slug == "not-found")
        let id = try await router.decision()
        // An id that is not itself in a path.
        for name in ["a/b c%41?", "plain"] {
          _ = try await router.feedback(Self.item(id, "score", 0.5, ["id": .string(name)]))
        }
        router.clock.advance(by: .seconds(1))
        let reply = try await router.delete("/v1/feedback/a%2Fb%20c%2541%3F")
        #expect(reply.status == 200 && reply.json == ["id": "a/b c%41?", "revoked": true])
        #expect(try await router.get("/v1/decisions/\(id)").json.number("/reward/value") == 0.5)
        #expect(try await router.delete("/v1/feedback/plain").status == 200)
        #expect(try await router.delete("/v1/feedback/plain").status == 200)
        let read = try await router.get("/v1/decisions/\(id)")
        #expect(read["/reward"] == .null)
        #expect(read["/feedback"]?.arrayValue?.map { $0["superseded"] } == [true, true, false, false])
        #expect(read["/feedback/2/signal"] == "revocation")
        let closed = try await router.closeEpoch()
        #expect(closed.json.number("/epoch/observations") == 0)
        // What was taken back may be said again.
        router.clock.advance(by: .seconds(1))
        _ = try await router.feedback(Self.item(id, "score", 0.25, ["id": "plain"]))
        #expect(try await router.get("/v1/decisions/\(id)").json.number("/reward/value") == 0.25)
      }
      try ledger.close()
    }
  }

  @Test(
    "feedback about a decision that is not known yet waits for it, and counts when it comes",
    arguments: [false, true])
  func parked(isSQLite: Bool) async throws {
    // The same seed and clock give the id in advance.
    let id = try await TestRouter.run { try await $0.decision() }
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await TestRouter.run(on: ledger) { router in
        let item = Self.item(id, "score", 0.75, ["id": "early"])
        #expect(try await router.feedback(item).json == Self.receipts(0, parked: 1))
        #expect(try await router.counts().parked == 1)
        #expect(try await router.get("/v1/decisions/\(id)").status == 404)
        #expect(try await router.decision() == id)
        let read = try await router.get("/v1/decisions/\(id)")
        #expect(read.json.number("/reward/value") == 0.75)
        #expect(try await router.counts().parked == 0)
        #expect(try await router.closeEpoch().json.number("/epoch/observations") == 1)
      }
      try ledger.close()
    }
  }

  @Test("what waited in vain for its window is counted as orphaned")
  func orphaned() async throws {
    try await TestRouter.run(settings: [("feedback_window", .text("1h"))]) { router in
      _ = try await router.feedback(Self.item("019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "score", 1))
      #expect(try await router.closeEpoch(after: .minutes(60)).json.number("/epoch/orphaned") == 0)
      #expect(try await router.closeEpoch(after: .minutes(1)).json.number("/epoch/orphaned") == 1)
      #expect(try await router.closeEpoch().json.number("/epoch/orphaned") == 0)
      #expect(try await router.counts().parked == 0)
      #expect(try await router.get("/v1/epochs/1").json.number("/orphaned") == 1)
    }
  }

  @Test("a provider cannot rate itself, by its own name or a model's")
  func selfRating() async throws {
    try await TestRouter.run { router in
      let made = try await router.decide(["capability": "text_to_video", "intent": "fjords"])
      let id = try #require(made.json.text("/decision_id"))
      let provider = try #require(made.json.text("/chosen/provider"))
      let candidate = try #require(made.json.text("/chosen/candidate"))
      for rater in [provider, candidate] {
        let reply = try await router.feedback(Self.item(id, "score", 1, ["rater": .string(rater)]))
        #expect(reply.status == 409 && reply.slug == "feedback-rejected")
        #expect(reply.json.text("/detail") == "a provider cannot rate itself")
      }
      let batch = try await router.feedback([
        "feedback": [
          Self.item(id, "score", 1, ["rater": .string(provider)]),
          Self.item(id, "score", 0, ["rater": "somebody"]),
        ]
      ])
      #expect(batch["/accepted"] == 1)
      #expect(batch["/rejected"] == [["index": 0, "error": "a provider cannot rate itself"]])
    }
  }

  @Test("a comparison judges both decisions, and a revocation takes both back")
  func comparison() async throws {
    try await TestRouter.run { router in
      for (word, reward) in [("win", 1.0), ("loss", 0), ("tie", 0.5)] {
        let first = try await router.decision()
        let second = try await router.decision()
        let reply = try await router.feedback(
          Self.item(
            first, "comparison", .string(word), ["id": .string(word), "other_decision_id": .string(second)]))
        #expect(reply.json == Self.receipts(1))
        let one = try await router.get("/v1/decisions/\(first)")
        let two = try await router.get("/v1/decisions/\(second)")
        #expect(one.json.number("/reward/value") == reward && two.json.number("/reward/value") == 1 - reward)
        #expect(one.json.number("/reward/mass") == 0.8)
        #expect(one.json.number("/feedback/0/reward") == reward)
        #expect(two.json.number("/feedback/0/reward") == 1 - reward)
        #expect(two["/feedback/0/value"] == .string(word))
        #expect(two["/feedback/0/decision_id"] == .string(first))
        #expect(two["/feedback/0/other_decision_id"] == .string(second))
        #expect(try await router.delete("/v1/feedback/\(word)").status == 200)
        for id in [first, second] { #expect(try await router.get("/v1/decisions/\(id)")["/reward"] == .null) }
      }
      let id = try await router.decision()
      let itself = try await router.feedback(
        Self.item(id, "comparison", "win", ["other_decision_id": .string(id)]))
      #expect(itself.pointers == ["/other_decision_id"])
    }
  }

  @Test("10,001 at once are refused whole, as JSON and as NDJSON; 10,000 are taken")
  func tooMany() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let item = Self.item(id, "score", 1)
      let items = Array(repeating: item, count: 10_001)
      let reply = try await router.feedback(["feedback": .array(items)])
      #expect(reply.status == 413 && reply.slug == "too-many-items")
      let line = item.serialized() + [0x0A]
      let lines = try await router.send(
        .post, "/v1/feedback", body: Array(repeatElement(line, count: 10_001).joined()),
        headers: [.contentType: "application/x-ndjson"])
      #expect(lines.status == 413)
      #expect(try await router.counts().judgements == 0)
      let most = try await router.feedback(["feedback": .array(Array(items.dropLast()))])
      #expect(most.json == Self.receipts(10_000))
    }
  }

  @Test("one bad item never loses the others")
  func partial() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let reply = try await router.feedback([
        "feedback": [
          Self.item(id, "score", 1), Self.item(id, "user.rating", 9), 7,
          Self.item(id, "score", 0, ["wieght": 1]),
          Self.item(id, "user.thumb", "up"), Self.item("019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "score", 0),
        ]
      ])
      #expect(reply.status == 202)
      #expect(reply["/accepted"] == 2 && reply["/parked"] == 1)
      #expect(
        reply["/rejected"] == [
          ["index": 1, "error": "/value: must be a number from 1 to 5 for user.rating, got 9"],
          ["index": 2, "error": "must be an object, got 7"],
          [
            "index": 3,
            "error":
              "/wieght: unknown field; known: id, decision_id, signal, value, other_decision_id, rater, at, comment, trust",
          ],
        ])
      #expect(try await router.counts().judgements == 2)
      #expect(try await router.feedback(["feedback": []]).json == Self.receipts(0))
    }
  }

  @Test(
    "NDJSON is read by the line: a malformed one is named, empty ones and carriage returns are passed over")
  func lines() async throws {
    try await TestRouter.run { router in
      let id = try await router.decision()
      let good = String(decoding: Self.item(id, "score", 1).serialized(), as: UTF8.self)
      let text = "\(good)\r\n\n{\"decision_id\": \n\(good)\n[\(good)]\n\(good)"
      for mediaType in ["application/x-ndjson", "Application/X-NDJSON; charset=utf-8"] {
        let reply = try await router.send(
          .post, "/v1/feedback", body: Array(text.utf8), headers: [.contentType: mediaType])
        #expect(reply.status == 202 && reply["/accepted"] == 3)
        #expect(reply["/rejected/0/index"] == 1 && reply["/rejected/1/index"] == 3)
        #expect(reply.json.text("/rejected/0/error")?.hasPrefix("is not JSON: expected a value") == true)
        #expect(reply["/rejected"]?.arrayValue?.count == 2)
      }
      // Without its media type it is a document, and no JSON.
      #expect(try await router.post("/v1/feedback", text: text).slug == "malformed-json")
    }
  }

  @Test("accepted means on disk: a new process on the same file knows it")
  func durable() async throws {
    try await withDatabase { path in
      let id = try await TestRouter.run(on: SQLiteLedger(path: path)) { router in
        let id = try await router.decision()
        #expect(try await router.feedback(Self.item(id, "score", 0.75, ["id": "d"])).status == 202)
        let reader = try SQLiteLedger(path: path, access: .readOnly)
        #expect(try reader.feedback(about: try #require(Identifier(id))).map(\.submission.id) == ["d"])
        try reader.close()
        try router.service.ledger.close()
        return id
      }
      try await TestRouter.run(on: SQLiteLedger(path: path)) { router in
        #expect(try await router.get("/v1/decisions/\(id)").json.number("/reward/value") == 0.75)
        try router.service.ledger.close()
      }
    }
  }
}
