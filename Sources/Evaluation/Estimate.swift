/// What one estimator says about a policy.
public struct Estimate: Hashable, Sendable {
  public var estimator: Estimator
  public var outcome: Outcome
  /// Of the weights that the estimator uses; of the plain ones for `dm`, which uses none but learned from these rows.
  public var weights: WeightSummary

  public enum Outcome: Hashable, Sendable {
    case value(Value)
    case refused(Refusal)
  }

  /// The estimate itself, and how sure of it one may be.
  public struct Value: Hashable, Sendable {
    public var value: Double
    /// Percentiles of the bootstrap; nil without resamples.
    public var bootstrap: ClosedRange<Double>?
    /// value ± z · standard error, of the normal limit.
    public var asymptotic: ClosedRange<Double>
    public var standardError: Double
  }

  /// The value, unless it was refused.
  public var value: Value? { if case .value(let value) = outcome { value } else { nil } }
  /// The reason, if it was refused.
  public var refusal: Refusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }
}

/// How far a set of importance weights carries.
public struct WeightSummary: Hashable, Sendable {
  /// (Σ w)² / Σ w², from 0 to n: how many rows of the policy itself would say as much (Kish, "Survey sampling",
  /// 1965). 0 when every weight is 0.
  public var effectiveSampleSize: Double
  public var maximum: Double

  init(_ weights: [Double]) {
    var sum = 0.0
    var squares = 0.0
    var maximum = 0.0
    for weight in weights {
      sum += weight
      squares += weight * weight
      maximum = max(maximum, weight)
    }
    effectiveSampleSize = squares > 0 ? sum * sum / squares : 0
    self.maximum = maximum
  }
}

/// Why there is no number.
public enum Refusal: Hashable, Sendable, CustomStringConvertible {
  /// The rows that count are too few.
  case effectiveSampleSize(Double, minimum: Double)
  /// Too much of the policy's probability lies on what the log never did.
  case unsupported(share: Double, maximum: Double)
  /// The mean of the weights, which is 1 in expectation, is not: the log's policy gave a part of the evaluated one's
  /// probability next to no chance, or its propensities are wrong.
  case meanWeight(Double, within: ClosedRange<Double>)
  case noRewardModel
  /// Several loggers, and nothing says how likely each was to act as the others did.
  case noMixturePropensities(loggers: Int)

  public var description: String {
    switch self {
    case .effectiveSampleSize(let size, let minimum):
      "the effective sample size is \(Self.short(size)), less than \(Self.short(minimum))"
    case .unsupported(let share, let maximum):
      "\(Self.short(share * 100)) % of the policy's probability is on actions that the log never took there, "
        + "more than \(Self.short(maximum * 100)) %"
    case .meanWeight(let mean, let range):
      "the weights average \(Self.short(mean, 100)) (\(Self.short(range.lowerBound, 100)) to "
        + "\(Self.short(range.upperBound, 100))) where 1 is expected: the log's policy hardly ever did what this one "
        + "would, or its propensities are wrong"
    case .noRewardModel: "it needs a reward model"
    case .noMixturePropensities(let loggers):
      "the rows come from \(loggers) loggers, and the propensities of each under the others are not known"
    }
  }

  /// One decimal, or as many as `unit` has zeros.
  private static func short(_ value: Double, _ unit: Double = 10) -> String {
    "\((value * unit).rounded() / unit)"
  }
}

/// How an evaluation is done, and what it takes to be given a number.
public struct EvaluationSettings: Hashable, Sendable {
  /// Bootstrap resamples; 0 for none.
  public var resamples: Int
  /// Seed of the bootstrap.
  public var seed: UInt64
  /// Coverage of the intervals, in (0, 1).
  public var level: Double
  /// An estimator whose own weights have a smaller effective sample size is refused.
  public var minimumEffectiveSampleSize: Double
  /// Above this unsupported share of the policy's probability every estimator is refused, 0…1; as are those without a
  /// model when the mean weight is surely further than this from 1.
  public var maximumUnsupportedShare: Double
  /// What counts as support.
  public var support: Support

  public enum Support: Hashable, Sendable {
    /// The log took the action in that very context at least once.
    case actionInContext
    /// The log took the action at least once: for contexts of which each occurs about once, such as embeddings.
    case action
  }

  public init(
    resamples: Int = 2_000, seed: UInt64 = 1, level: Double = 0.95, minimumEffectiveSampleSize: Double = 50,
    maximumUnsupportedShare: Double = 0.1, support: Support = .actionInContext
  ) {
    precondition(resamples >= 0, "the number of resamples is not negative")
    precondition(level > 0 && level < 1, "the level lies between 0 and 1")
    self.resamples = resamples
    self.seed = seed
    self.level = level
    self.minimumEffectiveSampleSize = minimumEffectiveSampleSize
    self.maximumUnsupportedShare = maximumUnsupportedShare
    self.support = support
  }
}
