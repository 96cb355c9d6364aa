import Statistics
import TestSupport
import Testing
import Vectors

@testable import Routing

/// Whom an intent prefers beside its region, and what becomes of the region's probabilities.
@Suite("Heard intents")
struct HeardIntentTests {
  /// Two candidates of known records in region 0, with a model by which axis 0 speaks for the second.
  private static func snapshot(_ shift: Float, affords: Bool = true) -> Snapshot {
    let settings: [(key: String, value: Setting)] = affords ? [] : [("exploration_grant", .number(0))]
    return ResidualModelTests.snapshot(settings).learning(
      [Evidence("a/x", mass: 60, sum: 45), Evidence("b/y", mass: 60, sum: 42)],
      traffic: [.init(capability: .textToVideo, row: 0, decisions: 100, explored: 5)]
    ).adopting(ResidualModelTests.model([[0, 0], [shift, 0]]), .textToVideo)
  }

  private static let intent = Intent(capability: .textToVideo)
  private static let place = Placement(row: 0, similarity: 1)

  private static func decide(
    _ cache: TableCache, _ embedding: [Float], using generator: inout Xoshiro256, _ intent: Intent = intent
  ) throws -> (decision: Decision, choice: Choice) {
    try cache.decide(
      intent, place, direction: cache.snapshot.direction(of: embedding, row: 0, .textToVideo),
      id: generator.identifier(), at: RoutingSamples.opened)
  }

  @Test(
    "the highest index + weight × shift is preferred: 0.04 is too little here, 0.08 is enough, along its axis only"
  )
  func preference() throws {
    var generator = Xoshiro256(seed: 1)
    for (shift, second) in [(Float(0.04), false), (0.08, true), (-0.08, false)] {
      let cache = TableCache(Self.snapshot(shift))
      let key = TableKey(
        capability: .textToVideo, row: 0, eligible: CandidateSet(first: 2), allowsExploration: true,
        costWeight: 0, work: nil)
      let scene = cache.table(key).scene
      // The gap that the shift has to bridge.
      let gap = scene.arms[0].index - scene.arms[1].index
      #expect(scene.regional == 0 && gap > 0.04 && gap < 0.08)
      let (decision, choice) = try Self.decide(cache, [1, 0], using: &generator)
      #expect(decision.preferred == (second ? 1 : nil))
      #expect(choice.preferred == (second ? 1 : 0))
      #expect(try Self.decide(cache, [0, 1], using: &generator).decision.preferred == nil)
      #expect(try Self.decide(cache, [0, 0], using: &generator).decision.preferred == nil)
    }
  }

  @Test("whoever is preferred takes over the place of the region's first, and exploring stays as dear")
  func exchange() throws {
    var generator = Xoshiro256(seed: 2)
    for affords in [true, false] {
      let cache = TableCache(Self.snapshot(0.2, affords: affords))
      let usual = try Self.decide(cache, [0, 1], using: &generator).choice.table.allocation
      let heard = try Self.decide(cache, [1, 0], using: &generator).choice.table.allocation
      #expect(usual.preferred == 0 && heard.preferred == 1)
      #expect(heard.probabilities[1] == usual.probabilities[0])
      #expect(heard.probabilities[0] == usual.probabilities[1])
      #expect(abs(heard.probabilities.reduce(0, +) - 1) < 1e-12)
      #expect((heard.probabilities[0] > 0) == affords)
    }
  }

  @Test("a decision is made again without its embedding; what it records is the preferred one, not the shift")
  func rederivation() throws {
    var generator = Xoshiro256(seed: 3)
    let snapshot = Self.snapshot(0.1)
    let cache = TableCache(snapshot)
    var heard = 0
    var reasons: Set<Reason> = []
    for _ in 0..<2_000 {
      var intent = Self.intent
      intent.allowsExploration = generator.chance(0.8)
      let embedding: [Float] = [Float(generator.uniform()) - 0.3, Float(generator.uniform())]
      let (decision, choice) = try Self.decide(cache, embedding, using: &generator, intent)
      let again = [snapshot.rederive(decision), cache.rederive(decision)]
      #expect(again.allSatisfy { $0.arm == choice.arm && $0.propensity == decision.propensity })
      #expect(again.allSatisfy { $0.reason == decision.reason && $0.preferred == choice.preferred })
      let direction = snapshot.direction(of: embedding, row: 0, .textToVideo)
      #expect(snapshot.preferred(decision, along: direction) == decision.preferred)
      if decision.preferred != nil { heard += 1 }
      reasons.insert(decision.reason)
    }
    #expect(heard > 200 && heard < 1_800)
    #expect(reasons == [.exploit, .explore])
  }

  @Test("nobody who may not serve is preferred, however much speaks for him")
  func eligibility() throws {
    var generator = Xoshiro256(seed: 4)
    let cache = TableCache(Self.snapshot(5))
    var intent = Self.intent
    intent.constraints = Constraints(exclude: ["b/y"])
    let (decision, choice) = try Self.decide(cache, [1, 0], using: &generator, intent)
    #expect(decision.preferred == nil && decision.chosen == 0 && choice.propensity == 1)
  }

  @Test("passing over arms by their bounds changes nothing: 400 random scenes against asking every arm")
  func bounds() throws {
    var generator = Xoshiro256(seed: 5)
    for _ in 0..<400 {
      let ids = (0..<6).map { "c\($0)/m" }
      let weights = ids.map { _ in
        generator.direction(of: 8).map { $0 * Float(0.3 * generator.uniform()) }
      }
      let snapshot = RoutingSamples.snapshot(
        ids.map { RoutingSamples.candidate($0, bid: 0.5 + generator.uniform()) }, regions: 2
      ).learning(ids.map { Evidence($0, mass: 40, sum: 10 + 20 * generator.uniform()) })
        .adopting(
          ResidualModel(
            mean: nil, ordinals: ids.indices.map { UInt32($0) }, weights: Matrix(rowVectors: weights),
            confidence: 1, observations: 300), .textToVideo)
      let knowledge = snapshot[.textToVideo]
      let scene = Scene(knowledge, row: 0, eligible: knowledge.roster.open)
      let scorer = try #require(knowledge.scorer)
      let direction = generator.direction(of: 8)
      let values = scene.arms.map {
        $0.index + $0.weight * scorer.shift(of: $0.position, along: direction[...])
      }
      let preferred = scene.preferred(scorer, along: direction[...])
      #expect(values[preferred] == values.max())
    }
  }
}
