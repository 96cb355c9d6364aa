public import Routing

/// The append-only log of everything that was decided and said, and what is derived from it: the port behind which
/// SQLite (``Persistence``) and memory (``MemoryLedger``) stand. `LedgerContract` holds both to the same behaviour.
///
/// Methods block; the service calls them from threads where that is fine. All may be called from any thread; a ledger
/// puts concurrent writes in a row by itself. When a writing method returns, what it wrote is durable.
/// Sequences are positive, ascending and never reused, one series for decisions and one for judgements.
/// A `body` runs within a snapshot and must not call the ledger; one that returns a `Bool` returns false to stop.
public protocol Ledger: Sendable {
  // MARK: Appending

  /// Commits decisions, judgements and answers in one transaction, in this order: decisions, then parked judgements
  /// that waited for them, then new judgements.
  ///
  /// - Returns: one receipt per judgement, in order.
  func append(_ batch: LedgerBatch) throws -> [Receipt]

  /// Records a catalogue; its version is one more than the last. The roll grows by the new candidates.
  func append(catalogue: Catalogue, at: Instant) throws -> Versioned<Catalogue>

  /// Records a change of governance; its version is one more than the last.
  func append(governance: GovernanceChange) throws -> GovernanceChange

  /// Records a region map; its version is one more than the last.
  func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap

  /// Records the state with which epoch 0 begins: once, in an empty ledger.
  func append(opening state: EpochState) throws

  /// Records a closed epoch with all that it changed, in one transaction.
  func append(epoch: ClosedEpoch) throws

  // MARK: The state at start

  /// What is in force: the newest of everything, and the last closed epoch.
  func recover() throws -> Recovery

  // MARK: What the fold reads

  /// The last sequences committed.
  func position() throws -> LedgerPosition

  /// Decisions with sequences in (after, through], counted by capability, row of `map`, and whether explored; sorted.
  ///
  /// A decision that another map placed is placed again by ``RegionMap/placeReproducibly(_:_:)`` from its stored
  /// embedding; without an embedding it belongs to the root row.
  func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic]

  /// Every decision with a judgement whose sequence is in (after, through], each once, with all its judgements up to
  /// `through` in ascending order; its row as in ``traffic(after:through:map:)``.
  func judged(
    after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void
  ) throws

  /// Decisions of a capability made in [from, to) that have no signal up to `through`, without their judgements; the
  /// ordinal is that of the candidate that executed, where a report says so.
  func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws

  /// One decision with all its judgements; nil when it is unknown.
  func judged(_ id: Identifier, map: RegionMap) throws -> Judged?

  /// What counted in an epoch; empty when nothing did.
  func tallies(epoch: Int) throws -> EpochTallies

  /// Embeddings of the latest decisions of a capability with distinct texts, newest first; `limit` at most.
  func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]]

  /// How many distinct texts the decisions of a capability have, counted up to `limit`.
  func distinctIntents(_ capability: Capability, limit: Int) throws -> Int

  /// Forgets the embeddings of decisions made before an instant, keeping the row they have in `map`.
  func forgetEmbeddings(before: Instant, map: RegionMap) throws

  /// Drops parked judgements that were received before an instant; returns how many there were.
  func dropParked(before: Instant) throws -> Int

  // MARK: Reading

  func decision(_ id: Identifier) throws -> Decision?
  /// Everything said about a decision, in ascending order of sequence.
  func feedback(about: Identifier) throws -> [RecordedFeedback]
  func answer(key: String) throws -> Answer?
  func dropAnswers(before: Instant) throws
  /// The latest decision of every session since an instant.
  func sessions(since: Instant) throws -> [SessionSeat]

  /// Closed epochs from `from` on, ascending; `limit` at most.
  func epochs(from: Int, limit: Int) throws -> [EpochSummary]
  /// The state with which an epoch began, and the versions in force during it.
  func state(ofEpoch epoch: Int) throws -> EpochState?
  func catalogue(version: Int) throws -> Versioned<Catalogue>?
  func governance(version: Int) throws -> Versioned<Governance>?
  func map(version: Int) throws -> RegionMap?
  /// All changes, oldest first.
  func governanceHistory() throws -> [GovernanceChange]
  func counts() throws -> LedgerCounts

  /// Streams, in ascending order of sequence.
  func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws
  func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws

  /// Releases everything; nothing may be called afterwards.
  func close() throws
}

/// What one transaction takes in.
public struct LedgerBatch: Sendable {
  public var decisions: [Decision] = []
  /// By position in `decisions`: the embedding, unit or zero; nil when there is none to keep.
  public var embeddings: [[Float]?] = []
  public var judgements: [Submission] = []
  public var answers: [Answer] = []

  public init() {}

  public var isEmpty: Bool { decisions.isEmpty && judgements.isEmpty && answers.isEmpty }
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

public struct LedgerPosition: Hashable, Sendable {
  public var decisions: Int64
  public var judgements: Int64

  public init(decisions: Int64 = 0, judgements: Int64 = 0) {
    self.decisions = decisions
    self.judgements = judgements
  }
}

/// A closed epoch, as it is written.
public struct ClosedEpoch: Sendable {
  /// The number of the epoch that closed.
  public var number: Int
  public var opened: Instant
  public var closed: Instant
  /// The last entries that belong to it.
  public var through: LedgerPosition
  /// In force while it was open, and by which it was folded.
  public var governanceVersion: Int
  public var summary: Summary
  /// The state with which the next epoch begins.
  public var next: EpochState
  /// What counted in this epoch and in those that corrections changed, with their sums. When `isRebuilt`, of every
  /// epoch: all that was stored before is replaced.
  public var counted: [(tallies: EpochTallies, sums: EpochSums)]
  public var isRebuilt: Bool

  public struct Summary: Hashable, Sendable {
    public var decisions: Int
    public var explored: Int
    /// Observations that first counted in it.
    public var observations: Double
    /// Their mean reward; nil without any.
    public var meanReward: Double?
    public var restatedEpochs: Int
    /// Judgements that waited for a decision in vain.
    public var orphaned: Int

    public init(
      decisions: Int, explored: Int, observations: Double, meanReward: Double?, restatedEpochs: Int,
      orphaned: Int
    ) {
      self.decisions = decisions
      self.explored = explored
      self.observations = observations
      self.meanReward = meanReward
      self.restatedEpochs = restatedEpochs
      self.orphaned = orphaned
    }
  }

  public init(
    number: Int, opened: Instant, closed: Instant, through: LedgerPosition, governanceVersion: Int,
    summary: Summary,
    next: EpochState, counted: [(tallies: EpochTallies, sums: EpochSums)], isRebuilt: Bool
  ) {
    self.number = number
    self.opened = opened
    self.closed = closed
    self.through = through
    self.governanceVersion = governanceVersion
    self.summary = summary
    self.next = next
    self.counted = counted
    self.isRebuilt = isRebuilt
  }
}

/// The state with which an epoch begins.
public struct EpochState: Hashable, Sendable {
  public var epoch: Int
  public var opened: Instant
  public var catalogueVersion: Int
  public var governanceVersion: Int
  public var mapVersion: Int
  /// ``Snapshot/learnedBytes``.
  public var learned: [UInt8]

  public init(
    epoch: Int, opened: Instant, catalogueVersion: Int, governanceVersion: Int, mapVersion: Int,
    learned: [UInt8]
  ) {
    self.epoch = epoch
    self.opened = opened
    self.catalogueVersion = catalogueVersion
    self.governanceVersion = governanceVersion
    self.mapVersion = mapVersion
    self.learned = learned
  }
}

public struct EpochSummary: Hashable, Sendable {
  public var number: Int
  public var opened: Instant
  public var closed: Instant
  public var through: LedgerPosition
  public var catalogueVersion: Int
  public var governanceVersion: Int
  public var mapVersion: Int
  public var summary: ClosedEpoch.Summary

  public init(
    number: Int, opened: Instant, closed: Instant, through: LedgerPosition, catalogueVersion: Int,
    governanceVersion: Int, mapVersion: Int, summary: ClosedEpoch.Summary
  ) {
    self.number = number
    self.opened = opened
    self.closed = closed
    self.through = through
    self.catalogueVersion = catalogueVersion
    self.governanceVersion = governanceVersion
    self.mapVersion = mapVersion
    self.summary = summary
  }
}

/// All that a start needs.
public struct Recovery: Sendable {
  /// The newest of each; nil when none was ever recorded.
  public var catalogue: Versioned<Catalogue>?
  public var governance: Versioned<Governance>
  public var map: RegionMap?
  public var roll: Roll
  /// Every closed epoch's last judgement and governance, in order.
  public var index: EpochIndex
  /// Up to which entries the last closed epoch reaches.
  public var folded: LedgerPosition
  /// The state with which the open epoch began; nil in an empty ledger.
  public var state: EpochState?
  /// Sums of the epochs that a correction may still reach (``EpochIndex/oldestKept(after:)``), ascending, contiguous up
  /// to the last closed one.
  public var history: [EpochSums]

  public init(
    catalogue: Versioned<Catalogue>?, governance: Versioned<Governance>, map: RegionMap?, roll: Roll,
    index: EpochIndex,
    folded: LedgerPosition, state: EpochState?, history: [EpochSums]
  ) {
    self.catalogue = catalogue
    self.governance = governance
    self.map = map
    self.roll = roll
    self.index = index
    self.folded = folded
    self.state = state
    self.history = history
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

public struct LedgerCounts: Hashable, Sendable {
  public var decisions: Int64
  public var judgements: Int64
  public var parked: Int64
  public var epochs: Int64

  public init(decisions: Int64, judgements: Int64, parked: Int64, epochs: Int64) {
    self.decisions = decisions
    self.judgements = judgements
    self.parked = parked
    self.epochs = epochs
  }
}
