public import Routing

/// One candidate in a job's plan, with what is known of its vendor at the time of the decision: a job goes on by the
/// same rules after a restart, whatever the catalogue says by then.
public struct PlannedCandidate: Hashable, Sendable {
  public var candidate: String
  public var provider: String
  /// What this job is expected to cost there; nil when its price is unknown.
  public var estimatedCost: Money?
  public var contract: VendorContract
  /// Who pays the provider for it.
  public var payment: PaymentModel

  public init(
    candidate: String, provider: String, estimatedCost: Money? = nil,
    contract: VendorContract = VendorContract(), payment: PaymentModel = .onDemand
  ) {
    self.candidate = candidate
    self.provider = provider
    self.estimatedCost = estimatedCost
    self.contract = contract
    self.payment = payment
  }
}

/// What a vendor's interface can and cannot do, as far as it steers a job.
public struct VendorContract: Hashable, Sendable {
  /// How long a submission may take before the next candidate is tried. Longer for vendors that answer with the
  /// finished work.
  public var submitLimit: Span
  /// How long a job may run there while another candidate is left; nil is for as long as the deadline lets it.
  public var attemptLimit: Span?
  /// Nil for vendors that have no status call.
  public var poll: PollSchedule?
  /// Whether the same submission may be repeated under the same token without being done twice.
  public var honoursToken: Bool
  /// Whether the vendor's list of jobs shows ours.
  public var lists: Bool
  /// For vendors whose webhook names our attempt: how long one is awaited after a submission of unknown fate, while
  /// another candidate is left. Nil without such webhooks.
  public var webhookWindow: Span?
  public var cancels: Bool

  public init(
    submitLimit: Span = .seconds(10), attemptLimit: Span? = nil,
    poll: PollSchedule? = PollSchedule(floor: .seconds(1), ceiling: .seconds(30)),
    honoursToken: Bool = false, lists: Bool = false, webhookWindow: Span? = nil, cancels: Bool = false
  ) {
    self.submitLimit = submitLimit
    self.attemptLimit = attemptLimit
    self.poll = poll
    self.honoursToken = honoursToken
    self.lists = lists
    self.webhookWindow = webhookWindow
    self.cancels = cancels
  }
}

/// Where a job's input lies: the input itself is somebody else's.
public struct JobInput: Hashable, Sendable {
  /// The key under which it is stored, such as a digest.
  public var reference: String
  public var byteCount: Int

  public init(reference: String, byteCount: Int) {
    self.reference = reference
    self.byteCount = byteCount
  }
}

/// The whole number of times and lengths of time that bound a job's patience.
public struct JobRules: Hashable, Sendable {
  /// Submissions in all, over all candidates.
  public var maximumAttempts = 8
  /// Further attempts at one candidate after its cooldowns.
  public var rateRetries = 3
  /// Tries to find out whether a submission arrived.
  public var reconcileTries = 3
  /// Tries to copy artefacts before the vendor's own addresses must do.
  public var copyTries = 5
  /// Times that a vendor may say that it knows no such job before it is believed.
  public var missingTries = 3
  /// How long a vendor may take to confirm a cancellation.
  public var cancelWindow = Span.seconds(30)
  /// How long after ``VendorContract/submitLimit`` the transport is still believed to report.
  public var submitGrace = Span.seconds(5)
  /// How long one copy may take.
  public var copyLimit = Span.minutes(10)
  /// The least time before a blocked candidate is asked for again.
  public var minimumBlock = Span.seconds(1)
  public var backoff = Backoff.standard
  public var cooldown = Backoff.cooldown

  public init() {}
}
