import Evaluation
import Foundation
import Statistics
import Testing

@Suite("Off-policy evaluation")
struct OffPolicyEvaluationTests {
  static let lenient = EvaluationSettings(
    resamples: 0, minimumEffectiveSampleSize: 0, maximumUnsupportedShare: 1)

  /// One context, two actions, each logged with 0.5; the policy has (0.75, 0.25).
  static func small() throws -> OffPolicyEvaluation {
    let rows = [(0, 1.0), (0, 0.0), (1, 1.0), (0, 1.0)]
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      rows.map { LoggedInteraction(context: 0, action: $0.0, reward: $0.1, propensity: 0.5) })
    let policy = try TabularPolicy(actionCount: 2, probabilities: [0.75, 0.25])
    return try OffPolicyEvaluation(log, policy: policy, model: TabularRewardModel(log), settings: lenient)
  }

  // w = 1.5, 1.5, 0.5, 1.5; g = 0.75; q(0) = (2 + 0.75)/4 = 0.6875, q(1) = (1 + 0.75)/2 = 0.875;
  // DM = 0.75 · 0.6875 + 0.25 · 0.875 = 0.734375; r − q = 0.3125, −0.6875, 0.125, 0.3125; Σ w (r − q) = −0.03125.
  static let byHand: [(estimator: Estimator, expected: Double)] = [
    // (1.5 + 0 + 0.5 + 1.5) / 4, and over Σ w = 5.
    (.ips, 0.875),
    (.snips, 0.7),
    (.clippedIPS(cap: 1), 0.625),
    (.dm, 0.734375),
    // DM − 0.03125 / 4 and DM − 0.03125 / 5.
    (.dr, 0.7265625),
    (.sndr, 0.728125),
    // Only the third row's weight is at most 1: DM + 0.5 · 0.125 / 4.
    (.switchDR(threshold: 1), 0.75),
    // Weights 1.5/3.25 = 6/13 and 0.5/1.25 = 0.4: DM + (0.05 − 0.0625 · 6/13) / 4.
    (.drOptimistic(shrinkage: 1), 0.7396634615384615),
    (.balancedIPS, 0.875),
  ]

  @Test("By hand, four rows", arguments: byHand)
  func values(estimator: Estimator, expected: Double) throws {
    let estimate = try #require(try Self.small().estimates([estimator]).first?.value)
    #expect((estimate.value - expected).magnitude < 1e-15)
    #expect(estimate.bootstrap == nil)
  }

  @Test("By hand: weights and standard errors")
  func errorsByHand() throws {
    let estimates = try Self.small().estimates([.ips, .snips, .dm, .dr])
    // (Σw)² / Σw² = 25 / 7.
    #expect((estimates[0].weights.effectiveSampleSize - 25.0 / 7).magnitude < 1e-15)
    #expect(estimates[0].weights.maximum == 1.5)
    // Terms 1.5, 0, 0.5, 1.5 about 0.875: squares sum to 1.6875, over 4 · 3.
    let ips = try #require(estimates[0].value)
    #expect((ips.standardError - 0.375).magnitude < 1e-15)
    // Φ⁻¹(0.975) = 1.959963984540054 (scipy.stats.norm.ppf).
    #expect((ips.asymptotic.upperBound - (0.875 + 0.375 * 1.959963984540054)).magnitude < 1e-14)
    // w (r − 0.7) / 1.25 = 0.36, −0.84, 0.12, 0.36: squares sum to 0.9792, over 4 · 3.
    #expect((estimates[1].value!.standardError - 0.0816.squareRoot()).magnitude < 1e-15)
    // One context: all of the spread of the direct method is the model's.
    #expect((estimates[2].value!.standardError - estimates[3].value!.standardError).magnitude < 1e-15)
    #expect(estimates[2].value!.standardError > 0.1)
  }

  @Test("A log in exact proportion gives the truth, whatever the model")
  func exactProportion() throws {
    // Context 0 four times in eight, logged (1/4, 3/4); context 1 likewise, (1/2, 1/2). Mean rewards: r.
    // V = ½ (0.4 · 1 + 0.6 · 2/3) + ½ (0.1 · 0.5 + 0.9 · 3) = 0.4 + 1.375 = 1.775.
    let rows: [(Int, Int, Double, Double)] = [
      (0, 0, 1, 0.25), (0, 1, 2, 0.75), (0, 1, 0, 0.75), (0, 1, 0, 0.75), (1, 0, 1, 0.5), (1, 0, 0, 0.5),
      (1, 1, 3, 0.5), (1, 1, 3, 0.5),
    ]
    let log = try BanditLog(
      contextCount: 2, actionCount: 2,
      rows.map { LoggedInteraction(context: $0.0, action: $0.1, reward: $0.2, propensity: $0.3) })
    let policy = try TabularPolicy(actionCount: 2, probabilities: [0.4, 0.6, 0.1, 0.9])
    let model = GivenModel { action, context in Double(7 * action) - 2.5 * Double(context) }
    let estimates = try OffPolicyEvaluation(log, policy: policy, model: model, settings: Self.lenient)
      .estimates([.ips, .snips, .dr, .sndr])
    for estimate in estimates { #expect((estimate.value!.value - 1.775).magnitude < 1e-14, "\(estimate)") }
  }

  @Test("The ends of the parameters are the neighbouring estimators")
  func limits() throws {
    let log = try SyntheticWorld.log(rows: 400, seed: 3)
    let evaluation = try OffPolicyEvaluation(
      log, policy: SyntheticWorld.policy(), model: TabularRewardModel(log), settings: Self.lenient)
    let v = evaluation.estimates([
      .ips, .clippedIPS(cap: .infinity), .dr, .switchDR(threshold: .infinity),
      .drOptimistic(shrinkage: .infinity),
      .dm, .switchDR(threshold: 0), .drOptimistic(shrinkage: 0),
    ]).map { $0.value!.value }
    for (one, other) in [(0, 1), (2, 3), (2, 4), (5, 6), (5, 7)] {
      #expect((v[one] - v[other]).magnitude < 1e-14)
    }
    #expect((v[2] - v[5]).magnitude > 1e-6)
  }

  @Test("Evaluating the logging policy itself: every weight is 1, IPS is the mean reward")
  func onPolicy() throws {
    let log = try SyntheticWorld.log(rows: 300, seed: 9)
    let policy = try TabularPolicy(actionCount: 4, probabilities: SyntheticWorld.logging)
    let estimates = try OffPolicyEvaluation(log, policy: policy, model: nil).estimates([.ips, .snips])
    for estimate in estimates {
      #expect((estimate.value!.value - log.meanReward).magnitude < 1e-14)
      #expect((estimate.weights.effectiveSampleSize - 300).magnitude < 1e-9)
    }
  }

  @Test("Two loggers pooled, by hand")
  func balanced() throws {
    // π_0 = (0.5, 0.5), π_1 = (0.8, 0.2), two rows each: π̄ = (0.65, 0.35). π = (0.3, 0.7): weights 6/13 and 2.
    let rows = [(0, 1.0, 0.5, 0), (1, 0.0, 0.5, 0), (0, 1.0, 0.8, 1), (1, 1.0, 0.2, 1)]
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      rows.map { LoggedInteraction(context: 0, action: $0.0, reward: $0.1, propensity: $0.2, logger: $0.3) })
    let policy = try TabularPolicy(actionCount: 2, probabilities: [0.3, 0.7])
    let mixture = try log.mixturePropensities(of: [
      .uniform(contextCount: 1, actionCount: 2),
      try TabularPolicy(actionCount: 2, probabilities: [0.8, 0.2]),
    ])
    let known = try OffPolicyEvaluation(
      log, policy: policy, model: nil, mixturePropensities: mixture, settings: Self.lenient
    ).estimates([.balancedIPS, .ips])
    #expect((known[0].value!.value - (6.0 / 13 + 0 + 6.0 / 13 + 2) / 4).magnitude < 1e-15)
    // w = 0.6, 1.4, 0.375, 3.5.
    #expect((known[1].value!.value - (0.6 + 0 + 0.375 + 3.5) / 4).magnitude < 1e-15)
    #expect(known[0].weights.maximum < known[1].weights.maximum)
    let unknown = try OffPolicyEvaluation(log, policy: policy, model: nil, settings: Self.lenient)
    #expect(unknown.estimates([.balancedIPS])[0].refusal == .noMixturePropensities(loggers: 2))
    #expect(throws: LogFault(row: 1, problem: .propensity(0))) {
      try OffPolicyEvaluation(log, policy: policy, model: nil, mixturePropensities: [0.65, 0, 0.65, 0.35])
    }
  }

  @Test("Over 400 logs, IPS and DR with any fixed model are right on average")
  func unbiased() throws {
    let policy = try SyntheticWorld.policy()
    let wrong = GivenModel { action, context in 0.9 - 0.2 * Double(action) + 0.1 * Double(context) }
    var values: [[Double]] = [[], []]
    for seed in UInt64(0)..<400 {
      let log = try SyntheticWorld.log(rows: 200, seed: 1_000 + seed)
      let estimates = try OffPolicyEvaluation(log, policy: policy, model: wrong, settings: Self.lenient)
        .estimates([.ips, .dr])
      for (index, estimate) in estimates.enumerated() { values[index].append(estimate.value!.value) }
    }
    for values in values {
      let (mean, error) = Self.meanAndError(values)
      #expect(
        (mean - SyntheticWorld.truth).magnitude < 4 * error, "\(mean) ± \(error), not \(SyntheticWorld.truth)"
      )
    }
  }

  @Test("With wrong propensities DR is right if its model is, and IPS is not")
  func doublyRobust() throws {
    let policy = try SyntheticWorld.policy()
    let right = GivenModel { action, context in SyntheticWorld.means[context * 4 + action] }
    var values: [[Double]] = [[], []]
    for seed in UInt64(0)..<200 {
      let log = try SyntheticWorld.log(rows: 200, seed: 5_000 + seed) { 0.8 * $0 }
      let estimates = try OffPolicyEvaluation(log, policy: policy, model: right, settings: Self.lenient)
        .estimates([.ips, .dr])
      for (index, estimate) in estimates.enumerated() { values[index].append(estimate.value!.value) }
    }
    let (ips, ipsError) = Self.meanAndError(values[0])
    #expect((ips - SyntheticWorld.truth / 0.8).magnitude < 4 * ipsError)
    #expect(ips - SyntheticWorld.truth > 10 * ipsError)
    let (dr, drError) = Self.meanAndError(values[1])
    #expect((dr - SyntheticWorld.truth).magnitude < 4 * drError)
  }

  @Test("Bootstrap and normal interval agree on a log of 2,000 rows")
  func intervalsAgree() throws {
    let log = try SyntheticWorld.log(rows: 2_000, seed: 21)
    let evaluation = try OffPolicyEvaluation(
      log, policy: SyntheticWorld.policy(), model: TabularRewardModel(log),
      settings: EvaluationSettings(resamples: 500))
    for estimate in evaluation.estimates() {
      let value = try #require(estimate.value)
      let bootstrap = try #require(value.bootstrap)
      #expect((bootstrap.lowerBound - value.asymptotic.lowerBound).magnitude < 0.5 * value.standardError)
      #expect((bootstrap.upperBound - value.asymptotic.upperBound).magnitude < 0.5 * value.standardError)
      #expect(bootstrap.contains(value.value))
    }
  }

  static let isSlow = ProcessInfo.processInfo.environment["POINTSMAN_SLOW"] != nil

  @Test(
    "Intervals of level 95 % hold the truth in 93 to 97 % of 1,000 logs",
    .enabled(if: isSlow, "takes minutes: set POINTSMAN_SLOW"))
  func coverage() throws {
    let policy = try SyntheticWorld.policy()
    let estimators: [Estimator] = [
      .ips, .snips, .dm, .dr, .sndr, .switchDR(threshold: 3), .drOptimistic(shrinkage: 100),
    ]
    let logs = 1_000
    var bootstrap = [Int](repeating: 0, count: estimators.count)
    var asymptotic = bootstrap
    for seed in 0..<UInt64(logs) {
      let log = try SyntheticWorld.log(rows: 1_000, seed: 77_000 + seed)
      let estimates = try OffPolicyEvaluation(
        log, policy: policy, model: TabularRewardModel(log),
        settings: EvaluationSettings(resamples: 400, seed: seed)
      ).estimates(estimators)
      for (index, estimate) in estimates.enumerated() {
        let value = try #require(estimate.value)
        if value.bootstrap!.contains(SyntheticWorld.truth) { bootstrap[index] += 1 }
        if value.asymptotic.contains(SyntheticWorld.truth) { asymptotic[index] += 1 }
      }
    }
    for (index, estimator) in estimators.enumerated() {
      let range = (logs * 93 / 100)...(logs * 97 / 100)
      #expect(range.contains(bootstrap[index]), "\(estimator.name), bootstrap: \(bootstrap[index])")
      #expect(range.contains(asymptotic[index]), "\(estimator.name), normal: \(asymptotic[index])")
    }
    print(
      "coverage of \(logs):", zip(estimators, zip(bootstrap, asymptotic)).map { "\($0.name) \($1.0)/\($1.1)" }
    )
  }

  static func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n * (n - 1))).squareRoot())
  }
}
