public import Routing

/// How one attempt ended, for the circuits, the headroom, the statistics and the learning.
public struct AttemptReport: Hashable, Sendable {
  public var job: Identifier
  public var decision: Identifier
  public var attempt: Int
  public var candidate: String
  public var provider: String
  public var capability: Capability
  public var state: AttemptState
  public var failure: VendorFailure?
  public var started: Instant
  public var accepted: Instant?
  public var ended: Instant
  public var estimatedCost: Money?
  /// What the vendor stated; nil when it said nothing.
  public var statedCost: Money?
  /// Whether another than the decision's choice was asked.
  public var isFallback: Bool
  /// Whether the attempt was reported as lost before, and this is its end after all: the circuit and the statistics
  /// have heard of it.
  public var isRevision: Bool

  /// - Parameter attempt: one that is no longer active.
  public init(_ job: Job, _ attempt: Int) {
    let value = job.attempts[attempt]
    let planned = job.plan[value.candidate]
    self.job = job.id
    decision = job.decision
    self.attempt = attempt
    candidate = planned.candidate
    provider = planned.provider
    capability = job.capability
    state = value.state
    failure = value.failure
    started = value.started
    accepted = value.accepted
    ended = value.ended ?? value.started
    estimatedCost = value.estimatedCost
    statedCost = value.statedCost
    isFallback = value.candidate != 0
    isRevision = value.isReported
  }

  /// From submission to delivery; nil unless it delivered.
  public var latency: Span? { state == .succeeded ? ended - started : nil }

  /// From submission to acceptance.
  public var submitLatency: Span? { accepted.map { $0 - started } }

  public var lesson: Lesson { Lesson(self) }
}

/// What an attempt teaches about its candidate. Only bad output moves quality; refusals, outages and a caller's own
/// errors are statistics of their own.
public struct Lesson: Hashable, Sendable {
  public var candidate: String
  /// The signal for the learning, if there is one: `outcome.bad_output`, worth a reward of 0, about the candidate that
  /// executed.
  public var signal: SignalKind?
  public var statistic: FailureTreatment.Statistic
  public var latency: Span?
  /// Actual and estimated cost, where both are known and the work was delivered.
  public var cost: CostPair?

  public struct CostPair: Hashable, Sendable {
    public var actual: Money
    public var estimated: Money

    public init(actual: Money, estimated: Money) {
      self.actual = actual
      self.estimated = estimated
    }
  }

  init(_ report: AttemptReport) {
    candidate = report.candidate
    latency = report.latency
    let delivered = report.state == .succeeded || report.state == .surplus
    if delivered, let actual = report.statedCost, let estimated = report.estimatedCost, estimated > .zero {
      cost = CostPair(actual: actual, estimated: estimated)
    }
    switch report.state {
    case .succeeded: statistic = report.isRevision ? .none : .available
    case .failed, .lost:
      let treatment = report.failure?.treatment
      statistic = report.isRevision ? .none : treatment?.statistic ?? .none
      if treatment?.quality == .zero { signal = .badOutput }
    default: statistic = .none
    }
  }
}

/// How a job ended: what its caller, its ledger entry and the router's learning are told.
public struct JobOutcome: Hashable, Sendable {
  public var job: Identifier
  public var decision: Identifier
  public var state: JobState
  /// The candidate that delivered; rewards go to it, whoever was chosen first.
  public var executed: String?
  /// Whether that is another than the decision's choice.
  public var isFallback: Bool
  public var result: JobResult?
  public var error: ErrorDetails?
  /// The sum over all attempts.
  public var cost: Money
  /// What may yet be charged for attempts whose end is unknown.
  public var exposure: Money
  public var possibleDoubleSpend: Bool
  public var ended: Instant

  public init(_ job: Job) {
    let winner = job.winner.map { job.attempts[$0].candidate }
    self.job = job.id
    decision = job.decision
    state = job.state
    executed = (winner ?? (job.cacheOrigin == nil ? nil : 0)).map { job.plan[$0].candidate }
    isFallback = (winner ?? 0) != 0
    result = job.result
    let asked = job.attempts.last.map { job.plan[$0.candidate].provider }
    error = job.failure.map { ErrorDetails($0, provider: asked) }
    cost = job.cost
    exposure = job.exposure
    possibleDoubleSpend = job.attempts.contains(where: \.possibleDoubleSpend)
    ended = job.ended ?? job.created
  }
}
