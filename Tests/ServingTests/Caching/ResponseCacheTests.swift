import Foundation
import Jobs
import Routing
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("Answers from the cache")
struct ResponseCacheTests {
  static func order(
    _ prompt: String = "a fox", _ wish: CacheWish? = CacheWish(), width: Int64? = nil
  ) throws -> JobOrder {
    var members: [JSONValue.Member] = [.init("prompt", .string(prompt))]
    if let width { members.append(.init("width", .integer(width))) }
    let json = JSONValue.object(members)
    return JobOrder(
      intent: Intent(capability: JobWorld.capability, text: prompt), input: try WorkInput(json),
      inputJSON: json.serialized(), budget: .minutes(10), cache: wish)
  }

  static func world(
    on ledger: MemoryLedger = MemoryLedger(), _ settings: ResponseCache.Settings = .init(),
    artefacts: ArtefactRegister? = nil, clock: ManualClock = ManualClock(), door: ScriptedDoor? = nil
  ) async throws -> JobWorld {
    try await JobWorld(
      ["north/a", "south/b"], on: ledger, clock: clock, artefacts: artefacts, cache: settings, door: door)
  }

  @Test("The second order that is the same is over at once, at no cost, and nobody is asked or judged")
  func hit() async throws {
    let ledger = MemoryLedger()
    let world = try await Self.world(on: ledger)
    let first = try await world.done(try Self.order())
    let asked = world.north.tokens.count
    let before = try ledger.counts()
    let view = try await world.service.submit(try Self.order())
    #expect(view.job.state == .succeeded && view.job.attempts.isEmpty && view.outcome.cost == .zero)
    #expect(view.job.result == first.result && view.executed == "north/a")
    #expect(view.job.cacheOrigin?.job == first.id && view.decision.id == first.decision)
    #expect(world.north.tokens.count == asked)
    let after = try ledger.counts()
    #expect(after.decisions == before.decisions && after.judgements == before.judgements)
    #expect(after.jobs == before.jobs + 1 && after.unfinishedJobs == 0)
    let stored = try await world.job(view.job.id)
    #expect(stored == view.job)
    #expect(try world.kinds(view.job.id) == [.succeeded])
    #expect(try await world.service.wait(for: view.job.id, atMost: .seconds(9))?.job == view.job)
    let counts = try #require(try world.service.cache?.statistics().counts)
    #expect(counts.memoryHits == 1 && counts.misses == 1 && counts.kept == 1 && counts.hitRate == 0.5)
    try await world.checkRest()
  }

  @Test("Who does not ask for it gets nothing from it, and leaves nothing in it")
  func optIn() async throws {
    let world = try await Self.world()
    _ = try await world.done(try Self.order("a fox", nil))
    _ = try await world.done(try Self.order())
    let plain = try await world.done(try Self.order("a fox", nil))
    #expect(plain.attempts.count == 1 && plain.cacheOrigin == nil)
    #expect(try world.service.cache?.statistics().counts.kept == 1)
    #expect(world.north.tokens.count == 3)
  }

  @Test("What failed is not kept, and what has expired does not answer")
  func notKept() async throws {
    let world = try await Self.world()
    for vendor in world.vendors.values {
      vendor.reply(.init(.fails(VendorFailure(.callerError, message: "no"))))
    }
    #expect(try await world.done(try Self.order()).state == .failed)
    for vendor in world.vendors.values { vendor.reply(.init(.delivers(JobResult(text: "fine"), cost: nil))) }
    let made = try await world.done(try Self.order("a fox", CacheWish(lifetime: .minutes(1))))
    #expect(made.state == .succeeded && made.attempts.count == 1)
    world.clock.advance(by: .minutes(2))
    #expect(try await world.done(try Self.order()).attempts.count == 1)
    #expect(try world.service.cache?.statistics().counts.expired == 1)
  }

  @Test("After a restart the ledger answers, and memory from then on")
  func tiers() async throws {
    let ledger = MemoryLedger()
    let world = try await Self.world(on: ledger)
    let first = try await world.done(try Self.order())
    try await world.restart(on: ledger)
    for _ in 0..<2 {
      #expect(try await world.service.submit(try Self.order()).job.cacheOrigin?.job == first.id)
    }
    let counts = try #require(try world.service.cache?.statistics().counts)
    #expect(counts.diskHits == 1 && counts.memoryHits == 1)
    #expect(try ledger.cachedAnswer(CacheTicket(try Self.order(), CacheWish()).key)?.uses == 2)
  }

  @Test("A job that is killed before its end leaves its result all the same when it ends after a restart")
  func keptAfterRestart() async throws {
    let ledger = MemoryLedger()
    let world = try await Self.world(on: ledger)
    world.north.reply(.init(.accepts(.succeeded(JobResult(text: "slow")), after: .minutes(2))))
    let id = try await world.service.submit(try Self.order()).job.id
    try await world.pass(atMost: .seconds(10))
    try await world.restart(on: ledger)
    #expect(try await world.finish(id).state == .succeeded)
    #expect(try await world.service.submit(try Self.order()).job.cacheOrigin?.job == id)
  }

  @Test("Similar prompts answer each other in semantic mode alone, all else equal, and say how near they are")
  func semantic() async throws {
    let world = try await Self.world()
    let near = "a red fox runs through the deep snow at dusk"
    let wish = CacheWish(mode: .semantic, similarity: 0.8)
    let first = try await world.done(
      try Self.order("a red fox runs through deep snow at dusk", wish, width: 512))
    func origin(_ order: JobOrder) async throws -> CacheOrigin? {
      let view = try await world.service.submit(order)
      if !view.job.state.isTerminal { _ = try await world.finish(view.job.id) }
      return view.job.cacheOrigin
    }
    let found = try #require(try await origin(try Self.order(near, wish, width: 512)))
    let similarity = try #require(found.similarity)
    #expect(found.job == first.id && similarity > 0.8 && similarity < 1)
    #expect(
      try await origin(try Self.order(near, CacheWish(mode: .semantic, similarity: 0.9999), width: 512))
        == nil)
    #expect(try await origin(try Self.order(near, wish, width: 513)) == nil)
    #expect(try await origin(try Self.order("a steam engine under repair", wish, width: 512)) == nil)
    #expect(
      try await origin(try Self.order("a red fox runs through deep snow", CacheWish(), width: 512)) == nil)
    #expect(try world.service.cache?.statistics().counts.semanticHits == 1)
  }

  @Test("An answer whose file is gone is none, and the work is done again")
  func stale() async throws {
    let clock = ManualClock()
    let ledger = MemoryLedger()
    let store = MemoryArtefacts()
    let register = ArtefactRegister(store, ledger: ledger, clock: clock, logger: TestRouter.quiet)
    let picture = try await register.keep([1, 2, 3], contentType: "image/png")
    let world = try await Self.world(on: ledger, artefacts: register, clock: clock)
    world.north.reply(.init(.delivers(JobResult(artefacts: [picture]), cost: nil)))
    let first = try await world.done(try Self.order())
    #expect(first.result?.artefacts == [picture])
    let name = try #require(store.names.first)
    // The job and the answer.
    #expect(try ledger.artefactRecord(name)?.uses == 2)
    let second = try await world.service.submit(try Self.order())
    #expect(second.job.cacheOrigin != nil)
    #expect(try ledger.artefactRecord(name)?.uses == 3)
    try await store.remove(name)
    let third = try await world.done(try Self.order())
    #expect(third.cacheOrigin == nil && third.attempts.count == 1)
    #expect(try world.service.cache?.statistics().counts.stale == 1)
  }

  @Test("What is dropped answers nobody, by provider, by model and by pattern")
  func dropping() async throws {
    let world = try await Self.world()
    let cache = try #require(world.service.cache)
    for (prompt, selection) in [
      ("a fox", CacheSelection(provider: "north")), ("a hare", CacheSelection(model: "a")),
      ("a lynx", CacheSelection(pattern: "text_generation:auto:*lynx")),
    ] {
      _ = try await world.done(try Self.order(prompt))
      #expect(try await world.service.submit(try Self.order(prompt)).job.cacheOrigin != nil)
      #expect(try cache.drop(CacheSelection(provider: "south")) == 0)
      #expect(try cache.drop(selection) == 1)
      #expect(try await world.done(try Self.order(prompt)).cacheOrigin == nil)
      _ = try cache.drop(CacheSelection())
    }
  }

  @Test("Both tiers stay within their bytes, and count who had to leave")
  func bounds() async throws {
    let ledger = MemoryLedger()
    var settings = ResponseCache.Settings()
    settings.memory = 1_500
    settings.disk = 3_000
    let world = try await Self.world(on: ledger, settings)
    for number in 0..<12 { _ = try await world.done(try Self.order("prompt number \(number)")) }
    let statistics = try #require(try world.service.cache?.statistics())
    #expect(statistics.memory.bytes <= 1_500 && statistics.memory.entries > 0)
    #expect(statistics.disk.bytes <= 3_000 && statistics.disk.entries > statistics.memory.entries)
    #expect(statistics.counts.memoryEvictions > 0)
    #expect(statistics.counts.diskEvictions == 12 - statistics.disk.entries)
    // The last stays, the first had to go.
    #expect(try await world.service.submit(try Self.order("prompt number 11")).job.cacheOrigin != nil)
    #expect(try await world.done(try Self.order("prompt number 0")).cacheOrigin == nil)
  }

  @Test("The end of a job that is answered is told to whoever wanted to hear it")
  func callback() async throws {
    let ledger = MemoryLedger()
    let door = ScriptedDoor { _, _ in DeliveryAnswer(status: 204) }
    let world = try await Self.world(on: ledger, door: door)
    _ = try await world.done(try Self.order())
    try ledger.append(secret: Sample.secret(1), endingOthers: Sample.at())
    var order = try Self.order()
    order.callbackURL = "https://acme.example/done"
    let view = try await world.service.submit(order)
    #expect(view.job.cacheOrigin != nil)
    let deliveries = try ledger.deliveries(state: nil, job: view.job.id, before: nil, limit: 9)
    #expect(deliveries.map(\.event) == ["job.succeeded"])
  }
}
