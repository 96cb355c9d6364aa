import Statistics

/// The value of a policy from the log of another: estimates with intervals, or the reason why there is none.
///
/// Every ``Estimator`` is b̄ + Σ u / n or, self-normalised, b̄ + Σ u / Σ v, of terms (b_i, u_i, v_i) that each row has
/// once: b_i = DM_i or 0, u_i = w_i (r_i − q_i) or w_i r_i, v_i = w_i. So an evaluation is linear in the rows, and so
/// is a resample.
///
/// Intervals. The asymptotic one is value ± z · SE with SE² = Σ ψ_i² / (n (n − 1)) and the influence
///
///     ψ_i = b_i − b̄ + u_i − ū                    or, self-normalised (delta method),
///     ψ_i = b_i − b̄ + (u_i − R v_i) / v̄,  R = Σ u / Σ v.
///
/// The other is the percentile bootstrap over rows, the reward model held fixed. `dm`, `switch_dr` and `dros` depend on
/// the rows through their model more than through their terms, and would look certain with that held: their influence
/// is b_i − b̄ + w_i (r_i − q_i) − mean, that of a saturated model learned from the log (Newey, Econometrica 62, 1994),
/// in both intervals. What the model cannot express remains a bias that no interval shows.
public struct OffPolicyEvaluation: Sendable {
  public let rows: Int
  /// Mean over the rows of Σ_a π(a | x_i) 1{the log has no support for a}: probability about which it says nothing.
  public let unsupportedShare: Double
  /// w_i = π(a_i | x_i) / π_b(a_i | x_i).
  public let weights: [Double]

  private let log: BanditLog

  /// What the log really earned, per decision.
  public var meanReward: Double { log.meanReward }
  private let settings: EvaluationSettings
  /// π(a_i | x_i) / π̄(a_i | x_i); nil where it is not known.
  private let balancedWeights: [Double]?
  /// q_i and DM_i; nil without a model.
  private let predictions: (taken: [Double], policy: [Double])?

  /// - Parameters:
  ///   - log: at least one row.
  ///   - policy: over the log's actions, with a distribution for every row.
  ///   - model: learned from this log or another one with its contexts and actions; nil leaves out the estimators that
  ///     need one.
  ///   - mixturePropensities: by row, of ``BanditLog/mixturePropensities(of:)``; needed for `balanced_ips` where there
  ///     are several loggers.
  /// - Throws: ``LogFault`` for a row without a distribution, and for a mixture's propensity outside (0, 1].
  public init(
    _ log: BanditLog, policy: TabularPolicy, model: (any RewardModel)?, mixturePropensities: [Double]? = nil,
    settings: EvaluationSettings = EvaluationSettings()
  ) throws(LogFault) {
    precondition(log.count > 0, "an evaluation needs a row")
    try policy.check(against: log)
    rows = log.count
    self.log = log
    self.settings = settings
    var chances = [Double](repeating: 0, count: log.count)
    for row in chances.indices {
      chances[row] = policy.probability(of: Int(log.actions[row]), row: row, context: Int(log.contexts[row]))
    }
    weights = Self.quotient(chances, log.propensities)
    if let mixturePropensities {
      precondition(mixturePropensities.count == log.count, "a propensity of the mixture for every row")
      // A sum of shares may pass 1 by its rounding.
      for (row, value) in mixturePropensities.enumerated() where !(value > 0 && value <= 1 + 1e-9) {
        throw LogFault(row: row, problem: .propensity(value))
      }
      balancedWeights = Self.quotient(chances, mixturePropensities)
    } else {
      balancedWeights = log.loggerCount == 1 ? weights : nil
    }
    predictions = model.map { Self.predictions(log, policy, $0) }
    unsupportedShare = Self.unsupportedShare(log, policy, settings.support)
  }

  /// The estimates, in the order asked for.
  ///
  /// - Parameter progress: told the number of resamples that are done, after each.
  public func estimates(
    _ estimators: [Estimator] = Estimator.all, progress: ((Int) -> Void)? = nil
  ) -> [Estimate] {
    var columns = Columns()
    let plans = estimators.map { plan($0, &columns) }
    let isNeeded = plans.contains { if case .terms = $0.step { true } else { false } }
    let resamples = isNeeded ? settings.resamples : 0
    let sums = Bootstrap.sums(
      of: columns.all, rows: rows, resamples: resamples, seed: settings.seed, progress: progress)
    return plans.map { plan in
      let outcome: Estimate.Outcome =
        switch plan.step {
        case .refused(let refusal): .refused(refusal)
        case .terms(let terms): .value(value(terms, columns.all, sums))
        }
      return Estimate(estimator: plan.estimator, outcome: outcome, weights: plan.weights)
    }
  }

  // MARK: Rows

  private static func quotient(_ a: [Double], _ b: [Double]) -> [Double] {
    var result = a
    for row in result.indices { result[row] /= b[row] }
    return result
  }

  private static func predictions(
    _ log: BanditLog, _ policy: TabularPolicy, _ model: any RewardModel
  ) -> (taken: [Double], policy: [Double]) {
    var taken = [Double](repeating: 0, count: log.count)
    var expected = taken
    // Where the policy goes by context, so does DM_i.
    var known = [Double?](repeating: nil, count: policy.distributionOfRow == nil ? log.contextCount : 0)
    for row in 0..<log.count {
      let context = Int(log.contexts[row])
      taken[row] = model.reward(of: Int(log.actions[row]), in: context)
      if !known.isEmpty, let value = known[context] {
        expected[row] = value
        continue
      }
      let first = policy.distribution(row: row, context: context) * log.actionCount
      var sum = 0.0
      for action in 0..<log.actionCount {
        let chance = policy.probabilities[first + action]
        if chance > 0 { sum += chance * model.reward(of: action, in: context) }
      }
      expected[row] = sum
      if !known.isEmpty { known[context] = sum }
    }
    return (taken, expected)
  }

  private static func unsupportedShare(
    _ log: BanditLog, _ policy: TabularPolicy, _ support: EvaluationSettings.Support
  ) -> Double {
    let byContext = support == .actionInContext
    var seen = [Bool](repeating: false, count: (byContext ? log.contextCount : 1) * log.actionCount)
    for row in 0..<log.count {
      seen[(byContext ? Int(log.contexts[row]) * log.actionCount : 0) + Int(log.actions[row])] = true
    }
    var known = [Double?](repeating: nil, count: policy.distributionOfRow == nil ? log.contextCount : 0)
    var total = 0.0
    for row in 0..<log.count {
      let context = Int(log.contexts[row])
      if !known.isEmpty, let value = known[context] {
        total += value
        continue
      }
      let first = policy.distribution(row: row, context: context) * log.actionCount
      let cell = byContext ? context * log.actionCount : 0
      var sum = 0.0
      for action in 0..<log.actionCount where !seen[cell + action] {
        sum += policy.probabilities[first + action]
      }
      total += sum
      if !known.isEmpty { known[context] = sum }
    }
    return total / Double(log.count)
  }

  // MARK: Terms

  /// Columns of the terms, each held once however many estimators share it.
  private struct Columns {
    enum Kind: Hashable {
      case expected
      case weight
      case residual(Estimator)
    }
    private(set) var all: [[Double]] = []
    private var places: [Kind: Int] = [:]

    mutating func place(_ kind: Kind, _ make: () -> [Double]) -> Int {
      if let place = places[kind] { return place }
      all.append(make())
      places[kind] = all.count - 1
      return all.count - 1
    }
  }

  private struct Plan {
    enum Step {
      case terms(Terms)
      case refused(Refusal)
    }
    var estimator: Estimator
    var weights: WeightSummary
    var step: Step
  }

  /// Columns of b, u and v; nil is 0 for b and 1 for v.
  private struct Terms {
    var base: Int?
    var residual: Int
    var normaliser: Int?
    /// What is added to b̄ + ū for the value: ū itself is then only there for the spread.
    var offset = 0.0
  }

  private func plan(_ estimator: Estimator, _ columns: inout Columns) -> Plan {
    let plain = estimator == .balancedIPS ? balancedWeights : weights
    let own = plain.map { $0.map(estimator.weight) }
    let summary = WeightSummary(estimator == .dm ? weights : own ?? weights)
    func refused(_ refusal: Refusal) -> Plan {
      Plan(estimator: estimator, weights: summary, step: .refused(refusal))
    }
    guard let own else { return refused(.noMixturePropensities(loggers: log.loggerCount)) }
    if unsupportedShare > settings.maximumUnsupportedShare {
      return refused(.unsupported(share: unsupportedShare, maximum: settings.maximumUnsupportedShare))
    }
    if summary.effectiveSampleSize < settings.minimumEffectiveSampleSize {
      return refused(
        .effectiveSampleSize(summary.effectiveSampleSize, minimum: settings.minimumEffectiveSampleSize))
    }
    if !estimator.needsRewardModel, let refusal = meanWeightRefusal(plain ?? weights) {
      return refused(refusal)
    }
    var residual = log.rewards
    var base: Int?
    if estimator.needsRewardModel {
      guard let predictions else { return refused(.noRewardModel) }
      base = columns.place(.expected) { predictions.policy }
      for row in residual.indices { residual[row] -= predictions.taken[row] }
    }
    var terms = Terms(
      base: base,
      residual: columns.place(.residual(estimator.spread)) {
        zip(residual, estimator.leansOnModel ? weights : own).map(*)
      },
      normaliser: estimator.isSelfNormalised ? columns.place(.weight) { own } : nil)
    if estimator.leansOnModel {
      var offset = 0.0
      for row in residual.indices { offset += (own[row] - weights[row]) * residual[row] }
      terms.offset = offset / Double(rows)
    }
    return Plan(estimator: estimator, weights: summary, step: .terms(terms))
  }

  /// E[w] = 1 under the logging policy if it gives all that the evaluated one does a chance. Rare actions of large weight are missed in most logs, and then every
  /// weighted mean looks more certain than it is; a model may still know of them.
  private func meanWeightRefusal(_ weights: [Double]) -> Refusal? {
    guard rows > 1 else { return nil }
    let n = Double(rows)
    let mean = weights.reduce(0, +) / n
    let squares = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let reach =
      SpecialFunctions.normalQuantile((1 + settings.level) / 2) * (squares / (n * (n - 1))).squareRoot()
    let range = (mean - reach)...(mean + reach)
    let slack = settings.maximumUnsupportedShare
    guard range.upperBound < 1 - slack || range.lowerBound > 1 + slack else { return nil }
    return .meanWeight(mean, within: range)
  }

  // MARK: Values

  private func value(_ terms: Terms, _ columns: [[Double]], _ sums: [Double]) -> Estimate.Value {
    let n = Double(rows)
    func mean(_ column: Int?) -> Double? { column.map { columns[$0].reduce(0, +) / n } }
    let base = mean(terms.base) ?? 0
    let residual = mean(terms.residual) ?? 0
    let normaliser = mean(terms.normaliser) ?? 1
    let ratio = residual / normaliser
    let value = base + ratio + terms.offset

    var squares = 0.0
    for row in 0..<rows {
      let spread = terms.base.map { columns[$0][row] - base } ?? 0
      let v = terms.normaliser.map { columns[$0][row] } ?? 1
      let influence = spread + (columns[terms.residual][row] - ratio * v) / normaliser
      squares += influence * influence
    }
    // One row says nothing of its spread.
    let error = rows > 1 ? (squares / (n * (n - 1))).squareRoot() : .infinity
    let reach = SpecialFunctions.normalQuantile((1 + settings.level) / 2) * error

    let resamples = columns.isEmpty ? 0 : sums.count / columns.count
    var values: [Double] = []
    values.reserveCapacity(resamples)
    for resample in 0..<resamples {
      func sum(_ column: Int) -> Double { sums[resample * columns.count + column] }
      let divisor = terms.normaliser.map(sum) ?? n
      // A resample in which every weight is 0 has no weighted mean.
      guard divisor > 0 else { continue }
      let resampled = (terms.base.map(sum) ?? 0) / n + sum(terms.residual) / divisor
      values.append(resampled + terms.offset)
    }
    return Estimate.Value(
      value: value, bootstrap: Bootstrap.percentiles(values, level: settings.level),
      asymptotic: (value - reach)...(value + reach), standardError: error)
  }
}
