import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

@Suite struct CacheRoutesTests {
  static let wish: [JSONValue.Member] = [.init("cache", true)]

  @Test("the same order again is answered at once and says so, until it is dropped")
  func hit() async throws {
    try await JobRouter.run { world in
      let id = try await world.job(JobRouter.body("a fox", Self.wish))
      let first = try await world.done(id)
      #expect(first["/cached"] == false && first["/cached_from"] == nil && first["/decision/cached"] == nil)
      let reply = try await world.post(JobRouter.body(" a fox ", Self.wish))
      #expect(reply.status == 200 && reply.json.text("/state") == "succeeded")
      #expect(reply["/cached"] == true && reply.json.number("/cost_usd") == 0 && reply["/attempts"] == [])
      #expect(reply.json.text("/cached_from/job") == id && reply["/decision/cached"] == true)
      #expect(reply["/decision/decision_id"] == first["/decision/decision_id"])
      #expect(reply["/result"] == first["/result"] && reply["/executed"] == "north/a")
      let again = try await world.get("/v1/jobs/\(try #require(reply.json.text("/id")))")
      #expect(again["/cached"] == true && again.json.text("/id") != id)
      #expect(world.north.tokens.count == 1)

      let shown = try await world.get("/v1/cache")
      #expect(shown["/hits"] == 1 && shown["/misses"] == 1 && shown["/hit_rate"] == 0.5)
      #expect(shown["/memory/hits"] == 1 && shown["/disk/entries"] == 1 && shown["/strategy"] == "lru")
      #expect(try await world.router.delete("/v1/cache?pattern=image_generation:*")["/dropped"] == 0)
      #expect(try await world.router.delete("/v1/cache?provider=north&model=a")["/dropped"] == 1)
      #expect(try await world.post(JobRouter.body("a fox", Self.wish)).status == 202)
      #expect(try await world.router.delete("/v1/cache?vendor=north").pointers == ["?vendor"])
      #expect(try await world.router.delete("/v1/cache?model=").pointers == ["?model"])
    }
  }

  @Test("an answer under a key is replayed as it was, and a cached one keeps its status")
  func idempotent() async throws {
    try await JobRouter.run { world in
      _ = try await world.done(try await world.job(JobRouter.body("a fox", Self.wish)))
      let replies = [
        try await world.post(JobRouter.body("a fox", Self.wish), [.idempotencyKey: "k"]),
        try await world.post(JobRouter.body("a fox", Self.wish), [.idempotencyKey: "k"]),
      ]
      #expect(replies.map(\.status) == [200, 200] && replies[0].text == replies[1].text)
      #expect(replies[1].headers[.idempotentReplay] == "true" && replies[0]["/cached"] == true)
    }
  }

  @Test(
    "a wish that cannot be is refused by its field",
    arguments: [
      (7, "/cache"), (["ttl_s": 0], "/cache/ttl_s"), (["ttl_s": 99_999_999], "/cache/ttl_s"),
      (["mode": "near"], "/cache/mode"), (["mode": "semantic", "similarity": 0.2], "/cache/similarity"),
      (["similarity": 0.9], "/cache/similarity"), (["more": 1], "/cache/more"),
    ] as [(JSONValue, String)])
  func refused(wish: JSONValue, pointer: String) async throws {
    try await JobRouter.run { world in
      let reply = try await world.post(JobRouter.body("x", [.init("cache", wish)]))
      #expect(reply.status == 400 && reply.pointers == [pointer], "\(reply.text)")
    }
  }

  @Test("a conversation has no prompt to be near to")
  func semanticNeedsPrompt() async throws {
    try await JobRouter.run { world in
      let reply = try await world.post([
        "capability": "text_generation", "cache": ["mode": "semantic"],
        "input": ["messages": [["role": "user", "content": "hello"]]],
      ])
      #expect(reply.status == 400 && reply.pointers == ["/cache/mode"], "\(reply.text)")
      #expect(try await world.post(JobRouter.body("x", [.init("cache", false)])).status == 202)
    }
  }
}

@Suite struct ArtefactLinkRoutesTests {
  static let name = ArtefactRoutesTests.name

  /// A router that hands files out by links alone.
  static func run(
    isRequired: Bool = true, direct: String? = nil,
    _ body: @escaping @Sendable (TestRouter, ArtefactLinks) async throws -> Void
  ) async throws {
    let clock = ManualClock()
    let ledger = MemoryLedger()
    let mint = IdentifierMint(seed: 5)
    let links = try ArtefactLinks(
      ledger: ledger, isRequired: isRequired, clock: clock, mint: { mint.next(at: clock.now) },
      life: { .hours(1) })
    let files = ["\(name)": ("image/png", Array("0123456789".utf8))]
    let parts = RouterParts(
      artefacts: DirectArtefacts(base: MemoryArtefacts(files), address: direct),
      register: ArtefactRegister(
        TestSupport.MemoryArtefacts(), ledger: ledger, clock: clock, logger: TestRouter.quiet),
      links: links)
    try await TestRouter.run(on: ledger, clock: clock, parts: parts, isLive: true) { router in
      try await body(router, links)
    }
  }

  @Test("a link gives the file, whole and in part, until it expires; nobody else gets it or learns of it")
  func links() async throws {
    try await Self.run { router, links in
      let plain = try await router.get("/v1/artefacts/\(Self.name)")
      #expect(plain.status == 403 && plain.slug == "link-required")
      #expect(try await router.get("/v1/artefacts/nobody.png").slug == "link-required")
      let link = try #require(links.link(to: "/v1/artefacts/\(Self.name)")).address
      let whole = try await router.get(link)
      #expect(whole.status == 200 && whole.text == "0123456789")
      #expect(whole.headers[.cacheControl] == "private, max-age=3600")
      let part = try await router.send(.get, link, headers: [.range: "bytes=2-5"])
      #expect(part.status == 206 && part.text == "2345")
      #expect(try await router.send(.head, link).status == 200)
      #expect(try await router.get(link.dropLast() + "x").slug == "link-invalid")
      #expect(try await router.get(link + "&download=1").pointers == ["?download"])
      router.clock.advance(by: .hours(1))
      let late = try await router.get(link)
      #expect(late.status == 403 && late.slug == "link-expired")
    }
  }

  @Test("a new key ends old links when their overlap is over")
  func rotation() async throws {
    try await Self.run { router, links in
      let link = try #require(links.link(to: "/v1/artefacts/\(Self.name)")).address
      #expect(try await router.post("/v1/artefact-keys", ["overlap_s": 60]).status == 201)
      #expect(try await router.get(link).status == 200)
      #expect(try await router.post("/v1/artefact-keys", ["overlap_s": 700_000]).pointers == ["/overlap_s"])
      router.clock.advance(by: .minutes(2))
      #expect(try await router.get(link).slug == "link-invalid")
    }
  }

  @Test("a store with addresses of its own is led to, for as long as the link holds and by the method asked")
  func direct() async throws {
    try await Self.run(isRequired: false, direct: "https://s3.example/x") { router, links in
      let open = try await router.get("/v1/artefacts/\(Self.name)")
      #expect(open.status == 307 && open.headers[.location] == "https://s3.example/x?GET=86400")
      #expect(open.headers[.cacheControl] == "private, no-store")
      let head = try await router.send(.head, "/v1/artefacts/\(Self.name)")
      #expect(head.headers[.location] == "https://s3.example/x?HEAD=86400")
      let link = try #require(links.link(to: "/v1/artefacts/\(Self.name)")).address
      router.clock.advance(by: .minutes(50))
      #expect(try await router.get(link).headers[.location] == "https://s3.example/x?GET=600")
      let known = try await router.send(.get, link, headers: [.ifNoneMatch: "\"\(Self.name)\""])
      #expect(known.status == 304)
    }
  }

  @Test("what is kept is listed page by page, and cleaned")
  func account() async throws {
    let clock = ManualClock()
    let ledger = MemoryLedger()
    let register = ArtefactRegister(
      TestSupport.MemoryArtefacts(), ledger: ledger, clock: clock, logger: TestRouter.quiet)
    for number in UInt8(0)..<3 { _ = try await register.keep([number, 1], contentType: "image/png") }
    let parts = RouterParts(artefacts: register, register: register)
    try await TestRouter.run(on: ledger, clock: clock, parts: parts) { router in
      let page = try await router.get("/v1/artefacts?limit=2")
      #expect(page["/artefacts"]?.arrayValue?.count == 2 && page["/artefacts/0/bytes"] == 2)
      #expect(page["/artefacts/0/uses"] == 0 && page["/artefacts/0/content_type"] == "image/png")
      #expect(page["/totals"] == ["count": 3, "bytes": 6, "unused": 3])
      let next = try #require(page.json.text("/next"))
      let rest = try await router.get("/v1/artefacts?after=\(next)")
      #expect(rest["/artefacts"]?.arrayValue?.count == 1 && rest["/next"] == .null)
      #expect(try await router.send(.post, "/v1/artefacts:clean")["/removed"] == 0)
      router.clock.advance(by: .hours(2))
      let cleaning = try await router.send(.post, "/v1/artefacts:clean")
      #expect(cleaning.json == ["removed": 3, "bytes": 6, "expired": 0, "failed": 0])
      #expect(try await router.get("/v1/artefacts")["/totals/count"] == 0)
    }
  }
}

/// Artefacts with an address of their own, which says how it was asked for.
struct DirectArtefacts: ArtefactReading {
  let base: MemoryArtefacts
  let address: String?

  func artefact(named name: String) async throws -> StoredArtefact? { try await base.artefact(named: name) }
  func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    try await base.read(artefact, range)
  }
  func directAddress(
    of artefact: StoredArtefact, method: String, from now: Instant, lifetime: Span
  ) async throws -> String? { address.map { "\($0)?\(method)=\(Int(lifetime.seconds))" } }
}
