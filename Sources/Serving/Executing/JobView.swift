public import Jobs
public import Routing

/// A job as its caller sees it.
public struct JobView: Sendable {
  public var job: Job
  public var decision: Decision
  /// How long to wait for the first candidate that can be asked, while the job waits because none can be; after a
  /// failure that may pass, how long to wait before another try.
  public var retryAfter: Span?
  /// Jobs that go before it at the provider whose turn it is; nil when it does not stand in a queue.
  public var queuedAhead: Int?
  /// What signs the addresses of its artefacts where they are shown; nil shows them plain.
  public var links: ArtefactLinks?

  public init(
    job: Job, decision: Decision, retryAfter: Span? = nil, queuedAhead: Int? = nil,
    links: ArtefactLinks? = nil
  ) {
    self.links = links
    self.job = job
    self.decision = decision
    self.retryAfter = retryAfter
    self.queuedAhead = queuedAhead
  }

  /// The candidate that the decision chose.
  public var chosen: String { job.plan[0].candidate }

  /// The candidate that delivered; nil before one has.
  public var executed: String? { outcome.executed }

  /// What has been, and may yet be, made of it.
  public var outcome: JobOutcome { JobOutcome(job) }
}

/// A provider as an operator sees it.
public struct ProviderView: Sendable {
  public var provider: String
  /// Why it has no adapter, or what keeps the adapter from working; nil when nothing does.
  public var obstacle: String?
  /// As the monitor last noted it; nil before the first check.
  public var health: ProviderHealth.State?
  /// Of a provider on one's own machine: how its service is; nil before the first check.
  public var service: ServiceStatus?
  public var circuit: Circuit.Phase
  /// Jobs at the vendor, and jobs that wait for it.
  public var inUse: Int
  public var queued: Int
  /// The most jobs at the vendor at the same time; nil is no known limit.
  public var concurrency: Int?
  /// Webhooks about work that stayed unknown, since the start.
  public var droppedWebhooks = 0
  /// By id.
  public var candidates: [CandidateView]

  public struct CandidateView: Sendable {
    public var candidate: String
    public var circuit: Circuit.Phase
    /// As deciding sees it.
    public var live: LiveState
    /// 0…1, and how many recent attempts the shares rest on.
    public var availability: Double
    public var refusalRate: Double
    public var evidence: Double
    /// Actual less estimated cost, as a share of the estimate; nil before the first.
    public var costDrift: Double?
  }
}

/// What became of a call to one of our webhook addresses.
public enum WebhookAnswer: Hashable, Sendable {
  /// A job has changed, durably.
  case taken
  /// Understood, and no news: said before, too late, about another job; nil when it only was a hint.
  case noChange(Ignored?)
  case unknownJob
  case unknownProvider
  case refused(WebhookRefusal)
  /// It cannot be recorded now; the vendor should deliver it again.
  case unavailable(String)
}

/// An attempt that speaks against its provider: the health monitor looks sooner.
public struct ProviderFailure: Hashable, Sendable {
  public var provider: String
  public var failure: VendorFailure
}
