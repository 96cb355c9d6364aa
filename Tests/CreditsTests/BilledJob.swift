import Credits
import Jobs
import Routing
import Testing

/// Jobs of a tenant with an account, driven by events, and the entries that they make.
struct BilledJob {
  private(set) var job: Job
  private(set) var changes: [CreditChange] = []
  private(set) var now = Self.start

  static let start = Instant("2026-11-20T10:00:00Z")!
  static let key = Identifier(at: start, random: 7, 7)

  /// - Parameter plan: provider, estimate in cents, who pays.
  init(
    _ plan: [(String, Int64?, PaymentModel)] = [("north", 3, .prepaidPool), ("south", 2, .onDemand)],
    isBilled: Bool = true, number: UInt64 = 1, contract: VendorContract = VendorContract(cancels: true)
  ) throws {
    job = try Job(
      id: Identifier(at: Self.start, random: number, 1),
      decision: Identifier(at: Self.start, random: number, 2),
      capability: .imageGeneration, input: JobInput(reference: "x", byteCount: 1),
      plan: plan.map { provider, cents, payment in
        PlannedCandidate(
          candidate: "\(provider)/m", provider: provider,
          estimatedCost: cents.map { Money(micros: $0 * 10_000) }, contract: contract, payment: payment)
      }, created: Self.start, budget: .minutes(10), tenant: "acme", apiKey: Self.key, isBilled: isBilled)
    if let change = Job.creditChange(from: nil, to: job, at: now) { changes.append(change) }
  }

  mutating func live(_ event: JobEvent, after span: Span = .seconds(1), random: Double = 0) {
    now = now + span
    let before = job
    _ = job.apply(event, at: now, random: random)
    if let change = Job.creditChange(from: before, to: job, at: now) { changes.append(change) }
  }

  var entries: [CreditEntry] { changes.compactMap(\.entry) }
  var kinds: [CreditEntry.Kind] { entries.map(\.kind) }

  /// What all entries together have moved, in cents.
  var sums: [String: Double] {
    var sums: [CreditAccountID: Int64] = [:]
    for posting in entries.flatMap(\.postings.list) {
      sums[posting.account, default: 0] += posting.amount.micros
    }
    return Dictionary(
      uniqueKeysWithValues: sums.filter { $0.value != 0 }.map {
        ($0.key.description, Double($0.value) / 10_000)
      })
  }

  var spent: Int64 { changes.compactMap(\.use).reduce(0) { $0 + $1.amount.micros } }

  static func cents(_ cents: Int64) -> Money { Money(micros: cents * 10_000) }
  static let vendor = VendorJob(id: "v")
  static let result = JobResult(text: "done")
  static let outage = VendorFailure(.transient, httpStatus: 500, message: "boom")
}
