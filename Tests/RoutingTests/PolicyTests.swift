import Statistics
import TestSupport
import Testing

@testable import Routing

/// Three candidates at the root: 24 of 30, 12 of 20 and 1 of 2; π = 0.72814, 0.04757, 0.22430, and with the evidence
/// counted twice 0.85167, 0.01379, 0.13454 (``SceneTests``).
@Suite("Policy")
struct PolicyTests {
  private static let pi = [0.728_137_299_540_104_9, 0.047_566_725_252_213_414, 0.224_295_975_207_681_02]
  private static let sharp = [0.851_672_255_036_998_5, 0.013_788_747_012_236_022, 0.134_538_997_950_765_18]

  private func snapshot(
    _ settings: [(key: String, value: Setting)], traffic: [Epoch.Traffic] = [],
    _ change: (inout [Candidate]) -> Void = { _ in }
  ) -> Snapshot {
    var candidates = ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }
    change(&candidates)
    return RoutingSamples.snapshot(candidates, settings).learning(
      [
        Evidence("a/x", mass: 30, sum: 24), Evidence("b/y", mass: 20, sum: 12),
        Evidence("c/z", mass: 2, sum: 1),
      ],
      traffic: traffic)
  }

  private func allocation(_ snapshot: Snapshot, explore: Bool = true) -> Allocation {
    let knowledge = snapshot[.textToVideo]
    let scene = Scene(knowledge, row: 0, eligible: knowledge.roster.open, allowsExploration: explore)
    return scene.rules.policy.policy.allocate(scene)
  }

  private func agree(_ a: [Double], _ b: [Double], within tolerance: Double = 1e-6) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude < tolerance }
  }

  @Test(
    "agentrank with a full account matches probabilities, at any sharpness; with B = 4 for 100 decisions ε is 0.04"
  )
  func agentRank() {
    let rich = allocation(snapshot([]))
    #expect(rich.preferred == 0)
    #expect(agree(rich.probabilities, Self.sharp))
    #expect(agree(allocation(snapshot([("exploration_sharpness", .number(1))])).probabilities, Self.pi))
    // A grant of 3 × 1, 0.05 × 100 earned, 4 spent: f = 4 / (100 (1 − π)) = 0.269673, ε = f (1 − π) = 0.04,
    // P(p) = 0.04 π_p / (1 − π).
    let poor = snapshot(
      [("exploration_grant", .number(1))],
      traffic: [.init(capability: .textToVideo, row: 0, decisions: 100, explored: 4)])
    #expect((poor[.textToVideo].affordable - 0.269_673_081_121_657_33).magnitude < 1e-6)
    #expect(
      agree(allocation(poor).probabilities, [0.96, 0.003_718_453_891_596_735_3, 0.036_281_546_108_403_19]))
  }

  @Test("agentrank exploits the highest index, epsilon_greedy the highest AgentRank")
  func optimism() {
    let hopeful: [(key: String, value: Setting)] = [
      ("optimism", .number(3)), ("exploration_grant", .number(0)), ("exploration_share", .number(0)),
    ]
    #expect(allocation(snapshot(hopeful)).probabilities == [0, 0, 1])
    #expect(allocation(snapshot(hopeful), explore: false).probabilities == [1, 0, 0])
    #expect(allocation(snapshot(hopeful + [("policy", .text("epsilon_greedy"))])).preferred == 0)
  }

  @Test("explore: false and an empty account leave agentrank the exploit arm alone")
  func exploitOnly() {
    #expect(allocation(snapshot([]), explore: false).probabilities == [1, 0, 0])
    let broke = snapshot(
      [("exploration_grant", .number(0))],
      traffic: [.init(capability: .textToVideo, row: 0, decisions: 100, explored: 6)])
    #expect(broke[.textToVideo].affordable == 0)
    #expect(allocation(broke).probabilities == [1, 0, 0])
  }

  @Test("thompson is not capped: with an empty account it explores as before, but never against the caller")
  func thompson() {
    let spent = [Epoch.Traffic(capability: .textToVideo, row: 0, decisions: 1_000, explored: 900)]
    #expect(agree(allocation(snapshot([("policy", .text("thompson"))])).probabilities, Self.pi))
    #expect(
      agree(allocation(snapshot([("policy", .text("thompson"))], traffic: spent)).probabilities, Self.pi))
    #expect(allocation(snapshot([("policy", .text("thompson"))]), explore: false).probabilities == [1, 0, 0])
  }

  @Test("epsilon_greedy explores evenly with its ε, whatever the account holds")
  func epsilonGreedy() {
    let settings: [(key: String, value: Setting)] = [
      ("policy", .text("epsilon_greedy")), ("epsilon", .number(0.3)),
    ]
    #expect(agree(allocation(snapshot(settings)).probabilities, [0.8, 0.1, 0.1], within: 1e-12))
    let spent = [Epoch.Traffic(capability: .textToVideo, row: 0, decisions: 1_000, explored: 900)]
    #expect(
      agree(allocation(snapshot(settings, traffic: spent)).probabilities, [0.8, 0.1, 0.1], within: 1e-12))
    #expect(allocation(snapshot(settings), explore: false).probabilities == [1, 0, 0])
  }

  @Test("ucb1: mean + c √(2 ln N / n) = 1.298, 1.217, 2.027; without a bonus the best mean")
  func ucb1() {
    // numpy: a/n + np.sqrt(2*np.log(n.sum())/n) of the posteriors, n = [32, 22, 4].
    #expect(allocation(snapshot([("policy", .text("ucb1"))])).probabilities == [0, 0, 1])
    let still: [(key: String, value: Setting)] = [
      ("policy", .text("ucb1")), ("confidence_scale", .number(0)),
    ]
    #expect(allocation(snapshot(still)).probabilities == [1, 0, 0])
    // c such that 0.7940 + 0.5038c = 0.6019 + 1.4249c: c = 0.2085.
    let below: [(key: String, value: Setting)] = [
      ("policy", .text("ucb1")), ("confidence_scale", .number(0.208)),
    ]
    #expect(allocation(snapshot(below)).preferred == 0)
    let above: [(key: String, value: Setting)] = [
      ("policy", .text("ucb1")), ("confidence_scale", .number(0.209)),
    ]
    #expect(allocation(snapshot(above)).preferred == 2)
    #expect(allocation(snapshot([("policy", .text("ucb1"))]), explore: false).preferred == 0)
  }

  @Test("priority: the lowest number, and the first id among equals")
  func priority() {
    let settings: [(key: String, value: Setting)] = [("policy", .text("priority"))]
    #expect(allocation(snapshot(settings)).probabilities == [1, 0, 0])
    #expect(allocation(snapshot(settings) { $0[2].priority = 1 }).probabilities == [0, 0, 1])
    #expect(allocation(snapshot(settings) { $0[0].priority = 101 }).probabilities == [0, 1, 0])
  }

  @Test("weighted: in proportion to the weights, evenly when all are 0")
  func weighted() {
    let settings: [(key: String, value: Setting)] = [("policy", .text("weighted"))]
    let proportional = snapshot(settings) {
      $0[0].weight = 1
      $0[1].weight = 0
      $0[2].weight = 3
    }
    #expect(allocation(proportional).probabilities == [0.25, 0, 0.75])
    let none = snapshot(settings) { for index in $0.indices { $0[index].weight = 0 } }
    #expect(agree(allocation(none).probabilities, [1, 1, 1].map { $0 / 3 }, within: 1e-15))
  }

  @Test("fixed: the named candidate, or the first by priority where it may not serve")
  func fixed() {
    #expect(allocation(snapshot([("policy", .text("fixed"))])).probabilities == [1, 0, 0])
    let named: [(key: String, value: Setting)] = [("policy", .text("fixed")), ("fixed", .text("b/y"))]
    #expect(allocation(snapshot(named)).probabilities == [0, 1, 0])
    #expect(allocation(snapshot(named) { $0[1].isEnabled = false }).probabilities == [1, 0])
    let gone: [(key: String, value: Setting)] = [("policy", .text("fixed")), ("fixed", .text("z/z"))]
    #expect(allocation(snapshot(gone) { $0[2].priority = 1 }).probabilities == [0, 0, 1])
  }

  @Test("round_robin: even shares in the long run, taken in turn")
  func roundRobin() {
    let allocation = allocation(snapshot([("policy", .text("round_robin"))]))
    #expect(allocation.isRotating)
    #expect(agree(allocation.probabilities, [1, 1, 1].map { $0 / 3 }, within: 1e-15))
  }

  @Test(
    "every policy's probabilities are a distribution, and a lone arm is certain",
    arguments: PolicyKind.allCases)
  func distributions(kind: PolicyKind) {
    var generator = Xoshiro256(seed: 14)
    for count in [1, 2, 3, 9] {
      let candidates = (0..<count).map {
        RoutingSamples.candidate("p/m\($0)", bid: 0.2 + generator.uniform(), weight: generator.uniform())
      }
      let snapshot = RoutingSamples.snapshot(candidates, regions: 2, [("policy", .text(kind.rawValue))])
        .learning(
          candidates.map {
            let mass = 50 * generator.uniform()
            return Evidence($0.id, row: 1, mass: mass, sum: mass * generator.uniform())
          })
      for row in 0...2 {
        for explore in [true, false] {
          let knowledge = snapshot[.textToVideo]
          let scene = Scene(knowledge, row: row, eligible: knowledge.roster.open, allowsExploration: explore)
          let allocation = kind.policy.allocate(scene)
          #expect(allocation.probabilities.count == count)
          #expect(allocation.probabilities.allSatisfy { (0...1).contains($0) })
          #expect((allocation.probabilities.reduce(0, +) - 1).magnitude < 1e-12)
          #expect(allocation.probabilities.indices.contains(allocation.preferred))
          if count == 1 { #expect(allocation.probabilities == [1]) }
        }
      }
    }
  }
}
