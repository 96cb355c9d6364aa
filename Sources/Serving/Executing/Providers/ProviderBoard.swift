import Jobs
import Routing

/// How all providers stand with this router at the moment: their circuits, the places at them and who waits for one,
/// what attempts have shown, and what keeps them from being used. A value: time and chance are arguments.
struct ProviderBoard: Sendable {
  private(set) var catalogue: Catalogue
  private(set) var candidates: [String: Candidate] = [:]
  /// Candidate ids by provider, sorted.
  private(set) var shelves: [String: [String]] = [:]
  private(set) var accounts: AccountBook
  private(set) var circuits: CircuitBoard
  private(set) var figures: [String: CandidateFigures] = [:]
  private(set) var health: [String: ProviderHealth.State] = [:]
  /// The latest check of each provider that has been checked.
  private var checks: [String: ProviderHealth.Check] = [:]
  /// Candidates that a vendor called gone often enough to be believed, with its words.
  private(set) var gone: [String: String] = [:]
  /// How often in a row a candidate was called gone, each time after its circuit had let calls through again.
  private var goneAnswers: [String: Int] = [:]
  /// What keeps a provider's adapter from being used; absent when nothing does.
  var obstacles: [String: LiveObstacle] = [:]
  /// Who waits for a provider.
  var queues: [String: JobQueue] = [:]
  /// Providers that refused our credential or money, until they serve us again.
  private(set) var refusals: [String: Refusal] = [:]
  /// The one attempt that tries a candidate all of whose rivals are closed too.
  private var probes: [String: Lease] = [:]

  init(_ catalogue: Catalogue, circuits: CircuitBoard = CircuitBoard(), at now: Instant) {
    self.catalogue = catalogue
    self.circuits = circuits
    accounts = AccountBook()
    adopt(catalogue, at: now)
  }

  /// Goes over to another catalogue; what is known of candidates stays.
  mutating func adopt(_ catalogue: Catalogue, at now: Instant) {
    self.catalogue = catalogue
    let listed = Dictionary(uniqueKeysWithValues: catalogue.candidates.map { ($0.id, $0) })
    candidates = listed
    shelves = Dictionary(grouping: catalogue.candidates, by: \.provider).mapValues { $0.map(\.id) }
    for provider in catalogue.providers where shelves[provider.id] == nil { shelves[provider.id] = [] }
    accounts.adopt(limits: ProviderBoard.limits(of: catalogue), at: now)
    // Whoever lists a candidate again says that it is there.
    gone = gone.filter { id, _ in listed[id].map { $0.lifecycle.isRetired(at: now) } ?? false }
    goneAnswers = goneAnswers.filter { id, count in listed[id] != nil && count < Retirement.confirmations }
  }

  private static func limits(of catalogue: Catalogue) -> [String: AccountLimits] {
    var limits: [String: AccountLimits] = [:]
    for provider in catalogue.providers {
      guard let access = provider.access else { continue }
      limits[provider.id] = AccountLimits(
        concurrency: access.concurrency, rates: access.rates.map { .init($0.count, per: $0.period) })
    }
    return limits
  }

  /// Who pays a provider for a tenant's job.
  func payer(of provider: String, tenant: String?) -> Payer {
    switch catalogue.provider(provider)?.access?.payment ?? .onDemand {
    case .prepaidPool: .prepaidPool
    case .onDemand: .onDemand
    case .forwarded: .forwarded(tenant ?? "")
    }
  }

  // MARK: Places at the vendors

  /// The places that a job occupies: one for each attempt at which its vendor is at work, as far as we know.
  func leases(of job: Job) -> [Lease: AccountKey] {
    var leases: [Lease: AccountKey] = [:]
    for (number, attempt) in job.attempts.enumerated() {
      switch attempt.state {
      case .submitting, .submitUnknown, .running:
        let provider = job.plan[attempt.candidate].provider
        leases[Lease(job: job.id, attempt: number)] = AccountKey(
          provider: provider, payer: payer(of: provider, tenant: job.tenant))
      default: break
      }
    }
    return leases
  }

  /// Takes a place; false when there is none.
  mutating func acquire(_ lease: Lease, from key: AccountKey, at now: Instant) -> Bool {
    accounts.acquire(lease, from: key, at: now)
  }

  mutating func restore(_ lease: Lease, to key: AccountKey, at now: Instant) {
    accounts.restore(lease, to: key, at: now)
  }

  mutating func release(_ lease: Lease, at now: Instant) {
    accounts.release(lease, at: now)
    for (candidate, probe) in probes where probe == lease { probes[candidate] = nil }
  }

  func isProbed(_ candidate: String) -> Bool { probes[candidate] != nil }

  mutating func probe(_ candidate: String, by lease: Lease) { probes[candidate] = lease }

  // MARK: What attempts teach

  /// Takes in how an attempt ended.
  ///
  /// - Returns: the circuits that changed.
  mutating func record(_ report: AttemptReport, tenant: String?, at now: Instant, random: Double)
    -> [CircuitChange]
  {
    figures[report.candidate, default: CandidateFigures()].record(report)
    if report.failure?.failureClass == .rateConcurrency, !report.isRevision {
      let payer = payer(of: report.provider, tenant: tenant)
      accounts.throttle(AccountKey(provider: report.provider, payer: payer), at: now)
    }
    if report.state == .succeeded {
      refusals[report.provider] = nil
      goneAnswers[report.candidate] = nil
    }
    count(goneAnswer: report, at: now)
    return noted(circuits.record(report, at: now, random: random), of: report.provider, at: now)
  }

  /// Calls that were under way when the first answer came say nothing new: what counts is what a candidate's circuit let
  /// through since.
  private mutating func count(goneAnswer report: AttemptReport, at now: Instant) {
    let key = CircuitBoard.Key(candidate: report.candidate, provider: report.provider)
    guard let event = Retirement.after(report, in: catalogue.candidates, at: now),
      circuits.circuit(of: key).share(at: now) > 0
    else { return }
    goneAnswers[report.candidate, default: 0] += 1
    guard goneAnswers[report.candidate, default: 0] >= Retirement.confirmations else { return }
    gone[report.candidate] = event.message ?? "its vendor says that it is gone"
  }

  /// Takes in a call outside of an attempt's end that failed.
  mutating func record(
    _ failure: VendorFailure, of candidate: String, at provider: String, at now: Instant, random: Double
  ) -> [CircuitChange] {
    let key = CircuitBoard.Key(candidate: candidate, provider: provider)
    return noted(circuits.record(failure, of: key, at: now, random: random), of: provider, at: now)
  }

  private mutating func noted(_ changes: [CircuitChange], of provider: String, at now: Instant)
    -> [CircuitChange]
  {
    if refusals[provider] == nil, changes.contains(where: { $0.to == .openHard }) {
      refusals[provider] = Refusal(since: now)
    }
    return changes
  }

  /// Takes in an attempt of the past: only the figures hear of it.
  mutating func remember(_ report: AttemptReport) {
    figures[report.candidate, default: CandidateFigures()].record(report)
  }

  mutating func note(_ state: ProviderHealth.State, of provider: String, at now: Instant) {
    health[provider] = state
    if state == .healthy { mend(provider, at: now) }
  }

  /// Takes in what a check of a provider came to.
  mutating func note(check: ProviderHealth.Check, of provider: String, at now: Instant) {
    checks[provider] = check
    if let failure = check.failure {
      if failure.treatment.circuit == .opensHard { refusals[provider]?.isConfirmed = true }
    } else {
      mend(provider, at: now)
    }
  }

  /// How a service on one's own machine is; nil for a provider elsewhere, and before the first check.
  func service(of provider: String) -> ServiceStatus? {
    guard catalogue.provider(provider)?.kind == .local else { return nil }
    return checks[provider].map { ServiceStatus($0) }
  }

  /// Lets some calls through to what was opened hard at a provider: a call with the credential went through, or somebody
  /// has looked after the catalogue.
  mutating func mend(_ provider: String, at now: Instant) {
    if refusals[provider]?.isConfirmed == true { refusals[provider] = nil }
    let isShut = circuits.circuit(ofProvider: provider).phase(at: now) == .openHard
    for candidate in shelves[provider] ?? [] {
      let key = CircuitBoard.Key(candidate: candidate, provider: provider)
      guard isShut || circuits.circuit(of: key).phase(at: now) == .openHard else { continue }
      _ = circuits.mend(key, at: now)
    }
  }

  /// The factor that corrects a candidate's estimated costs; 1 before anything is known.
  func costFactor(of candidate: String, at now: Instant) -> Double {
    figures[candidate]?.costFactor(at: now) ?? 1
  }
}
