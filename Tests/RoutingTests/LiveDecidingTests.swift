import Routing
import Statistics
import TestSupport
import Testing

@Suite("Deciding by what is known of the moment")
struct LiveDecidingTests {
  private static let ids = ["a/x", "b/x", "c/x", "d/x", "e/x"]

  private static func snapshot(_ settings: [(key: String, value: Setting)]) -> Snapshot {
    RoutingSamples.snapshot(ids.map { RoutingSamples.candidate($0) }, regions: 2, settings).learning([
      Evidence("a/x", mass: 8, sum: 5), Evidence("b/x", mass: 25, sum: 16), Evidence("c/x", mass: 12, sum: 6),
      Evidence("d/x", mass: 3, sum: 1), Evidence("e/x", mass: 30, sum: 6),
    ])
  }

  /// Anything that can be known of somebody.
  private static func market(_ generator: inout Xoshiro256) -> LiveMarket {
    var market = LiveMarket()
    for id in ids where generator.chance(0.7) {
      var state = LiveState(load: generator.uniform())
      if generator.chance(0.4) {
        let span = Span(microseconds: Int64(generator.uniform() * 60e6) - 20_000_000)
        state.obstacle = LiveObstacle(
          LiveObstacle.Kind.allCases.randomElement(using: &generator)!,
          until: generator.chance(0.6) ? RoutingSamples.opened + span : nil, detail: "of the moment")
      }
      if generator.chance(0.3) { state.admission = generator.uniform() }
      if generator.chance(0.5) {
        state.latencyP50 = .milliseconds(Int64(generator.uniform() * 9_000))
        state.latencyP90 = .milliseconds(Int64(generator.uniform() * 90_000))
      }
      market.states[id] = state
    }
    return market
  }

  @Test(
    "2,000 decisions under random markets are made again without them, bit for bit",
    arguments: PolicyKind.allCases, ["apply", "observe"])
  func rederivation(kind: PolicyKind, mode: String) {
    let snapshot = Self.snapshot([
      ("policy", .text(kind.rawValue)), ("mode", .text(mode)), ("holdout", .number(0.1)),
      ("fixed", .text("c/x")),
    ])
    let cache = TableCache(snapshot)
    let roster = snapshot[.textToVideo].roster
    var generator = Xoshiro256(seed: 42)
    var served = 0
    var live: LiveRoster?
    for turn in 0..<2_000 {
      if turn % 10 == 0 {
        live = ResolvedMarket(Self.market(&generator), snapshot)[.textToVideo]
      }
      let intent = Intent(
        capability: .textToVideo,
        constraints: Constraints(maximumLatency: generator.chance(0.3) ? .seconds(45) : nil))
      let isHere = generator.chance(0.5)
      let circumstances = Circumstances(
        id: generator.identifier(), at: RoutingSamples.opened, live: live,
        execution: isHere ? .here(unable: generator.chance(0.3) ? ["b/x": "cannot"] : [:]) : .elsewhere)
      let placement = Placement(row: Int.random(in: 0...2, using: &generator), similarity: 0)
      let sticky = generator.chance(0.2) ? UInt32.random(in: 0..<5, using: &generator) : nil
      guard
        let (decision, choice, admission) = try? cache.decide(
          intent, placement, circumstances, sticky: sticky, turn: UInt64(turn))
      else { continue }
      served += 1
      let again = snapshot.rederive(decision)
      #expect(again.arm == choice.arm && again.reason == choice.reason && again.shadow == choice.shadow)
      #expect(again.propensity.bitPattern == decision.propensity.bitPattern)
      #expect(again.preferred == choice.preferred)
      #expect(
        decision.eligible == admission.eligible
          && decision.eligible.contains(again.table.scene.arms[again.arm].position))
      let total = again.table.scene.arms.indices.reduce(0) { $0 + again.probability(ofArm: $1) }
      #expect((total - 1).magnitude < 1e-12)
      #expect(again.probability(ofArm: again.arm) == decision.propensity)
      // A session's candidate that is kept out does not serve.
      if let sticky, roster.position(of: sticky).map({ !decision.eligible.contains($0) }) == true {
        #expect(decision.reason != .sticky && decision.chosen != sticky)
      }
      let excluded = snapshot.exclusions(for: intent, except: decision.eligible, circumstances)
      #expect(excluded.count + decision.eligible.count == 5)
      #expect(excluded.allSatisfy { $0.reason != .unavailableThen })
      #expect(
        snapshot.exclusions(for: intent, except: decision.eligible).map(\.candidate)
          == excluded.map(\.candidate))
    }
    #expect(served > 1_000)
  }

  @Test(
    "under obstacles too, arms come out with the propensities that are logged",
    arguments: ["agentrank", "thompson", "epsilon_greedy", "weighted"])
  func frequencies(policy: String) throws {
    let snapshot = Self.snapshot([
      ("policy", .text(policy)), ("holdout", .number(0.1)), ("fixed", .text("c/x")),
      ("exploration_sharpness", .number(1)),
    ])
    let states = [
      "a/x": LiveState(obstacle: LiveObstacle(.down, detail: "down")), "d/x": LiveState(admission: 0.25),
    ]
    let live = ResolvedMarket(LiveMarket(states: states), snapshot)[.textToVideo]
    let cache = TableCache(snapshot)
    var generator = Xoshiro256(seed: 43)
    // By eligible set: the propensity is conditional on it.
    var counts: [CandidateSet: [Int]] = [:]
    var propensities: [CandidateSet: [Double]] = [:]
    for _ in 0..<60_000 {
      let circumstances = Circumstances(id: generator.identifier(), at: RoutingSamples.opened, live: live)
      let (decision, choice, _) = try cache.decide(
        Intent(capability: .textToVideo), Placement(row: 0, similarity: 0), circumstances)
      let arms = choice.table.scene.arms
      counts[decision.eligible, default: [0, 0, 0, 0, 0]][arms[choice.arm].position] += 1
      if propensities[decision.eligible] == nil {
        propensities[decision.eligible] = arms.indices.map { choice.probability(ofArm: $0) }
      }
      #expect(choice.propensity == choice.probability(ofArm: choice.arm))
    }
    #expect(counts.count == 2)
    for (eligible, counts) in counts {
      let total = counts.reduce(0, +)
      let served = try #require(propensities[eligible])
      let expected = served.map { $0 * Double(total) }
      #expect((served.reduce(0, +) - 1).magnitude < 1e-12)
      #expect(counts[0] == 0 && (counts[3] > 0) == eligible.contains(3))
      let test = GoodnessOfFit.chiSquare(observed: eligible.positions.map { counts[$0] }, expected: expected)
      #expect(test.pValue > 1e-4, "\(policy): \(counts)")
      // √(60,000 · 0.25 · 0.75) = 106.
      let mean: Double = eligible.contains(3) ? 15_000 : 45_000
      #expect((Double(total) - mean).magnitude < 530)
    }
  }

  @Test("a baseline that is kept out gives way to the first by priority, in observe and in the holdout")
  func baseline() throws {
    for (mode, holdout) in [("observe", 0.0), ("apply", 0.5)] {
      let snapshot = Self.snapshot([
        ("fixed", .text("c/x")), ("mode", .text(mode)), ("holdout", .number(holdout)),
      ])
      let states = ["c/x": LiveState(obstacle: LiveObstacle(.circuitOpen, detail: "open"))]
      let live = ResolvedMarket(LiveMarket(states: states), snapshot)[.textToVideo]
      var generator = Xoshiro256(seed: 44)
      var seen = 0
      for _ in 0..<300 {
        let circumstances = Circumstances(id: generator.identifier(), at: RoutingSamples.opened, live: live)
        let choice = try TableCache(snapshot).decide(
          Intent(capability: .textToVideo), Placement(row: 0, similarity: 0), circumstances
        ).choice
        #expect(choice.table.scene.arms[choice.table.baseline].id == "a/x")
        guard choice.reason == .fixed || choice.reason == .holdout else { continue }
        seen += 1
        #expect(choice.arm == choice.table.baseline)
        #expect((choice.shadow != nil) == (mode == "observe"))
      }
      #expect(mode == "observe" ? seen == 300 : (100...200).contains(seen))
    }
  }

  @Test("least_loaded and latency serve whom the moment puts first, and record its position")
  func orders() throws {
    let states = [
      "a/x": LiveState(load: 0.5, latencyP50: .seconds(2)),
      "b/x": LiveState(load: 0.2, latencyP50: .seconds(3)),
      "c/x": LiveState(load: 0.9, latencyP50: .seconds(1)),
      "d/x": LiveState(load: 0.9, latencyP50: .seconds(8)),
      "e/x": LiveState(load: 0.3),
    ]
    for (policy, expected) in [("least_loaded", ["b/x", "e/x"]), ("latency", ["c/x", "a/x"])] {
      let snapshot = Self.snapshot([("policy", .text(policy))])
      let cache = TableCache(snapshot)
      var market = LiveMarket(states: states)
      func decide() throws -> (decision: Decision, choice: Choice, admission: Admission) {
        try cache.decide(
          Intent(capability: .textToVideo), Placement(row: 0, similarity: 0),
          Circumstances(
            id: Identifier(high: 7, low: 9), at: RoutingSamples.opened,
            live: ResolvedMarket(market, snapshot)[.textToVideo]), turn: 4)
      }
      let first = try decide()
      #expect(first.choice.table.scene.arms[first.choice.arm].id == expected[0])
      #expect(first.decision.turn == UInt64(snapshot.column(expected[0])))
      #expect(first.decision.propensity == 1 && first.decision.reason == .exploit)
      market.states[expected[0]]!.obstacle = LiveObstacle(.down, detail: "down")
      let next = try decide()
      #expect(next.choice.table.scene.arms[next.choice.arm].id == expected[1])
      // Nothing is known: all figures are equal, and the first id serves.
      market.states = [:]
      let blind = try decide()
      #expect(blind.choice.table.scene.arms[blind.choice.arm].id == "a/x" && blind.decision.turn == 0)
      #expect(blind.choice.table.served == nil)
    }
  }

  @Test(
    "a holdout beside an order of the moment: 0.2 for the baseline, 0.8 for the first, 1 where they are one")
  func orderWithHoldout() throws {
    let snapshot = Self.snapshot([
      ("policy", .text("least_loaded")), ("holdout", .number(0.2)), ("fixed", .text("c/x")),
    ])
    let cache = TableCache(snapshot)
    var generator = Xoshiro256(seed: 45)
    for (first, expected) in [("b/x", [0, 0.8, 0.2, 0, 0]), ("c/x", [0, 0, 1, 0, 0])] {
      var states = Dictionary(uniqueKeysWithValues: Self.ids.map { ($0, LiveState(load: 1)) })
      states[first] = LiveState()
      let live = ResolvedMarket(LiveMarket(states: states), snapshot)[.textToVideo]
      var held = 0
      for _ in 0..<5_000 {
        let choice = try cache.decide(
          Intent(capability: .textToVideo), Placement(row: 0, similarity: 0),
          Circumstances(id: generator.identifier(), at: RoutingSamples.opened, live: live)
        ).choice
        #expect((0..<5).map { choice.probability(ofArm: $0) } == expected)
        #expect(choice.propensity == expected[choice.arm])
        if choice.reason == .holdout { held += 1 }
        #expect(choice.arm == (choice.reason == .holdout ? 2 : snapshot.column(first)))
      }
      // √(5,000 · 0.2 · 0.8) = 28.
      #expect((held - 1_000).magnitude < 141)
    }
  }

  @Test("an order that names somebody who may not serve leaves the first arm")
  func strangeTurn() {
    let snapshot = Self.snapshot([("policy", .text("latency"))])
    var eligible = snapshot[.textToVideo].roster.open
    eligible.remove(0)
    let table = snapshot.table(
      TableKey(
        capability: .textToVideo, row: 0, eligible: eligible, allowsExploration: true, costWeight: 0,
        work: nil
      ))
    for (turn, arm) in [(UInt64(0), 0), (3, 2), (99, 0), (.max, 0)] {
      #expect(Draw.choose(table, id: Identifier(high: 1, low: 1), turn: turn).arm == arm)
    }
  }
}
