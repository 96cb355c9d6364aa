import Embedding
import Foundation
import Logging
import Routing
import Serving
import Statistics
import TestSupport
import Testing

/// A router on a ledger in memory, with a clock that the test moves.
struct TestRouter {
  let ledger: any Ledger
  let clock: ManualClock
  let service: RoutingService

  static let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }()

  static func catalogue(_ ids: [String] = ["a/one", "b/two"], regions: [NamedRegion] = []) throws -> Catalogue
  {
    let providers = Set(ids.map { String($0.split(separator: "/")[0]) }).map { Provider(id: $0, name: $0) }
    return try Catalogue(
      providers: providers,
      candidates: ids.map {
        let parts = $0.split(separator: "/")
        return Candidate(
          id: $0, provider: String(parts[0]), model: String(parts[1]), capabilities: [.textGeneration],
          price: Price())
      }, regions: regions)
  }

  init(
    on ledger: any Ledger = MemoryLedger(), clock: ManualClock = ManualClock(), catalogue: Catalogue? = nil,
    settings: [(key: String, value: Setting)] = [], seed: UInt64 = 1
  ) async throws {
    self.ledger = ledger
    self.clock = clock
    service = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: try catalogue ?? TestRouter.catalogue(),
      settings: settings,
      clock: clock, mint: IdentifierMint(seed: seed), logger: TestRouter.quiet)
  }

  func decide(_ text: String, session: String? = nil) async throws -> Answered {
    try await service.decide(Intent(capability: .textGeneration, text: text, session: session))
  }

  /// Posts a score for a decision.
  func judge(_ decision: Decision, _ score: Double, id: String? = nil) async throws -> Receipt {
    try await service.judge([
      Submission(
        id: id ?? "f:\(decision.id)", decision: decision.id,
        content: .signal(.score, reward: score, trust: 1, other: nil),
        value: .number(score), at: clock.now, received: clock.now)
    ])[0]
  }

  /// One epoch of decisions with rewards by candidate, then closes it.
  @discardableResult
  func epoch(
    _ count: Int, _ texts: [String], using generator: inout Xoshiro256, _ quality: (String, String) -> Double
  ) async throws -> EpochSummary {
    for _ in 0..<count {
      clock.advance(by: .milliseconds(10))
      let text = texts[Int.random(in: texts.indices, using: &generator)]
      let answered = try await decide(text)
      let candidate = answered.snapshot.roll.id(of: answered.decision.chosen)
      _ = try await judge(answered.decision, generator.uniform() < quality(text, candidate) ? 1 : 0)
    }
    clock.advance(by: .minutes(15))
    return try await service.keeper.close()
  }
}

@Suite("The router in operation")
struct RoutingServiceTests {
  static let texts = [
    "draw a red fox in the snow", "prove that the sum is even", "write a sea shanty", "sort these numbers",
  ]

  @Test("It learns which candidate is better, and the log folds to what it knows")
  func learns() async throws {
    let router = try await TestRouter()
    var generator = Xoshiro256(seed: 3)
    var summary: EpochSummary?
    for _ in 0..<12 {
      summary = try await router.epoch(60, Self.texts, using: &generator) { _, candidate in
        candidate == "a/one" ? 0.9 : 0.3
      }
    }
    #expect(try #require(summary?.summary.meanReward) > 0.8)
    let knowledge = router.service.snapshot[.textGeneration]
    let scene = Scene(knowledge, row: knowledge.rootRow, eligible: knowledge.roster.open)
    #expect(scene.arms[scene.exploit].id == "a/one")
    #expect(router.service.snapshot.check() == [])
    let verification = try Replay.verify(router.ledger)
    #expect(verification.differences == [])
    #expect(verification.epochs == 12 && verification.decisions == 720 && verification.judgements == 720)
  }

  @Test("A router started on the same ledger knows exactly what the first one knew")
  func restarts() async throws {
    let router = try await TestRouter()
    var generator = Xoshiro256(seed: 4)
    for _ in 0..<3 {
      try await router.epoch(50, Self.texts, using: &generator) { _, candidate in
        candidate == "b/two" ? 0.8 : 0.2
      }
    }
    // Said after the last close: part of the tail, not of the snapshot.
    let late = try await router.decide(Self.texts[0])
    _ = try await router.judge(late.decision, 1)
    await router.service.stop()

    let second = try await TestRouter(on: router.ledger, clock: router.clock, seed: 2)
    #expect(second.service.snapshot.learnedBytes == router.service.snapshot.learnedBytes)
    #expect(second.service.snapshot.epoch == 3)
    let summary = try await second.service.keeper.close()
    #expect(summary.summary.decisions == 1 && summary.summary.observations == 1)
    #expect(try Replay.verify(second.ledger).differences == [])
  }

  @Test("Late corrections and revocations leave the state that the right signals would have made")
  func corrections() async throws {
    // The same ids and times in both worlds; in one the first signals are wrong and mended two epochs later.
    func run(_ isMended: Bool) async throws -> [UInt8] {
      // Weighted choice does not look at what was learned, so both worlds choose alike.
      let router = try await TestRouter(settings: [("policy", .text("weighted"))], seed: 9)
      var decisions: [Decision] = []
      for epoch in 0..<4 {
        for item in 0..<20 {
          router.clock.advance(by: .milliseconds(10))
          let answered = try await router.decide(Self.texts[item % 4])
          if epoch == 0 { decisions.append(answered.decision) }
          let wrong = isMended && epoch == 0
          let right = Double((item * 7) % 10) / 10
          if wrong || item != 3 || epoch != 0 {
            _ = try await router.judge(answered.decision, wrong ? 1 - right : right)
          }
        }
        if isMended, epoch == 2 {
          router.clock.advance(by: .seconds(1))
          for (item, decision) in decisions.enumerated() {
            if item == 3 {
              _ = try await router.service.judge([
                Submission(
                  id: "f:\(decision.id)", decision: decision.id, content: .revocation, at: router.clock.now,
                  received: router.clock.now)
              ])
            } else {
              // A score of one half was right at first: its wrong opposite is itself.
              let right = Double((item * 7) % 10) / 10
              #expect(try await router.judge(decision, right) == (right == 0.5 ? .duplicate : .accepted))
            }
          }
        } else if epoch == 2 {
          router.clock.advance(by: .seconds(1))
        }
        router.clock.advance(by: .minutes(15))
        let summary = try await router.service.keeper.close()
        #expect(summary.summary.restatedEpochs == (isMended && epoch == 2 ? 1 : 0))
      }
      #expect(try Replay.verify(router.ledger).differences == [])
      return router.service.snapshot.learnedBytes
    }
    #expect(try await run(true) == run(false))
  }

  @Test("A logged decision is made again bit for bit, with sessions and constraints")
  func explains() async throws {
    let router = try await TestRouter(
      catalogue: try TestRouter.catalogue(["a/one", "a/two", "b/one", "c/one", "c/two"]))
    var generator = Xoshiro256(seed: 5)
    var ids: [Identifier] = []
    for epoch in 0..<4 {
      for _ in 0..<50 {
        router.clock.advance(by: .milliseconds(3))
        let exclude = generator.uniform() < 0.3 ? ["c"] : []
        let answered = try await router.service.decide(
          Intent(
            capability: .textGeneration, text: Self.texts.randomElement(using: &generator),
            constraints: Constraints(exclude: exclude), costWeight: generator.uniform() < 0.3 ? 0.5 : 0,
            allowsExploration: generator.uniform() < 0.8,
            session: generator.uniform() < 0.3 ? "s\(epoch)" : nil))
        ids.append(answered.decision.id)
        _ = try await router.judge(answered.decision, generator.uniform())
      }
      router.clock.advance(by: .minutes(15))
      _ = try await router.service.keeper.close()
    }
    var reasons: Set<String> = []
    for id in ids {
      let explanation = try await router.service.explain(id)
      #expect(explanation.agrees)
      reasons.insert(explanation.decision.reason.name)
    }
    #expect(reasons.isSuperset(of: ["exploit", "explore", "sticky"]))
  }

  @Test("A change of governance holds from the next epoch on, and is kept with its author")
  func governance() async throws {
    let router = try await TestRouter()
    let change = try await router.service.keeper.govern(
      [("policy", .text("fixed")), ("fixed", .text("b/two"))], author: "ann", reason: "a test")
    #expect(change.version == 1)
    #expect(router.service.snapshot[.textGeneration].rules.policy == .agentRank)
    _ = try await router.service.keeper.close()
    #expect(router.service.snapshot.governance.version == 1)
    let answered = try await router.decide("anything")
    #expect(answered.choice.reason == .fixed && answered.decision.propensity == 1)
    #expect(answered.snapshot.roll.id(of: answered.decision.chosen) == "b/two")
    #expect(try router.ledger.governanceHistory().map(\.author) == ["ann"])
    await #expect(throws: GovernanceErrors.self) {
      try await router.service.keeper.govern(
        [("epsilon", .number(3)), ("polcy", .text("x"))], author: "", reason: "")
    }
    #expect(try router.ledger.governanceHistory().count == 1)
  }

  @Test("A changed catalogue at start opens a new epoch at once; who left is remembered")
  func catalogueChange() async throws {
    let router = try await TestRouter()
    var generator = Xoshiro256(seed: 6)
    try await router.epoch(40, Self.texts, using: &generator) { _, candidate in candidate == "a/one" ? 1 : 0 }
    await router.service.stop()
    let second = try await TestRouter(
      on: router.ledger, clock: router.clock, catalogue: try TestRouter.catalogue(["b/two", "c/new"]))
    let snapshot = second.service.snapshot
    #expect(snapshot.epoch == 2 && snapshot.catalogue.version == 2)
    let roster = snapshot[.textGeneration].roster
    #expect(roster.candidates.map(\.id) == ["a/one", "b/two", "c/new"])
    #expect(roster.closed[0] == .removed && roster.open.count == 2)
    let answered = try await second.decide("something")
    #expect(answered.snapshot.roll.id(of: answered.decision.chosen) != "a/one")
    _ = try await second.service.keeper.close()
    await second.service.stop()
    let third = try await TestRouter(on: router.ledger, clock: router.clock)
    #expect(third.service.snapshot[.textGeneration].roster.open.count == 2)
    #expect(try Replay.verify(router.ledger).differences == [])
  }

  @Test("A catalogue that a caller put in outlasts a restart, until the file says something new")
  func stockedCatalogue() async throws {
    let file = try TestRouter.catalogue(["a/1", "b/2"])
    let put = try TestRouter.catalogue(["a/1", "c/3"])
    let router = try await TestRouter(catalogue: file)
    _ = try await router.service.stock(put, from: .request)
    await router.service.stop()
    let second = try await TestRouter(on: router.ledger, clock: router.clock, catalogue: file)
    #expect(second.service.snapshot.catalogue.value == put)
    await second.service.stop()
    let edited = try TestRouter.catalogue(["a/1", "d/4"])
    let third = try await TestRouter(on: router.ledger, clock: router.clock, catalogue: edited)
    #expect(third.service.snapshot.catalogue.value == edited)
    await third.service.stop()
  }

  @Test("Regions are learned by themselves at 500 distinct intents, and the past is counted again under them")
  func learnsRegions() async throws {
    let router = try await TestRouter(settings: [
      ("learned_regions", .number(4)), ("learned_regions_from", .number(100)),
    ])
    var generator = Xoshiro256(seed: 7)
    let topics = [
      "fox river forest animal", "proof theorem algebra number", "boat sail sea harbour",
      "sort array loop code",
    ]
    var texts: [String] = []
    for number in 0..<150 { texts.append("\(topics[number % 4]) \(number)") }
    for epoch in 0..<6 {
      try await router.epoch(80, texts, using: &generator) { text, candidate in
        (text.contains("fox") || text.contains("proof")) == (candidate == "a/one") ? 0.95 : 0.1
      }
      if epoch == 0 { #expect(router.service.snapshot.map.regions(of: .textGeneration).isEmpty) }
    }
    let snapshot = router.service.snapshot
    #expect(snapshot.map.regions(of: .textGeneration).map(\.origin) == Array(repeating: .learned, count: 4))
    let chosen = try await texts[0..<4].asyncMap { text in
      let answered = try await router.service.decide(
        Intent(capability: .textGeneration, text: text, allowsExploration: false))
      return answered.snapshot.roll.id(of: answered.decision.chosen)
    }
    #expect(chosen == ["a/one", "a/one", "b/two", "b/two"])
    #expect(try Replay.verify(router.ledger).differences == [])
    #expect(snapshot.check() == [])
  }

  @Test("A session keeps its candidate, across a restart too, until its window is over")
  func sessions() async throws {
    let router = try await TestRouter(
      catalogue: try TestRouter.catalogue(["a/1", "b/2", "c/3", "d/4", "e/5"]))
    let first = try await router.decide("one", session: "s")
    for _ in 0..<10 {
      let next = try await router.decide("another", session: "s")
      #expect(next.decision.chosen == first.decision.chosen && next.choice.reason == .sticky)
      #expect(next.decision.propensity == 1)
    }
    await router.service.stop()
    let second = try await TestRouter(
      on: router.ledger, clock: router.clock,
      catalogue: try TestRouter.catalogue(["a/1", "b/2", "c/3", "d/4", "e/5"]))
    #expect(try await second.decide("later", session: "s").choice.reason == .sticky)
    second.clock.advance(by: .minutes(31))
    #expect(try await second.decide("much later", session: "s").choice.reason != .sticky)
  }

  @Test("A decision without a word counts with the default reward once its window is over")
  func defaultReward() async throws {
    let router = try await TestRouter(settings: [
      ("default_reward", .number(0.25)), ("feedback_window", .text("20m")),
    ])
    _ = try await router.decide("silence")
    let judged = try await router.decide("judged")
    _ = try await router.judge(judged.decision, 1)
    router.clock.advance(by: .minutes(15))
    #expect(try await router.service.keeper.close().summary.observations == 1)
    router.clock.advance(by: .minutes(15))
    let summary = try await router.service.keeper.close()
    #expect(summary.summary.observations == 1 && summary.summary.meanReward == 0.25)
    #expect(try Replay.verify(router.ledger).differences == [])
  }

  @Test("A decision at once is recorded like any other; where its record must come first there is none")
  func decidesAtOnce() async throws {
    let intent = Intent(capability: .textGeneration, text: "a sonnet")
    let router = try await TestRouter()
    let answered = try #require(try router.service.decideAtOnce(intent))
    try await router.service.recorder.flush()
    #expect(try await router.service.explain(answered.decision.id).decision == answered.decision)
    let careful = try await TestRouter(settings: [("decision_durability", .text("sync"))])
    #expect(try careful.service.decideAtOnce(intent) == nil)
    try await careful.service.recorder.flush()
    #expect(try careful.ledger.counts().decisions == 0)
    #expect(throws: NoEligibleCandidate.self) {
      try router.service.decideAtOnce(Intent(capability: .textToVideo, text: "a sonnet"))
    }
  }

  @Test("A database of another embedding is refused by name")
  func otherEmbedding() async throws {
    struct Other: TextEmbedding {
      var name: String { "other" }
      var dimension: Int { 4 }
      var noveltyFloor: Float { 0 }
      func vector(of text: String) -> [Float] { [1, 0, 0, 0] }
    }
    let router = try await TestRouter()
    await #expect(throws: StartError.otherEmbedding(stored: "hashing-256", given: "other")) {
      _ = try await RoutingService.start(
        on: router.ledger, embedder: Other(), clock: router.clock, logger: TestRouter.quiet)
    }
  }
}

extension Sequence {
  fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
