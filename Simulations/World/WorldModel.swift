public import Statistics
public import Vectors

/// What is true in a simulation: a finite set of intents, and what each candidate would make of each of them.
///
/// A policy never sees it; only outcomes of what it chose. Because it is known, regret and captured gain are exact:
/// they are sums of true expectations, not of outcomes. Intents are drawn from the set again and again, so memory
/// grows with the world and not with the number of decisions.
public protocol WorldModel: Sendable {
  /// Ids, sorted. P of them, those that enter later included.
  var candidates: [String] { get }
  /// The parts of intent space that are truly different: the domains of a table, the regions of a synthetic world.
  var groups: [String] { get }
  /// One unit vector an intent: N × D. A zero row is an intent without words.
  var embeddings: Matrix { get }
  /// The group of each intent.
  var groupOfIntent: [Int] { get }
  /// The line of ``qualities`` and ``costs`` that holds for each intent.
  var lineOfIntent: [Int] { get }
  /// True expected quality before any event, 0…1: lines × P, row-major.
  var qualities: [Double] { get }
  /// Dollars a decision before any event, ≥ 0, nil where nobody knows: lines × P, row-major.
  var costs: [Double?] { get }
  /// How a single outcome scatters around its expectation.
  var scatter: Scatter { get }
}

/// How a single outcome scatters around the true expected quality.
public enum Scatter: Hashable, Sendable {
  /// Not at all: a table's outcomes are what they are.
  case none
  /// 1 with the probability of the quality, otherwise 0.
  case bernoulli
  /// Beta(qν, (1 − q)ν): the larger ν, the closer to the quality.
  case beta(concentration: Double)

  /// Draws one outcome, 0…1.
  ///
  /// - Parameter expected: the true expected quality, 0…1.
  public func outcome(_ expected: Double, using generator: inout CounterGenerator) -> Double {
    switch self {
    case .none: return expected
    case .bernoulli: return generator.uniform() < expected ? 1 : 0
    case .beta(let concentration):
      // At the ends a Beta distribution has no second shape: everything is there.
      guard expected > 0, expected < 1 else { return expected }
      let good = GammaDistribution(shape: expected * concentration).sample(using: &generator)
      let bad = GammaDistribution(shape: (1 - expected) * concentration).sample(using: &generator)
      return good + bad > 0 ? good / (good + bad) : expected
    }
  }
}

extension WorldModel {
  /// N.
  public var intentCount: Int { groupOfIntent.count }

  /// Mean dollars of a candidate over all lines that know it; nil where none does.
  public func meanCost(of candidate: Int) -> Double? {
    var (sum, count) = (0.0, 0)
    for place in stride(from: candidate, to: costs.count, by: candidates.count) {
      guard let cost = costs[place] else { continue }
      sum += cost
      count += 1
    }
    return count > 0 ? sum / Double(count) : nil
  }
}
