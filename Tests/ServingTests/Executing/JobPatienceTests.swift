import Jobs
import Routing
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("Jobs that are cancelled, late, or wait")
struct JobPatienceTests {
  static let unavailable = VendorFailure(httpStatus: 503, message: "out of order")

  static func check(_ failure: VendorFailure?) -> ProviderHealth.Check {
    ProviderHealth.Check(at: Sample.at(0), latency: .milliseconds(20), failure: failure)
  }

  @Test("A running job is cancelled at its vendor")
  func cancelRunning() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(60))))
    let id = try await world.submit()
    try await world.settle()
    _ = try await world.service.cancel(id)
    let job = try await world.finish(id)
    #expect(job.state == .canceled && job.attempts[0].state == .canceled)
    #expect(world.north.cancels == ["north-\(job.token(0))"])
    #expect(try world.kinds(id) == [.queued, .submitting, .running, .cancelRequested, .canceled])
    // Once more is no fault, and changes nothing.
    #expect(try await world.service.cancel(id)?.job == job)
    try await world.checkRest()
  }

  @Test("A cancellation that the vendor does not answer is repeated, and the job does not wait for ever")
  func cancelAgain() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .minutes(60))))
    let id = try await world.submit()
    try await world.settle()
    world.north.failCancel(Self.unavailable, Self.unavailable)
    _ = try await world.service.cancel(id)
    let job = try await world.finish(id)
    #expect(job.state == .canceled && world.north.cancels.count == 1)
    try await world.checkRest()
  }

  @Test("A job that is being submitted ends when the answer has come, and the vendor is asked to stop")
  func cancelSubmitting() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(60)), delay: .seconds(3)))
    let id = try await world.submit()
    try await world.settle()
    let asked = try await world.service.cancel(id)
    #expect(asked?.job.state == .submitting)
    let job = try await world.finish(id)
    #expect(job.state == .canceled && world.north.cancels.count == 1 && world.south.orders.isEmpty)
    try await world.checkRest()
  }

  @Test("A job that waits for a place is cancelled at once and leaves the queue")
  func cancelQueued() async throws {
    let world = try await JobWorld(["north/a"], access: ["north": Access(concurrency: 1)])
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(60))))
    let first = try await world.submit("one")
    let second = try await world.submit("two")
    try await world.settle()
    #expect(try await world.service.view(second)?.queuedAhead == 0)
    #expect(try await world.service.cancel(second)?.job.state == .canceled)
    #expect(try await world.finish(first).state == .succeeded)
    #expect(world.north.orders.count == 1)
    try await world.checkRest()
  }

  @Test("Cancelling what nobody knows, or what is over, is answered and changes nothing")
  func cancelOver() async throws {
    let world = try await JobWorld()
    #expect(try await world.service.cancel(Sample.id(7)) == nil)
    let job = try await world.done()
    #expect(try await world.service.cancel(job.id)?.job == job)
    try await world.checkRest()
  }

  @Test("The deadline ends a job, stops its vendor, and says that more time would help")
  func deadline() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .hours(1))))
    let id = try await world.submit(budget: .seconds(30))
    let job = try await world.finish(id)
    #expect(job.state == .expired && job.ended.map { $0 - job.created } == .seconds(30))
    #expect(JobOutcome(job).error?.code == .timeout && JobOutcome(job).error?.retryable == true)
    #expect(world.north.cancels.count == 1)
    try await world.checkRest()
  }

  @Test("Jobs have the time that their kind of work needs")
  func budgets() {
    let settings = JobSettings()
    #expect(settings.budget(for: .textGeneration) == .seconds(60))
    #expect(settings.budget(for: .imageGeneration) == .minutes(5))
    #expect(settings.budget(for: .textToVideo) == .minutes(30))
    #expect(settings.budget(for: .textToSpeech) == .minutes(5))
  }

  @Test("With every circuit open the one that opens soonest is probed, and the caller is told when")
  func allOpen() async throws {
    var settings = JobWorld.settings
    settings.candidateCircuit.failuresInARow = 1
    let world = try await JobWorld(settings: settings)
    for vendor in world.vendors.values { vendor.reply(.init(.fails(Self.unavailable))) }
    let first = try await world.submit(budget: .seconds(3))
    _ = try await world.finish(first)
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .circuitOpen)
    #expect(world.router.market.states["south/b"]?.obstacle?.kind == .circuitOpen)
    for vendor in world.vendors.values { vendor.reply(.init(.delivers(.sample, cost: nil))) }
    let view = try await world.service.submit(JobWorld.order())
    let wait = try #require(view.retryAfter)
    #expect(wait > .seconds(0) && wait <= .seconds(10))
    try await world.settle()
    #expect(try await world.job(view.job.id).state == .queued)
    let asked = world.north.orders.count + world.south.orders.count
    let job = try await world.finish(view.job.id)
    #expect(job.state == .succeeded)
    #expect(world.north.orders.count + world.south.orders.count == asked + 1)
    #expect(job.ended.map { $0 - job.created < .seconds(20) } == true)
    try await world.checkRest()
  }

  @Test(
    "A refused credential shuts a provider until a good check, and its candidates are not asked meanwhile")
  func openedHard() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(VendorFailure(httpStatus: 401, message: "wrong key"))))
    #expect(try await world.done().state == .succeeded)
    #expect(try await world.service.submit(JobWorld.order()).chosen == "south/b")
    try await world.settle()
    #expect(world.north.orders.count == 1)
    await world.service.note(health: .healthy, of: "north")
    #expect(world.router.market.states["north/a"]?.obstacle == nil)
    #expect(world.router.market.states["north/a"]?.admission == 0.1)
    await world.service.note(health: .down, of: "north")
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .down)
    try await world.checkRest()
  }

  static let refused = VendorFailure(httpStatus: 401, message: "wrong key")

  @Test("One refusal may be a mistake: jobs wait for the check, and go on after a good one")
  func refusedOnce() async throws {
    let world = try await JobWorld(["north/a"])
    world.north.reply(.init(.fails(Self.refused)))
    let first = try await world.done()
    #expect(first.failure?.failureClass == .authCredit)
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    let view = try await world.service.submit(JobWorld.order())
    #expect(view.retryAfter == .seconds(3))
    try await world.pass(atMost: .seconds(20))
    #expect(try await world.job(view.job.id).state == .queued && world.north.orders.count == 1)
    await world.service.note(check: Self.check(nil), of: "north")
    let job = try await world.finish(view.job.id)
    #expect(job.state == .succeeded)
    // Looked at after 3, 6, 12 and 24 s.
    #expect(job.ended.map { $0 - job.created } == .seconds(24))
    try await world.checkRest()
  }

  @Test("Once a check is refused too, nobody waits, and a good check lets jobs through again")
  func refusedTwice() async throws {
    let world = try await JobWorld(["north/a"])
    world.north.reply(.init(.fails(Self.refused)))
    _ = try await world.done()
    let waiting = try await world.submit()
    try await world.pass(atMost: .seconds(5))
    await world.service.note(check: Self.check(Self.unavailable), of: "north")
    #expect(try await world.job(waiting).state == .queued)
    await world.service.note(check: Self.check(Self.refused), of: "north")
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .circuitOpen)
    #expect(world.router.market.states["north/a"]?.obstacle?.until == nil)
    let next = try await world.done()
    #expect(
      next.state == .failed && next.ended == next.created && next.blocks.map(\.reason) == [.circuitOpen])
    #expect(try await world.finish(waiting).state == .failed)
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    await world.service.note(check: Self.check(nil), of: "north")
    #expect(try await world.done().state == .succeeded)
    try await world.checkRest()
  }

  @Test(
    "Nobody waits longer than a minute for a check that does not come, however often the refusal is repeated")
  func refusedUnchecked() async throws {
    let world = try await JobWorld(["north/a"])
    world.north.reply(.init(.fails(Self.refused)))
    let refused = try await world.done()
    let waiting = try await world.finish(try await world.submit())
    #expect(waiting.state == .failed)
    #expect(waiting.ended.flatMap { end in refused.ended.map { end - $0 } } == .seconds(60))
    // The check is good and the work is not: what a check cannot see.
    await world.service.note(check: Self.check(nil), of: "north")
    #expect(try await world.done().failure?.failureClass == .authCredit)
    let last = try await world.done()
    #expect(last.state == .failed && last.ended == last.created)
    try await world.checkRest()
  }

  @Test("Attempts that speak against a provider are told to the monitor")
  func doubts() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(Self.unavailable)))
    _ = try await world.done()
    var failures = world.service.failures.makeAsyncIterator()
    let told = await failures.next()
    #expect(told == ProviderFailure(provider: "north", failure: Self.unavailable))
  }

  @Test("Status calls that fail open a circuit as attempts do, and the job goes on being asked about")
  func failingStatus() async throws {
    var settings = JobWorld.settings
    settings.candidateCircuit.failuresInARow = 2
    let world = try await JobWorld(settings: settings)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(3))))
    let id = try await world.submit()
    world.north.failStatus(Self.unavailable, Self.unavailable)
    try await world.pass(atMost: .milliseconds(2_600))
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .circuitOpen)
    #expect(try await world.finish(id).winner == 0)
    try await world.checkRest()
  }

  @Test("A high priority goes first where places are short")
  func priorities() async throws {
    let world = try await JobWorld(["north/a"], access: ["north": Access(concurrency: 1)])
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(5))))
    var ids: [Identifier] = []
    for priority in [JobPriority.normal, .low, .normal, .high] {
      ids.append(try await world.service.submit(JobWorld.order("p", priority: priority)).job.id)
    }
    for id in ids { #expect(try await world.finish(id).state == .succeeded) }
    #expect(world.north.tokens == [0, 3, 2, 1].map { "\(ids[$0])-0" })
    try await world.checkRest()
  }

  @Test("Whoever waits for a job is answered at its end, or when his own time is up")
  func waiting() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(8))))
    let id = try await world.submit()
    try await world.settle()
    let service = world.service
    let short = Task { try await service.wait(for: id, atMost: .seconds(2)) }
    let long = Task { try await service.wait(for: id, atMost: .seconds(100)) }
    while await world.dispatcher.live[id]?.waiters.count != 2 { await Task.yield() }
    try await world.pass(atMost: .minutes(1))
    // It was let go while the job ran; how far that had come when it looked again is a matter of chance.
    #expect(try await short.value != nil)
    #expect(try await long.value?.job.state == .succeeded)
    #expect(try await service.wait(for: id, atMost: .seconds(5))?.job.state == .succeeded)
    #expect(try await service.wait(for: Sample.id(9), atMost: .seconds(5)) == nil)
    // A caller that goes away does not stay in memory.
    let other = try await world.submit("other")
    try await world.settle()
    let task = Task { try await service.wait(for: other, atMost: .hours(1)) }
    while await world.dispatcher.live[other]?.waiters.count != 1 { await Task.yield() }
    task.cancel()
    _ = try await task.value
    #expect(await world.dispatcher.live[other]?.waiters.isEmpty == true)
  }

  @Test(
    "The log of a job is read from any entry on, before, while and after it runs, without gaps or repeats")
  func events() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(4))))
    let id = try await world.submit()
    try await world.settle()
    let all = try #require(try await world.service.events(of: id))
    let late = try #require(try await world.service.events(of: id, after: 2))
    _ = try await world.finish(id)
    func collected(_ stream: AsyncThrowingStream<JobLogEntry, any Error>) async throws -> [JobLogEntry] {
      var entries: [JobLogEntry] = []
      for try await entry in stream { entries.append(entry) }
      return entries
    }
    let stored = try world.log(id)
    #expect(stored.map(\.number) == Array(1...stored.count))
    #expect(try await collected(all) == stored)
    #expect(try await collected(late) == Array(stored.dropFirst(2)))
    let after = try #require(try await world.service.events(of: id, after: 1))
    #expect(try await collected(after) == Array(stored.dropFirst()))
    #expect(try await world.service.events(of: Sample.id(3)) == nil)
    try await world.checkRest()
  }

  @Test("Of many jobs that wait for an open circuit only some try it; when it has closed, all are done")
  func probing() async throws {
    var settings = JobWorld.settings
    settings.candidateCircuit.failuresInARow = 1
    let world = try await JobWorld(["north/a"], settings: settings)
    world.north.reply(.init(.fails(Self.unavailable)))
    _ = try await world.finish(try await world.submit(budget: .milliseconds(1)))
    world.north.reply(.init(.delivers(.sample, cost: nil), delay: .seconds(1)))
    let asked = world.north.orders.count
    var ids: [Identifier] = []
    for number in 0..<40 { ids.append(try await world.submit("job \(number)")) }
    try await world.settle()
    #expect(world.north.orders.count == asked)
    let opens = try #require(world.router.market.states["north/a"]?.obstacle?.until)
    try await world.pass(atMost: opens - world.clock.now)
    // One by exception, and of the others a tenth.
    #expect((1...20).contains(world.north.orders.count - asked))
    for id in ids { #expect(try await world.finish(id).state == .succeeded) }
    #expect(world.north.orders.count - asked == 40)
    try await world.checkRest()
  }

  @Test("Time passes while the service runs, and a shutdown ends it")
  func running() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(4))))
    let service = world.service
    let running = Task { try await service.run() }
    let id = try await world.submit()
    let deadline = ContinuousClock.now + .seconds(120)
    while try await world.job(id).state != .succeeded {
      try #require(ContinuousClock.now < deadline)
      world.clock.advance(by: .milliseconds(500))
      try await Task.sleep(for: .milliseconds(20))
    }
    running.cancel()
    try await running.value
    await #expect(throws: ServiceError.stopped) { _ = try await world.submit() }
    try await world.checkRest()
  }
}
