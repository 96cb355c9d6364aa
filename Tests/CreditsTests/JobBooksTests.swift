import Credits
import Jobs
import Routing
import Statistics
import Testing

@Suite("What a job means to the books")
struct JobBooksTests {
  @Test("The highest estimate is set aside; the winner's cost is paid, and the rest given back")
  func success() throws {
    var billed = try BilledJob()
    #expect(billed.sums == ["tenant:acme": -3, "reserved:acme": 3])
    billed.live(.started)
    billed.live(.rejected(0, BilledJob.outage))
    billed.live(.started)
    billed.live(.accepted(1, BilledJob.vendor, cost: nil))
    #expect(billed.kinds == [.reserve])
    billed.live(.seen(1, VendorReport(.succeeded(BilledJob.result), cost: Money(micros: 15_000)), by: .poll))
    #expect(billed.job.state == .succeeded && billed.kinds == [.reserve, .settle])
    #expect(
      billed.sums == ["tenant:acme": -1.5, "revenue": 1.5, "payable:south": -1.5, "cost:south": 1.5])
    #expect(billed.spent == 15_000)
  }

  @Test("Where nothing was delivered all is given back, and what it cost is the house's")
  func failure() throws {
    var billed = try BilledJob([("north", 3, .prepaidPool)])
    billed.live(.started)
    billed.live(.accepted(0, BilledJob.vendor, cost: BilledJob.cents(2)))
    #expect(billed.sums["pool:north"] == -2 && billed.sums["cost:north"] == 2)
    let refusal = VendorFailure(.moderated, httpStatus: 400, message: "no")
    for _ in 0..<5 { billed.live(.seen(0, VendorReport(.failed(refusal)), by: .webhook)) }
    #expect(billed.job.state == .failed && billed.kinds == [.reserve, .cost, .refund])
    #expect(billed.sums == ["pool:north": -2, "loss:north": 2])
    #expect(billed.spent == 0)
  }

  @Test("A cancellation gives everything back")
  func cancellation() throws {
    var billed = try BilledJob()
    billed.live(.cancelAsked)
    #expect(billed.job.state == .canceled && billed.kinds == [.reserve, .refund] && billed.sums == [:])
  }

  @Test("What is paid twice is the house's: exposure while it is unknown, a loss when it is known")
  func doubleSpend() throws {
    var billed = try BilledJob()
    billed.live(.started)
    billed.live(.submitFailed(0, VendorFailure(.transient, cause: .timedOut, message: "no answer")))
    #expect(billed.sums["exposure:north"] == 3 && billed.sums["pool:north"] == -3)
    billed.live(.started)
    billed.live(.seen(1, VendorReport(.succeeded(BilledJob.result), cost: BilledJob.cents(2)), by: .answer))
    #expect(billed.job.state == .succeeded)
    #expect(billed.sums["tenant:acme"] == -2 && billed.sums["exposure:north"] == 3)
    // The first delivers after all, and says what it charges.
    let late = VendorReport(.succeeded(BilledJob.result), vendor: BilledJob.vendor, cost: BilledJob.cents(4))
    for _ in 0..<3 { billed.live(.seen(0, late, by: .webhook)) }
    #expect(billed.kinds == [.reserve, .cost, .settle, .cost])
    #expect(
      billed.sums == [
        "tenant:acme": -2, "revenue": 2, "payable:south": -2, "cost:south": 2, "pool:north": -4,
        "loss:north": 4,
      ])
  }

  @Test("Nobody pays more than was set aside; what goes beyond an estimate is the house's")
  func overrun() throws {
    var billed = try BilledJob([("north", 3, .onDemand)])
    billed.live(.started)
    billed.live(.seen(0, VendorReport(.succeeded(BilledJob.result), cost: BilledJob.cents(50)), by: .answer))
    #expect(billed.sums == ["tenant:acme": -3, "revenue": 3, "payable:north": -50, "cost:north": 50])
  }

  @Test("Where callers pay nothing is booked but that it was delivered; what is set aside is for the others")
  func forwarded() throws {
    var billed = try BilledJob([("north", 9, .forwarded), ("south", 2, .onDemand)])
    #expect(billed.sums == ["tenant:acme": -2, "reserved:acme": 2])
    billed.live(.started)
    billed.live(.seen(0, VendorReport(.succeeded(BilledJob.result), cost: BilledJob.cents(9)), by: .answer))
    #expect(billed.sums == [:] && billed.kinds == [.reserve, .settle] && billed.spent == 0)
    #expect(billed.entries.last?.postings.list.map(\.account).contains(.forwarded("north")) == true)
  }

  @Test("A tenant without an account is charged nothing, and the key's budget counts all the same")
  func unbilled() throws {
    var billed = try BilledJob(isBilled: false)
    #expect(billed.entries == [] && billed.spent == 30_000)
    billed.live(.started)
    billed.live(.seen(0, VendorReport(.succeeded(BilledJob.result), cost: BilledJob.cents(1)), by: .answer))
    #expect(billed.sums == ["pool:north": -1, "cost:north": 1] && billed.spent == 10_000)
  }

  @Test("The books of a stored job are those of the job")
  func stored() throws {
    let billed = try BilledJob([("north", 9, .forwarded), ("south", 2, .prepaidPool)])
    let again = try Job(stored: billed.job.stored)
    #expect(again == billed.job && again.postings == billed.job.postings && again.use == billed.job.use)
  }

  @Test("Whatever happens, the entries add up to what the job means, no key comes twice, and it ends once")
  func sweep() throws {
    var kinds: [CreditEntry.Kind: Int] = [:]
    for seed in 0..<UInt64(400) {
      var random = Xoshiro256(seed: seed)
      let payments = PaymentModel.allCases
      let plan = (0..<Int.random(in: 1...3, using: &random)).map { place in
        (
          "p\(place)", Bool.random(using: &random) ? Int64.random(in: 0...9, using: &random) : nil,
          payments.randomElement(using: &random)!
        )
      }
      var billed = try BilledJob(
        plan, isBilled: Bool.random(using: &random), number: seed,
        contract: VendorContract(
          lists: Bool.random(using: &random), webhookWindow: Bool.random(using: &random) ? .seconds(9) : nil,
          cancels: Bool.random(using: &random)))
      for _ in 0..<40 {
        billed.live(
          Self.event(billed.job, &random), after: .milliseconds(Int64.random(in: 0...20_000, using: &random)),
          random: random.uniform())
        try check(billed, seed)
      }
      billed.live(.due, after: .minutes(10))
      try #require(billed.job.state.isTerminal)
      #expect(billed.sums["reserved:acme"] == nil)
      for kind in billed.kinds { kinds[kind, default: 0] += 1 }
    }
    #expect(
      kinds[.settle, default: 0] > 50 && kinds[.refund, default: 0] > 50 && kinds[.cost, default: 0] > 50)
  }

  private func check(_ billed: BilledJob, _ seed: UInt64) throws {
    var sum: [CreditAccountID: Int64] = [:]
    for posting in billed.entries.flatMap(\.postings.list) {
      sum[posting.account, default: 0] += posting.amount.micros
    }
    let meant = Dictionary(
      uniqueKeysWithValues: billed.job.postings.list.map { ($0.account, $0.amount.micros) })
    #expect(sum.filter { $0.value != 0 } == meant.filter { $0.value != 0 }, "seed \(seed)")
    #expect(sum.values.reduce(0, +) == 0 && Postings(billed.job.postings.list) != nil)
    #expect(Set(billed.entries.map(\.key)).count == billed.entries.count)
    #expect(billed.kinds.count { $0 == .settle || $0 == .refund } <= 1)
    #expect(sum.allSatisfy { $0.value >= 0 || $0.key.mayFallBelowZero || $0.key == .tenant("acme") })
    #expect(billed.spent == billed.job.charge.micros)
  }

  private static func event(_ job: Job, _ random: inout Xoshiro256) -> JobEvent {
    if job.state == .queued, Bool.random(using: &random) {
      return Bool.random(using: &random) ? .started : .due
    }
    let attempt = Int.random(in: 0...max(job.attempts.count - 1, 0), using: &random)
    let cost = Bool.random(using: &random) ? Money(micros: Int64.random(in: 0...90_000, using: &random)) : nil
    let failure = VendorFailure(
      FailureClass.allCases.randomElement(using: &random)!,
      cause: VendorFailure.Cause.allCases.randomElement(using: &random)!, message: "chaos")
    let vendor = VendorJob(id: "v\(attempt)")
    switch Int.random(in: 0..<12, using: &random) {
    case 0, 1: return .accepted(attempt, vendor, cost: cost)
    case 2: return .rejected(attempt, failure)
    case 3: return .submitLost(attempt, failure)
    case 4: return .reconciled(attempt, Bool.random(using: &random) ? .absent : .found(vendor))
    case 5: return .seen(attempt, VendorReport(.failed(failure), cost: cost), by: .poll)
    case 6, 7:
      return .seen(
        attempt, VendorReport(.succeeded(BilledJob.result), vendor: vendor, cost: cost), by: .webhook)
    case 8: return .seen(attempt, VendorReport(.running(progress: nil), cost: cost), by: .poll)
    case 9: return Int.random(in: 0..<5, using: &random) == 0 ? .cancelAsked : .recovered
    case 10: return .cancelAnswered(attempt, CancelAnswer.allCases.randomElement(using: &random)!)
    default: return .due
    }
  }
}
