import Credits
import Jobs
import Routing
import Statistics
import Synchronization
import TestSupport
import Testing

@testable import Serving

@Suite("Jobs and the books")
struct CreditedJobsTests {
  static let price: Price = {
    var price = Price()
    price.perRequest = 0.02
    return price
  }()

  static func order(_ prompt: String = "a fox", tenant: String? = "acme", key: APIKey? = nil) -> JobOrder {
    var order = JobWorld.order(prompt)
    order.tenant = tenant
    order.apiKey = key
    return order
  }

  static func grant(_ cents: Int64, to account: CreditAccountID, in world: JobWorld) async throws {
    let granted = try await world.service.credits.grant(
      Money(micros: cents * 10_000), to: account, note: nil)
    await world.service.poolsChanged(granted.pools)
  }

  static func cents(_ account: CreditAccountID, in world: JobWorld) throws -> Double {
    let stored = try world.ledger.creditAccounts().first { $0.id == account }?.balance ?? .zero
    #expect(world.service.credits.account(account)?.balance ?? .zero == stored)
    return Double(stored.micros) / 10_000
  }

  @Test("A job that fails over pays the one who delivered; what is left of an account decides what is begun")
  func pays() async throws {
    let world = try await JobWorld(price: Self.price)
    try await Self.grant(5, to: .tenant("acme"), in: world)
    world.north.reply(.init(.fails(VendorFailure(httpStatus: 500, message: "boom"))))
    world.south.reply(.init(.delivers(.sample, cost: Money(micros: 15_000))))
    let job = try await world.done(Self.order())
    #expect(job.state == .succeeded && job.isBilled)
    #expect(try Self.cents(.tenant("acme"), in: world) == 3.5)
    #expect(try Self.cents(.reserved("acme"), in: world) == 0)
    #expect(try Self.cents(.payable("south"), in: world) == -1.5)
    world.south.reply(.init(.delivers(.sample, cost: Money(micros: 20_000)), delay: .seconds(5)))
    _ = try await world.service.submit(Self.order("two"))
    #expect(try Self.cents(.reserved("acme"), in: world) == 2)
    let refusal = await #expect(throws: JobRefusal.self) {
      try await world.service.submit(Self.order("three"))
    }
    #expect(
      refusal
        == .credits(
          .balance(.tenant("acme"), balance: Money(micros: 15_000), needed: Money(micros: 20_000))))
    // Others are on the house's bill.
    _ = try await world.service.submit(Self.order("four", tenant: "beta"))
    _ = try await world.service.submit(Self.order("five", tenant: nil))
    try await world.pass(atMost: .minutes(5))
    #expect(try Self.cents(.tenant("acme"), in: world) == 1.5)
    #expect(try world.ledger.sumOfBalances() == 0)
  }

  @Test("A failed job's webhook that comes five times gives the money back once")
  func refundsOnce() async throws {
    let world = try await JobWorld(["north/a"], contracts: ["north": Self.silent], price: Self.price)
    try await Self.grant(5, to: .tenant("acme"), in: world)
    let shame = VendorFailure(.moderated, httpStatus: 400, message: "no")
    world.north.reply(
      .init(
        .accepts(.failed(shame), after: .seconds(5)),
        webhooks: (0..<5).map { .milliseconds(Int64($0) * 10) }))
    let job = try await world.done(Self.order())
    try await world.pass(atMost: .minutes(1))
    #expect(job.state == .failed)
    #expect(try world.ledger.creditEntries(of: job.id).map(\.kind) == [.reserve, .refund])
    #expect(try Self.cents(.tenant("acme"), in: world) == 5)
  }

  static let silent = VendorContract(
    poll: PollSchedule(floor: .minutes(5), ceiling: .minutes(5), growth: 1, jitter: 0), cancels: true)

  @Test("An order that cannot be stored sets nothing aside")
  func fullDisk() async throws {
    let ledger = FailingLedger()
    let world = try await JobWorld(on: ledger, price: Self.price)
    try await Self.grant(5, to: .tenant("acme"), in: world)
    ledger.fails = true
    await #expect(throws: ServiceError.self) { try await world.service.submit(Self.order()) }
    ledger.fails = false
    #expect(try Self.cents(.tenant("acme"), in: world) == 5)
    #expect(try Self.cents(.reserved("acme"), in: world) == 0)
    #expect(try await world.done(Self.order()).state == .succeeded)
  }

  @Test("A hundred orders at once set aside no more than there is")
  func atOnce() async throws {
    let world = try await JobWorld(["north/a"], price: Self.price)
    try await Self.grant(21, to: .tenant("acme"), in: world)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(5))))
    let service = world.service
    let taken = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<100 {
        group.addTask { (try? await service.submit(Self.order("\(number)"))) != nil }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(taken == 10)
    #expect(try Self.cents(.tenant("acme"), in: world) == 1)
    try await world.pass(atMost: .minutes(5))
    #expect(try Self.cents(.revenue, in: world) == 20)
  }

  @Test("An empty pool takes its provider out of the market, and says so once; a grant brings it back")
  func pools() async throws {
    let told = Mutex<[Alert]>([])
    let world = try await JobWorld(
      access: ["north": Access(payment: .prepaidPool)], price: Self.price,
      alert: { alert in told.withLock { $0.append(alert) } })
    // A pool that nobody has ever filled is not watched.
    #expect(try await world.done(Self.order("one")).attempts.count == 1)
    #expect(try Self.cents(.pool("north"), in: world) == -2)
    try await Self.grant(4, to: .pool("north"), in: world)
    #expect(told.withLock { $0 }.isEmpty)
    #expect(try await world.done(Self.order("two")).plan.first?.provider == "north")
    #expect(told.withLock { $0.map(\.kind) } == [.poolEmpty])
    #expect(told.withLock { $0.first?.provider } == "north")
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .poolEmpty)
    #expect(try await world.done(Self.order("three")).plan.map(\.provider) == ["south"])
    // It stays so after a restart.
    try await world.restart(on: world.ledger)
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .poolEmpty)
    try await Self.grant(10, to: .pool("north"), in: world)
    #expect(try await world.done(Self.order("four")).plan.first?.provider == "north")
    #expect(try world.ledger.sumOfBalances() == 0)
  }

  @Test("A key's jobs of a day stay within its budget, and what failed is free again")
  func budgets() async throws {
    let world = try await JobWorld(["north/a"], price: Self.price)
    let key = try world.service.credits.makeKey(
      name: nil, scopes: .execute, tenant: nil, dailyBudget: Money(micros: 50_000)
    ).key
    world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "no"))))
    _ = try await world.done(Self.order("x", key: key))
    #expect(world.service.credits.spent(by: key.id) == .zero)
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    for number in 0..<2 { _ = try await world.done(Self.order("\(number)", key: key)) }
    let again = BudgetDay(world.clock.now).end
    let refusal = await #expect(throws: JobRefusal.self) {
      try await world.service.submit(Self.order("y", key: key))
    }
    #expect(
      refusal
        == .credits(
          .budget(
            key: key.id, budget: Money(micros: 50_000), spent: Money(micros: 40_000),
            needed: Money(micros: 20_000), again: again)))
    // A restart forgets nothing, and midnight everything.
    try await world.restart(on: world.ledger)
    await #expect(throws: JobRefusal.self) { try await world.service.submit(Self.order("y", key: key)) }
    world.clock.advance(to: again)
    #expect(try await world.done(Self.order("z", key: key)).state == .succeeded)
  }

  @Test(
    "A router that dies after the n-th commit has booked it whole or not at all", arguments: [false, true])
  func dyingOnce(writesLast: Bool) async throws {
    var deaths = 0
    for commits in 0...8 {
      let ledger = FailingLedger()
      var contract = JobWorld.polled
      contract.lists = true
      let world = try await JobWorld(
        on: ledger, contracts: ["north": contract, "south": contract], price: Self.price)
      let key = try world.service.credits.makeKey(
        name: nil, scopes: .execute, tenant: nil, dailyBudget: Money(micros: 100_000)
      ).key
      try await Self.grant(5, to: .tenant("acme"), in: world)
      world.north.reply(.init(.accepts(.expired, after: .seconds(3))))
      world.south.reply(.init(.accepts(.succeeded(.sample), after: .seconds(3))))
      ledger.stop(after: commits, writesLast: writesLast)
      _ = try? await world.service.submit(Self.order(key: key))
      try await world.pass(atMost: .minutes(2)) { ledger.isDead }
      try check(ledger.base, key)
      if ledger.isDead {
        deaths += 1
        try await world.restart(on: ledger.base)
        try await world.pass(atMost: .minutes(5))
      }
      try check(ledger.base, key)
      let job = try ledger.base.jobs(states: nil, before: nil, limit: 1).first
      #expect(job == nil || job?.state == .succeeded)
      let stored = try ledger.base.creditAccounts().first { $0.id == .tenant("acme") }?.balance
      #expect(stored == Money(micros: 50_000 - (job?.charge.micros ?? 0)))
    }
    #expect(deaths > 4)
  }

  @Test("Routers that die after any commit charge nothing twice and lose no cent", arguments: 1...4)
  func dying(seed: Int) async throws {
    var random = Xoshiro256(seed: UInt64(seed))
    let base = MemoryLedger()
    var ledger = FailingLedger(base)
    var contract = JobWorld.polled
    contract.lists = true
    let world = try await JobWorld(
      ["north/a", "south/b", "east/c"], on: ledger, contracts: ["south": contract],
      access: ["north": Access(payment: .prepaidPool)], price: Self.price, seed: UInt64(seed))
    for (place, vendor) in world.vendors.values.sorted(by: { $0.provider < $1.provider }).enumerated() {
      Self.misbehave(vendor, seed: UInt64(seed * 100 + place))
    }
    let key = try world.service.credits.makeKey(
      name: nil, scopes: .execute, tenant: nil, dailyBudget: Money(micros: 2_000_000)
    ).key
    try await Self.grant(60, to: .tenant("acme"), in: world)
    try await Self.grant(100, to: .pool("north"), in: world)
    for life in 0..<8 {
      for number in 0..<8 {
        let order = Self.order("job \(life) \(number)", tenant: number % 3 == 0 ? nil : "acme", key: key)
        _ = try? await world.service.submit(order)
      }
      ledger.stop(after: Int.random(in: 1...40, using: &random), writesLast: random.chance(0.5))
      let dying = ledger
      try await world.pass(atMost: .minutes(2)) { dying.isDead }
      try check(base, key)
      ledger = FailingLedger(base)
      try await world.restart(on: ledger, seed: UInt64(1_000 * seed + life))
    }
    try await world.pass(atMost: .minutes(30))
    try check(base, key)
    #expect(try base.creditAccounts() == world.service.credits.accounts)
    #expect(try Self.cents(.reserved("acme"), in: world) == 0)
    let kinds = try base.creditEntries(of: nil, before: nil, limit: 100_000).map(\.entry.kind)
    #expect(kinds.count { $0 == .settle } > 5 && kinds.count { $0 == .refund } > 0)
  }

  /// The books against the jobs that made them.
  private func check(_ ledger: any Ledger, _ key: APIKey) throws {
    #expect(try ledger.sumOfBalances() == 0)
    let jobs = try ledger.jobs(states: nil, before: nil, limit: 10_000)
    var spent: Int64 = 0
    for job in jobs {
      var sum: [CreditAccountID: Int64] = [:]
      for posting in try ledger.creditEntries(of: job.id).flatMap(\.postings.list) {
        sum[posting.account, default: 0] += posting.amount.micros
      }
      let meant = Dictionary(uniqueKeysWithValues: job.postings.list.map { ($0.account, $0.amount.micros) })
      #expect(sum.filter { $0.value != 0 } == meant.filter { $0.value != 0 })
      spent += job.charge.micros
    }
    for account in try ledger.creditAccounts() {
      #expect(account.balance >= .zero || account.id.mayFallBelowZero, "\(account)")
    }
    #expect(try ledger.budgetUses(from: BudgetDay(number: 0)).reduce(0) { $0 + $1.amount.micros } == spent)
  }

  private static func misbehave(_ vendor: ScriptedVendor, seed: UInt64) {
    let generator = Mutex(Xoshiro256(seed: seed))
    vendor.follow { _, _ in
      generator.withLock { random in
        let work = Span.milliseconds(Int64.random(in: 200...9_000, using: &random))
        let answer: ScriptedVendor.Answer
        switch random.uniform() {
        case ..<0.35: answer = .delivers(.sample, cost: Money(micros: 17_000))
        case ..<0.60: answer = .accepts(.succeeded(.sample), after: work)
        case ..<0.75: answer = .fails(VendorFailure(httpStatus: 503, message: "no"))
        case ..<0.85: answer = .fails(VendorFailure(.moderated, message: "shame"))
        default: answer = .losesAnswer(.succeeded(.sample), after: work)
        }
        return ScriptedVendor.Reply(
          answer, delay: .milliseconds(50), webhooks: [.seconds(0), .milliseconds(9)])
      }
    }
  }
}
