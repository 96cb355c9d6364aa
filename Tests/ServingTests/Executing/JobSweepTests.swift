import Jobs
import Routing
import Statistics
import Synchronization
import TestSupport
import Testing

@testable import Serving

@Suite("Many jobs and every fault")
struct JobSweepTests {
  /// Vendors that do everything wrong that a vendor can, each time another thing.
  private func misbehave(_ vendor: ScriptedVendor, seed: UInt64) {
    let generator = Mutex(Xoshiro256(seed: seed))
    vendor.follow { _, _ in
      generator.withLock { random in
        func span(_ milliseconds: ClosedRange<Int64>) -> Span {
          .milliseconds(Int64.random(in: milliseconds, using: &random))
        }
        let work = span(200...40_000)
        let answer: ScriptedVendor.Answer
        switch random.uniform() {
        case ..<0.30: answer = .delivers(.sample, cost: Money(micros: 1_000))
        case ..<0.60: answer = .accepts(.succeeded(.sample), after: work)
        case ..<0.66: answer = .accepts(.failed(VendorFailure(httpStatus: 500, message: "boom")), after: work)
        case ..<0.70: answer = .accepts(.expired, after: work)
        case ..<0.73: answer = .accepts(.running(progress: 0.5), after: work)
        case ..<0.76: answer = .delivers(JobResult(), cost: nil)
        case ..<0.80:
          answer = .fails(VendorFailure(httpStatus: 429, message: "slow", retryAfter: span(0...9_000)))
        case ..<0.85: answer = .fails(VendorFailure(httpStatus: 503, message: "no"))
        case ..<0.87: answer = .fails(VendorFailure(httpStatus: 400, message: "what?"))
        case ..<0.89: answer = .fails(VendorFailure(.moderated, message: "shame"))
        case ..<0.95: answer = .losesAnswer(.succeeded(.sample), after: work)
        default: answer = .losesSubmission
        }
        let delay: Span = random.uniform() < 0.1 ? span(1_000...60_000) : span(5...900)
        let webhooks = (0..<Int.random(in: 0...3, using: &random)).map { _ in span(0...4_000) }
        return ScriptedVendor.Reply(answer, delay: delay, webhooks: webhooks)
      }
    }
  }

  private func isOver(_ ledger: any Ledger) throws -> Bool {
    var open = 0
    try ledger.unfinishedJobs { _ in open += 1 }
    return open == 0
  }

  @Test(
    "Every job ends once, whatever happens; nothing is submitted twice and nothing stays behind",
    arguments: 1...3)
  func storm(seed: Int) async throws {
    var random = Xoshiro256(seed: UInt64(seed))
    let ids = ["north/a", "south/b", "east/c", "west/d"]
    var contracts: [String: VendorContract] = [:]
    var access: [String: Access] = [:]
    for (place, name) in ["east", "north", "south", "west"].enumerated() {
      var contract = JobWorld.polled
      contract.lists = place % 2 == 0
      contract.webhookWindow = place < 2 ? .seconds(15) : nil
      contract.attemptLimit = place == 3 ? .seconds(25) : nil
      contracts[name] = contract
      access[name] = Access(
        concurrency: 10 + 10 * place, rates: place == 1 ? [.init(20, per: .seconds(1))] : [])
    }
    let world = try await JobWorld(ids, contracts: contracts, access: access, seed: UInt64(seed))
    for (place, vendor) in world.vendors.values.sorted(by: { $0.provider < $1.provider }).enumerated() {
      misbehave(vendor, seed: UInt64(seed * 10 + place))
    }
    var jobs: [Identifier] = []
    for number in 0..<200 {
      do {
        let order = JobWorld.order(
          "job \(number)", budget: .seconds(Int64.random(in: 20...300, using: &random)),
          fallbackOnModeration: random.chance(0.5), priority: JobPriority.allCases[number % 3])
        jobs.append(try await world.service.submit(order).job.id)
      } catch is NoEligibleCandidate {}
      if random.chance(0.1), let id = jobs.randomElement(using: &random) {
        _ = try await world.service.cancel(id)
      }
      if random.chance(0.3) {
        try await world.pass(atMost: .milliseconds(Int64.random(in: 10...500, using: &random)))
      }
    }
    try await world.pass(atMost: .minutes(30)) { try self.isOver(world.ledger) }
    try await world.pass(atMost: .minutes(5))
    #expect(jobs.count > 150)
    #expect(try isOver(world.ledger))
    var succeeded = 0
    for id in jobs {
      let job = try await world.job(id)
      #expect(job.state.isTerminal)
      if job.state == .succeeded { succeeded += 1 }
      let log = try world.log(id)
      #expect(log.map(\.number) == Array(1...log.count))
      #expect(log.filter(\.kind.isTerminal).count == 1 && log.last?.kind.isTerminal == true)
      let paid = world.vendors.values.flatMap(\.works)
        .count { $0.token.hasPrefix("\(id)-") && !$0.isCanceled && $0.ending == .succeeded(.sample) }
      #expect(paid <= 1 || JobOutcome(job).possibleDoubleSpend, "job \(id) was paid \(paid) times")
      try checkRewards(job, world)
    }
    #expect(succeeded > jobs.count / 2)
    try await world.checkRest()
    #expect(await world.dispatcher.timers.count <= 5)
  }

  /// The last report about a decision names the candidate that delivered.
  private func checkRewards(_ job: Job, _ world: JobWorld) throws {
    guard job.state == .succeeded, let winner = job.winner else { return }
    let judged = try #require(try world.ledger.judged(job.decision, map: world.router.snapshot.map))
    let executed = judged.judgements.last { $0.executed != nil }?.executed
    let name = job.plan[job.attempts[winner].candidate].candidate
    #expect(executed.map { world.router.snapshot.roll.id(of: $0) } == name)
  }

  @Test("Routers that die again and again lose no job and submit none twice", arguments: 1...3)
  func dying(seed: Int) async throws {
    var random = Xoshiro256(seed: UInt64(seed))
    let base = MemoryLedger()
    var ledger = FailingLedger(base)
    var contract = JobWorld.polled
    contract.lists = true
    let world = try await JobWorld(
      ["north/a", "south/b", "east/c"], on: ledger, contracts: ["south": contract], seed: UInt64(seed))
    for (place, vendor) in world.vendors.values.sorted(by: { $0.provider < $1.provider }).enumerated() {
      misbehave(vendor, seed: UInt64(seed * 100 + place))
    }
    var accepted: [Identifier] = []
    for life in 0..<12 {
      for number in 0..<10 {
        let order = JobWorld.order("job \(life) \(number)", budget: .minutes(3))
        if let view = try? await world.service.submit(order) { accepted.append(view.job.id) }
      }
      ledger.stop(after: Int.random(in: 1...60, using: &random), writesLast: random.chance(0.5))
      let dying = ledger
      try await world.pass(atMost: .minutes(2)) { dying.isDead }
      ledger = FailingLedger(base)
      try await world.restart(on: ledger, seed: UInt64(1_000 * seed + life))
    }
    try await world.pass(atMost: .minutes(30)) { try self.isOver(base) }
    try await world.pass(atMost: .minutes(5))
    #expect(accepted.count > 40)
    for id in accepted {
      let job = try await world.job(id)
      #expect(job.state.isTerminal)
      let log = try world.log(id)
      #expect(log.map(\.number) == Array(1...log.count))
      #expect(log.filter(\.kind.isTerminal).count == 1)
      try checkRewards(job, world)
    }
    try await world.checkRest()
  }
}
