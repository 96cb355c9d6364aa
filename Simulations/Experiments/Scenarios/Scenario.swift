public import Routing
public import World

/// A simulation as a person writes it: a world, what happens in it, who takes part, and what is claimed to come out.
///
/// `Simulations/*.yaml` are scenarios; ``load(_:)`` reads one. What depends on a table (names of models and domains, the
/// number of decisions in a pass) is checked when the table is known, with the same line numbers.
///
///     world       {kind: table, path?}, or {kind: synthetic, dimension, spread, intents, seed, outcome, concentration,
///                 regions: [{id, rate}]} with candidates: [{id, quality | qualities, cost_usd, prior}]
///     decisions   the length of a run; or passes, through a table
///     regions     {source: learned | fitted | given | none, count}; learned, as in production, unless it is said
///     feedback    {raters}; cost_weight; epoch_size; seeds; capability; governance: {parameter: value}
///     policies    names (``PolicyName``); variants: [{name, policy, governance, width, neighbours}]
///     events      [{event, at | from, until, …}]: arrival, drift, outage, retirement, price, entrant, delay, missing,
///                 noise, ring, burst, stall; moments are decisions (5000) or parts of the run (50%)
///     claims      [{says, measure, policy, against, candidate, from, until, at_least | at_most}]
public struct Scenario: Sendable {
  /// The file's path, for messages.
  public var file: String
  /// The text it was read from: its digest tells two versions apart.
  public var text: String
  public var name: String
  public var title: String
  /// What it shows, in a few sentences.
  public var about: String
  public var capability: Capability
  public var world: WorldPlan
  public var length: Length
  public var epochSize: Int
  public var seeds: Int
  public var regions: RegionPlan
  /// λ of AgentRank.
  public var costWeight: Double
  /// What differs from the router's defaults, for every policy.
  public var governance: [GovernanceLine]
  /// Honest raters; 0 for feedback that names no rater.
  public var raters: Int
  public var policies: [String]
  public var variants: [Variant]
  public var events: [EventLine]
  public var claims: [Claim]

  public enum Length: Hashable, Sendable {
    case decisions(Int)
    /// Of a table.
    case passes(Int)
  }

  public enum WorldPlan: Sendable {
    /// Any outcome table; nil for one that whoever runs it names.
    case table(path: String?)
    case synthetic(SyntheticPlan)
  }

  public enum RegionPlan: Hashable, Sendable {
    case learned
    case fitted(count: Int)
    case given
    case none
  }

  /// One policy under governance of its own, or, if it is contextual, with constants of its own.
  public struct Variant: Hashable, Sendable {
    public var name: String
    public var policy: String
    public var governance: [GovernanceLine]
    /// α of `linucb`, v of `lints`.
    public var width: Double?
    /// k of `knn`.
    public var neighbours: Int?
  }

  public struct GovernanceLine: Hashable, Sendable {
    public var key: String
    public var value: Setting
    public var line: Int
  }

  /// A synthetic world as it is written down.
  public struct SyntheticPlan: Sendable {
    public var shape: SyntheticWorld.Shape
    public var scatter: Scatter
    public var seed: UInt64
    public var regions: [RegionLine]
    /// Sorted by id.
    public var candidates: [CandidateLine]

    public struct RegionLine: Hashable, Sendable {
      public var id: String
      /// How often its intents come, relative to the others.
      public var rate: Double
    }

    public struct CandidateLine: Hashable, Sendable {
      public var id: String
      /// By region.
      public var qualities: [Double]
      public var cost: Double?
      public var prior: Prior?
    }
  }
}
