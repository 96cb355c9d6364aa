import Evaluation
import Testing

@Suite("A tabular policy")
struct TabularPolicyTests {
  @Test("What is no distribution is refused, with its place")
  func faults() {
    #expect(throws: PolicyFault.shape(count: 3, actions: 2)) {
      try TabularPolicy(actionCount: 2, probabilities: [0.5, 0.5, 1])
    }
    #expect(throws: PolicyFault.probability(-0.5, distribution: 1, action: 0)) {
      try TabularPolicy(actionCount: 2, probabilities: [0.5, 0.5, -0.5, 1.5])
    }
    #expect(throws: PolicyFault.sum(0.75, distribution: 1)) {
      try TabularPolicy(actionCount: 2, probabilities: [0.5, 0.5, 0.5, 0.25])
    }
    #expect(throws: Never.self) {
      try TabularPolicy(actionCount: 3, probabilities: [0.3333333, 0.3333333, 0.3333333])
    }
  }

  @Test("A row has the distribution of its context, or its own")
  func rows() throws {
    let table = [0.9, 0.1, 0.2, 0.8]
    let byContext = try TabularPolicy(actionCount: 2, probabilities: table)
    #expect(byContext.probability(of: 1, row: 0, context: 1) == 0.8)
    let byRow = try TabularPolicy(actionCount: 2, probabilities: table, distributionOfRow: [1, 0])
    #expect(byRow.probability(of: 1, row: 0, context: 0) == 0.8)
    #expect(byRow.probability(of: 1, row: 1, context: 0) == 0.1)
  }

  @Test("A row without a distribution is an error that names it")
  func missingDistribution() throws {
    let row = { LoggedInteraction(context: $0, action: 0, reward: 1, propensity: 1) }
    let log = try BanditLog(contextCount: 3, actionCount: 2, [row(0), row(2)])
    let policy = TabularPolicy.uniform(contextCount: 2, actionCount: 2)
    #expect(throws: LogFault(row: 1, problem: .distribution(2, count: 2))) {
      try OffPolicyEvaluation(log, policy: policy, model: nil)
    }
  }

  @Test("Uniform and fixed")
  func named() {
    #expect(
      TabularPolicy.uniform(contextCount: 2, actionCount: 4).probabilities == Array(repeating: 0.25, count: 8)
    )
    #expect(TabularPolicy.fixed(1, contextCount: 2, actionCount: 3).probabilities == [0, 1, 0, 0, 1, 0])
  }
}
