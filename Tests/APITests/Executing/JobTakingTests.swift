import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// What is taken in, what is taken in twice, and what is not.
@Suite struct JobTakingTests {
  @Test("the same key and body give the same answer, by header, by field, or both", arguments: [0, 1, 2])
  func replays(way: Int) async throws {
    try await JobRouter.run { world in
      let body = JobRouter.body("a fox", way == 0 ? [] : [.init("idempotency_key", "order-1")])
      let headers: HTTPFields = way == 1 ? [:] : [.idempotencyKey: "order-1"]
      let first = try await world.post(body, headers)
      #expect(first.status == 202 && first.headers[.idempotentReplay] == nil)
      let id = try #require(first.json.text("/id"))
      _ = try await world.done(id)
      let second = try await world.post(body, headers)
      #expect(second.status == 202 && second.bytes == first.bytes)
      #expect(second.headers[.idempotentReplay] == "true" && second.headers[.location] == "/v1/jobs/\(id)")
      #expect(world.north.orders.count == 1)
      // Who waits wants to know the end, of the same job.
      var waiting = headers
      waiting[.prefer] = "wait=60"
      let third = try await world.post(body, waiting)
      #expect(third.status == 200 && third["/id"]?.stringValue == id && third["/state"] == "succeeded")
      #expect(third.headers[.idempotentReplay] == "true")
    }
  }

  @Test("ten at once under one key are one job")
  func concurrent() async throws {
    try await JobRouter.run { world in
      let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
        for _ in 0..<10 { group.addTask { try await world.post(JobRouter.body(), [.idempotencyKey: "k"]) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.allSatisfy { $0.status == 202 } && Set(replies.map(\.bytes)).count == 1)
      #expect(replies.count { $0.headers[.idempotentReplay] == "true" } == 9)
      #expect(try await world.get("/v1/jobs")["/jobs"]?.arrayValue?.count == 1)
    }
  }

  @Test("a key for another body is a conflict, two keys are an error, and a decision's key is another one")
  func keys() async throws {
    try await JobRouter.run { world in
      let first = try await world.post(JobRouter.body(), [.idempotencyKey: "k"])
      #expect(first.status == 202)
      let other = try await world.post(JobRouter.body("a hare"), [.idempotencyKey: "k"])
      #expect(other.status == 409 && other.slug == "idempotency-conflict")
      #expect(other["/detail"]?.stringValue?.contains("'k'") == true)
      let both = try await world.post(
        JobRouter.body("a fox", [.init("idempotency_key", "x")]), [.idempotencyKey: "y"])
      #expect(both.status == 400 && both.pointers == ["/idempotency_key"])
      let decision = try await world.router.decide([
        "capability": "text_generation", "intent": "x", "idempotency_key": "k",
      ])
      #expect(decision.status == 200)
      let long = try await world.post(
        JobRouter.body(), [.idempotencyKey: String(repeating: "k", count: 256)])
      #expect(long.status == 400 && long["/detail"]?.stringValue?.contains("Idempotency-Key") == true)
    }
  }

  @Test("an input that breaks a limit is refused before anything is spent, with every candidate's reason")
  func limits() async throws {
    try await JobRouter.run { world in
      let wide = try await world.post([
        "capability": "image_generation", "input": ["prompt": "a fox", "width": 4_096],
      ])
      #expect(wide.status == 422 && wide.slug == "no-eligible-candidate")
      #expect(
        wide["/excluded"]?.arrayValue?.prefix(2).compactMap { $0.text("/reason") } == [
          "resolution_limit", "resolution_limit",
        ])
      let long = try await world.post(JobRouter.body(String(repeating: "long ", count: 1_000)))
      #expect(long.status == 422 && long["/excluded/0/reason"] == "token_limit")
      // Who counted better says so.
      let counted = JobRouter.body(
        String(repeating: "long ", count: 1_000), [.init("units", ["input_tokens": 999])])
      #expect(try await world.post(counted).status == 202)
      let dear = try await world.post(JobRouter.body("x", [.init("constraints", ["max_cost_usd": 0.1])]))
      #expect(dear["/excluded/0/reason"] == "max_cost")
      #expect(world.north.orders.count <= 1)
    }
  }

  @Test("an input that no adapter takes is refused with pointers into it")
  func input() async throws {
    try await JobRouter.run { world in
      let faults = FieldErrors([FieldError(pointer: "/steps", message: "must be at most 50, got 90")])
      world.north.refuse(faults)
      world.south.refuse(faults)
      let body: JSONValue = ["capability": "text_generation", "input": ["prompt": "x", "steps": 90]]
      let reply = try await world.post(body)
      #expect(reply.status == 422 && reply.slug == "input-refused" && reply.pointers == ["/input/steps"])
      #expect(reply["/errors/0/detail"] == "must be at most 50, got 90")
      world.south.refuse(nil)
      let taken = try await world.post(body)
      #expect(taken.status == 202 && taken["/decision/chosen/candidate"] == "south/b")
    }
  }

  @Test("bad requests say what is wrong, and leave nothing behind")
  func bad() async throws {
    var limits = RequestLimits()
    limits.jobBody = 4_096
    try await JobRouter.run(limits: limits) { world in
      for (body, pointers) in [
        ([:], ["/input", "/capability"]), (["capability": "text_generation"], ["/input"]),
        (JobRouter.body("x", [.init("input2", 1)]), ["/input2"]),
        (
          JobRouter.body("x", [.init("callback_url", 7), .init("tenant", "")]), ["/callback_url", "/tenant"]
        ),
        (JobRouter.body("x", [.init("deadline_s", -1)]), ["/deadline_s"]),
        (JobRouter.body("x", [.init("priority", "now")]), ["/priority"]),
        (["capability": "text_generation", "input": ["prompt": 7]], ["/input/prompt"]),
        (["capability": "text_generation", "input": ["prompt": "x", "vendor": 1]], ["/input/vendor"]),
      ] as [(JSONValue, [String])] {
        let reply = try await world.post(body)
        #expect(reply.status == 400 && reply.slug == "invalid-request")
        #expect(Set(reply.pointers) == Set(pointers), "\(reply.text)")
      }
      let broken = try await world.router.send(.post, "/v1/jobs", body: Array("{\"capability\": ".utf8))
      #expect(broken.slug == "malformed-json")
      let bytes = try await world.router.send(
        .post, "/v1/jobs", body: Array("{\"a\": \"".utf8) + [0xFF, 0x22, 0x7D])
      #expect(bytes.slug == "malformed-json")
      let large = try await world.post(JobRouter.body(String(repeating: "x", count: 5_000)))
      #expect(large.status == 413 && large.slug == "payload-too-large")
      let query = try await world.router.send(.post, "/v1/jobs?wait=5", body: JobRouter.body().serialized())
      #expect(query.pointers == ["?wait"])
      let nobody = try await world.post(["capability": "voice_cloning", "input": ["prompt": "x"]])
      #expect(nobody.status == 422 && nobody.slug == "no-eligible-candidate")
      #expect(try await world.get("/v1/jobs")["/jobs"] == [])
      #expect(try await world.router.counts().decisions == 0)
    }
  }

  @Test("what cannot be stored is not taken in, and the same key works when the disk does again")
  func diskFull() async throws {
    let ledger = FailingLedger()
    try await JobRouter.run(on: ledger) { world in
      ledger.fails = true
      let reply = try await world.post(JobRouter.body(), [.idempotencyKey: "k"])
      #expect(reply.status == 503 && reply.slug == "unavailable" && reply.headers[.retryAfter] != nil)
      #expect(world.north.orders.isEmpty)
      ledger.fails = false
      let again = try await world.post(JobRouter.body(), [.idempotencyKey: "k"])
      #expect(again.status == 202 && again.headers[.idempotentReplay] == nil)
    }
  }
}
