public import Routing

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
  /// Models that are in force from the next epoch on, by capability: those that were fitted anew.
  public var residuals: [(capability: Capability, model: ResidualModel)] = []

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

/// A residual model as the ledger has it.
public struct FittedResiduals: Hashable, Sendable {
  public var capability: Capability
  /// The first epoch that it is in force in.
  public var epoch: Int
  public var model: ResidualModel

  public init(capability: Capability, epoch: Int, model: ResidualModel) {
    self.capability = capability
    self.epoch = epoch
    self.model = model
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

public struct LedgerCounts: Hashable, Sendable {
  public var decisions: Int64
  public var judgements: Int64
  public var parked: Int64
  public var epochs: Int64
  public var jobs: Int64
  /// Those among them that are not over.
  public var unfinishedJobs: Int64

  public init(
    decisions: Int64, judgements: Int64, parked: Int64, epochs: Int64, jobs: Int64 = 0,
    unfinishedJobs: Int64 = 0
  ) {
    self.decisions = decisions
    self.judgements = judgements
    self.parked = parked
    self.epochs = epochs
    self.jobs = jobs
    self.unfinishedJobs = unfinishedJobs
  }
}
