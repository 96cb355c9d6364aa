import Evaluation
import Foundation
import Testing

/// Agreement with the estimators of the Open Bandit Pipeline on the small Open Bandit Dataset (Saito, Aihara, Matsutani &
/// Narita, NeurIPS Datasets 2021), for the value of the Bernoulli-Thompson policy from the log of the random one.
@Suite("The Open Bandit data")
struct OpenBanditAgreementTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/obd")
  static let isPresent = FileManager.default.fileExists(
    atPath: folder.appending(path: "expected_ope.json").path)

  @Test(
    "IPS, SNIPS, DM and DR agree with the reference to 1e-9",
    .enabled(if: isPresent, "needs shared/data/obd beside the repository"), arguments: ["all", "men"])
  func agreement(campaign: String) throws {
    let (log, policy) = try Self.load(campaign)
    let expected = try Self.expected(campaign)
    let values = try #require(expected["estimates"] as? [String: Double])
    let evaluation = try OffPolicyEvaluation(log, policy: policy, model: TabularRewardModel(log))
    let estimates = evaluation.estimates([.ips, .snips, .dm, .dr])
    for (estimate, name) in zip(estimates, ["IPS", "SNIPS", "DM_tabular", "DR_tabular"]) {
      let value = try #require(estimate.value)
      let reference = try #require(values[name])
      #expect((value.value - reference).magnitude < 1e-9, "\(name): \(value.value), not \(reference)")
    }
    let weights = try #require(expected["weights"] as? [String: Double])
    #expect((estimates[0].weights.effectiveSampleSize - weights["ess"]!).magnitude < 1e-6)
    #expect((estimates[0].weights.maximum - weights["max"]!).magnitude < 1e-9)
  }

  @Test(
    "Bootstrap intervals agree with the reference's, up to the chance in both",
    .enabled(if: isPresent, "needs shared/data/obd beside the repository"), arguments: ["all", "men"])
  func intervals(campaign: String) throws {
    let (log, policy) = try Self.load(campaign)
    let expected = try Self.expected(campaign)
    let intervals = try #require(expected["bootstrap_ci95"] as? [String: [Double]])
    let evaluation = try OffPolicyEvaluation(log, policy: policy, model: TabularRewardModel(log))
    let estimates = evaluation.estimates([.ips, .snips, .dr])
    for (estimate, name) in zip(estimates, ["IPS", "SNIPS", "DR_tabular"]) {
      let interval = try #require(estimate.value?.bootstrap)
      let reference = try #require(intervals[name])
      // A percentile of 2,000 resamples is itself known to about 3 % of the interval, and both are chance.
      let tolerance = 0.1 * (reference[1] - reference[0])
      #expect((interval.lowerBound - reference[0]).magnitude < tolerance)
      #expect((interval.upperBound - reference[1]).magnitude < tolerance)
    }
  }

  static func expected(_ campaign: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appending(path: "expected_ope.json"))
    let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let campaigns = try #require(document["campaigns"] as? [String: Any])
    return try #require(campaigns[campaign] as? [String: Any])
  }

  /// The context is the position, 0…2.
  static func load(_ campaign: String) throws -> (log: BanditLog, policy: TabularPolicy) {
    let shares = try lines("bts_action_dist_\(campaign).csv")
    let actions = shares.count
    var probabilities = [Double](repeating: 0, count: 3 * actions)
    for share in shares {
      let item = try #require(Int(share[0]))
      for position in 0..<3 {
        probabilities[position * actions + item] = try #require(Double(share[position + 1]))
      }
    }
    var log = BanditLog(contextCount: 3, actionCount: actions)
    for row in try lines("random/\(campaign)/\(campaign).csv") {
      try log.append(
        LoggedInteraction(
          context: try #require(Int(row[3])) - 1, action: try #require(Int(row[2])),
          reward: try #require(Double(row[4])), propensity: try #require(Double(row[5]))))
    }
    return (log, try TabularPolicy(actionCount: actions, probabilities: probabilities))
  }

  /// Cells of the lines after the first; the files quote nothing.
  private static func lines(_ name: String) throws -> [[Substring]] {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(whereSeparator: \.isNewline)
      .dropFirst().map { $0.split(separator: ",", maxSplits: 6, omittingEmptySubsequences: false) }
  }
}
