import Jobs
import Routing
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Serving

/// A store that only counts.
final class CountingIntake: ArtefactIntake {
  struct Full: Error {}

  private let state = Mutex<(kept: Int, refusals: Int)>((0, 0))

  init(refusals: Int = 0) { state.withLock { $0.refusals = refusals } }

  var kept: Int { state.withLock { $0.kept } }

  func receive(
    _ artefact: Artefact,
    _ download: @Sendable (Int32) async throws(VendorFailure) -> (contentType: String?, byteCount: Int)
  ) async throws -> Artefact {
    let (type, count) = try await download(-1)
    let isRefused = state.withLock { state in
      if state.refusals > 0 {
        state.refusals -= 1
        return true
      }
      state.kept += 1
      return false
    }
    if isRefused { throw Full() }
    return Artefact(url: "/v1/artefacts/x.png", contentType: type, byteCount: count, isCopied: true)
  }
}

@Suite("What jobs take in")
struct JobIntakeTests {
  static let picture = JobResult(artefacts: [Artefact(url: "https://cdn.example/1.png")])

  @Test("Artefacts are copied before a job has succeeded; a store that refuses is tried again")
  func copies() async throws {
    let intake = CountingIntake(refusals: 2)
    let world = try await JobWorld(artefacts: intake)
    world.north.reply(.init(.accepts(.succeeded(Self.picture), after: .seconds(1))))
    let job = try await world.done()
    #expect(job.state == .succeeded && intake.kept == 1 && world.north.downloads == 3)
    #expect(job.result?.artefacts[0].isCopied == true && job.attempts[0].copies == 3)
    #expect(try world.kinds(job.id) == [.queued, .submitting, .running, .collecting, .succeeded])
    try await world.checkRest()
  }

  @Test("An artefact that turns out to be unusable is the vendor's bad output, and the next one is asked")
  func unusable() async throws {
    let world = try await JobWorld(artefacts: CountingIntake())
    for vendor in world.vendors.values { vendor.reply(.init(.delivers(Self.picture, cost: nil))) }
    world.north.failDownload(VendorFailure(.badOutput, message: "an HTML page"))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 1 && job.attempts[0].failure?.message == "an HTML page")
    try await world.checkRest()
  }

  @Test("An input that nobody accepts is refused with every fault, before anything is recorded or spent")
  func refusedInput() async throws {
    let world = try await JobWorld()
    let wide = FieldError(pointer: "/width", message: "at most 1024")
    world.north.refuse(FieldErrors([wide, FieldError(pointer: "/steps", message: "at most 50")]))
    world.south.refuse(FieldErrors([wide]))
    do {
      _ = try await world.submit()
      Issue.record("it was taken in")
    } catch JobRefusal.input(let errors) {
      #expect(
        errors.errors == [wide, FieldError(pointer: "/steps", message: "north/a: at most 50")])
    }
    #expect(try world.ledger.counts().decisions == 0)
    #expect(world.north.orders.isEmpty && world.south.orders.isEmpty)
    // Where one accepts it, that one does it.
    world.south.refuse(nil)
    #expect(try await world.service.submit(JobWorld.order()).chosen == "south/b")
    try await world.settle()
  }

  @Test("A candidate without credential or without a contract for such work is passed over, with the reason")
  func unable() async throws {
    let world = try await JobWorld(["north/unserved", "south/b"])
    #expect(try await world.service.submit(JobWorld.order()).chosen == "south/b")
    world.south.obstruct(.missingCredential(provider: "south", variable: "SOUTH_KEY"))
    await #expect(throws: NoEligibleCandidate.self) { _ = try await world.submit() }
    let views = await world.service.providers()
    #expect(views.map(\.provider) == ["north", "south"])
    #expect(views[1].obstacle?.contains("SOUTH_KEY") == true && views[0].obstacle == nil)
    try await world.settle()
  }

  @Test("A job without time is refused")
  func noTime() async throws {
    let world = try await JobWorld()
    await #expect(throws: JobRefusal.self) { _ = try await world.submit(budget: .seconds(0)) }
  }

  @Test("Equal inputs are kept once; the answer under a caller's key is kept with the job")
  func kept() async throws {
    let world = try await JobWorld()
    let view = try await world.service.submit(JobWorld.order()) { view in
      Answer(
        key: "k", digest: [1], decision: view.decision.id, body: Array("\(view.job.id)".utf8),
        at: view.job.created)
    }
    let other = try await world.service.submit(JobWorld.order())
    #expect(view.job.input == other.job.input && view.job.input.reference.count == 71)
    #expect(try world.ledger.answer(key: "k")?.body == Array("\(view.job.id)".utf8))
    #expect(try await world.service.list(limit: 10).map(\.job.id) == [other.job.id, view.job.id])
    try await world.settle()
  }

  @Test("What work really costs corrects the estimates of later jobs")
  func estimates() async throws {
    var price = Price()
    price.perRequest = 0.01
    let world = try await JobWorld(price: price)
    world.north.reply(.init(.delivers(.sample, cost: Money(micros: 20_000))))
    let first = try await world.done()
    #expect(first.plan[0].estimatedCost == Money(micros: 10_000) && first.cost == Money(micros: 20_000))
    // (1 · 2 + 5)/(1 + 5) of the stated price.
    #expect(try await world.done().plan[0].estimatedCost == Money(micros: 11_667))
    try await world.checkRest()
  }

  @Test("A new catalogue is taken over: jobs go on, a candidate that left is not asked any more")
  func newCatalogue() async throws {
    let world = try await JobWorld(access: ["north": Access(concurrency: 1)])
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(20))))
    let running = try await world.submit("one")
    try await world.settle()
    let catalogue = try Catalogue(
      providers: [Provider(id: "south", name: "south")],
      candidates: [
        Candidate(id: "south/b", provider: "south", model: "b", capabilities: [JobWorld.capability])
      ])
    await world.service.adopt(
      adapters: JobWorld.adapters(world.vendors, world.contracts), catalogue: catalogue)
    #expect(try await world.finish(running).state == .succeeded)
    let next = try await world.done()
    #expect(next.state == .succeeded && world.north.orders.count == 1)
    try await world.checkRest()
  }

  @Test("What a token names is read strictly")
  func tokens() {
    let id = Sample.id(4)
    #expect(JobService.attempt(of: "\(id)-12")?.attempt == 12)
    #expect(JobService.attempt(of: "\(id)-12")?.job == id)
    for wrong in ["", "\(id)", "\(id)-", "\(id)--1", "\(id)-+1", "\(id)-1x", "x-1"] {
      #expect(JobService.attempt(of: wrong) == nil, "\(wrong)")
    }
  }
}
