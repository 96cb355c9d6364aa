import Routing
import Statistics
import TestSupport
import Testing

@Suite("Choice")
struct ChoiceTests {
  private static let ids = ["a/x", "b/y", "c/z", "d/w", "e/v"]

  /// Five candidates with a little evidence each; `c/z` is the baseline.
  private static func table(_ settings: [(key: String, value: Setting)], explore: Bool = true)
    -> PropensityTable
  {
    let candidates = zip(ids, [1.0, 2, 3, 0.5, 0.2]).map { RoutingSamples.candidate($0, weight: $1) }
    // A sharpness of 1, so that every arm comes up in a million draws.
    let common: [(key: String, value: Setting)] = [
      ("fixed", .text("c/z")), ("exploration_sharpness", .number(1)),
    ]
    let snapshot = RoutingSamples.snapshot(candidates, common + settings).learning([
      Evidence("a/x", mass: 8, sum: 5), Evidence("b/y", mass: 25, sum: 16), Evidence("c/z", mass: 12, sum: 6),
      Evidence("d/w", mass: 3, sum: 1), Evidence("e/v", mass: 30, sum: 6),
    ])
    return snapshot.table(
      TableKey(
        capability: .textToVideo, row: 0, eligible: snapshot[.textToVideo].roster.open,
        allowsExploration: explore,
        costWeight: 0, work: nil))
  }

  @Test(
    "a million choices come out with the propensities that are logged",
    arguments: [
      ("agentrank", 0), ("thompson", 0), ("epsilon_greedy", 0), ("weighted", 0), ("agentrank", 0.1),
    ])
  func frequencies(policy: String, holdout: Double) {
    let table = Self.table([("policy", .text(policy)), ("holdout", .number(holdout))])
    var generator = Xoshiro256(seed: 16)
    var counts = [Int](repeating: 0, count: 5)
    var propensities = [Double](repeating: 0, count: 5)
    var held = 0
    for _ in 0..<1_000_000 {
      let choice = Draw.choose(table, id: Identifier(high: generator.next(), low: generator.next()))
      counts[choice.arm] += 1
      if propensities[choice.arm] != choice.propensity {
        // An arm always comes with one propensity, by whichever way it was chosen, up to rounding.
        #expect((choice.propensity - choice.probability(ofArm: choice.arm)).magnitude < 1e-15)
        propensities[choice.arm] = choice.propensity
      }
      if choice.reason == .holdout { held += 1 }
    }
    #expect((propensities.reduce(0, +) - 1).magnitude < 1e-12)
    let test = GoodnessOfFit.chiSquare(observed: counts, expected: propensities.map { $0 * 1e6 })
    #expect(test.pValue > 1e-4, "\(policy): \(counts) against \(propensities)")
    // 4.9 standard deviations of the holdout's share.
    #expect((Double(held) - holdout * 1e6).magnitude <= 1_500)
    #expect((held > 0) == (holdout > 0))
  }

  @Test("a choice's propensity is bit for bit the probability of its arm", arguments: [0.0, 0.1, 0.37])
  func consistency(holdout: Double) {
    var generator = Xoshiro256(seed: 17)
    for policy in PolicyKind.allCases {
      let table = Self.table([("policy", .text(policy.rawValue)), ("holdout", .number(holdout))])
      let choices = (0..<500).map { Draw.choose(table, id: generator.identifier(), turn: UInt64($0)) }
      let differing = choices.first { $0.propensity != $0.probability(ofArm: $0.arm) }
      #expect(differing?.propensity == nil, "\(policy): \(differing?.propensity ?? 0)")
      #expect(choices.allSatisfy { $0.propensity > 0 })
    }
  }

  @Test("reasons: the preferred arm is exploited, others are explored, the baseline is held out")
  func reasons() {
    let table = Self.table([("holdout", .number(0.2))])
    var generator = Xoshiro256(seed: 18)
    var seen: Set<Reason> = []
    for _ in 0..<2_000 {
      let choice = Draw.choose(table, id: generator.identifier())
      seen.insert(choice.reason)
      #expect(choice.shadow == nil)
      switch choice.reason {
      case .exploit: #expect(choice.arm == table.allocation.preferred)
      case .explore: #expect(choice.arm != table.allocation.preferred)
      case .holdout: #expect(choice.arm == table.baseline)
      case .fixed, .sticky: Issue.record("neither fixed nor sticky")
      }
    }
    #expect(seen == [.exploit, .explore, .holdout])
  }

  @Test("explore: false gives the exploit arm with propensity 1")
  func exploitOnly() {
    let table = Self.table([], explore: false)
    var generator = Xoshiro256(seed: 19)
    for _ in 0..<500 {
      let choice = Draw.choose(table, id: generator.identifier())
      #expect(choice.arm == table.scene.exploit && choice.propensity == 1 && choice.reason == .exploit)
    }
  }

  @Test("observe serves the baseline and logs what the policy would have served, with its frequencies")
  func observe() {
    let table = Self.table([("mode", .text("observe"))])
    let applied = Self.table([])
    var generator = Xoshiro256(seed: 20)
    var shadows = [Int](repeating: 0, count: 5)
    for _ in 0..<20_000 {
      let id = generator.identifier()
      let choice = Draw.choose(table, id: id)
      #expect(choice.arm == 2 && choice.reason == .fixed && choice.propensity == 1)
      #expect(choice.probability(ofArm: 2) == 1 && choice.probability(ofArm: 0) == 0)
      // The same draw as if it had been applied.
      #expect(choice.shadow == Draw.choose(applied, id: id).arm)
      if let shadow = choice.shadow { shadows[shadow] += 1 }
    }
    let expected = table.allocation.probabilities.map { $0 * 20_000 }
    #expect(GoodnessOfFit.chiSquare(observed: shadows, expected: expected).pValue > 1e-4)
  }

  @Test("off serves the baseline to everybody and chooses nothing, sessions included")
  func off() {
    let table = Self.table([("mode", .text("off")), ("holdout", .number(0.5))])
    var generator = Xoshiro256(seed: 21)
    for sticky in [nil, 0] {
      let choice = Draw.choose(table, id: generator.identifier(), sticky: sticky)
      #expect(choice.arm == 2 && choice.reason == .fixed && choice.propensity == 1 && choice.shadow == nil)
    }
  }

  @Test("a session keeps its candidate while that is eligible")
  func sticky() {
    var generator = Xoshiro256(seed: 22)
    for settings in [[], [("holdout", Setting.number(0.5))], [("mode", .text("observe"))]] {
      let table = Self.table(settings.map { (key: $0.0, value: $0.1) })
      let choice = Draw.choose(table, id: generator.identifier(), sticky: 3)
      #expect(choice.arm == 3 && choice.reason == .sticky && choice.propensity == 1)
      #expect(choice.probability(ofArm: 3) == 1 && choice.probability(ofArm: 2) == 0)
    }
    // Position 9 is not among the arms: the policy decides.
    let id = generator.identifier()
    let choice = Draw.choose(Self.table([]), id: id, sticky: 9)
    #expect(choice.reason != .sticky)
    #expect(choice.arm == Draw.choose(Self.table([]), id: id).arm)
  }

  @Test("the fixed policy says that it is fixed")
  func fixed() {
    var generator = Xoshiro256(seed: 23)
    let choice = Draw.choose(Self.table([("policy", .text("fixed"))]), id: generator.identifier())
    #expect(choice.arm == 2 && choice.reason == .fixed && choice.propensity == 1)
    #expect(Reason.allCases.map(\.name) == ["exploit", "explore", "holdout", "fixed", "sticky"])
  }
}
