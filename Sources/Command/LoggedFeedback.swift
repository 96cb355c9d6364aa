import Evaluation
import Experiments

/// Logged bandit feedback as it is read, with names for contexts and actions, before their number is known.
struct LoggedFeedback {
  struct Row {
    /// Where the row comes from: the line of a file.
    var line: Int
    var context: Int
    var action: Int
    var reward: Double
    var propensity: Double
    var logger = 0
    /// Which of ``vectors`` describes it to a regression.
    var vector: Int?
    /// Which of ``distributions`` the evaluated policy has for it.
    var distribution: Int?
    /// The propensity of each logger that the row gives, by logger.
    var loggerPropensities: [(logger: Int, propensity: Double)] = []
    /// π̄, where it is known already.
    var mixture: Double?
  }

  var contexts = Names()
  var actions = Names()
  var loggers = Names()
  /// What the vectors of an Open Bandit log count, such as `position=1`.
  var categories = Names()
  var rows: [Row] = []
  /// Rows that cannot be used, in the order of the log.
  var faults: [TableFault] = []
  /// What a regression sees of a row; a shorter one ends in zeros.
  private(set) var vectors: [[Float]] = []
  private var places: [[Float]: Int] = [:]
  /// Probabilities of the evaluated policy that rows give, by action.
  private(set) var distributions: [[Int: Double]] = []
  private var distributionPlaces: [[Int: Double]: Int] = [:]

  /// Strings by their index, in the order of their first use.
  struct Names {
    private(set) var all: [String] = []
    private var places: [String: Int] = [:]

    mutating func place(of name: String) -> Int {
      if let place = places[name] { return place }
      places[name] = all.count
      all.append(name)
      return all.count - 1
    }

    func known(_ name: String) -> Int? { places[name] }
  }

  mutating func place(ofVector vector: [Float]) -> Int {
    if let place = places[vector] { return place }
    places[vector] = vectors.count
    vectors.append(vector)
    return vectors.count - 1
  }

  mutating func place(ofDistribution distribution: [Int: Double]) -> Int {
    if let place = distributionPlaces[distribution] { return place }
    distributionPlaces[distribution] = distributions.count
    distributions.append(distribution)
    return distributions.count - 1
  }

  /// The rows of one context; nil when it has none.
  func part(context name: String) -> LoggedFeedback? {
    guard let context = contexts.known(name) else { return nil }
    var part = self
    part.rows.removeAll { $0.context != context }
    return part.rows.isEmpty ? nil : part
  }

  /// The same rows, with the candidate that was chosen as what the policy would do: its value is the mean reward.
  func asLogged() -> LoggedFeedback {
    var same = self
    for place in same.rows.indices {
      same.rows[place].propensity = 1
      same.rows[place].distribution = same.place(ofDistribution: [rows[place].action: 1])
    }
    return same
  }

  /// The evaluated policy, as it was asked for.
  enum Policy: Equatable {
    case uniform
    /// Always the action of this name.
    case fixed(String)
    /// What the rows themselves say.
    case rows
    /// By name of context, nil for any other; and by index of action.
    case table([String?: [Int: Double]])
  }

  enum Model: String, CaseIterable { case tabular, ridge }

  /// The evaluation of a policy; rows that the log refuses are added to ``faults``.
  ///
  /// - Throws: when no row is left, or the policy has nothing to say about one.
  mutating func evaluation(
    of policy: Policy, model: Model, settings: EvaluationSettings
  ) throws -> OffPolicyEvaluation {
    // A regression tells contexts apart by their vectors, and the policy by their names.
    let usesVectors = model == .ridge && !vectors.isEmpty
    var settings = settings
    if usesVectors {
      settings.support = .action
      faults += rows.filter { $0.vector == nil }.map { .init(line: $0.line, reason: "it has no embedding") }
      rows.removeAll { $0.vector == nil }
    }
    guard !rows.isEmpty else { throw nothing() }
    var log = BanditLog(
      contextCount: usesVectors ? vectors.count : contexts.all.count, actionCount: actions.all.count,
      capacity: rows.count)
    var kept: [Row] = []
    kept.reserveCapacity(rows.count)
    for row in rows {
      do throws(LogFault) {
        try log.append(
          LoggedInteraction(
            context: (usesVectors ? row.vector : nil) ?? row.context, action: row.action, reward: row.reward,
            propensity: row.propensity, logger: row.logger))
        kept.append(row)
      } catch { faults.append(.init(line: row.line, reason: error.problem.description)) }
    }
    rows = kept
    guard log.count > 0 else { throw nothing() }
    let table = try self.table(policy, usesVectors: usesVectors)
    let learned: any RewardModel
    if model == .ridge {
      let (features, dimension) = usesVectors ? dense() : oneHot(contexts.all.count)
      learned = RidgeRewardModel(log, features: features, dimension: dimension)
    } else {
      learned = TabularRewardModel(log)
    }
    do throws(LogFault) {
      return try OffPolicyEvaluation(
        log, policy: table, model: learned, mixturePropensities: mixture(), settings: settings)
    } catch { throw CommandFailure("line \(rows[error.row].line): \(error.problem)") }
  }

  private func nothing() -> CommandFailure {
    let first = faults.first.map { " (\($0))" } ?? ""
    return CommandFailure("the log holds no row that can be used\(first)")
  }

  private func table(_ policy: Policy, usesVectors: Bool) throws -> TabularPolicy {
    let count = actions.all.count
    let shares: [[Int: Double]]
    switch policy {
    case .uniform:
      shares = contexts.all.map { _ in
        Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, 1 / Double(count)) })
      }
    case .fixed(let name):
      guard let action = actions.known(name) else {
        throw CommandFailure("the log never took \(name), so it cannot say what that is worth")
      }
      shares = contexts.all.map { _ in [action: 1] }
    case .rows: shares = distributions
    case .table(let known):
      let used = Set(rows.map(\.context))
      shares = try contexts.all.enumerated().map { place, name in
        if let shares = known[name] ?? known[nil] { return shares }
        guard !used.contains(place) else {
          throw CommandFailure("the policy says nothing about the context \(name)")
        }
        // Nobody asks.
        return [0: 1]
      }
    }
    // A distribution for every row where a context of the log is not one of the policy.
    let places: [Int32]? =
      if policy == .rows { rows.map { Int32($0.distribution ?? 0) } } else if usesVectors {
        rows.map { Int32($0.context) }
      } else { nil }
    do throws(PolicyFault) {
      return try TabularPolicy(
        actionCount: count, probabilities: shares.flatMap { shares in (0..<count).map { shares[$0] ?? 0 } },
        distributionOfRow: places)
    } catch { throw CommandFailure("the policy is no distribution: \(error)") }
  }

  /// π̄ of every row; nil unless every row gives the propensities of all loggers that have rows.
  private func mixture() -> [Double]? {
    guard loggers.all.count > 1 else { return nil }
    let known = rows.compactMap(\.mixture)
    if known.count == rows.count { return known }
    var shares = [Double](repeating: 0, count: loggers.all.count)
    for row in rows { shares[row.logger] += 1 / Double(rows.count) }
    let needed = shares.indices.filter { shares[$0] > 0 }
    var mixture: [Double] = []
    mixture.reserveCapacity(rows.count)
    for row in rows {
      guard needed.allSatisfy({ logger in row.loggerPropensities.contains { $0.logger == logger } }) else {
        return nil
      }
      mixture.append(row.loggerPropensities.reduce(0) { $0 + shares[$1.logger] * $1.propensity })
    }
    return mixture
  }

  private func dense() -> (features: [Float], dimension: Int) {
    let dimension = vectors.map(\.count).max() ?? 1
    var features = [Float](repeating: 0, count: vectors.count * dimension)
    for (row, vector) in vectors.enumerated() {
      for (index, value) in vector.enumerated() { features[row * dimension + index] = value }
    }
    return (features, dimension)
  }

  private func oneHot(_ count: Int) -> (features: [Float], dimension: Int) {
    ((0..<(count * count)).map { $0 / count == $0 % count ? 1 : 0 }, count)
  }
}
