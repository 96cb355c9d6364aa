public import Routing

/// LinUCB with disjoint models (Li, Chu, Langford & Schapire 2010, "A contextual-bandit approach to personalized news
/// article recommendation", algorithm 1): the candidate with the largest weight · (θᵀx + α√(xᵀA⁻¹x)).
///
/// Changed from the paper: rewards arrive in epochs, and AgentRank's weight (bid and price) multiplies the bound.
public struct LinUCBPolicy: ContenderPolicy {
  /// α ≥ 0. At the default, with ρ = 1, the bound of a candidate that was never observed is above every reward
  /// (α‖x‖ = 0.8·√2 > 1), so that each is tried; more explores longer. No value of α was tuned to a table.
  public let width: Double
  private var arms: LinearArms

  public init(width: Double = 0.8, ridge: Double = 1) {
    self.width = width
    arms = LinearArms(ridge: ridge)
  }

  public var reads: ContextKind { .embedding }

  public mutating func learn(_ lessons: [Lesson]) { arms.learn(lessons) }

  public func allocate(_ scene: Scene) -> Allocation {
    let x = LinearArms.features(scene.context)
    var best = (arm: 0, bound: -Double.infinity)
    for (index, arm) in scene.arms.enumerated() {
      let estimate = arms.estimate(arm.id, x)
      let bound = arm.weight * (estimate.mean + width * estimate.width)
      if bound > best.bound { best = (index, bound) }
    }
    return .certainly(best.arm, of: scene.arms.count)
  }
}

/// Thompson sampling with a linear payoff (Agrawal & Goyal 2013, "Thompson sampling for contextual bandits with linear
/// payoffs"), a model for each candidate: θ̃ ~ N(θ, v²A⁻¹), and the candidate with the largest weight · θ̃ᵀx.
///
/// The draw of θ̃ matters only through θ̃ᵀx ~ N(θᵀx, v²xᵀA⁻¹x), independent between candidates, so the probability of
/// each being the largest is a one-dimensional integral (``GaussianBest``): the same policy, with its propensities.
public struct LinearThompsonPolicy: ContenderPolicy {
  /// v > 0. The smaller, the greedier; the best in hindsight was 0.02 on the public tables, which nobody knows in
  /// advance and which does not notice a change.
  public let width: Double
  private var arms: LinearArms

  public init(width: Double = 0.1, ridge: Double = 1) {
    self.width = width
    arms = LinearArms(ridge: ridge)
  }

  public var reads: ContextKind { .embedding }

  public mutating func learn(_ lessons: [Lesson]) { arms.learn(lessons) }

  public func allocate(_ scene: Scene) -> Allocation {
    let x = LinearArms.features(scene.context)
    let estimates = scene.arms.map { arm in
      let estimate = arms.estimate(arm.id, x)
      return (mean: arm.weight * estimate.mean, deviation: arm.weight * width * estimate.width)
    }
    let probabilities = GaussianBest.probabilities(estimates)
    var preferred = 0
    for index in estimates.indices where estimates[index].mean > estimates[preferred].mean {
      preferred = index
    }
    return Allocation(preferred: preferred, probabilities: probabilities)
  }
}
