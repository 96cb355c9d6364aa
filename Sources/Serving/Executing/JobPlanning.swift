import Jobs
import Routing
import Wire

/// Who of a capability's candidates can be given an order, and on what terms.
struct JobPlanning: Sendable {
  /// What is known of candidates and providers at the moment.
  struct Terms: Sendable {
    var adapters: any AdapterSource
    /// Who pays, by provider; a provider that is not named is paid by this router.
    var payments: [String: PaymentModel] = [:]
    /// What a candidate's estimates are multiplied with, from what its work really cost; 1 where it is not named.
    var costFactors: [String: Double] = [:]
  }

  /// Candidate id → why it cannot be given this order.
  private(set) var unable: [String: String] = [:]
  /// By candidate id.
  private(set) var contracts: [String: VendorContract] = [:]
  /// Candidates that could serve, were it not for this input.
  private var faults: [(candidate: String, errors: FieldErrors)] = []
  private let terms: Terms

  /// Holds an order against every candidate that the intent itself leaves in.
  ///
  /// - Parameter candidates: those eligible for the intent.
  init(
    _ order: JobOrder, _ candidates: [Candidate], _ terms: Terms, now: Instant, deadline: Instant
  ) {
    self.terms = terms
    let adapters = terms.adapters
    let gaps = adapters.gaps
    for candidate in candidates {
      guard let adapter = adapters[candidate.provider] else {
        unable[candidate.id] =
          gaps[candidate.provider] ?? "provider '\(candidate.provider)' has no adapter"
        continue
      }
      if let obstacle = adapter.obstacle(for: order.credentials[candidate.provider]) {
        unable[candidate.id] = obstacle.description
        continue
      }
      guard let contract = adapter.contract(for: order.intent.capability, model: candidate.model) else {
        unable[candidate.id] =
          "the adapter of '\(candidate.provider)' does not do \(order.intent.capability) with it"
        continue
      }
      guard Retirement.mayBegin(candidate.lifecycle, at: now, deadline: deadline) else {
        unable[candidate.id] = "it is retired, or ends before the job's deadline"
        continue
      }
      let work = WorkOrder(
        capability: order.intent.capability, model: candidate.model, input: order.input, token: "",
        limit: contract.submitLimit, deadline: deadline)
      if let errors = adapter.check(work, for: candidate) {
        unable[candidate.id] = "it does not accept this input: \(errors)"
        faults.append((candidate.id, errors))
        continue
      }
      contracts[candidate.id] = contract
    }
  }

  /// What to tell a caller whose input nobody accepts; nil when somebody does, or when nobody would be there for any
  /// input. Faults that all have in common are told once, the others with whose they are.
  var inputFaults: FieldErrors? {
    guard contracts.isEmpty, !faults.isEmpty else { return nil }
    var told = FieldErrors()
    var seen: Set<FieldError> = []
    for (candidate, errors) in faults {
      for error in errors.errors {
        let isShared = faults.allSatisfy { $0.errors.errors.contains(error) }
        let text = isShared ? error.message : "\(candidate): \(error.message)"
        let fault = FieldError(pointer: error.pointer, message: text)
        if seen.insert(fault).inserted { told.append(fault) }
      }
    }
    return told
  }

  /// The plan of a job: the candidates in their order, each with its terms.
  func plan(_ order: [String], _ candidates: [String: Candidate], work: Work) -> [PlannedCandidate] {
    order.compactMap { id in
      guard let candidate = candidates[id], let contract = contracts[id] else { return nil }
      let dollars = candidate.price.map { $0.dollars(for: work) * (terms.costFactors[id] ?? 1) }
      return PlannedCandidate(
        candidate: id, provider: candidate.provider,
        estimatedCost: dollars.flatMap { Money(dollars: min(max($0, 0), 1e6)) }, contract: contract,
        payment: terms.payments[candidate.provider] ?? .onDemand)
    }
  }
}
