import Evaluation
import Experiments
import Foundation
import Testing

@testable import pointsman

@Suite struct LoggedFeedbackTests {
  static let lenient = EvaluationSettings(
    resamples: 0, minimumEffectiveSampleSize: 0, maximumUnsupportedShare: 1)

  /// A file with a text, for as long as `body` runs.
  static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "pointsman-\(UUID().uuidString)")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  static func read(_ text: String, needsProbabilities: Bool = false) throws -> LoggedFeedback {
    try withFile(text) { try LoggedFeedback(path: $0, needsProbabilities: needsProbabilities) }
  }

  static let log = """
    {"context": "x", "candidate": "a", "reward": 1, "propensity": 0.5, "probabilities": {"a": 0.75, "b": 0.25}}
    {"region": "x", "action": "a", "reward": 0, "propensity": 0.5, "probabilities": {"a": 0.75, "b": 0.25}}

    {"context": "x", "candidate": "b", "reward": 1, "propensity": 0.5, "probabilities": {"b": 0.25, "a": 0.75}}
    {"context": "x", "candidate": "a", "reward": 1, "propensity": 0.5, "probabilities": {"a": 0.75, "b": 0.25}}
    """

  // Weights 1.5, 1.5, 0.5, 1.5: IPS (1.5 + 0.5 + 1.5) / 4, SNIPS 3.5 / 5.
  @Test("the lines of an NDJSON log, with what they say of the policy")
  func lines() throws {
    var feedback = try Self.read(Self.log, needsProbabilities: true)
    #expect(feedback.faults == [])
    #expect(feedback.rows.map(\.line) == [1, 2, 4, 5])
    #expect(feedback.distributions.count == 1)
    let estimates = try feedback.evaluation(of: .rows, model: .tabular, settings: Self.lenient)
      .estimates([.ips, .snips])
    #expect(estimates.map { $0.value?.value } == [0.875, 0.7])
  }

  @Test("a line that is wrong is named with its reason, and the rest still counts")
  func faults() throws {
    let text =
      Self.log + """

        not JSON
        {"candidate": "a", "reward": 1, "propensity": 0}
        {"candidate": "a", "propensity": 0.5}
        {"reward": 1, "propensity": 0.5}
        {"candidate": "a", "reward": 1, "propensity": 0.5, "probabilities": {"a": 0.4}}
        {"candidate": "a", "reward": 1, "propensity": 0.5}
        """
    let feedback = try Self.read(text, needsProbabilities: true)
    #expect(feedback.rows.count == 4)
    #expect(feedback.faults.map(\.line) == [6, 7, 8, 9, 10, 11])
    #expect(feedback.faults[1].reason == "the propensity must be above 0 and at most 1, got 0.0")
    #expect(feedback.faults[4].reason == "probabilities must sum to 1, got 0.400000")
    // A refused line leaves no context behind.
    #expect(feedback.contexts.all == ["x"])
  }

  static let campaign = """
    ,timestamp,item_id,position,click,propensity_score,user_feature_0,user-item_affinity_0
    0,2019-11-24 00:00:34+00:00,0,1,1,0.5,u,0.0
    1,2019-11-24 00:00:35+00:00,1,2,0,0.5,u,0.0
    2,2019-11-24 00:00:36+00:00,1,2,1,0.5,v,0.0
    3,2019-11-24 00:00:37+00:00,one,2,1,0.5,v,0.0
    4,2019-11-24 00:00:38+00:00,1
    """

  @Test("the Open Bandit layout, with its action distribution")
  func openBandit() throws {
    var feedback = try Self.read(Self.campaign)
    #expect(feedback.faults.map(\.line) == [5, 6])
    #expect(feedback.contexts.all == ["1", "2"])
    // A regression tells the two users of position 2 apart.
    #expect(feedback.vectors.count == 3)
    let policy = try Self.withFile("item_id,p_pos1,p_pos2\n0,0.9,0.2\n1,0.1,0.8\n") {
      try feedback.policy(path: $0)
    }
    // Weights 0.9 / 0.5, 0.8 / 0.5 and 0.8 / 0.5; the first and the last clicked.
    for model in LoggedFeedback.Model.allCases {
      let estimates = try feedback.evaluation(of: policy, model: model, settings: Self.lenient).estimates([
        .ips
      ])
      let value = try #require(estimates[0].value?.value)
      #expect((value - (1.8 + 1.6) / 3).magnitude < 1e-15)
    }
  }

  @Test("a policy by context, with one for all others, and what it takes to be one")
  func policies() throws {
    var feedback = try Self.read(Self.log)
    let file =
      "{\"context\": \"y\", \"probabilities\": {\"a\": 1}}\n{\"probabilities\": {\"b\": 0.5, \"c\": 0.5}}\n"
    let policy = try Self.withFile(file) { try feedback.policy(path: $0) }
    #expect(feedback.actions.all == ["a", "b", "c"])
    let evaluation = try feedback.evaluation(of: policy, model: .tabular, settings: Self.lenient)
    #expect(evaluation.weights == [0, 0, 1, 0])
    // c was never taken.
    #expect(evaluation.unsupportedShare == 0.5)
    let missing = try Self.withFile("{\"context\": \"y\", \"probabilities\": {\"a\": 1}}\n") {
      try feedback.policy(path: $0)
    }
    #expect(throws: CommandFailure("the policy says nothing about the context x")) {
      try feedback.evaluation(of: missing, model: .tabular, settings: Self.lenient)
    }
    #expect(throws: CommandFailure("the log never took z, so it cannot say what that is worth")) {
      try feedback.evaluation(of: .fixed("z"), model: .tabular, settings: Self.lenient)
    }
  }

  @Test("several loggers, with the propensity that each would have given")
  func loggers() throws {
    // Shares 1/2 and 1/2: mixtures 0.65, 0.35, 0.65, 0.35; uniform is 0.5.
    let rows = [("a", 0.5, "L", 1), ("b", 0.5, "L", 0), ("a", 0.8, "M", 1), ("b", 0.2, "M", 1)]
    let lines = rows.map { candidate, propensity, logger, reward in
      let both = candidate == "a" ? "{\"L\": 0.5, \"M\": 0.8}" : "{\"L\": 0.5, \"M\": 0.2}"
      return
        "{\"candidate\": \"\(candidate)\", \"propensity\": \(propensity), \"logger\": \"\(logger)\", "
        + "\"reward\": \(reward), \"logger_propensities\": \(both)}"
    }
    var feedback = try Self.read(lines.joined(separator: "\n"))
    let estimate = try feedback.evaluation(of: .uniform, model: .tabular, settings: Self.lenient)
      .estimates([.balancedIPS])[0]
    let value = try #require(estimate.value?.value)
    #expect((value - (0.5 / 0.65 + 0.5 / 0.65 + 0.5 / 0.35) / 4).magnitude < 1e-15)
  }
}
