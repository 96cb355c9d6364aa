import Jobs
import Routing
import Statistics
import TestSupport
import Testing

@testable import Serving

@Suite("Jobs whose router stops, and whose disk is full")
struct JobRestartTests {
  static let unavailable = VendorFailure(httpStatus: 503, message: "out of order")

  /// What may happen to a job at its first vendor; the second one always delivers after two seconds.
  enum Course: String, CaseIterable, Sendable {
    case delivers, works, failsAtOnce, failsLate, losesAnswer, losesSubmission, isThrottled

    func reply(_ number: Int) -> ScriptedVendor.Reply {
      switch self {
      case .delivers: .init(.delivers(.sample, cost: nil), delay: .milliseconds(300))
      case .works: .init(.accepts(.succeeded(.sample), after: .seconds(4)), webhooks: [.milliseconds(50)])
      case .failsAtOnce: .init(.fails(JobRestartTests.unavailable))
      case .failsLate: .init(.accepts(.failed(JobRestartTests.unavailable), after: .seconds(3)))
      case .losesAnswer: .init(.losesAnswer(.succeeded(.sample), after: .seconds(5)), delay: .seconds(10))
      case .losesSubmission: .init(.losesSubmission, delay: .seconds(10))
      case .isThrottled:
        .init(.fails(VendorFailure(httpStatus: 429, message: "slow", retryAfter: .seconds(9))))
      }
    }
  }

  /// Runs a job whose router dies after `commits` commits, and then another router on the same ledger.
  ///
  /// - Returns: whether the first one died before the job was over.
  private func run(_ course: Course, dyingAfter commits: Int, writesLast: Bool, lists: Bool) async throws
    -> Bool
  {
    var contract = JobWorld.polled
    contract.lists = lists
    contract.webhookWindow = .seconds(20)
    let dying = FailingLedger()
    // The second one can always be asked what became of a submission.
    var other = JobWorld.polled
    other.lists = true
    let world = try await JobWorld(on: dying, contracts: ["north": contract, "south": other])
    world.north.follow { number, _ in course.reply(number) }
    world.south.reply(.init(.accepts(.succeeded(.sample), after: .seconds(2))))
    dying.stop(after: commits, writesLast: writesLast)
    let first = try? await world.submit()
    try await world.pass(atMost: .minutes(3)) {
      if dying.isDead { return true }
      guard let first else { return true }
      return try dying.base.job(first)?.state.isTerminal ?? true
    }
    let hasDied = dying.isDead
    if hasDied {
      // The calls of a dead process end nowhere.
      try await world.restart(on: dying.base)
    }
    var jobs = try dying.base.jobs(states: nil, before: nil, limit: 10)
    #expect(jobs.count == (first == nil && !(hasDied && writesLast) ? 0 : 1))
    for job in jobs { _ = try await world.finish(job.id) }
    try await world.pass(atMost: .minutes(3))
    jobs = try dying.base.jobs(states: nil, before: nil, limit: 10)
    for job in jobs {
      try job.check()
      #expect(job.state == .succeeded, "\(course) \(commits): \(String(describing: job.failure))")
      let log = try world.log(job.id)
      #expect(log.map(\.number) == Array(1...log.count))
      #expect(log.filter(\.kind.isTerminal).count == 1 && log.last?.kind.isTerminal == true)
      let paid = world.vendors.values.flatMap(\.works)
        .count { !$0.isCanceled && $0.ending == .succeeded(.sample) }
      #expect(paid <= 1 || JobOutcome(job).possibleDoubleSpend, "\(course) \(commits): paid \(paid) times")
    }
    try await world.checkRest()
    return hasDied
  }

  @Test(
    "A router that dies after any commit leaves a job that the next one ends, once",
    arguments: Course.allCases, [false, true])
  func killed(course: Course, writesLast: Bool) async throws {
    for lists in [false, true] {
      var commits = 0
      while try await run(course, dyingAfter: commits, writesLast: writesLast, lists: lists) {
        commits += 1
        try #require(commits < 60)
      }
      // Taken in and started, and ended.
      #expect(commits >= 2)
    }
  }

  @Test("After a restart the places that jobs occupy are taken, and the figures of the past are known")
  func restored() async throws {
    let world = try await JobWorld(access: ["north": Access(concurrency: 1), "south": Access(concurrency: 1)])
    world.north.reply(.init(.delivers(.sample, cost: nil), delay: .seconds(2)))
    for _ in 0..<8 { #expect(try await world.done().state == .succeeded) }
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .minutes(2))))
    let id = try await world.submit()
    try await world.settle()
    try await world.restart(on: world.ledger)
    #expect(await world.dispatcher.board.accounts.inUse("north") == 1)
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .noHeadroom)
    let median = try #require(world.router.market.states["north/a"]?.latencyP50)
    #expect(median > .milliseconds(1_700) && median < .milliseconds(2_300))
    #expect(try await world.service.submit(JobWorld.order()).chosen == "south/b")
    #expect(try await world.finish(id).state == .succeeded)
    #expect(world.north.orders.count == 9)
    try await world.checkRest()
  }

  @Test("A cancellation that was still open when the router stopped is made by the next one")
  func openCancellation() async throws {
    let world = try await JobWorld(["north/a"])
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .hours(1))))
    world.north.failCancel(Self.unavailable, Self.unavailable, Self.unavailable)
    let id = try await world.submit(budget: .seconds(20))
    #expect(try await world.finish(id).state == .expired)
    try await world.pass(atMost: .minutes(5))
    #expect(world.north.cancels.isEmpty)
    try await world.restart(on: world.ledger)
    try await world.settle()
    #expect(world.north.cancels.count == 1)
    #expect(try await world.job(id).attempts[0].state == .canceled)
    try await world.checkRest()
  }

  @Test("With a full disk a job is refused, nothing is submitted, and later all goes on")
  func diskFull() async throws {
    let ledger = FailingLedger()
    let world = try await JobWorld(on: ledger)
    ledger.fails = true
    await #expect(throws: ServiceError.self) { _ = try await world.submit() }
    #expect(world.north.orders.isEmpty && world.south.orders.isEmpty)
    #expect(await world.dispatcher.board.accounts.inUse("north") == 0)
    ledger.fails = false
    let job = try await world.done()
    #expect(job.state == .succeeded)
    #expect(try ledger.jobs(states: nil, before: nil, limit: 9).count == 1)
    // Not even the decision of the one that was refused.
    #expect(try ledger.counts().decisions == 1)
    try await world.checkRest()
  }

  @Test("What happens to a job while the disk is full is kept and stored later, once; outsiders are refused")
  func diskFullMeanwhile() async throws {
    let ledger = FailingLedger()
    let world = try await JobWorld(on: ledger)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(3))))
    let id = try await world.submit()
    try await world.settle()
    let token = try await world.job(id).token(0)
    ledger.fails = true
    let before = try await world.job(id)
    await #expect(throws: ServiceError.self) { _ = try await world.service.cancel(id) }
    let webhook = ScriptedVendor.call("north-\(token)", signature: nil)
    let answer = await world.service.receive(webhook, from: "north", token: nil)
    guard case .unavailable = answer else {
      Issue.record("a webhook was answered with \(answer)")
      return
    }
    // The vendor's end is seen by a status call; it cannot be stored for three seconds.
    try await world.pass(atMost: .seconds(3))
    #expect(try await world.job(id) == before)
    ledger.fails = false
    let job = try await world.finish(id)
    #expect(job.state == .succeeded)
    #expect(try world.kinds(id) == [.queued, .submitting, .running, .succeeded])
    #expect(world.north.cancels.isEmpty)
    try await world.checkRest()
  }
}
