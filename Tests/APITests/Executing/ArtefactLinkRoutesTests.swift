import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

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

  @Test("where links are needed a job shows them, in its answers and to its customer; its record stays plain")
  func signedJobs() async throws {
    try await JobRouter.run(requiresLinks: true) { world in
      let address = "/v1/artefacts/\(Self.name)"
      let picture = Artefact(url: address, contentType: "image/png", byteCount: 10, isCopied: true)
      let foreign = Artefact(url: "https://v.example/b.png")
      world.north.reply(.init(.delivers(JobResult(artefacts: [picture, foreign]), cost: nil)))
      let done = try await world.done(try await world.job())
      let url = try #require(done.json.text("/result/artefacts/0/url"))
      #expect(url.hasPrefix("\(address)?expires=") && done["/result/artefacts/0/expires_at"] != .null)
      #expect(done.json.text("/result/artefacts/1/url") == "https://v.example/b.png")
      let id = try #require(done.json.text("/id").flatMap { Identifier($0) })
      let view = try #require(try await world.jobs.view(id))
      #expect(view.job.result?.artefacts[0] == picture)
      let notice = try JSONValue.parse(try JobNotice.bytes(view, world.router.service))
      #expect(notice.text("/data/result/artefacts/0/url")?.hasPrefix("\(address)?expires=") == true)
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
