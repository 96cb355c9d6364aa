/// q(a, x): what an action would be worth in a context, learned from a log.
public protocol RewardModel: Sendable {
  /// - Parameters:
  ///   - action: in 0..<actionCount of the log it learned from.
  ///   - context: in 0..<contextCount of the log it learned from.
  func reward(of action: Int, in context: Int) -> Double
}

/// One mean for every context and action, shrunk by one pseudo-observation to the mean of the log:
///
///     q(a, x) = (Σ r + g) / (n + 1)
///
/// with the sum and the count n over the rows of (x, a), and g the mean reward of the whole log. Rows are not held
/// out of their own prediction (no cross-fitting): a cell's own row moves it by at most 1/(n + 1).
public struct TabularRewardModel: RewardModel {
  private let actionCount: Int
  /// Contexts × actions, row-major.
  private let rewards: [Double]

  /// Linear in rows + contexts × actions, and holds the latter.
  public init(_ log: BanditLog) {
    let mean = log.meanReward
    var sums = [Double](repeating: mean, count: log.contextCount * log.actionCount)
    var counts = [Double](repeating: 1, count: sums.count)
    for row in 0..<log.count {
      let cell = Int(log.contexts[row]) * log.actionCount + Int(log.actions[row])
      sums[cell] += log.rewards[row]
      counts[cell] += 1
    }
    for cell in sums.indices { sums[cell] /= counts[cell] }
    rewards = sums
    actionCount = log.actionCount
  }

  public func reward(of action: Int, in context: Int) -> Double { rewards[context * actionCount + action] }
}

/// A ridge regression for every action on a vector of the context, shrunk to the mean reward g of the log:
///
///     q(a, x) = g + θ_a · (1, φ(x)),   θ_a = (Φᵀ Φ + λ I)⁻¹ Φᵀ (r − g)
///
/// with the rows (1, φ(x_i)) of action a in Φ (Hoerl & Kennard, "Ridge regression", Technometrics 12, 1970). The
/// intercept is shrunk like the rest, so an action with few rows is worth about g, and one without any exactly that; with
/// λ = 1 and nothing in φ it is the ``TabularRewardModel`` of a single context. Rows are not held out.
public struct RidgeRewardModel: RewardModel {
  /// g.
  private let mean: Double
  private let dimension: Int
  /// φ, contexts × dimension, row-major; the 1 is not in it.
  private let features: [Float]
  /// θ, actions × (1 + dimension), row-major, the intercept first.
  private let weights: [Double]

  /// Takes one step per distinct (context, action) of the log times the square of the dimension, and one Cholesky
  /// factorisation per action.
  ///
  /// - Parameters:
  ///   - features: φ, contexts × dimension, row-major and finite: an embedding, or one-hot categories.
  ///   - penalty: λ > 0.
  public init(_ log: BanditLog, features: [Float], dimension: Int, penalty: Double = 1) {
    precondition(
      dimension > 0 && features.count == log.contextCount * dimension, "a vector for every context")
    precondition(penalty > 0 && penalty.isFinite, "the penalty must be above 0")
    mean = log.meanReward
    self.dimension = dimension
    self.features = features
    let width = 1 + dimension
    var weights = [Double](repeating: 0, count: log.actionCount * width)
    var gram = SymmetricMatrix(order: width)
    let order = Self.rowsByActionAndContext(log)
    var start = 0
    while start < order.count {
      let action = log.actions[order[start]]
      gram.reset(diagonal: penalty)
      var right = [Double](repeating: 0, count: width)
      while start < order.count, log.actions[order[start]] == action {
        let context = log.contexts[order[start]]
        var count = 0.0
        var residual = 0.0
        while start < order.count, log.contexts[order[start]] == context, log.actions[order[start]] == action
        {
          count += 1
          residual += log.rewards[order[start]] - mean
          start += 1
        }
        let vector = [1] + features[(Int(context) * dimension)..<((Int(context) + 1) * dimension)]
        gram.add(vector, times: count)
        for (index, value) in vector.enumerated() { right[index] += Double(value) * residual }
      }
      gram.solve(&right)
      weights.replaceSubrange((Int(action) * width)..<((Int(action) + 1) * width), with: right)
    }
    self.weights = weights
  }

  public func reward(of action: Int, in context: Int) -> Double {
    let (x, theta) = (context * dimension, action * (1 + dimension))
    var sum = mean + weights[theta]
    for index in 0..<dimension { sum += Double(features[x + index]) * weights[theta + 1 + index] }
    return sum
  }

  /// Two counting sorts: linear, and stable, so the sums have one order.
  private static func rowsByActionAndContext(_ log: BanditLog) -> [Int] {
    let byContext = sorted(Array(0..<log.count), by: log.contexts, count: log.contextCount)
    return sorted(byContext, by: log.actions, count: log.actionCount)
  }

  private static func sorted(_ rows: [Int], by keys: [Int32], count: Int) -> [Int] {
    var starts = [Int](repeating: 0, count: count + 1)
    for key in keys { starts[Int(key) + 1] += 1 }
    for key in 0..<count { starts[key + 1] += starts[key] }
    var result = rows
    for row in rows {
      result[starts[Int(keys[row])]] = row
      starts[Int(keys[row])] += 1
    }
    return result
  }
}
