public import Credits
public import Jobs
public import Routing

/// What one transaction takes in.
public struct LedgerBatch: Sendable {
  public var decisions: [Decision] = []
  /// By position in `decisions`: the embedding, unit or zero; nil when there is none to keep.
  public var embeddings: [[Float]?] = []
  public var judgements: [Submission] = []
  public var answers: [Answer] = []
  /// Files that were kept, now or again: as ``ArtefactLedger/note(_:)`` takes them.
  public var kept: [ArtefactRecord] = []
  public var jobs: [JobChange] = []
  public var checks: [HealthRecord] = []
  public var deliveries: [DeliveryChange] = []
  /// Results of jobs that end here, for others.
  public var cached: [CachedAnswer] = []
  public var cacheHits: [CacheHit] = []
  public var generations: [GenerationChange] = []
  public var credits: [CreditChange] = []

  public init() {}

  public var isEmpty: Bool {
    decisions.isEmpty && judgements.isEmpty && answers.isEmpty && kept.isEmpty && jobs.isEmpty
      && checks.isEmpty
      && deliveries.isEmpty && cached.isEmpty && cacheHits.isEmpty && generations.isEmpty
      && credits.isEmpty
  }

  /// Puts another batch behind this one.
  mutating func append(_ other: LedgerBatch) {
    decisions += other.decisions
    embeddings += other.embeddings
    judgements += other.judgements
    answers += other.answers
    kept += other.kept
    jobs += other.jobs
    checks += other.checks
    deliveries += other.deliveries
    cached += other.cached
    cacheHits += other.cacheHits
    generations += other.generations
    credits += other.credits
  }
}

/// Something said about a decision, checked as far as it can be without the ledger.
public struct Submission: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// `other`: the second decision of a comparison; it gets 1 − reward under the same id.
    case signal(SignalKind, reward: Double, trust: Double, other: Identifier?)
    /// An executor says who did the work and how it ended. `isBad` makes it an `outcome.bad_output` signal as well.
    case outcome(Outcome)
    /// Takes back what was said under the id; `decision` is not looked at.
    case revocation
  }

  /// The sender's.
  public var id: String
  public var decision: Identifier
  public var content: Content
  /// The value as it was written, for the record.
  public var value: SignalValue
  public var rater: String?
  public var at: Instant
  public var received: Instant
  public var comment: String?

  public init(
    id: String, decision: Identifier, content: Content, value: SignalValue = .nothing, rater: String? = nil,
    at: Instant,
    received: Instant, comment: String? = nil
  ) {
    self.id = id
    self.decision = decision
    self.content = content
    self.value = value
    self.rater = rater
    self.at = at
    self.received = received
    self.comment = comment
  }

  /// A stable 64-bit hash of the rater's name (FNV-1a), 0 for none; what ``Judgement/rater`` holds.
  public var raterHash: UInt64 {
    guard let rater else { return 0 }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in rater.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash == 0 ? 1 : hash
  }
}

/// How an execution ended.
public struct Outcome: Hashable, Sendable {
  public enum State: String, CaseIterable, Sendable {
    case succeeded
    /// It answered, and the answer was unusable: this moves quality.
    case badOutput = "bad_output"
    /// It would not, by its content policy.
    case refused
    /// It could not.
    case failed
    /// The fault was ours.
    case unmeasured
  }

  /// The candidate that executed.
  public var candidate: String
  public var state: State
  public var latency: Span?
  public var cost: Money?

  public init(candidate: String, state: State, latency: Span? = nil, cost: Money? = nil) {
    self.candidate = candidate
    self.state = state
    self.latency = latency
    self.cost = cost
  }
}

/// What became of one submission.
public enum Receipt: Hashable, Sendable {
  /// New, or a correction of what was there.
  case accepted
  /// The same id with the same content: nothing changed.
  case duplicate
  /// The decision is not known yet; it waits for it.
  case parked
  /// Refused, with the reason: the id belongs to another decision, a provider rates itself, the revoked id is unknown,
  /// the outcome's candidate was never in a catalogue.
  case rejected(String)
}

/// An answer kept under the caller's idempotency key.
public struct Answer: Hashable, Sendable {
  public var key: String
  /// SHA-256 of the request's body.
  public var digest: [UInt8]
  public var decision: Identifier
  public var body: [UInt8]
  public var at: Instant

  public init(key: String, digest: [UInt8], decision: Identifier, body: [UInt8], at: Instant) {
    self.key = key
    self.digest = digest
    self.decision = decision
    self.body = body
    self.at = at
  }
}

public struct GovernanceChange: Hashable, Sendable {
  /// Assigned by the ledger.
  public var version: Int
  /// The whole after the change.
  public var governance: Governance
  public var author: String
  public var reason: String
  public var at: Instant

  public init(version: Int = 0, governance: Governance, author: String, reason: String, at: Instant) {
    self.version = version
    self.governance = governance
    self.author = author
    self.reason = reason
    self.at = at
  }
}

/// A judgement as people see it.
public struct RecordedFeedback: Hashable, Sendable {
  public var sequence: Int64
  public var submission: Submission
  /// Whether a later entry of the same id stands in its place.
  public var isSuperseded: Bool
  /// Whether this entry is about the `other` decision of a comparison: the submission is given as it was sent, and
  /// here 1 − reward counts.
  public var isOtherHalf: Bool

  public init(sequence: Int64, submission: Submission, isSuperseded: Bool, isOtherHalf: Bool = false) {
    self.sequence = sequence
    self.submission = submission
    self.isSuperseded = isSuperseded
    self.isOtherHalf = isOtherHalf
  }
}

/// Which candidate a session has.
public struct SessionSeat: Hashable, Sendable {
  public var session: String
  public var capability: Capability
  public var ordinal: UInt32
  public var at: Instant

  public init(session: String, capability: Capability, ordinal: UInt32, at: Instant) {
    self.session = session
    self.capability = capability
    self.ordinal = ordinal
    self.at = at
  }
}
