import Foundation
import Jobs
import Routing
import Synchronization
import TestSupport
import Testing

@testable import Serving

/// Artefacts in memory that do something of a test's while they come or go.
final class HookedArtefacts: ArtefactKeeping {
  struct Refused: Error {}

  let base = MemoryArtefacts()
  private let hooks = Mutex<
    (kept: (@Sendable () async throws -> Void)?, leaving: (@Sendable () async throws -> Void)?)
  >((nil, nil))

  /// Runs after the next file was kept, before anybody hears of it.
  func onKept(_ body: @escaping @Sendable () async throws -> Void) { hooks.withLock { $0.kept = body } }
  /// Runs before every file is removed.
  func onLeaving(_ body: (@Sendable () async throws -> Void)?) { hooks.withLock { $0.leaving = body } }

  private func told(_ artefact: Artefact) async throws -> Artefact {
    let hook = hooks.withLock { hooks in
      defer { hooks.kept = nil }
      return hooks.kept
    }
    try await hook?()
    return artefact
  }

  func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    try await told(base.keep(bytes, contentType: contentType))
  }

  func receive(
    _ artefact: Artefact,
    _ download: @Sendable (Int32) async throws(VendorFailure) -> (contentType: String?, byteCount: Int)
  ) async throws -> Artefact { try await told(base.receive(artefact, download)) }

  func artefact(named name: String) async throws -> StoredArtefact? { try await base.artefact(named: name) }
  func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    try await base.read(artefact, range)
  }

  func remove(_ name: String) async throws {
    try await hooks.withLock { $0.leaving }?()
    try await base.remove(name)
  }
}

@Suite("The account of artefacts")
struct ArtefactRegisterTests {
  static let name = "\(ArtefactContract.abc).txt"
  static let day = ArtefactRetention(longest: .days(1))

  let clock = ManualClock()
  let ledger = MemoryLedger()
  let store = HookedArtefacts()
  var register: ArtefactRegister {
    ArtefactRegister(store, ledger: ledger, clock: clock, logger: TestRouter.quiet)
  }

  @Test("It keeps the contract of a store", arguments: ArtefactContract.all)
  func contract(_ clause: ArtefactContract) async throws { try await clause.check(register) }

  @Test(
    "An hour for what nobody uses, a day for what is used, and what was begun goes on",
    arguments: [
      (59, 0, false, ArtefactRetention.Verdict.stays), (60, 0, false, .stays), (61, 0, false, .unused),
      (61, 1, false, .stays), (24 * 60, 1, false, .stays), (24 * 60 + 1, 1, false, .expired),
      (24 * 60 + 1, 0, false, .expired), (1, 0, true, .unused),
    ] as [(Int64, Int, Bool, ArtefactRetention.Verdict)])
  func verdicts(minutes: Int64, uses: Int, isLeaving: Bool, verdict: ArtefactRetention.Verdict) {
    let record = ArtefactRecord(
      name: "x", byteCount: 1, kept: Sample.at(), uses: uses, isLeaving: isLeaving)
    #expect(Self.day.verdict(on: record, at: Sample.at(minutes)) == verdict)
  }

  @Test("What nobody refers to goes after an hour, what a job made goes when the job does")
  func clean() async throws {
    let register = register
    let used = try await register.keep([1, 2], contentType: "image/png")
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    let job = try Sample.finishedJob(1, making: JobResult(artefacts: [used]))
    _ = try ledger.append(Sample.batch(jobs: [JobChange(job, before: nil, entries: [])]))
    #expect(try await register.clean(Self.day).removed == 0)
    clock.advance(by: .minutes(61))
    let first = try await register.clean(Self.day)
    #expect(first.removed == 1 && first.bytes == 3 && first.expired == 0 && first.failed == 0)
    #expect(store.base.names == [ArtefactName(address: used.url)?.description])
    #expect(try ledger.dropJobs(endedBefore: clock.now) == 1)
    #expect(try await register.clean(Self.day).removed == 1)
    #expect(try register.totals() == ArtefactTotals() && store.base.names == [])
  }

  @Test("What is too old goes whoever refers to it, and the cleaning says so")
  func expired() async throws {
    let register = register
    let used = try await register.keep([1, 2], contentType: "image/png")
    let job = try Sample.finishedJob(1, making: JobResult(artefacts: [used]))
    _ = try ledger.append(Sample.batch(jobs: [JobChange(job, before: nil, entries: [])]))
    clock.advance(by: .hours(25))
    let cleaning = try await register.clean(Self.day)
    #expect(cleaning.removed == 1 && cleaning.expired == 1 && store.base.names == [])
    #expect(try await !register.holds(JobResult(artefacts: [used])))
  }

  @Test("A file that was kept again just before is not removed")
  func keptAgain() async throws {
    let register = register
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    clock.advance(by: .hours(2))
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    #expect(try await register.clean(Self.day).removed == 0 && store.base.names == [Self.name])
  }

  @Test("A file that is removed while it is copied in again is not claimed: the copy is made once more")
  func race() async throws {
    let register = register
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    clock.advance(by: .hours(2))
    // The store has found that it has the file, and before that is recorded a cleaning takes it away.
    store.onKept { () async throws in
      let removed = try await register.clean(Self.day).removed
      #expect(removed == 1)
    }
    await #expect(throws: ArtefactRefusal.removedMeanwhile(name: Self.name)) {
      try await register.receive(Artefact(url: "https://v.example/x")) { descriptor throws(VendorFailure) in
        try write("abc", to: descriptor)
        return ("text/plain", 3)
      }
    }
    store.onKept { () async throws in
      let removed = try await register.clean(Self.day).removed
      #expect(removed == 0)
    }
    let kept = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    #expect(try await register.holds(JobResult(artefacts: [kept])))
  }

  @Test(
    "A file that is copied in while it is being removed is not claimed either, and comes back with the next copy"
  )
  func otherRace() async throws {
    let register = register
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    clock.advance(by: .hours(2))
    store.onLeaving {
      await #expect(throws: ArtefactRefusal.removedMeanwhile(name: Self.name)) {
        try await register.receive(Artefact(url: "https://v.example/x")) { descriptor throws(VendorFailure) in
          try write("abc", to: descriptor)
          return ("text/plain", 3)
        }
      }
    }
    #expect(try await register.clean(Self.day).removed == 1)
    store.onLeaving(nil)
    let kept = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    #expect(try await register.holds(JobResult(artefacts: [kept])))
    #expect(try await register.clean(Self.day).removed == 0)
  }

  @Test("A file that a new job is being written for stays; so do all while one cleaning is under way")
  func held() async throws {
    let register = register
    _ = try await register.keep(Array("abc".utf8), contentType: "text/plain")
    clock.advance(by: .hours(2))
    #expect(register.hold([Self.name]))
    #expect(try await register.clean(Self.day).removed == 0)
    register.release([Self.name])
    store.onLeaving {
      #expect(!register.hold([Self.name]))
      await #expect(throws: ArtefactRefusal.cleaning) { try await register.clean(Self.day) }
    }
    #expect(try await register.clean(Self.day).removed == 1)
  }

  @Test("A store that refuses is asked three times, and the next cleaning goes on where it was")
  func refusals() async throws {
    let register = register
    var kept: [Artefact] = []
    for number in UInt8(0)..<9 {
      kept.append(try await register.keep([number], contentType: "image/png"))
    }
    kept.sort { $0.url < $1.url }
    clock.advance(by: .hours(2))
    store.onLeaving { throw HookedArtefacts.Refused() }
    let failed = try await register.clean(Self.day)
    #expect(failed.removed == 0 && failed.failed == 3 && store.base.names.count == 9)
    // What is about to go answers nobody, though it is still there.
    #expect(try await !register.holds(JobResult(artefacts: [kept[0]])))
    #expect(try await register.holds(JobResult(artefacts: [kept[8]])))
    store.onLeaving(nil)
    #expect(try await register.clean(Self.day).removed == 9)
  }

  @Test("A cleaning that is cancelled ends between two files, and the next one removes the rest")
  func interrupted() async throws {
    let register = register
    for number in UInt8(0)..<9 { _ = try await register.keep([number], contentType: "image/png") }
    clock.advance(by: .hours(2))
    let task = Mutex<Task<Void, Never>?>(nil)
    let removed = Mutex(0)
    store.onLeaving {
      let count = removed.withLock { removed in
        removed += 1
        return removed
      }
      if count == 4 { task.withLock { $0?.cancel() } }
    }
    let (begin, gate) = AsyncStream.makeStream(of: Void.self)
    let cleaning = Task {
      for await _ in begin { break }
      await #expect(throws: CancellationError.self) { try await register.clean(Self.day) }
    }
    task.withLock { $0 = cleaning }
    gate.yield()
    await cleaning.value
    #expect(store.base.names.count == 5)
    store.onLeaving(nil)
    #expect(try await register.clean(Self.day).removed == 5 && store.base.names == [])
  }
}
