import Evaluation
import Statistics
import Testing

@Suite("Reward models")
struct RewardModelTests {
  @Test("A cell is its rewards and one pseudo-observation of the log's mean")
  func tabular() throws {
    // g = 3/4. Action 0: (1 + 0 + 1 + 3/4) / 4; action 1: (1 + 3/4) / 2; action 2 is unseen.
    let rows = [(0, 1.0), (0, 0.0), (1, 1.0), (0, 1.0)]
    let log = try BanditLog(
      contextCount: 2, actionCount: 3,
      rows.map { LoggedInteraction(context: 0, action: $0.0, reward: $0.1, propensity: 0.5) })
    let model = TabularRewardModel(log)
    #expect(model.reward(of: 0, in: 0) == 0.6875)
    #expect(model.reward(of: 1, in: 0) == 0.875)
    #expect(model.reward(of: 2, in: 0) == 0.75)
    #expect(model.reward(of: 0, in: 1) == 0.75)
  }

  @Test("Ridge with penalty 1 and nothing but its intercept is the tabular model of one context")
  func interceptAlone() throws {
    let three = try SyntheticWorld.log(rows: 500, seed: 5)
    let log = try BanditLog(
      contextCount: 1, actionCount: 4,
      (0..<three.count).map {
        var row = three[$0]
        row.context = 0
        return row
      })
    let tabular = TabularRewardModel(log)
    let ridge = RidgeRewardModel(log, features: [0, 0], dimension: 2)
    for action in 0..<4 {
      #expect((ridge.reward(of: action, in: 0) - tabular.reward(of: action, in: 0)).magnitude < 1e-12)
    }
  }

  @Test("Ridge by hand: one dimension")
  func oneDimension() throws {
    // φ = 1, 2, 3 and r = 1, 2, 6, so g = 3 and r − g = −2, −1, 3. With λ = 2: (3 + 2, 6; 6, 14 + 2) θ = (0, 5),
    // so θ = (−30, 25) / 44.
    // Action 1 has no row: it is worth g.
    let log = try BanditLog(
      contextCount: 3, actionCount: 2,
      [1.0, 2, 6].enumerated().map {
        LoggedInteraction(context: $0.offset, action: 0, reward: $0.element, propensity: 1)
      })
    let model = RidgeRewardModel(log, features: [1, 2, 3], dimension: 1, penalty: 2)
    for context in 0..<3 {
      #expect(
        (model.reward(of: 0, in: context) - (3 - 30.0 / 44 + Double(context + 1) * 25 / 44)).magnitude < 1e-14
      )
      #expect(model.reward(of: 1, in: context) == 3)
    }
  }

  @Test("Ridge solves its normal equations", arguments: [UInt64(1), 2, 3])
  func normalEquations(seed: UInt64) throws {
    let (contexts, dimension, penalty) = (40, 6, 0.5)
    var rng = Xoshiro256(seed: seed)
    let features = (0..<(contexts * dimension)).map { _ in Float(rng.uniform() * 2 - 1) }
    var log = BanditLog(contextCount: contexts, actionCount: 1)
    for _ in 0..<300 {
      try log.append(
        LoggedInteraction(
          context: Int(rng.next() % UInt64(contexts)), action: 0, reward: rng.uniform(), propensity: 1))
    }
    let model = RidgeRewardModel(log, features: features, dimension: dimension, penalty: penalty)
    // Φᵀ (r − q) = λ θ, so for every z = (1, φ(x)): Σ_i (z_i · z) (r_i − q_i) = λ θ · z = λ (q(x) − g).
    for context in 0..<contexts {
      var sum = 0.0
      for row in 0..<log.count {
        let at = Int(log.contexts[row])
        var product = 1.0
        for k in 0..<dimension {
          product += Double(features[at * dimension + k]) * Double(features[context * dimension + k])
        }
        sum += product * (log.rewards[row] - model.reward(of: 0, in: at))
      }
      #expect((sum - penalty * (model.reward(of: 0, in: context) - log.meanReward)).magnitude < 1e-10)
    }
  }
}
