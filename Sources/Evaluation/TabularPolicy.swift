/// Why probabilities are none.
public enum PolicyFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number of probabilities is no multiple of the number of actions.
  case shape(count: Int, actions: Int)
  case probability(Double, distribution: Int, action: Int)
  case sum(Double, distribution: Int)

  public var description: String {
    switch self {
    case .shape(let count, let actions):
      "\(count) probabilities do not make distributions over \(actions) actions"
    case .probability(let value, let distribution, let action):
      "the probability of action \(action) in distribution \(distribution) must be from 0 to 1, got \(value)"
    case .sum(let sum, let distribution):
      "the probabilities of distribution \(distribution) sum to \(sum), not to 1"
    }
  }
}

/// π(a | x) as a table: one distribution over the actions for every context, or, where the policy saw more than the
/// log's contexts say, one for every row of the log.
public struct TabularPolicy: Hashable, Sendable {
  public let actionCount: Int
  /// Distributions × actions, row-major.
  public let probabilities: [Double]
  /// The distribution of each row of the log; nil where a context's index is that of its distribution.
  public let distributionOfRow: [Int32]?

  /// How far the sum of a distribution may be from 1: printed decimals are rounded.
  public static let tolerance = 1e-6

  /// - Parameters:
  ///   - probabilities: distributions × actions, row-major; each 0…1, each distribution summing to 1 within
  ///     ``tolerance``. They are used as given, not normalised.
  ///   - distributionOfRow: the distribution of each row of the log; nil when there is one per context.
  public init(
    actionCount: Int, probabilities: [Double], distributionOfRow: [Int32]? = nil
  ) throws(PolicyFault) {
    guard actionCount > 0, !probabilities.isEmpty, probabilities.count % actionCount == 0 else {
      throw .shape(count: probabilities.count, actions: actionCount)
    }
    for distribution in 0..<(probabilities.count / actionCount) {
      var sum = 0.0
      for action in 0..<actionCount {
        let value = probabilities[distribution * actionCount + action]
        guard value >= 0 && value <= 1 else {
          throw .probability(value, distribution: distribution, action: action)
        }
        sum += value
      }
      guard (sum - 1).magnitude <= Self.tolerance else { throw .sum(sum, distribution: distribution) }
    }
    self.actionCount = actionCount
    self.probabilities = probabilities
    self.distributionOfRow = distributionOfRow
  }

  /// Every action as likely as any other.
  public static func uniform(contextCount: Int, actionCount: Int) -> TabularPolicy {
    precondition(contextCount > 0 && actionCount > 0, "a policy has contexts and actions")
    return TabularPolicy(
      unchecked: Array(repeating: 1 / Double(actionCount), count: contextCount * actionCount), actionCount)
  }

  /// Always the same action.
  public static func fixed(_ action: Int, contextCount: Int, actionCount: Int) -> TabularPolicy {
    precondition(
      contextCount > 0 && (0..<actionCount).contains(action), "the action must be one of the actions")
    return TabularPolicy(
      unchecked: (0..<(contextCount * actionCount)).map { $0 % actionCount == action ? 1 : 0 }, actionCount)
  }

  private init(unchecked probabilities: [Double], _ actionCount: Int) {
    self.actionCount = actionCount
    self.probabilities = probabilities
    distributionOfRow = nil
  }

  public var distributionCount: Int { probabilities.count / actionCount }

  func distribution(row: Int, context: Int) -> Int { distributionOfRow.map { Int($0[row]) } ?? context }

  /// π(a | x_i).
  public func probability(of action: Int, row: Int, context: Int) -> Double {
    probabilities[distribution(row: row, context: context) * actionCount + action]
  }

  /// That every row of the log has a distribution here, over the log's actions.
  func check(against log: BanditLog) throws(LogFault) {
    precondition(actionCount == log.actionCount, "policy and log have the same actions")
    if let distributionOfRow {
      precondition(distributionOfRow.count == log.count, "a distribution for every row of the log")
    }
    for row in 0..<log.count {
      let index = distribution(row: row, context: Int(log.contexts[row]))
      guard (0..<distributionCount).contains(index) else {
        throw LogFault(row: row, problem: .distribution(index, count: distributionCount))
      }
    }
  }
}
