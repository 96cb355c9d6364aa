import Evaluation
import Testing

@Suite("Refusals")
struct EstimateTests {
  @Test("Too few rows that count: refused, with the size")
  func tooFew() throws {
    // 60 rows with weight 0 or 2 for the fixed action: 30 count.
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      (0..<60).map { LoggedInteraction(context: 0, action: $0 % 2, reward: 1, propensity: 0.5) })
    let policy = TabularPolicy.fixed(1, contextCount: 1, actionCount: 2)
    let estimate = try OffPolicyEvaluation(log, policy: policy, model: nil).estimates([.ips])[0]
    #expect(estimate.refusal == .effectiveSampleSize(30, minimum: 50))
    #expect(estimate.refusal?.description == "the effective sample size is 30.0, less than 50.0")
    #expect(estimate.value == nil)
    var settings = EvaluationSettings()
    settings.minimumEffectiveSampleSize = 30
    #expect(
      try OffPolicyEvaluation(log, policy: policy, model: nil, settings: settings).estimates([.ips])[0].value?
        .value
        == 1)
  }

  @Test("Too much of the policy where the log never was: every estimator is refused, with the share")
  func unsupported() throws {
    // Context 0 (75 rows) took actions 0 and 1, context 1 (25 rows) only 0. Of (0.5, 0.25, 0.25): unsupported are 0.25
    // and 0.5, together 0.75 · 0.25 + 0.25 · 0.5 = 0.3125. By action alone: 0.25.
    let log = try BanditLog(
      contextCount: 2, actionCount: 3,
      (0..<100).map {
        LoggedInteraction(context: $0 < 75 ? 0 : 1, action: $0 < 40 ? 1 : 0, reward: 1, propensity: 0.5)
      })
    let policy = try TabularPolicy(actionCount: 3, probabilities: [0.5, 0.25, 0.25, 0.5, 0.25, 0.25])
    let evaluation = try OffPolicyEvaluation(log, policy: policy, model: TabularRewardModel(log))
    #expect(evaluation.unsupportedShare == 0.3125)
    for estimate in evaluation.estimates() {
      #expect(estimate.refusal == .unsupported(share: 0.3125, maximum: 0.1), "\(estimate)")
    }
    let byAction = try OffPolicyEvaluation(
      log, policy: policy, model: nil,
      settings: EvaluationSettings(maximumUnsupportedShare: 0.25, support: .action))
    #expect(byAction.unsupportedShare == 0.25)
    #expect(byAction.estimates([.ips])[0].value != nil)
  }

  @Test("A policy wholly outside the log has effective sample size 0 and is refused, not divided by")
  func disjoint() throws {
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      (0..<99).map { _ in LoggedInteraction(context: 0, action: 0, reward: 1, propensity: 0.5) })
    let settings = EvaluationSettings(maximumUnsupportedShare: 1)
    let estimates = try OffPolicyEvaluation(
      log, policy: .fixed(1, contextCount: 1, actionCount: 2), model: TabularRewardModel(log),
      settings: settings
    ).estimates([.snips, .dm])
    for estimate in estimates { #expect(estimate.refusal == .effectiveSampleSize(0, minimum: 50)) }
  }

  @Test("Weights that do not average 1 refuse what has no model, and nothing else")
  func meanWeight() throws {
    // Propensities a half of what they were: every weight is 2.
    let doubled = try BanditLog(
      contextCount: 1, actionCount: 2,
      (0..<200).map { LoggedInteraction(context: 0, action: $0 % 2, reward: 1, propensity: 0.25) })
    let evaluation = try OffPolicyEvaluation(
      doubled, policy: .uniform(contextCount: 1, actionCount: 2), model: TabularRewardModel(doubled))
    let refused = evaluation.estimates([.ips, .dr])
    #expect(refused[0].refusal == .meanWeight(2, within: 2...2))
    #expect(refused[1].value?.value == 1)
  }

  @Test("A log that explored early and then no more: the weighted means are refused, the model answers")
  func exploredEarly() throws {
    // 200 rows at (0.5, 0.5), then 1,800 at (0.9999, 0.0001) of which none took action 1. Uniform: weights 1 and, later,
    // 0.5/0.9999, so their mean is about 0.55. Action 0 earns 0 and action 1 earns 1: the truth is 0.5.
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      (0..<2_000).map {
        let action = $0 < 200 ? $0 % 2 : 0
        return LoggedInteraction(
          context: 0, action: action, reward: Double(action), propensity: $0 < 200 ? 0.5 : 0.9999)
      })
    let evaluation = try OffPolicyEvaluation(
      log, policy: .uniform(contextCount: 1, actionCount: 2), model: TabularRewardModel(log))
    #expect(evaluation.unsupportedShare == 0)
    let estimates = evaluation.estimates([.ips, .snips, .balancedIPS, .dm, .dr])
    for estimate in estimates.prefix(3) {
      guard case .meanWeight(let mean, _) = try #require(estimate.refusal) else {
        Issue.record("\(estimate)")
        continue
      }
      // (200 · 1 + 1,800 · 0.5/0.9999) / 2,000.
      #expect((mean - 0.550045).magnitude < 1e-6)
    }
    for estimate in estimates.suffix(2) { #expect((estimate.value!.value - 0.5).magnitude < 0.01) }
  }

  @Test("Without a model, those that need one are refused")
  func noModel() throws {
    let log = try SyntheticWorld.log(rows: 300, seed: 1)
    let evaluation = try OffPolicyEvaluation(log, policy: SyntheticWorld.policy(), model: nil)
    for estimate in evaluation.estimates() {
      #expect((estimate.refusal == .noRewardModel) == estimate.estimator.needsRewardModel, "\(estimate)")
    }
  }
}
