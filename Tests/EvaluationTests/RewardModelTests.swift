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

  @Test("Ridge on one-hot contexts with penalty 1 is the tabular model")
  func oneHot() throws {
    let log = try SyntheticWorld.log(rows: 500, seed: 5)
    let tabular = TabularRewardModel(log)
    let ridge = RidgeRewardModel(log, features: [1, 0, 0, 0, 1, 0, 0, 0, 1], dimension: 3)
    for context in 0..<3 {
      for action in 0..<4 {
        let difference = ridge.reward(of: action, in: context) - tabular.reward(of: action, in: context)
        #expect(difference.magnitude < 1e-12)
      }
    }
  }

  @Test("Ridge by hand: one dimension")
  func oneDimension() throws {
    // φ = 1, 2, 3 and r = 1, 2, 6, so g = 3 and r − g = −2, −1, 3. θ = (−2 − 2 + 9) / (1 + 4 + 9 + λ) = 5/16 at λ = 2.
    // Action 1 has no row: it is worth g.
    let log = try BanditLog(
      contextCount: 3, actionCount: 2,
      [1.0, 2, 6].enumerated().map {
        LoggedInteraction(context: $0.offset, action: 0, reward: $0.element, propensity: 1)
      })
    let model = RidgeRewardModel(log, features: [1, 2, 3], dimension: 1, penalty: 2)
    for context in 0..<3 {
      #expect((model.reward(of: 0, in: context) - (3 + Double(context + 1) * 5 / 16)).magnitude < 1e-14)
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
    // θ_j from q at the unit vectors is not open to us; but Φᵀ(r − q) = λ θ, so for every x: Σ_i φ_i·x (r_i − q_i) = λ θ·x.
    for context in 0..<contexts {
      var sum = 0.0
      for row in 0..<log.count {
        let at = Int(log.contexts[row])
        var product = 0.0
        for k in 0..<dimension {
          product += Double(features[at * dimension + k]) * Double(features[context * dimension + k])
        }
        sum += product * (log.rewards[row] - model.reward(of: 0, in: at))
      }
      #expect((sum - penalty * (model.reward(of: 0, in: context) - log.meanReward)).magnitude < 1e-10)
    }
  }
}
