public import Credits
import Jobs
public import Routing
public import Serving
import Statistics

extension Sample {
  /// What moves an amount, under a key of its own.
  public static func credit(
    _ key: String, _ micros: Int64, from source: CreditAccountID = .funding,
    to destination: CreditAccountID = .tenant("acme"), _ kind: CreditEntry.Kind = .grant,
    job: Identifier? = nil, at minutes: Int64 = 0
  ) -> CreditChange {
    var postings = Postings()
    postings.move(Money(micros: micros), from: source, to: destination)
    return CreditChange(
      entry: CreditEntry(key: key, kind: kind, postings: postings, job: job, at: at(minutes), note: "n\u{0}x")
    )
  }

  public static func batch(credits: [CreditChange]) -> LedgerBatch {
    var batch = LedgerBatch()
    batch.credits = credits
    return batch
  }

  public static func key(_ number: Int, _ scopes: KeyScopes = [.decide, .execute], tenant: String? = nil)
    -> APIKey
  {
    APIKey(
      id: id(number), name: "key \(number)", scopes: scopes, tenant: tenant,
      dailyBudget: number % 2 == 0 ? nil : Money(micros: Int64(number)),
      digest: Array(repeating: UInt8(number), count: 32), created: at(Int64(number)))
  }
}

extension Sample {
  /// A job of a tenant with an account, under a key of its own: prepaid at north, on account at south.
  static func billedJob(_ number: Int) throws -> Job {
    let plan = [("north", PaymentModel.prepaidPool), ("south", .onDemand)].map { provider, payment in
      PlannedCandidate(
        candidate: "\(provider)/m", provider: provider,
        estimatedCost: Money(micros: 20_000 * Int64(number % 4)),
        contract: VendorContract(cancels: number % 2 == 0), payment: payment)
    }
    return try Job(
      id: Identifier(at: at(Int64(number)), random: UInt64(number), 78), decision: id(number),
      capability: .textGeneration, input: JobInput(reference: "sha256-0", byteCount: 90), plan: plan,
      created: at(Int64(number)), budget: .minutes(10), tenant: "acme", apiKey: id(100 + number),
      isBilled: true)
  }

  /// Something that may happen to a job, likely or not.
  static func event(for job: Job, _ generator: inout Xoshiro256) -> JobEvent {
    if job.state == .queued, generator.uniform() < 0.7 { return .started }
    let attempt = Int(generator.uniform() * Double(max(job.attempts.count, 1)))
    let cost = generator.uniform() < 0.5 ? Money(micros: Int64(generator.uniform() * 90_000)) : nil
    let failure = VendorFailure(
      FailureClass.allCases[Int(generator.uniform() * Double(FailureClass.allCases.count))], message: "chaos")
    let vendor = VendorJob(id: "v\(attempt)")
    switch generator.uniform() {
    case ..<0.2: return .accepted(attempt, vendor, cost: cost)
    case ..<0.35: return .rejected(attempt, failure)
    case ..<0.45: return .submitLost(attempt, failure)
    case ..<0.6: return .seen(attempt, VendorReport(.failed(failure), cost: cost), by: .poll)
    case ..<0.85:
      return .seen(attempt, VendorReport(.succeeded(result), vendor: vendor, cost: cost), by: .webhook)
    case ..<0.9: return .cancelAsked
    default: return .recovered
    }
  }
}

extension Ledger {
  /// Stores a job as it is after an event, with what that means to the books.
  fileprivate func append(_ job: Job, from before: Job?) throws {
    var batch = Sample.batch(jobs: [JobChange(job, before: before?.revision, entries: [])])
    batch.credits = Job.creditChange(from: before, to: job, at: job.created).map { [$0] } ?? []
    _ = try append(batch)
  }

  /// All balances together, which are zero.
  public func sumOfBalances() throws -> Int64 { try creditAccounts().reduce(0) { $0 + $1.balance.micros } }
}

extension LedgerContract {
  static let credits: [LedgerContract] = [
    LedgerContract("empty books have no accounts, entries, uses and keys") { ledger in
      try expect(ledger.creditAccounts(), is: [])
      try expect(ledger.creditEntries(of: nil, before: nil, limit: 9), is: [])
      try expect(ledger.creditEntries(of: Sample.id(1)), is: [])
      try expect(ledger.budgetUses(from: BudgetDay(number: 0)), is: [])
      try expect(ledger.apiKeys(), is: [])
      try expect(ledger.revokeKey(Sample.id(1), at: Sample.at()), is: false)
    },
    LedgerContract("accounts are the sum of their entries, and are opened by their first grant") { ledger in
      _ = try ledger.append(
        Sample.batch(credits: [Sample.credit("a", 5, at: 1), Sample.credit("b", 3, at: 2)]))
      _ = try ledger.append(
        Sample.batch(credits: [
          Sample.credit(
            "c", 6, from: .tenant("acme"), to: .reserved("acme"), .reserve, job: Sample.id(7), at: 3)
        ]))
      try expect(
        ledger.creditAccounts(),
        is: [
          CreditAccount(id: .funding, balance: Money(micros: -8), entries: 2),
          CreditAccount(id: .reserved("acme"), balance: Money(micros: 6), entries: 1),
          CreditAccount(id: .tenant("acme"), balance: Money(micros: 2), opened: Sample.at(1), entries: 3),
        ])
      try expect(ledger.sumOfBalances(), is: 0)
    },
    LedgerContract("entries come back as they were, the latest first, page by page, by account and by job") {
      ledger in
      let changes: [CreditChange] = (1...5).map { (number: Int) -> CreditChange in
        let tenant: CreditAccountID = .tenant(number % 2 == 0 ? "even" : "o\u{0}dd")
        let job: Identifier? = number == 3 ? Sample.id(3) : nil
        return Sample.credit("k\u{0}\(number)", Int64(number), to: tenant, job: job, at: Int64(number))
      }
      for change in changes { _ = try ledger.append(Sample.batch(credits: [change])) }
      let all = try ledger.creditEntries(of: nil, before: nil, limit: 9)
      try expect(all.map(\.entry), is: changes.reversed().compactMap(\.entry))
      try expect(all.map(\.sequence), is: [5, 4, 3, 2, 1])
      try expect(ledger.creditEntries(of: nil, before: 4, limit: 2).map(\.sequence), is: [3, 2])
      try expect(
        ledger.creditEntries(of: .tenant("o\u{0}dd"), before: nil, limit: 9).map(\.sequence), is: [5, 3, 1])
      try expect(ledger.creditEntries(of: .tenant("even"), before: 4, limit: 9).map(\.sequence), is: [2])
      try expect(ledger.creditEntries(of: Sample.id(3)), is: [changes[2].entry].compactMap { $0 })
      try expect(ledger.creditEntries(of: .tenant("o"), before: nil, limit: 9), is: [])
    },
    LedgerContract("nothing is booked twice: the second is refused with its whole batch") { ledger in
      _ = try ledger.append(Sample.batch(credits: [Sample.credit("a", 5)]))
      try expectConflict(.booked("a")) {
        _ = try ledger.append(Sample.batch(credits: [Sample.credit("b", 1), Sample.credit("a", 5)]))
      }
      try expectConflict(.booked("c")) {
        _ = try ledger.append(Sample.batch(credits: [Sample.credit("c", 1), Sample.credit("c", 2)]))
      }
      try expect(ledger.creditEntries(of: nil, before: nil, limit: 9).map(\.entry.key), is: ["a"])
      try expect(ledger.creditAccounts().map(\.balance.micros), is: [-5, 5])
    },
    LedgerContract("no account falls below zero but those that may") { ledger in
      _ = try ledger.append(Sample.batch(credits: [Sample.credit("a", 5)]))
      try expectConflict(.overdrawn(.tenant("acme"))) {
        _ = try ledger.append(
          Sample.batch(credits: [
            Sample.credit("b", 3, from: .tenant("acme"), to: .revenue, .settle),
            Sample.credit("c", 3, from: .tenant("acme"), to: .revenue, .settle),
          ]))
      }
      _ = try ledger.append(
        Sample.batch(credits: [
          Sample.credit("d", 9, from: .pool("fal"), to: .cost("fal"), .cost),
          Sample.credit("e", 9, from: .payable("fal"), to: .loss("fal"), .cost),
        ]))
      try expect(ledger.sumOfBalances(), is: 0)
      let open = try ledger.creditAccounts().filter { $0.opened != nil }.map(\.id)
      try expect(open, is: [.tenant("acme")])
    },
    LedgerContract("an account that is only mentioned is counted") { ledger in
      for number in 1...2 {
        var postings = Postings()
        postings.mention(.forwarded("fal"))
        let entry = CreditEntry(key: "m\(number)", kind: .settle, postings: postings, at: Sample.at())
        _ = try ledger.append(Sample.batch(credits: [CreditChange(entry: entry)]))
      }
      try expect(ledger.creditAccounts(), is: [CreditAccount(id: .forwarded("fal"), entries: 2)])
    },
    LedgerContract("what a key has spent adds up by day") { ledger in
      func use(_ key: Int, _ day: Int64, _ micros: Int64) -> BudgetUse {
        BudgetUse(key: Sample.id(key), day: BudgetDay(number: day), amount: Money(micros: micros))
      }
      for use in [use(1, 5, 7), use(1, 5, -3), use(1, 6, 1), use(2, 4, 9), use(2, 6, 2)] {
        _ = try ledger.append(Sample.batch(credits: [CreditChange(use: use)]))
      }
      try expect(
        ledger.budgetUses(from: BudgetDay(number: 5)), is: [use(1, 5, 4), use(1, 6, 1), use(2, 6, 2)])
    },
    LedgerContract("the books move with the job or not at all") { ledger in
      let job = try Sample.job(1)
      var batch = Sample.batch(jobs: [JobChange(job, before: 3, entries: [])])
      batch.credits = [Sample.credit("a", 5)]
      try expectConflict(.jobChanged(job.id, stored: nil, expected: 3)) { _ = try ledger.append(batch) }
      try expect(ledger.creditAccounts(), is: [])
      batch = Sample.batch(jobs: [JobChange(job, before: nil, entries: [])])
      batch.credits = [Sample.credit("a", 5, from: .tenant("x"), to: .revenue, .settle)]
      try expectConflict(.overdrawn(.tenant("x"))) { _ = try ledger.append(batch) }
      try expect(ledger.job(job.id) == nil)
    },
    LedgerContract("whatever jobs do, the books are what the jobs mean, after every transaction") { ledger in
      var generator = Xoshiro256(seed: 7)
      _ = try ledger.append(Sample.batch(credits: [Sample.credit("grant", 10_000_000)]))
      for number in 1...12 {
        var job = try Sample.billedJob(number)
        try ledger.append(job, from: nil)
        for _ in 0..<14 {
          let before = job
          job.live(Sample.event(for: job, &generator))
          guard job != before else { continue }
          try ledger.append(job, from: before)
          // A shell that has not heard of its commit may try it again: it is refused as a whole.
          if generator.uniform() < 0.2 {
            try expectConflict(.jobChanged(job.id, stored: job.revision, expected: before.revision)) {
              try ledger.append(job, from: before)
            }
          }
          try expect(ledger.sumOfBalances(), is: 0)
          try expect(
            ledger.creditAccounts().allSatisfy { $0.balance >= .zero || $0.id.mayFallBelowZero },
            "an account is overdrawn")
        }
        var sum: [CreditAccountID: Int64] = [:]
        for posting in try ledger.creditEntries(of: job.id).flatMap(\.postings.list) {
          sum[posting.account, default: 0] += posting.amount.micros
        }
        for posting in job.postings.list {
          try expect(sum.removeValue(forKey: posting.account) ?? 0, is: posting.amount.micros)
        }
        try expect(sum.values.allSatisfy { $0 == 0 }, "job \(number) left something behind: \(sum)")
        try expect(BooksAudit.faults(of: ledger), is: [])
        let spent = try ledger.budgetUses(from: BudgetDay(number: 0)).first { $0.key == job.apiKey }
        try expect(spent?.amount ?? .zero, is: job.charge)
      }
    },
    LedgerContract("keys come back as they were, and are revoked once") { ledger in
      let keys = [Sample.key(1), Sample.key(2, .admin, tenant: "a\u{0}b")]
      for key in keys.reversed() { try ledger.append(key: key) }
      try expect(ledger.apiKeys(), is: keys)
      try expect(ledger.revokeKey(Sample.id(1), at: Sample.at(9)), is: true)
      try expect(ledger.revokeKey(Sample.id(1), at: Sample.at(10)), is: false)
      try expect(ledger.apiKeys().map(\.revoked), is: [Sample.at(9), nil])
    },
  ]
}
