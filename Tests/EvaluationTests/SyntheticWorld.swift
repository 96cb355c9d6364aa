import Evaluation
import Statistics

/// A world whose truth is known: three contexts, four actions, rewards 0 and 1, and a logger that is not uniform.
struct SyntheticWorld {
  static let contexts = [0.5, 0.3, 0.2]
  static let actions = 4
  /// μ(x, a).
  static let means = [0.1, 0.5, 0.3, 0.7, 0.6, 0.2, 0.4, 0.3, 0.5, 0.5, 0.9, 0.1]
  static let logging = [0.4, 0.3, 0.2, 0.1, 0.25, 0.25, 0.25, 0.25, 0.1, 0.2, 0.3, 0.4]
  static let evaluated = [0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.2, 0.2, 0.1, 0.3, 0.5, 0.1]

  static func policy() throws -> TabularPolicy {
    try TabularPolicy(actionCount: actions, probabilities: evaluated)
  }

  /// V = Σ p(x) Σ π(a | x) μ(x, a).
  static var truth: Double {
    contexts.indices.reduce(0.0) { sum, x in
      sum
        + contexts[x]
        * (0..<actions).reduce(0.0) { $0 + evaluated[x * actions + $1] * means[x * actions + $1] }
    }
  }

  /// - Parameter distortion: what the log says of a propensity.
  static func log(rows: Int, seed: UInt64, distortion: (Double) -> Double = { $0 }) throws -> BanditLog {
    var rng = Xoshiro256(seed: seed)
    let places = AliasTable(probabilities: contexts)
    let arms = contexts.indices.map {
      AliasTable(probabilities: Array(logging[($0 * actions)..<(($0 + 1) * actions)]))
    }
    var log = BanditLog(contextCount: contexts.count, actionCount: actions, capacity: rows)
    for _ in 0..<rows {
      let x = places.draw(using: &rng)
      let a = arms[x].draw(using: &rng)
      try log.append(
        LoggedInteraction(
          context: x, action: a, reward: rng.uniform() < means[x * actions + a] ? 1 : 0,
          propensity: distortion(logging[x * actions + a])))
    }
    return log
  }
}

/// A model that was given, not learned.
struct GivenModel: RewardModel {
  var reward: @Sendable (_ action: Int, _ context: Int) -> Double

  func reward(of action: Int, in context: Int) -> Double { reward(action, context) }
}
