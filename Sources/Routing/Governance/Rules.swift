import Statistics

/// Everything an operator may change about how one capability is routed and learned, resolved from ``Governance``.
///
/// The defaults are those of the routing model; ``Parameter/all`` holds each one's name, range and meaning.
public struct Rules: Hashable, Sendable {
  // Learning
  public var epochInterval = Span.minutes(15)
  public var halfLife = Span.days(14)
  public var correctionHorizon = Span.days(30)
  public var embeddingRetention = Span.days(90)
  public var ema = EMA.posterior
  public var newGain = 0.5
  public var establishedGain = 0.1
  public var minimumObservations = 20.0
  public var shrinkageMinimum = 2.0
  public var shrinkageMaximum = 400.0
  public var changeThreshold = 12.0
  public var residualWeight = 1.0
  public var raterCap = 0.2
  public var raterCapFrom = 10.0
  public var feedbackWindow = Span.days(7)
  public var defaultReward: Double? = nil

  // Regions
  public var noveltyFloor: Double? = nil
  public var learnedRegions = 24.0
  public var learnedRegionsFrom = 500.0

  // Deciding
  public var policy = PolicyKind.agentRank
  public var mode = Mode.apply
  public var fixed: String? = nil
  public var holdout = 0.0
  public var optimism = 1.0
  public var explorationShare = 0.05
  public var explorationGrant = 50.0
  public var explorationSharpness = 2.0
  public var epsilon = 0.1
  public var confidenceScale = 1.0
  public var sessionWindow = Span.minutes(30)
  public var decisionDurability = Durability.grouped
  public var idempotencyWindow = Span.days(1)
  public var jobRetention = Span.days(90)
  public var artefactRetention = Span.days(90)
  public var artefactLinkLife = Span.days(1)

  // Signals
  public var signals = SignalRules()

  public init() {}

  /// γ = 2^(−epoch_interval / half_life): what is left of an observation's weight after one epoch, 0…1.
  public var discount: Double { Exponential.two(to: -epochInterval.seconds / halfLife.seconds) }

  /// Epochs whose sums are kept one by one so that a late correction can be run through them.
  public var correctionEpochs: Int {
    Int((correctionHorizon.seconds / epochInterval.seconds).rounded(.up))
  }
}

/// What Q̃ is, and how the quality estimate moves toward an epoch's mean.
public enum EMA: String, CaseIterable, Sendable {
  /// Q̃ is the posterior mean always; Q is kept beside it as under `confidence`. A single cell's moving average is
  /// noisier than the posterior, and what it noticed of a change the ``ChangeDetector`` notices sooner, from all
  /// regions.
  case posterior
  /// Gain grows with the epoch's evidence, between the bounds of new and established candidates.
  case confidence
  /// Gain fixed: `alpha_new` below `minimum_observations`, `alpha_est` above.
  case literal
}

/// Whether the policy's choice is served.
public enum Mode: String, CaseIterable, Sendable {
  /// Serve it.
  case apply
  /// Log it and serve the baseline.
  case observe
  /// The kill switch: serve the baseline, choose nothing.
  case off
}

public enum PolicyKind: String, CaseIterable, Sendable {
  case agentRank = "agentrank"
  case thompson
  case epsilonGreedy = "epsilon_greedy"
  case ucb1
  case priority
  case roundRobin = "round_robin"
  case weighted
  /// By the work that waits and is under way at this moment (``LiveOrder``).
  case leastLoaded = "least_loaded"
  /// By the latencies measured lately (``LiveOrder``).
  case latency
  case fixed
}

/// When a decision's answer may leave, relative to its record.
public enum Durability: String, CaseIterable, Sendable {
  /// Before: the record follows within 50 ms, with others.
  case grouped
  /// After.
  case sync
}
