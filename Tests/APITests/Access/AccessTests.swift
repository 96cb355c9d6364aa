import Credits
import HTTPTypes
import Hummingbird
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

/// Who is let in, to what, and what it may cost.
@Suite struct AccessTests {
  /// A key and the header that brings it.
  static func key(
    _ world: JobRouter, _ scopes: KeyScopes, tenant: String? = nil, budget: Int64? = nil
  ) throws -> HTTPFields {
    let new = try world.jobs.credits.makeKey(
      name: nil, scopes: scopes, tenant: tenant, dailyBudget: budget.map { Money(micros: $0 * 10_000) })
    return [.authorization: "Bearer \(new.secret)"]
  }

  static let decision: JSONValue = ["capability": "text_generation", "intent": "a fox"]

  static func decide(_ world: JobRouter, _ headers: HTTPFields) async throws -> Reply {
    try await world.router.send(.post, "/v1/decisions", body: decision.serialized(), headers: headers)
  }

  @Test("Every path but the open ones wants a key once there is one, and no path is shut before")
  func everyRoute() async throws {
    try await JobRouter.run { world in
      let open: Set = [
        "GET /healthz", "GET /readyz", "GET /openapi.yaml", "POST /webhooks/{provider}",
        "GET /v1/artefacts/{name}",
      ]
      let routes = RouterAPI.router(world.router.service, parts: world.parts).routes.filter {
        $0.method != .head
      }
      func status(_ route: some CustomStringConvertible) async throws -> Int {
        let parts = route.description.split(separator: " ").map(String.init)
        let path = parts[1].replacing(/\{[^}]*\}/, with: "x")
        return try await world.router.send(
          try #require(HTTPRequest.Method(parts[0])), path, body: parts[0] == "GET" ? nil : Array("{".utf8)
        ).status
      }
      for route in routes {
        let status = try await status(route)
        #expect(![401, 403].contains(status) || open.contains(route.description), "\(route): \(status)")
      }
      _ = try Self.key(world, .admin)
      for route in routes {
        let status = try await status(route)
        #expect(
          (status == 401) == !open.contains(route.description) || route.path.description.contains("webhooks"),
          "\(route): \(status)")
      }
      #expect(routes.count > 30)
    }
  }

  @Test("A key opens what its scopes say; the answer to another says what is missing")
  func scopes() async throws {
    try await JobRouter.run { world in
      let admin = try Self.key(world, .admin)
      let decide = try Self.key(world, .decide)
      let feedback = try Self.key(world, .feedback)
      let execute = try Self.key(world, .execute)
      for (headers, expected) in [(admin, 200), (decide, 200), (feedback, 403), (execute, 403)] {
        #expect(try await Self.decide(world, headers).status == expected)
      }
      for (headers, expected) in [(admin, 202), (decide, 403), (feedback, 403), (execute, 202)] {
        #expect(try await world.post(JobRouter.body(), headers).status == expected)
      }
      for headers in [admin, decide, feedback, execute] {
        #expect(try await world.get("/v1/candidates", headers).status == 200)
        #expect(try await world.get("/v1/keys", headers).status == (headers == admin ? 200 : 403))
      }
      let refused = try await world.get("/v1/accounts", execute)
      #expect(refused.slug == "scope-missing")
      #expect(refused["/detail"] == "this needs the scope admin, and the key has execute")
      for wrong in ["Bearer", "Bearer ", "Basic x", "Bearer pmk_00", "bearer\tx"] {
        let reply = try await Self.decide(world, [.authorization: wrong])
        #expect(reply.status == 401 && reply.slug == "unauthorized", "\(wrong)")
        #expect(reply.headers[.wwwAuthenticate] == "Bearer")
      }
      #expect(try await world.get("/v1/nothing", admin).status == 404)
      #expect(try await world.get("/v1/nothing", [:]).status == 401)
    }
  }

  @Test("The first key is an administrator's; a revoked one opens nothing, and the router stays shut")
  func makingAndRevoking() async throws {
    try await JobRouter.run { world in
      func make(_ scopes: [JSONValue], _ headers: HTTPFields) async throws -> Reply {
        let body: JSONValue = .object([.init("scopes", .array(scopes))])
        return try await world.router.send(.post, "/v1/keys", body: body.serialized(), headers: headers)
      }
      #expect(try await make(["decide"], [:]).slug == "first-key")
      let first = try await make(["admin"], [:])
      let secret = try #require(first["/secret"]?.stringValue)
      let admin: HTTPFields = [.authorization: "Bearer \(secret)"]
      #expect(first.status == 201 && first.headers[.cacheControl] == "no-store")
      #expect(try await make(["decide"], [:]).status == 401)
      #expect(try await make(["decide"], admin).status == 201)
      let list = try await world.get("/v1/keys", admin)
      #expect(list["/keys"]?.arrayValue?.count == 2 && !list.text.contains(secret))
      let id = try #require(first["/id"]?.stringValue)
      #expect(try await world.router.send(.delete, "/v1/keys/\(id)", headers: admin).status == 200)
      #expect(try await world.get("/v1/keys", admin).status == 401)
      #expect(try await world.get("/v1/keys").status == 401)
    }
  }

  @Test("A recipe is refused where nothing of its first step can be paid, before anything is made")
  func recipeBudget() async throws {
    try await JobRouter.run { world in
      let admin = try Self.key(world, .admin)
      let poor = try Self.key(world, .execute, budget: 24)
      let spender = try Self.key(world, .execute, budget: 25)
      let acme = try Self.key(world, .execute, tenant: "acme")
      let path = "/v1/generate/image_generation"
      let body: JSONValue = ["input": ["prompt": "x"]]
      let refused = try await world.send(.post, path, body, poor)
      #expect(refused.status == 402 && refused.slug == "budget-exceeded", "\(refused.text)")
      #expect(refused["/budget_usd"] == 0.24 && refused["/needed_usd"] == 0.25)
      _ = try await world.send(.post, "/v1/accounts/tenant%3Aacme/grants", ["amount_usd": 0.2], admin)
      let short = try await world.send(.post, path, body, acme)
      #expect(short.status == 402 && short.slug == "insufficient-credits", "\(short.text)")
      #expect(try await world.get("/v1/generations", admin)["/generations"] == [])
      #expect(world.north.orders.isEmpty)
      // Two steps, and money for the first.
      _ = try await world.send(
        .put, "/v1/recipes/told-picture",
        GenerationRoutesTests.signed(.init("recipe", GenerationRoutesTests.recipe)), admin)
      var headers = spender
      headers[.prefer] = "wait=60"
      let stopped = try await world.send(
        .post, path, ["recipe": "told-picture", "input": ["prompt": "x"]], headers)
      #expect(stopped["/state"] == "failed" && stopped["/error/step"] == "picture", "\(stopped.text)")
      #expect(stopped["/error/code"] == "INSUFFICIENT_CREDITS" && stopped["/error/retryable"] == true)
      #expect(stopped.json.text("/error/message")?.contains("0.25 USD for this day") == true)
      #expect(stopped["/steps/0/state"] == "succeeded" && world.north.orders.count == 1)
      #expect(try await world.send(.post, path, body, spender).status == 402)
    }
  }

  @Test("Idempotency keys are their caller's own")
  func idempotency() async throws {
    try await JobRouter.run { world in
      var (one, two) = (try Self.key(world, .execute), try Self.key(world, .execute))
      one[.idempotencyKey] = "k"
      two[.idempotencyKey] = "k"
      let first = try await world.post(JobRouter.body(), one)
      let second = try await world.post(JobRouter.body("another"), two)
      #expect(first.status == 202 && second.status == 202 && first["/id"] != second["/id"])
      #expect(try await world.post(JobRouter.body(), one).bytes == first.bytes)
      #expect(try await world.post(JobRouter.body("another"), one).status == 409)
    }
  }

  @Test(
    "A budget that is used up is a 402 with what is spent and when it begins again; a replay is still given")
  func budget() async throws {
    try await JobRouter.run { world in
      var headers = try Self.key(world, [.decide, .execute], budget: 25)
      #expect(try await Self.decide(world, headers).status == 200)
      headers[.idempotencyKey] = "k"
      let job = try await world.post(JobRouter.body(), headers)
      #expect(job.status == 202)
      #expect(try await world.post(JobRouter.body(), headers).bytes == job.bytes)
      headers[.idempotencyKey] = nil
      let refused = try await world.post(JobRouter.body("more"), headers)
      #expect(refused.status == 402 && refused.slug == "budget-exceeded")
      #expect(refused["/budget_usd"] == 0.25 && refused["/needed_usd"] == 0.25)
      #expect(refused["/begins_again_at"]?.stringValue?.contains("T00:00:00") == true)
      let decision = try await Self.decide(world, headers)
      #expect(decision.status == 402 && decision["/spent_usd"] == 0.25)
    }
  }

  @Test("An account that does not cover a job is a 402; a grant under one key is made once")
  func accounts() async throws {
    try await JobRouter.run { world in
      func grant(_ body: JSONValue, _ key: String? = nil) async throws -> Reply {
        var headers: HTTPFields = [:]
        headers[.idempotencyKey] = key
        return try await world.router.send(
          .post, "/v1/accounts/tenant%3Aacme/grants", body: body.serialized(), headers: headers)
      }
      let first = try await grant(["amount_usd": 0.3], "g")
      let again = try await grant(["amount_usd": 0.3], "g")
      #expect(first.status == 201 && again.bytes == first.bytes && again.headers[.idempotentReplay] == "true")
      #expect(try await grant(["amount_usd": 0.4], "g").status == 409)
      let order = JobRouter.body("a fox", [.init("tenant", "acme")])
      world.north.reply(.init(.delivers(.sample, cost: Money(micros: 100_000))))
      let job = try await world.done(try await world.job(order))
      #expect(job["/charged_usd"] == 0.1)
      let refused = try await world.post(order)
      #expect(refused.status == 402 && refused.slug == "insufficient-credits")
      #expect(refused["/balance_usd"] == 0.2 && refused["/needed_usd"] == 0.25)
      #expect(try await grant(["amount_usd": -0.3]).status == 402)
      #expect(try await grant(["amount_usd": -0.2]).status == 201)
      let account = try await world.get("/v1/accounts/tenant%3Aacme")
      #expect(account["/balance_usd"]?.doubleValue == 0 && account["/entries"] == 4)
      let entries = try await world.get("/v1/accounts/tenant%3Aacme/entries?limit=3")
      let kinds = entries["/entries"]?.arrayValue?.compactMap { $0["kind"]?.stringValue }
      #expect(kinds == ["grant", "settle", "reserve"] && entries["/next"] == 2)
      let sum = try await world.get("/v1/accounts")["/accounts"]?.arrayValue?
        .compactMap { $0["balance_usd"]?.doubleValue }.reduce(0, +)
      #expect((sum ?? 1).magnitude < 1e-9)
    }
  }

  @Test("A caller's key for a provider that takes none is refused, and no answer repeats it")
  func providerKeys() async throws {
    try await JobRouter.run { world in
      for value in ["north=top-secret", "nobody=top-secret", "top-secret", "=top-secret", "top-secret="] {
        let reply = try await world.post(JobRouter.body(), [.providerKey: value])
        #expect(reply.status == 400 && !reply.text.contains("top-secret"), "\(value): \(reply.text)")
      }
    }
  }

  @Test(
    "A vendor's webhook that comes five times over HTTP gives a failed job's money back once, on disk too")
  func refundsOnce() async throws {
    try await withDatabase { path in
      let ledger = try SQLiteLedger(path: path)
      let id = try await JobRouter.run(on: ledger, contract: JobRouter.silent) { world in
        _ = try await world.router.post("/v1/accounts/tenant%3Aacme/grants", ["amount_usd": 1])
        let shame = VendorFailure(.moderated, httpStatus: 400, message: "not this")
        world.north.reply(.init(.accepts(.failed(shame), after: .minutes(1))))
        let id = try await world.job(JobRouter.body("a fox", [.init("tenant", "acme")]))
        #expect(try await world.reaches("running", id))
        #expect(try await world.get("/v1/accounts/tenant%3Aacme")["/balance_usd"] == 0.75)
        world.vendorClock.advance(by: .minutes(2))
        let vendorID = try #require(world.north.works.first?.id)
        for number in 0..<5 {
          let reply = try await world.router.send(
            .post, "/webhooks/north", body: Array(vendorID.utf8), headers: [.signature: "good"])
          #expect(reply.status == 200 && reply["/outcome"] == (number == 0 ? "taken" : "no_change"))
        }
        #expect(try await world.done(id)["/state"] == "failed")
        #expect(try await world.get("/v1/accounts/tenant%3Aacme")["/balance_usd"]?.doubleValue == 1)
        return id
      }
      let entries = try ledger.creditEntries(of: try #require(Identifier(id)))
      #expect(entries.map(\.kind) == [.reserve, .refund])
      #expect(try ledger.sumOfBalances() == 0)
      try ledger.close()
    }
  }

  @Test("What is kept under a key outlives the router, with the charge that it stands for")
  func durable() async throws {
    try await withDatabase { path in
      let order = JobRouter.body("a fox", [.init("tenant", "acme")])
      var ledger = try SQLiteLedger(path: path)
      let first = try await JobRouter.run(on: ledger) { world in
        _ = try await world.router.post("/v1/accounts/tenant%3Aacme/grants", ["amount_usd": 1])
        let reply = try await world.post(order, [.idempotencyKey: "k"])
        _ = try await world.done(try #require(reply["/id"]?.stringValue))
        return reply
      }
      try ledger.close()
      ledger = try SQLiteLedger(path: path)
      try await JobRouter.run(on: ledger) { world in
        let again = try await world.post(order, [.idempotencyKey: "k"])
        #expect(again.bytes == first.bytes && again.headers[.idempotentReplay] == "true")
        #expect(world.north.orders.isEmpty)
        #expect(try await world.get("/v1/accounts/tenant%3Aacme")["/balance_usd"] == 0.75)
      }
      try ledger.close()
    }
  }
}
