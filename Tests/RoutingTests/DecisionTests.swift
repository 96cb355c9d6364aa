import Routing
import Statistics
import TestSupport
import Testing

@Suite("Decision")
struct DecisionTests {
  private static let ids = ["a/x", "a/y", "b/x", "c/x", "d/x"]

  private static func snapshot(_ settings: [(key: String, value: Setting)]) -> Snapshot {
    let dollars: [Double?] = [0.1, 0.2, 0.5, 1, nil]
    let candidates = zip(ids, dollars).map { RoutingSamples.candidate($0, dollars: $1) }
    let snapshot = RoutingSamples.snapshot(candidates, regions: 3, settings)
    var generator = Xoshiro256(seed: 24)
    return snapshot.learning(
      (0..<20).map { number in
        let mass = 1 + 10 * generator.uniform()
        return Evidence(ids[number % 5], row: number / 5, mass: mass, sum: mass * generator.uniform())
      })
  }

  @Test(
    "a decision is made again from its record alone: 2,000 of each kind, with random constraints, cost weights and sessions",
    arguments: [
      [("policy", "agentrank")], [("holdout", "0.2"), ("fixed", "b/x")],
      [("policy", "thompson"), ("mode", "observe")],
      [("policy", "epsilon_greedy")], [("policy", "round_robin")],
    ])
  func rederivation(settings: [(String, String)]) throws {
    let snapshot = Self.snapshot(settings.map { (key: $0.0, value: Setting(typed: $0.1)) })
    let cache = TableCache(snapshot)
    var generator = Xoshiro256(seed: 25)
    var reasons: Set<Reason> = []
    for turn in 0..<2_000 {
      let only: [String]? = generator.chance(0.2) ? ["a", "c/x", "d"] : nil
      let intent = Intent(
        capability: .textToVideo,
        text: String(repeating: "x", count: Int.random(in: 0..<40, using: &generator)),
        constraints: Constraints(
          maximumCost: generator.chance(0.3) ? 0.1 + generator.uniform() : nil, only: only,
          exclude: generator.chance(0.2) ? ["a/y"] : []),
        work: Work(duration: generator.chance(0.3) ? Double(Int.random(in: 1...9, using: &generator)) : nil),
        costWeight: generator.chance(0.3) ? [0.5, 1, 2].randomElement(using: &generator)! : 0,
        allowsExploration: generator.chance(0.9), session: "s")
      let placement = Placement(
        row: Int.random(in: 0...3, using: &generator), similarity: Float(generator.uniform()))
      let (decision, choice) = try cache.decide(
        intent, placement, id: generator.identifier(), at: RoutingSamples.opened,
        sticky: generator.chance(0.1) ? UInt32.random(in: 0..<6, using: &generator) : nil, turn: UInt64(turn))
      reasons.insert(decision.reason)
      let again = snapshot.rederive(decision)
      let roster = snapshot[.textToVideo].roster
      #expect(roster.ordinals[again.table.scene.arms[again.arm].position] == decision.chosen)
      #expect(again.propensity == decision.propensity)
      #expect(again.reason == decision.reason)
      #expect(again.shadow.map { roster.ordinals[again.table.scene.arms[$0].position] } == decision.shadow)
      #expect(again.arm == choice.arm)
      #expect(again.table.allocation == choice.table.allocation)
      #expect(again.table.ranking == choice.table.ranking)
      let chosen = try #require(roster.position(of: decision.chosen))
      #expect(decision.eligible.contains(chosen))
      #expect(decision.eligible == roster.eligible(for: intent))
      #expect(decision.epoch == snapshot.epoch && decision.mapVersion == 1)
    }
    #expect(reasons.count >= 2)
  }

  @Test("another id draws for itself; the same id draws the same")
  func ids() throws {
    let cache = TableCache(Self.snapshot([]))
    var generator = Xoshiro256(seed: 26)
    let intent = Intent(capability: .textToVideo)
    let root = Placement(row: 3, similarity: 0)
    var chosen: Set<UInt32> = []
    for _ in 0..<200 {
      let id = generator.identifier()
      let first = try cache.decide(intent, root, id: id, at: RoutingSamples.opened).decision
      #expect(try cache.decide(intent, root, id: id, at: RoutingSamples.opened).decision == first)
      chosen.insert(first.chosen)
    }
    #expect(chosen.count > 1)
  }

  @Test("when nobody may serve the answer has everybody's reason")
  func nobody() {
    let cache = TableCache(Self.snapshot([]))
    let intent = Intent(
      capability: .textToVideo, constraints: Constraints(maximumCost: 0.3, exclude: ["a/x", "a/y"]))
    var generator = Xoshiro256(seed: 27)
    do {
      _ = try cache.decide(
        intent, Placement(row: 0, similarity: 0), id: generator.identifier(), at: RoutingSamples.opened)
      Issue.record("somebody served")
    } catch {
      #expect(error.capability == .textToVideo)
      #expect(error.excluded.map(\.candidate) == Self.ids)
      #expect(
        error.excluded.map(\.reason.reason) == [
          "excluded", "excluded", "max_cost", "max_cost", "price_unknown",
        ])
    }
    let unserved = Intent(capability: .audioGeneration)
    #expect(throws: NoEligibleCandidate.self) {
      try cache.decide(
        unserved, Placement(row: 3, similarity: 0), id: Identifier(high: 0, low: 0), at: RoutingSamples.opened
      )
    }
  }

  @Test("explore: false is part of the record, and leaves propensity 1")
  func exploreFalse() throws {
    let cache = TableCache(Self.snapshot([]))
    var generator = Xoshiro256(seed: 28)
    let intent = Intent(capability: .textToVideo, allowsExploration: false)
    for _ in 0..<100 {
      let decision = try cache.decide(
        intent, Placement(row: 0, similarity: 1), id: generator.identifier(), at: RoutingSamples.opened
      ).decision
      #expect(decision.propensity == 1 && decision.reason == .exploit && !decision.intent.allowsExploration)
    }
  }
}
