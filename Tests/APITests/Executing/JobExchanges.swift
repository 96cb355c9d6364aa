import Credits
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// One of everything that a router with executors says, as it goes over the wire.
enum JobExchanges {
  static func record(_ world: JobRouter) async throws -> JSONValue {
    let recorder = ExchangeRecorder(world.router)
    try await jobs(world, recorder)
    try await unified(world, recorder)
    try await deliveries(world, recorder)
    try await requests(recorder)
    try await webhooks(world, recorder)
    try await providers(world, recorder)
    try await GenerationExchanges.record(world, recorder)
    try await credits(world, recorder)
    return recorder.exchanges
  }

  private static func jobs(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    let body = JobRouter.body()
    try await record.send(.post, "/v1/jobs", body, headers: [.prefer: "wait=60"])
    world.north.reply(JobRouter.broken)
    try await record.send(.post, "/v1/jobs", body, headers: [.prefer: "wait=60", .idempotencyKey: "k"])
    try await record.send(.post, "/v1/jobs", JobRouter.body("a hare"), headers: [.idempotencyKey: "k"])
    world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this"))))
    try await record.send(.post, "/v1/jobs", body, headers: [.prefer: "wait=60"])
    world.north.reply(
      .init(
        .accepts(
          .succeeded(
            JobResult(artefacts: [
              Artefact(url: "https://a.b/c.png", contentType: "image/png", byteCount: 7, expires: Sample.at())
            ])), after: .minutes(1))))
    let id = try await world.job()
    _ = try await world.reaches("running", id)
    try await record.send(.get, "/v1/jobs/\(id)")
    world.vendorClock.advance(by: .minutes(2))
    _ = try await world.done(id)
    world.north.reply(JobRouter.slow)
    let canceled = try await world.job()
    _ = try await world.reaches("running", canceled)
    try await record.send(.delete, "/v1/jobs/\(canceled)")
    _ = try await world.done(canceled)
    for path in ["/v1/jobs/\(id)", "/v1/jobs/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"] {
      try await record.send(.get, path)
      try await record.send(.get, "\(path)/events")
      try await record.send(.delete, path)
      try await record.send(.get, "\(path)?x=1")
    }
    try await record.send(.get, "/v1/jobs/\(id)/events", headers: [.accept: "application/json"])
    for query in ["", "?state=succeeded,failed", "?limit=1", "?limit=0", "?before=x"] {
      try await record.send(.get, "/v1/jobs\(query)")
    }
    world.north.reply(.init(.delivers(JobResult(text: "a lynx"), cost: nil)))
    let cached = JobRouter.body("a lynx", [.init("cache", ["ttl_s": 600, "mode": "semantic"])])
    for _ in 0..<2 { try await record.send(.post, "/v1/jobs", cached, headers: [.prefer: "wait=60"]) }
    for wish in [7, ["ttl_s": 0], ["mode": "near"], ["more": 1]] as [JSONValue] {
      try await record.send(.post, "/v1/jobs", JobRouter.body("x", [.init("cache", wish)]))
    }
    for path in ["/v1/cache", "/v1/artefacts", "/v1/artefacts?limit=0"] { try await record.send(.get, path) }
    for query in ["", "?provider=north&model=a", "?provider=", "?capability=none"] {
      try await record.send(.delete, "/v1/cache\(query)")
    }
    try await record.send(.post, "/v1/artefacts:clean")
    try await record.send(.post, "/v1/artefact-keys", ["overlap_s": 60])
    try await record.send(.post, "/v1/artefact-keys", ["overlap_s": -1])
    try await record.send(.get, "/v1/artefacts/a.png?expires=1&signature=00")
    for name in ["large.bin", "nobody"] { try await record.send(.get, "/v1/artefacts/\(name)") }
    try await record.send(.get, "/v1/artefacts/a.png")
    try await record.send(.get, "/v1/artefacts/a.png", headers: [.range: "bytes=1-2"])
    try await record.send(.get, "/v1/artefacts/a.png", headers: [.range: "bytes=99-"])
  }

  private static func unified(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    for version in ["1.0", "1.1", "2.0"] {
      world.north.reply(.init(.delivers(.sample, cost: nil)))
      let body: JSONValue = [
        "schema_version": .string(version), "request_id": .string("u-\(version)"), "prompt": "a fox",
        "media_type": "text",
      ]
      try await record.send(.post, "/v1/unified", body)
      world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this"))))
      try await record.send(
        .post, "/v1/unified?schema_version=\(version)",
        ["schema_version": "2.0", "prompt": "a fox", "media_type": "text", "metadata": ["a": 1]])
      try await record.send(
        .post, "/v1/unified",
        ["schema_version": .string(version), "provider": "nobody", "prompt": "x", "media_type": "text"])
      try await record.send(
        .post, "/v1/unified", ["schema_version": .string(version), "prompt": 7, "media_type": "smell"])
      try await record.send(.get, "/v1/unified/u-\(version)?schema_version=\(version)")
    }
    world.north.reply(JobRouter.slow)
    try await record.send(
      .post, "/v1/unified", ["schema_version": "2.0", "prompt": "a hare", "media_type": "text"],
      headers: [.prefer: "wait=0", .idempotencyKey: "u-slow"])
    try await record.send(
      .post, "/v1/unified", ["schema_version": "2.0", "prompt": "a hound", "media_type": "text"],
      headers: [.idempotencyKey: "u-slow"])
    world.vendorClock.advance(by: .minutes(2))
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    try await record.send(.post, "/v1/unified", ["schema_version": "3.0"])
    try await record.send(.post, "/v1/unified", ["prompt": "x"])
    try await record.send(.get, "/v1/unified/nobody")
    try await record.send(.get, "/v1/unified/u-2.0?schema_version=4.0")
  }

  private static func requests(_ record: ExchangeRecorder) async throws {
    for body in [
      [], ["capability": "text_generation"], ["input": ["prompt": "x"]],
      ["capability": "text_generation", "input": [:]], ["capability": "text_generation", "input": 7],
      JobRouter.body("x", [.init("deadline_s", 0)]), JobRouter.body("x", [.init("priority", "urgent")]),
      JobRouter.body("x", [.init("fallback_on_moderation", "yes")]), JobRouter.body("x", [.init("more", 1)]),
      ["capability": "text_generation", "input": ["prompt": "x", "width": 0]],
      ["capability": "text_generation", "input": ["prompt": "x", "image_url": "file:///x"]],
      ["capability": "text_generation", "input": ["prompt": "x", "promt": "y"]],
      ["capability": "text_generation", "input": ["prompt": "x", "temperature": 3]],
      ["capability": "text_generation", "input": ["messages": [["role": "user"]]]],
      ["capability": "text_generation", "input": ["prompt": "x", "vendor": 7]],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/jobs", body)
    }
    for body in [
      ["capability": "text_generation", "input": ["prompt": " "]],
      [
        "capability": "text_generation", "constraints": ["width": 1], "input": ["prompt": "x", "width": 2],
      ],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/jobs", body, isBeyondSchema: true)
    }
    try await record.send(
      .post, "/v1/jobs",
      [
        "capability": "text_generation", "intent": .null, "deadline_s": 60, "priority": .null,
        "fallback_on_moderation": .null,
        "input": [
          "messages": [["role": "user", "content": "Why?"]], "temperature": 0.5, "stop": ["."], "seed": 7,
          "vendor": ["x": [1]], "width": .null, "aspect_ratio": "16:9", "language": "de",
        ],
      ])
    try await record.send(.post, "/v1/jobs", ["capability": "voice_cloning", "input": ["prompt": "x"]])
  }

  private static func deliveries(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    let told = JobRouter.body("x", [.init("callback_url", "https://acme.example/done")])
    try await record.send(.post, "/v1/jobs", told)
    for body in [
      ["tenant": "acme", "overlap_s": 0], ["tenant": "", "overlap_s": 1], ["overlap_s": 2_592_001], [],
      ["x": 1],
      ["tenant": .null, "overlap_s": .null],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/callback-secrets", body)
    }
    try await record.send(.post, "/v1/callback-secrets")
    try await record.send(.post, "/v1/jobs", told, headers: [.prefer: "wait=60"])
    try await record.send(
      .post, "/v1/jobs", JobRouter.body("x", [.init("tenant", "acme"), .init("callback_url", "https://a.b")]))
    for member in [
      JSONValue.Member("tenant", ""), .init("tenant", 7), .init("callback_url", ""), .init("callback_url", 7),
    ] {
      try await record.send(.post, "/v1/jobs", JobRouter.body("x", [member]))
    }
    try await record.send(
      .post, "/v1/jobs", JobRouter.body("x", [.init("callback_url", "http://acme.example")]),
      isBeyondSchema: true)
    let dead = try await world.delivery(to: "https://acme.example/broken", reaching: .dead)
    let fine = try await world.delivery(to: "https://acme.example/fine", reaching: .delivered)
    let nobody = "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"
    for id in [dead.description, fine.description, nobody, "x"] {
      try await record.send(.get, "/v1/deliveries/\(id)")
      try await record.send(.post, "/v1/deliveries/\(id)/retry")
    }
    for query in [
      "", "?limit=1", "?state=dead", "?state=lost", "?job=\(nobody)", "?job=x", "?before=\(nobody)",
      "?before=x", "?limit=0", "?x=1",
    ] {
      try await record.send(.get, "/v1/deliveries\(query)")
    }
    try await record.send(.get, "/v1/deliveries/\(dead)?x=1")
    try await record.send(.post, "/v1/deliveries/\(dead)/retry?x=1")
    try await record.send(.get, "/v1/callback-secrets?x=1")
    try await record.send(.get, "/v1/callback-secrets")
    let secret = try #require(try world.router.service.ledger.signingSecrets().first)
    try await record.send(.delete, "/v1/callback-secrets/\(secret.id)?x=1")
    for id in [secret.id.description, secret.id.description, "x"] {
      try await record.send(.delete, "/v1/callback-secrets/\(id)")
    }
    for path in [
      "/v1/deliveries", "/v1/deliveries/\(dead)", "/v1/deliveries/\(dead)/retry", "/v1/callback-secrets",
      "/v1/callback-secrets/\(secret.id)",
    ] {
      try await record.send(.put, path)
    }
  }

  private static func webhooks(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    let work = try #require(world.north.works.first).id
    for (provider, body, signature) in [
      ("north", work, "good"), ("north", "nobody", "good"), ("north", work, "bad"), ("nobody", work, "good"),
    ] {
      try await record.send(
        .post, "/webhooks/\(provider)", bytes: Array(body.utf8), headers: [.signature: signature])
    }
    try await record.send(.get, "/webhooks/north")
  }

  private static func providers(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    var health = ProviderHealth(provider: "north")
    _ = health.record(.init(at: Sample.at(), latency: .seconds(1)))
    _ = health.record(
      .init(at: Sample.at(5), latency: .seconds(1), failure: VendorFailure(httpStatus: 503, message: "no")))
    var batch = LedgerBatch()
    batch.checks = health.history.map { HealthRecord(provider: "north", entry: $0) }
    _ = try await world.router.service.recorder.commit(batch)
    for path in [
      "/v1/providers", "/v1/providers/north/health", "/v1/providers/south/health",
      "/v1/providers/nobody/health",
      "/v1/providers/north/health?limit=0", "/v1/catalogue", "/v1/catalogue?version=1",
      "/v1/catalogue?version=9",
      "/v1/catalogue?version=x", "/v1/catalogue/history", "/v1/catalogue/history?candidate=north/a",
      "/v1/catalogue/history?candidate=x", "/v1/catalogue/history?limit=0",
    ] {
      try await record.send(.get, path)
    }
    for (text, type) in [
      (CatalogueRoutesTests.yaml, "application/yaml"), ("version: 2", "application/yaml"),
      ("{", "application/json"),
      ("x", "text/html"),
    ] {
      try await record.send(.put, "/v1/catalogue", bytes: Array(text.utf8), headers: [.contentType: type])
    }
    try await record.send(.put, "/v1/catalogue?dry_run=maybe", bytes: [])
    try await record.send(.delete, "/v1/catalogue")
    try await record.send(.delete, "/v1/catalogue/history")
  }
}

extension JobExchanges {
  /// Keys come last: from the first on everything needs one.
  fileprivate static func credits(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    for body in [
      ["amount_usd": 1, "note": "invoice 7"], ["amount_usd": -0.5, "note": .null], ["amount_usd": -9], [:],
      ["amount_usd": 0], ["amount_usd": 1e10], ["amount_usd": 1, "note": ""], ["amount_usd": 1, "x": 1],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/accounts/tenant%3Aacme/grants", body)
    }
    for _ in 0..<2 {
      try await record.send(
        .post, "/v1/accounts/pool%3Anorth/grants", ["amount_usd": 2], headers: [.idempotencyKey: "g"])
    }
    try await record.send(
      .post, "/v1/accounts/pool%3Anorth/grants", ["amount_usd": 3], headers: [.idempotencyKey: "g"])
    try await record.send(.post, "/v1/accounts/revenue/grants", ["amount_usd": 2])
    try await record.send(.post, "/v1/accounts/nobody/grants", ["amount_usd": 2])
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    let order = JobRouter.body("a fox", [.init("tenant", "acme")])
    try await record.send(.post, "/v1/jobs", order, headers: [.prefer: "wait=60"])
    for _ in 0..<3 { try await record.send(.post, "/v1/jobs", order, headers: [.prefer: "wait=60"]) }
    for path in ["", "?x=1", "/tenant%3Aacme", "/tenant%3Anobody", "/x"] {
      try await record.send(.get, "/v1/accounts\(path)")
    }
    for path in ["tenant%3Aacme", "funding", "tenant%3Anobody"] {
      for query in ["", "?limit=1", "?limit=0", "?before=2", "?before=x"] {
        try await record.send(.get, "/v1/accounts/\(path)/entries\(query)")
      }
    }
    try await record.send(
      .post, "/v1/jobs", JobRouter.body(), headers: [HTTPField.Name("X-Provider-Key")!: "north=k"],
      isBeyondSchema: true)
    try await record.send(.post, "/v1/keys", ["scopes": ["decide"]])
    let admin = try world.jobs.credits.makeKey(
      name: "root", scopes: .admin, tenant: nil, dailyBudget: nil)
    let headers: HTTPFields = [.authorization: "Bearer \(admin.secret)"]
    for body in [
      ["scopes": ["execute", "decide"], "tenant": "acme", "budget_per_day_usd": 0.1, "name": "shop"],
      ["scopes": []], ["scopes": ["everything"]], [:], ["scopes": ["admin"], "budget_per_day_usd": -1],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/keys", body, headers: headers)
    }
    let poor = try world.jobs.credits.makeKey(
      name: nil, scopes: [.execute], tenant: "acme", dailyBudget: Money(micros: 100_000))
    let poorly: HTTPFields = [.authorization: "Bearer \(poor.secret)"]
    try await record.send(.post, "/v1/jobs", JobRouter.body(), headers: poorly)
    try await record.send(.post, "/v1/jobs", JobRouter.body("x", [.init("tenant", "beta")]), headers: poorly)
    for (method, path) in [
      (.get, "/v1/keys"), (.get, "/v1/jobs"), (.post, "/v1/decisions"), (.get, "/v1/accounts"),
      (.get, "/v1/candidates"),
    ] as [(HTTPRequest.Method, String)] {
      try await record.send(method, path)
      try await record.send(method, path, headers: poorly)
    }
    try await record.send(.get, "/v1/keys", headers: headers)
    for _ in 0..<2 { try await record.send(.delete, "/v1/keys/\(poor.key.id)", headers: headers) }
  }
}
