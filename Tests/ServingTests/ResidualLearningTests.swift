import Routing
import Serving
import Statistics
import TestSupport
import Testing

/// Intents of one region whose own directions tell who serves them best.
@Suite("Learning from intents' own directions")
struct ResidualLearningTests {
  static let sea = [
    "a poem about the sea and its waves", "a poem about the sea and a ship", "a poem about the sea at night",
  ]
  static let city = [
    "a poem about city streets", "a poem about city lights and trams", "a poem about a city in rain",
  ]

  static func catalogue() throws -> Catalogue {
    try TestRouter.catalogue(regions: [NamedRegion(id: "poems", examples: ["a poem", "a poem about"])])
  }

  /// The region claims every intent, and nobody is taken for changed for getting only what he is good at.
  static let claiming: [(key: String, value: Setting)] = [
    ("novelty_floor", .number(-1)), ("change_threshold", .number(1_000_000)),
  ]

  /// Four epochs of 150 decisions; one is right for the sea, two for cities.
  static func taught(
    on ledger: any Ledger = MemoryLedger(), settings: [(key: String, value: Setting)] = []
  ) async throws -> TestRouter {
    let router = try await TestRouter(on: ledger, catalogue: try catalogue(), settings: claiming + settings)
    var generator = Xoshiro256(seed: 8)
    for _ in 0..<4 {
      try await router.epoch(150, sea + city, using: &generator) { text, candidate in
        sea.contains(text) == (candidate == "a/one") ? 0.9 : 0.2
      }
    }
    return router
  }

  /// Of 100 decisions about texts, those that prefer a candidate.
  static func preferring(_ candidate: String, _ texts: [String], _ router: TestRouter) async throws -> Int {
    var count = 0
    for number in 0..<100 {
      let answered = try await router.decide(texts[number % texts.count])
      let scene = answered.choice.table.scene
      if scene.arms[answered.choice.preferred].id == candidate { count += 1 }
    }
    return count
  }

  @Test("Within one region each intent comes to prefer who serves it best, and without the weight none does")
  func learns() async throws {
    let router = try await Self.taught()
    let model = try #require(router.service.snapshot[.textGeneration].residuals)
    #expect(model.confidence > 0.5 && model.observations >= 200)
    #expect(try await Self.preferring("a/one", Self.sea, router) == 100)
    #expect(try await Self.preferring("b/two", Self.city, router) == 100)
    #expect(try await Self.preferring("a/one", ["what is the square root of two"], router) % 100 == 0)

    let deaf = try await Self.taught(settings: [("residual_weight", .number(0))])
    #expect(deaf.service.snapshot[.textGeneration].residuals == nil)
    let first = try await Self.preferring("a/one", Self.sea + Self.city, deaf)
    #expect(first == 0 || first == 100, "one ranking for the region")
  }

  @Test("Every decision is made again bit for bit: with its embedding, and after that was forgotten")
  func explains() async throws {
    let router = try await Self.taught()
    var heard = 0
    var decisions: [Identifier] = []
    for text in Self.sea + Self.city {
      let decision = try await router.decide(text).decision
      decisions.append(decision.id)
      if decision.preferred != nil { heard += 1 }
      let explanation = try await router.service.explain(decision.id)
      #expect(explanation.agrees)
      let shifts = try (0..<2).map { try #require(explanation.shift(ofArm: $0)) }
      // Who is right for it has the larger shift.
      let one = try #require(explanation.choice.table.scene.arms.firstIndex { $0.id == "a/one" })
      #expect((shifts[one] > shifts[1 - one]) == Self.sea.contains(text))
    }
    #expect(heard == 3, "half of the texts prefer who is not first in the region")
    try router.ledger.forgetEmbeddings(before: router.clock.now + .days(1), map: router.service.snapshot.map)
    for id in decisions {
      let explanation = try await router.service.explain(id)
      #expect(explanation.agrees && explanation.direction == nil && explanation.shift(ofArm: 0) == nil)
    }
    // A record that says otherwise is found out, as long as the embedding is there to tell.
    let honest = try await router.decide(Self.sea[0]).decision
    var forged = honest
    forged.preferred = honest.preferred == nil ? 1 : nil
    try await router.service.recorder.flush()
    let archive = SnapshotArchive(router.ledger)
    #expect(try archive.explain(honest).agrees)
    #expect(try !archive.explain(forged).agrees)
  }

  @Test("A restart goes on with the same model, and the log leads to it again")
  func restarts() async throws {
    let router = try await Self.taught()
    await router.service.stop()
    let model = try #require(router.service.snapshot[.textGeneration].residuals)
    let second = try await TestRouter(
      on: router.ledger, clock: router.clock, catalogue: try Self.catalogue(), seed: 2)
    #expect(second.service.snapshot[.textGeneration].residuals == model)
    #expect(try Replay.verify(second.ledger).differences == [])
    #expect(try await Self.preferring("b/two", Self.city, second) == 100)
    // New regions: the past is counted again, and residuals are taken against what it says now.
    _ = try await second.service.addRegion(NamedRegion(id: "sums", examples: ["add two numbers"]))
    _ = try await second.service.keeper.close()
    let moved = try #require(second.service.snapshot[.textGeneration].residuals)
    #expect(second.service.snapshot.map.regions(of: .textGeneration).count == 2)
    #expect(try second.ledger.residuals(inEpoch: .max).map(\.epoch) == [5])
    #expect(moved.observations == 600)
    #expect(try Replay.verify(second.ledger).differences == [])
    #expect(try await Self.preferring("a/one", Self.sea, second) == 100)
  }

  @Test("A correction counts from the next fit on, as if it had been said at first")
  func corrections() async throws {
    // Weighted choice, which asks nobody's direction, so that both worlds decide alike; then agentrank.
    func run(_ isMended: Bool) async throws -> ResidualModel {
      let router = try await TestRouter(
        catalogue: try Self.catalogue(), settings: Self.claiming + [("policy", .text("weighted"))])
      var decisions: [(decision: Decision, score: Double)] = []
      for number in 0..<300 {
        router.clock.advance(by: .milliseconds(10))
        let text = (Self.sea + Self.city)[number % 6]
        let answered = try await router.decide(text)
        let isOne = answered.snapshot.roll.id(of: answered.decision.chosen) == "a/one"
        let score = Self.sea.contains(text) == isOne ? 1.0 : 0
        decisions.append((answered.decision, score))
        _ = try await router.judge(answered.decision, isMended ? 1 - score : score)
      }
      router.clock.advance(by: .minutes(15))
      _ = try await router.service.keeper.close()
      if isMended { for (decision, score) in decisions { _ = try await router.judge(decision, score) } }
      _ = try await router.service.keeper.govern([("policy", .text("agentrank"))], author: "a", reason: "r")
      router.clock.advance(by: .minutes(15))
      _ = try await router.service.keeper.close()
      return try #require(router.service.snapshot[.textGeneration].residuals)
    }
    let (mended, right) = (try await run(true), try await run(false))
    #expect(mended == right && right.confidence > 0)
  }
}
