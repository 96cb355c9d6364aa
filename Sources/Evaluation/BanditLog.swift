/// One logged decision: what was asked, what was done, what came of it, and how likely it had been to be done.
public struct LoggedInteraction: Hashable, Sendable {
  /// x, an index in 0..<contextCount.
  public var context: Int
  /// a, an index in 0..<actionCount.
  public var action: Int
  /// r, finite, of any range.
  public var reward: Double
  /// π_b(a | x), the probability with which its logger chose the action; in (0, 1].
  public var propensity: Double
  /// Which of several logging policies chose; 0 where there is one.
  public var logger: Int

  public init(context: Int, action: Int, reward: Double, propensity: Double, logger: Int = 0) {
    self.context = context
    self.action = action
    self.reward = reward
    self.propensity = propensity
    self.logger = logger
  }
}

/// Why a row cannot be used.
public struct LogFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The row, from 0 in the order of the log.
  public var row: Int
  public var problem: Problem

  public enum Problem: Hashable, Sendable {
    case context(Int, count: Int)
    case action(Int, count: Int)
    case logger(Int)
    case reward(Double)
    case propensity(Double)
    /// A distribution that the evaluated policy does not have.
    case distribution(Int, count: Int)
  }

  public init(row: Int, problem: Problem) {
    self.row = row
    self.problem = problem
  }

  public var description: String { "row \(row): \(problem)" }
}

extension LogFault.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .context(let index, let count): "context \(index) is outside 0..<\(count)"
    case .action(let index, let count): "action \(index) is outside the distribution, which has \(count)"
    case .logger(let index): "logger \(index) must be 0 or more"
    case .reward(let reward): "the reward must be finite, got \(reward)"
    case .propensity(let value): "the propensity must be above 0 and at most 1, got \(value)"
    case .distribution(let index, let count):
      "the evaluated policy has \(count) distributions, none of index \(index)"
    }
  }
}

/// Logged bandit feedback, a column per member: n rows of (x, a, r, π_b(a | x), logger).
///
/// Every row in it is sound; what is not is refused when it is added.
public struct BanditLog: Sendable {
  public let contextCount: Int
  public let actionCount: Int
  public private(set) var contexts: [Int32] = []
  public private(set) var actions: [Int32] = []
  public private(set) var rewards: [Double] = []
  public private(set) var propensities: [Double] = []
  public private(set) var loggers: [Int32] = []

  /// - Parameters:
  ///   - contextCount: the number of distinct contexts, at least 1.
  ///   - actionCount: the number of actions, at least 1.
  public init(contextCount: Int, actionCount: Int, capacity: Int = 0) {
    precondition(contextCount > 0 && actionCount > 0, "a log has contexts and actions")
    precondition(contextCount <= Int32.max && actionCount <= Int32.max, "an index fits 32 bits")
    self.contextCount = contextCount
    self.actionCount = actionCount
    contexts.reserveCapacity(capacity)
    actions.reserveCapacity(capacity)
    rewards.reserveCapacity(capacity)
    propensities.reserveCapacity(capacity)
    loggers.reserveCapacity(capacity)
  }

  /// - Throws: ``LogFault`` with the row; the rows before it are those of `interactions`.
  public init(
    contextCount: Int, actionCount: Int, _ interactions: some Sequence<LoggedInteraction>
  ) throws(LogFault) {
    self.init(
      contextCount: contextCount, actionCount: actionCount, capacity: interactions.underestimatedCount)
    for interaction in interactions { try append(interaction) }
  }

  /// n.
  public var count: Int { rewards.count }

  /// g = (1/n) Σ r_i; 0 for an empty log.
  public var meanReward: Double { count == 0 ? 0 : rewards.reduce(0, +) / Double(count) }

  public subscript(row: Int) -> LoggedInteraction {
    LoggedInteraction(
      context: Int(contexts[row]), action: Int(actions[row]), reward: rewards[row],
      propensity: propensities[row], logger: Int(loggers[row]))
  }

  /// Adds a row; a faulty one is not added.
  public mutating func append(_ interaction: LoggedInteraction) throws(LogFault) {
    if let problem = problem(interaction) { throw LogFault(row: count, problem: problem) }
    contexts.append(Int32(interaction.context))
    actions.append(Int32(interaction.action))
    rewards.append(interaction.reward)
    propensities.append(interaction.propensity)
    loggers.append(Int32(interaction.logger))
  }

  private func problem(_ interaction: LoggedInteraction) -> LogFault.Problem? {
    if !(0..<contextCount).contains(interaction.context) {
      return .context(interaction.context, count: contextCount)
    }
    if !(0..<actionCount).contains(interaction.action) {
      return .action(interaction.action, count: actionCount)
    }
    if !(0...Int(Int32.max)).contains(interaction.logger) { return .logger(interaction.logger) }
    if !interaction.reward.isFinite { return .reward(interaction.reward) }
    // Written so that a NaN is refused too.
    if !(interaction.propensity > 0 && interaction.propensity <= 1) {
      return .propensity(interaction.propensity)
    }
    return nil
  }

  /// The number of loggers: one more than the largest index.
  public var loggerCount: Int { Int(loggers.max() ?? 0) + 1 }

  /// What balanced estimation divides by, per row: π̄(a_i | x_i) = Σ_l (n_l / n) π_l(a_i | x_i), the propensity of the
  /// mixture of the logging policies, n_l being the rows of logger l (Agarwal, Basu, Schnabel & Joachims, "Effective
  /// evaluation using logged bandit feedback from multiple loggers", KDD 2017).
  ///
  /// - Parameter policies: every logger's own policy, at the index of the logger.
  public func mixturePropensities(of policies: [TabularPolicy]) throws(LogFault) -> [Double] {
    precondition(policies.count >= loggerCount, "every logger needs its policy")
    var shares = [Double](repeating: 0, count: policies.count)
    for logger in loggers { shares[Int(logger)] += 1 / Double(count) }
    for policy in policies { try policy.check(against: self) }
    return (0..<count).map { row in
      var mixture = 0.0
      for (policy, share) in zip(policies, shares) where share > 0 {
        mixture += share * policy.probability(of: Int(actions[row]), row: row, context: Int(contexts[row]))
      }
      return mixture
    }
  }
}
