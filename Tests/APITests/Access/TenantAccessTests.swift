import Credits
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

/// What a key of one tenant's shows, and what it hides.
@Suite struct TenantAccessTests {
  @Test("A tenant's key takes in and sees its tenant's jobs alone")
  func tenants() async throws {
    try await JobRouter.run { world in
      let acme = try AccessTests.key(world, .execute, tenant: "acme")
      let beta = try AccessTests.key(world, .execute, tenant: "beta")
      let house = try AccessTests.key(world, .execute)
      let mine = try await world.post(JobRouter.body(), acme)
      #expect(mine.status == 202 && mine["/tenant"] == "acme")
      let id = try #require(mine["/id"]?.stringValue)
      let other = try await world.post(JobRouter.body("x", [.init("tenant", "beta")]), acme)
      #expect(other.status == 403 && other.slug == "wrong-tenant")
      #expect(try await world.post(JobRouter.body("x", [.init("tenant", "acme")]), acme).status == 202)
      for path in ["/v1/jobs/\(id)", "/v1/jobs/\(id)/events"] {
        #expect(try await world.get(path, beta).status == 404)
      }
      #expect(try await world.router.send(.delete, "/v1/jobs/\(id)", headers: beta).status == 404)
      #expect(try await world.get("/v1/jobs/\(id)", house).status == 200)
      #expect(try await world.get("/v1/jobs", beta)["/jobs"]?.arrayValue?.count == 0)
      let page = try await world.get("/v1/jobs?limit=1", acme)
      #expect(page["/jobs"]?.arrayValue?.count == 1 && page["/next"] != .null)
      #expect(try await world.get("/v1/jobs", house)["/jobs"]?.arrayValue?.count == 2)
    }
  }

  @Test("A tenant's pages hold its jobs and generations alone, however many of others lie between")
  func tenantPages() async throws {
    try await JobRouter.run { world in
      let acme = try AccessTests.key(world, .execute, tenant: "acme")
      let beta = try AccessTests.key(world, .execute, tenant: "beta")
      var mine: [String] = []
      for number in 0..<9 {
        let reply = try await world.post(JobRouter.body(), number % 4 == 0 ? acme : beta)
        if number % 4 == 0 { mine.insert(try #require(reply["/id"]?.stringValue), at: 0) }
      }
      var seen: [String] = []
      var next = ""
      for page in 1...3 {
        let reply = try await world.get("/v1/jobs?limit=1\(next)", acme)
        seen += reply["/jobs"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
        #expect((reply["/next"] == .null) == (page == 3))
        next = "&before=\(reply["/next"]?.stringValue ?? "")"
      }
      #expect(seen == mine)
      for (headers, count) in [(acme, 1), (beta, 2)] {
        for _ in 0..<count {
          let body: JSONValue = ["input": ["prompt": "x"]]
          _ = try await world.send(.post, "/v1/generate/image_generation", body, headers)
        }
        let reply = try await world.get("/v1/generations?limit=9", headers)
        #expect(reply["/generations"]?.arrayValue?.count == count && reply["/next"] == .null)
      }
    }
  }

  @Test("Decisions under a tenant's key are read, explained and judged by that tenant, and by keys of none")
  func tenantDecisions() async throws {
    try await JobRouter.run { world in
      let acme = try AccessTests.key(world, [.decide, .feedback, .execute], tenant: "acme")
      let beta = try AccessTests.key(world, [.decide, .feedback, .execute], tenant: "beta")
      let house = try AccessTests.key(world, [.decide, .feedback])
      func id(_ reply: Reply, _ pointer: String = "/decision_id") throws -> String {
        try #require(reply[pointer]?.stringValue, "\(reply.text)")
      }
      // At once, by the routes, in a batch, and for a job.
      var keyed = try #require(AccessTests.decision.members)
      keyed.append(.init("idempotency_key", "k"))
      let batch: JSONValue = ["decisions": [AccessTests.decision]]
      let mine = [
        try id(try await AccessTests.decide(world, acme)),
        try id(try await world.send(.post, "/v1/decisions", .object(keyed), acme)),
        try id(try await world.send(.post, "/v1/decisions:batch", batch, acme), "/decisions/0/decision_id"),
        try id(try await world.post(JobRouter.body(), acme), "/decision/decision_id"),
      ]
      for id in mine {
        for (headers, status) in [(acme, 200), (house, 200), (beta, 404)] {
          for path in ["/v1/decisions/\(id)", "/v1/decisions/\(id)/explanation"] {
            #expect(try await world.get(path, headers).status == status, "\(path)")
          }
        }
        let report: JSONValue = ["candidate": "north/a", "state": "succeeded"]
        let told = try await world.send(.post, "/v1/decisions/\(id)/outcome", report, beta)
        #expect(told.status == 404 && told.slug == "not-found", "\(told.text)")
        #expect(try await world.send(.post, "/v1/decisions/\(id)/outcome", report, acme).status == 202)
      }
      func item(_ name: String, about id: String) -> JSONValue {
        ["id": .string(name), "decision_id": .string(id), "signal": "score", "value": 1]
      }
      let theirs = try id(try await AccessTests.decide(world, beta))
      let refused = try await world.send(.post, "/v1/feedback", item("b", about: mine[0]), beta)
      #expect(refused.status == 404, "\(refused.text)")
      let many: JSONValue = ["feedback": [item("b1", about: mine[0]), item("b2", about: theirs)]]
      let some = try await world.send(.post, "/v1/feedback", many, beta)
      #expect(some["/accepted"] == 1 && some["/rejected/0/index"] == 0, "\(some.text)")
      let comparison: JSONValue = [
        "decision_id": .string(theirs), "other_decision_id": .string(mine[0]), "signal": "comparison",
        "value": "win",
      ]
      #expect(try await world.send(.post, "/v1/feedback", comparison, beta).status == 404)
      #expect(try await world.send(.post, "/v1/feedback", item("a", about: mine[0]), acme).status == 202)
      #expect(try await world.router.send(.delete, "/v1/feedback/a", headers: beta).status == 404)
      #expect(try await world.router.send(.delete, "/v1/feedback/a", headers: acme).status == 200)
      // What nobody has decided yet waits, as ever.
      let unknown = "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"
      #expect(try await world.send(.post, "/v1/feedback", item("c", about: unknown), beta)["/parked"] == 1)
      // What nobody in particular has decided is nobody's.
      let common = try id(try await AccessTests.decide(world, house))
      #expect(try await world.get("/v1/decisions/\(common)", acme).status == 404)
    }
  }
}
