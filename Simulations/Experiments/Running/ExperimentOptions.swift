public import Embedding
public import Routing

/// What whoever runs a scenario may say instead of the scenario.
public struct ExperimentOptions: Sendable {
  /// Names of policies and variants; nil for all that the scenario names. The policies that its claims speak of are
  /// run only if they are among these.
  public var policies: [String]?
  /// How many seeds; nil for the scenario's.
  public var seeds: Int?
  /// The first seed; the others follow it.
  public var firstSeed: UInt64
  /// Decisions from one epoch to the next; nil for the scenario's.
  public var epochSize: Int?
  /// Decisions of a run; nil for the scenario's length.
  public var decisions: Int?
  /// Passes through the table; nil for the scenario's length.
  public var passes: Int?
  /// The outcome table; nil for the scenario's own.
  public var table: String?
  /// λ of AgentRank; nil for the scenario's.
  public var costWeight: Double?
  /// Governance on top of the scenario's, for every policy but those of variants that say otherwise.
  public var settings: [(key: String, value: Setting)]
  /// What embeds a table's intents.
  public var embedding: any TextEmbedding
  /// Parts of the timeline that results are kept for; nil for one an epoch, but at most 200.
  public var buckets: Int?

  public init(
    policies: [String]? = nil, seeds: Int? = nil, firstSeed: UInt64 = 1, epochSize: Int? = nil,
    decisions: Int? = nil, passes: Int? = nil, table: String? = nil, costWeight: Double? = nil,
    settings: [(key: String, value: Setting)] = [],
    embedding: any TextEmbedding = HashingEmbedding(), buckets: Int? = nil
  ) {
    self.policies = policies
    self.seeds = seeds
    self.firstSeed = firstSeed
    self.epochSize = epochSize
    self.decisions = decisions
    self.passes = passes
    self.table = table
    self.costWeight = costWeight
    self.settings = settings
    self.embedding = embedding
    self.buckets = buckets
  }
}

/// Why an experiment cannot be run.
public struct ExperimentError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
