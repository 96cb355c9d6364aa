/// What a scenario says will come out, and the measure that decides it.
public struct Claim: Hashable, Sendable {
  /// In words.
  public var says: String
  public var measure: Measure
  public var policy: String
  /// If given, the measure is the difference from this policy, seed by seed.
  public var against: String?
  /// Part of the timeline; moved to the nearest edges of buckets.
  public var from: Moment
  public var until: Moment
  public var bound: Bound

  public enum Bound: Hashable, Sendable {
    case atLeast(Double)
    case atMost(Double)

    /// Whether a value keeps the bound.
    public func holds(_ value: Double) -> Bool {
      switch self {
      case .atLeast(let least): value >= least
      case .atMost(let most): value <= most
      }
    }
  }
}

/// A figure of one run over a part of its timeline. All qualities are true expectations.
public enum Measure: Hashable, Sendable {
  /// Mean quality of who served.
  case meanReward
  /// Mean quality given up against the truly best of each intent's group.
  case regret
  /// (online − uniform) ÷ (best per group − uniform).
  case capturedGain
  /// Mean quality ÷ that of the single candidate that is best over the whole run.
  case qualityShare
  /// Mean dollars a decision.
  case cost
  /// Mean dollars ÷ those of the single best candidate.
  case costShare
  /// Share of decisions that one candidate served.
  case trafficShare(candidate: String)
  /// Share of decisions that the truly best of the intent's group served.
  case bestShare
  /// Share of decisions drawn to learn.
  case explorationShare
  /// Mean dollars a decision by which exploring was dearer.
  case subsidy
  /// Mean quality a decision that exploring gave up.
  case forgone
  /// Share of decisions that nobody answered.
  case unservedShare

  /// The names that a scenario uses.
  static let names = [
    "mean_reward", "regret", "captured_gain", "quality_share", "cost", "cost_share", "traffic_share",
    "best_share", "exploration_share", "subsidy", "forgone", "unserved_share",
  ]

  /// - Parameter candidate: needed by `traffic_share`.
  init?(name: String, candidate: String?) {
    switch name {
    case "mean_reward": self = .meanReward
    case "regret": self = .regret
    case "captured_gain": self = .capturedGain
    case "quality_share": self = .qualityShare
    case "cost": self = .cost
    case "cost_share": self = .costShare
    case "traffic_share":
      guard let candidate else { return nil }
      self = .trafficShare(candidate: candidate)
    case "best_share": self = .bestShare
    case "exploration_share": self = .explorationShare
    case "subsidy": self = .subsidy
    case "forgone": self = .forgone
    case "unserved_share": self = .unservedShare
    default: return nil
    }
  }

  public var name: String {
    switch self {
    case .meanReward: "mean_reward"
    case .regret: "regret"
    case .capturedGain: "captured_gain"
    case .qualityShare: "quality_share"
    case .cost: "cost"
    case .costShare: "cost_share"
    case .trafficShare: "traffic_share"
    case .bestShare: "best_share"
    case .explorationShare: "exploration_share"
    case .subsidy: "subsidy"
    case .forgone: "forgone"
    case .unservedShare: "unserved_share"
    }
  }

  /// Of a run's buckets; nil where nothing can be divided by.
  public func value(of run: RunResult, buckets: Range<Int>) -> Double? {
    let parts = run.buckets[buckets]
    let decisions = Double(parts.reduce(0) { $0 + $1.decisions })
    guard decisions > 0 else { return nil }
    func sum(_ path: KeyPath<RunResult.Bucket, Double>) -> Double {
      parts.reduce(0) { $0 + $1[keyPath: path] }
    }
    func share(_ path: KeyPath<RunResult.Bucket, Int>) -> Double {
      Double(parts.reduce(0) { $0 + $1[keyPath: path] }) / decisions
    }
    func ratio(_ over: Double, _ under: Double) -> Double? { under > 1e-12 ? over / under : nil }
    switch self {
    case .meanReward: return sum(\.reward) / decisions
    case .regret: return (sum(\.best) - sum(\.reward)) / decisions
    case .capturedGain: return ratio(sum(\.reward) - sum(\.uniform), sum(\.best) - sum(\.uniform))
    case .qualityShare: return ratio(sum(\.reward), parts.reduce(0) { $0 + $1.potential[run.bestSingle] })
    case .cost: return sum(\.cost) / decisions
    case .costShare: return ratio(sum(\.cost), parts.reduce(0) { $0 + $1.potentialCost[run.bestSingle] })
    case .trafficShare(let candidate):
      guard let place = run.candidates.firstIndex(of: candidate) else { return nil }
      return Double(parts.reduce(0) { $0 + $1.traffic[place] }) / decisions
    case .bestShare: return share(\.bestServed)
    case .explorationShare: return share(\.explored)
    case .subsidy: return sum(\.subsidy) / decisions
    case .forgone: return sum(\.forgone) / decisions
    case .unservedShare: return share(\.unserved)
    }
  }
}

extension RunResult {
  /// The candidate that would have brought most over the whole run; ties go to the first.
  public var bestSingle: Int {
    var totals = [Double](repeating: 0, count: candidates.count)
    for bucket in buckets {
      for candidate in totals.indices { totals[candidate] += bucket.potential[candidate] }
    }
    return totals.indices.max { (totals[$0], $1) < (totals[$1], $0) } ?? 0
  }
}
