/// What is known about one candidate in one region: discounted evidence and the quality estimate.
///
/// With N_e, S_e the mass and the reward sum of an epoch, each epoch makes
///
///     N ← γN + N_e      S ← γS + S_e      γ = 2^(−epoch_interval / half_life)
///
/// so that evidence itself fades, not only the mean: a posterior that never widens never notices a provider that got
/// worse (Raj & Kalyani 2017, "Taming non-stationary bandits", discounted Thompson sampling).
///
/// The quality estimate is an exponential moving average whose gain follows the evidence, f̄ = S_e/N_e:
///
///     Q ← g·f̄ + (1 − g)·Q      g = clamp(N_e / (N_e + N),  α_est·min(1, N_e/n_min),  α_new)
///
/// It starts from nothing rather than from a guess: A and W follow the same recursion from zero with f̄ and with 1, and
/// Q = A/W, which takes the start out of it (the bias correction of Kingma & Ba 2015, §3).
public struct Cell: Hashable, Sendable {
  /// N: observations, discounted.
  public var observations = 0.0
  /// S: their rewards, discounted.
  public var rewards = 0.0
  /// A, the moving average before the correction of its start.
  public var average = 0.0
  /// W, its total weight, 0…1.
  public var averageWeight = 0.0

  public init() {}

  /// Q, 0…1; nil before the first observation.
  public var quality: Double? { averageWeight > 0 ? average / averageWeight : nil }

  /// Lessens the evidence to a part of itself, 0…1, at the same mean.
  mutating func fade(to part: Double) {
    observations *= part
    rewards *= part
  }

  /// With more of the same evidence, > 0 times as much.
  func evidence(times factor: Double) -> Cell {
    var cell = self
    cell.observations *= factor
    cell.rewards *= factor
    return cell
  }

  /// One epoch: discounts, then takes in its sums (both 0 when nothing new came).
  public mutating func advance(mass: Double, sum: Double, _ pace: Pace) {
    if mass > 0 {
      let gain = pace.gain(new: mass, known: observations)
      average = gain * (sum / mass) + (1 - gain) * average
      averageWeight = gain + (1 - gain) * averageWeight
    }
    observations = pace.discount * observations + mass
    rewards = pace.discount * rewards + sum
  }
}

/// The constants of one epoch's step for one capability.
public struct Pace: Hashable, Sendable {
  public var discount: Double
  public var ema: EMA
  public var newGain: Double
  public var establishedGain: Double
  public var minimumObservations: Double
  /// Of ``ChangeDetector``.
  public var changeThreshold: Double

  public init(_ rules: Rules) {
    discount = rules.discount
    ema = rules.ema
    newGain = rules.newGain
    establishedGain = rules.establishedGain
    minimumObservations = rules.minimumObservations
    changeThreshold = rules.changeThreshold
  }

  /// g of ``Cell``, 0…1, for an epoch of mass `new` in a cell that knew `known`.
  public func gain(new: Double, known: Double) -> Double {
    switch ema {
    case .literal:
      return known < minimumObservations ? newGain : establishedGain
    case .posterior, .confidence:
      let floor = establishedGain * min(1, new / minimumObservations)
      return min(max(new / (new + known), floor), newGain)
    }
  }
}
