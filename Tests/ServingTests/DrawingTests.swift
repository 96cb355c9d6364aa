import Embedding
import Routing
import Serving
import Statistics
import TestSupport
import Testing

@Suite("Deciding under a live market")
struct DrawingTests {
  private static let ids = ["a/one", "b/two", "c/three"]

  private static func router(
    _ settings: [(key: String, value: Setting)] = [], seed: UInt64 = 1
  ) async throws -> TestRouter {
    try await TestRouter(catalogue: try TestRouter.catalogue(ids), settings: settings, seed: seed)
  }

  private static func blocked(_ kind: LiveObstacle.Kind, until: Instant? = nil) -> LiveState {
    LiveState(obstacle: LiveObstacle(kind, until: until, detail: "a \(kind.rawValue)"))
  }

  private static func id(_ answered: Answered) -> String {
    answered.snapshot.roll.id(of: answered.decision.chosen)
  }

  @Test("advice keeps out what stands in everybody's way; an adopted market holds from the next decision on")
  func advice() async throws {
    let router = try await Self.router()
    #expect(router.service.market == LiveMarket())
    let soon = router.clock.now + .seconds(30)
    let market = LiveMarket(states: [
      "a/one": Self.blocked(.circuitOpen, until: soon), "b/two": Self.blocked(.noCredential),
    ])
    router.service.adopt(market: market)
    #expect(router.service.market == market)
    var served: Set<String> = []
    for number in 0..<60 {
      let answered = try await router.decide("text \(number)")
      served.insert(Self.id(answered))
      #expect(answered.decision.eligible.positions == [1, 2])
      #expect(answered.excluded.map(\.reason.reason) == ["circuit_open"])
      #expect(answered.excluded[0].retryAfter == .seconds(30))
    }
    #expect(served == ["b/two", "c/three"])
    router.clock.advance(by: .seconds(30))
    #expect(try await router.decide("later").decision.eligible.count == 3)
    router.service.adopt(market: LiveMarket())
    #expect(router.service.market == LiveMarket())
    #expect(try await router.decide("free").excluded == [])
  }

  @Test("a market stays in force when an epoch closes, in the terms of the new snapshot")
  func epochs() async throws {
    let router = try await Self.router()
    router.service.adopt(market: LiveMarket(states: ["a/one": Self.blocked(.down)]))
    _ = try await router.service.keeper.govern([("policy", .text("least_loaded"))], author: "", reason: "")
    router.clock.advance(by: .minutes(15))
    _ = try await router.service.keeper.close()
    let answered = try await router.decide("x")
    #expect(answered.decision.epoch == 1 && answered.decision.eligible.positions == [1, 2])
    #expect(Self.id(answered) == "b/two" && answered.decision.turn == 1)
    let open = answered.snapshot[.textGeneration].roster.open
    #expect(router.service.preferred(.textGeneration, among: open) == 0)
    #expect(router.service.preferred(.textToVideo, among: open) == nil)
  }

  @Test("nobody left: a refusal with everyone's reason, at once, one by one and in a batch")
  func nobody() async throws {
    let router = try await Self.router()
    let now = router.clock.now
    router.service.adopt(
      market: LiveMarket(states: [
        "a/one": Self.blocked(.circuitOpen, until: now + .seconds(40)), "b/two": Self.blocked(.foundGone),
        "c/three": Self.blocked(.circuitOpen, until: now + .seconds(24)),
      ]))
    let intent = Intent(capability: .textGeneration, text: "x")
    func check(_ error: NoEligibleCandidate?) throws {
      let error = try #require(error)
      #expect(error.excluded.map(\.reason.reason) == ["circuit_open", "found_gone", "circuit_open"])
      #expect(error.retryAfter == .seconds(24))
    }
    try check(
      await #expect(throws: NoEligibleCandidate.self) { _ = try await router.service.decide(intent) })
    try check(#expect(throws: NoEligibleCandidate.self) { _ = try router.service.decideAtOnce(intent) })
    let batch = try await router.service.decide([(intent: intent, embedding: nil)])
    try check(#expect(throws: NoEligibleCandidate.self) { _ = try batch[0].get() })
    try await router.service.recorder.flush()
    #expect(try router.ledger.counts().decisions == 0)
  }

  @Test("a batch decides as the same requests do one by one")
  func batch() async throws {
    func run(_ isBatch: Bool) async throws -> [Decision] {
      let router = try await Self.router([("holdout", .number(0.2))], seed: 5)
      router.service.adopt(
        market: LiveMarket(states: [
          "a/one": Self.blocked(.down), "b/two": LiveState(admission: 0.5, latencyP90: .seconds(9)),
        ]))
      let intents = (0..<100).map { number in
        Intent(
          capability: .textGeneration, text: "text \(number)",
          constraints: Constraints(maximumLatency: number % 4 == 0 ? .seconds(8) : nil))
      }
      guard !isBatch else {
        return try await router.service.decide(intents.map { (intent: $0, embedding: nil) }).map {
          try $0.get().decision
        }
      }
      var decisions: [Decision] = []
      for intent in intents { decisions.append(try await router.service.decide(intent).decision) }
      return decisions
    }
    let (one, other) = (try await run(true), try await run(false))
    #expect(one.map(\.eligible) == other.map(\.eligible) && one.map(\.chosen) == other.map(\.chosen))
    #expect(one.map(\.propensity) == other.map(\.propensity) && one.map(\.reason) == other.map(\.reason))
    #expect(Set(one.map(\.eligible.positions)) == [[2], [1, 2]])
  }

  @Test("a session's candidate that is kept out does not serve, and the session moves on")
  func sessions() async throws {
    let router = try await Self.router()
    let first = try await router.decide("one", session: "s")
    router.service.adopt(market: LiveMarket(states: [Self.id(first): Self.blocked(.circuitOpen)]))
    let moved = try await router.decide("two", session: "s")
    #expect(moved.decision.chosen != first.decision.chosen && moved.choice.reason != .sticky)
    #expect(moved.decision.sticky == first.decision.chosen)
    router.service.adopt(market: LiveMarket())
    let stays = try await router.decide("three", session: "s")
    #expect(stays.decision.chosen == moved.decision.chosen && stays.choice.reason == .sticky)
    for id in [first, moved, stays].map(\.decision.id) {
      #expect(try await router.service.explain(id).agrees)
    }
  }

  @Test("what was decided under obstacles is explained when they have gone, and by whoever starts next")
  func explains() async throws {
    let router = try await Self.router([("policy", .text("latency")), ("holdout", .number(0.2))])
    router.service.adopt(
      market: LiveMarket(states: [
        "a/one": LiveState(admission: 0.5, latencyP50: .seconds(1)),
        "b/two": LiveState(latencyP50: .seconds(3)),
        "c/three": LiveState(latencyP50: .seconds(2)),
      ]))
    var made: [Answered] = []
    for number in 0..<60 {
      router.clock.advance(by: .milliseconds(5))
      made.append(try await router.decide("text \(number)"))
    }
    // The fastest where it is let in, else c/three, the next; b/two is then the baseline of the holdout.
    #expect(Set(made.map(Self.id)) == ["a/one", "b/two", "c/three"])
    await router.service.stop()
    let next = try await TestRouter(on: router.ledger, clock: router.clock)
    for answered in made {
      let explanation = try await next.service.explain(answered.decision.id)
      #expect(explanation.agrees && explanation.decision == answered.decision)
    }
  }

  @Test("a draw minds all obstacles and who is unable, and records nothing")
  func draws() async throws {
    let router = try await Self.router()
    router.service.adopt(market: LiveMarket(states: ["a/one": Self.blocked(.noCredential)]))
    let intent = Intent(capability: .textGeneration, text: "a sonnet")
    let drawn = try await router.service.draw(intent, unable: ["c/three": "takes no seeds"])
    #expect(drawn.order == ["b/two"] && drawn.opens == nil && Self.id(drawn.answered) == "b/two")
    #expect(drawn.excluded.map(\.candidate) == ["a/one", "c/three"])
    #expect(drawn.excluded.map(\.reason.reason) == ["no_credential", "cannot_do"])
    #expect(drawn.excluded.map(\.reason.detail) == ["a no_credential", "takes no seeds"])
    #expect(try await drawn.embedding == router.service.embedder.embed("a sonnet"))
    try await router.service.recorder.flush()
    #expect(try router.ledger.counts().decisions == 0)
    // What the caller commits is explained like any other.
    var batch = LedgerBatch()
    batch.decisions = [drawn.answered.decision]
    batch.embeddings = [drawn.embedding]
    _ = try await router.service.recorder.commit(batch)
    #expect(try await router.service.explain(drawn.answered.decision.id).agrees)
    await #expect(throws: NoEligibleCandidate.self) {
      _ = try await router.service.draw(intent, unable: ["b/two": "x", "c/three": "y"])
    }
  }

  @Test("a draw waits for what passes when nobody else is left; its order is chosen, then by AgentRank")
  func waits() async throws {
    let router = try await Self.router()
    let now = router.clock.now
    let intent = Intent(capability: .textGeneration, text: "x")
    let free = try await router.service.draw(intent)
    #expect(Set(free.order) == Set(Self.ids) && free.order[0] == Self.id(free.answered))
    let table = free.answered.choice.table
    let fallbacks = table.ranking.filter { $0 != free.answered.choice.arm }
    #expect(Array(free.order.dropFirst()) == fallbacks.map { table.scene.arms[$0].id })
    router.service.adopt(
      market: LiveMarket(states: [
        "a/one": Self.blocked(.circuitOpen, until: now + .seconds(40)),
        "b/two": Self.blocked(.noHeadroom, until: now + .seconds(20)), "c/three": Self.blocked(.down),
      ]))
    let waiting = try await router.service.draw(intent)
    #expect(Set(waiting.order) == ["a/one", "b/two"] && waiting.opens == now + .seconds(20))
    #expect(waiting.excluded.map(\.reason.reason) == ["down"])
    // Advice does not wait, and minds no headroom but the vendor's.
    #expect(Self.id(try await router.decide("y")) == "b/two")
  }

  @Test("half open at 25 %: a candidate alone in the market is let in for a quarter of the requests")
  func halfOpen() async throws {
    let router = try await TestRouter(catalogue: try TestRouter.catalogue(["a/one"]), seed: 3)
    router.service.adopt(market: LiveMarket(states: ["a/one": LiveState(admission: 0.25)]))
    let intent = Intent(capability: .textGeneration, text: "x")
    var served = 0
    for _ in 0..<4_000 {
      do {
        let answered = try router.service.decideAtOnce(intent)
        #expect(answered?.decision.propensity == 1)
        served += 1
      } catch {
        #expect(error.excluded.map(\.reason) == [.halfOpen(admission: 0.25)])
        #expect(error.retryAfter == .seconds(0))
      }
    }
    // √(4,000 · 0.25 · 0.75) = 27.4, five times.
    #expect((served - 1_000).magnitude < 137, "\(served)")
    // A job goes to it all the same: there is nobody else, and its circuit looks after itself.
    for _ in 0..<20 { #expect(try await router.service.draw(intent).order == ["a/one"]) }
  }

  @Test("deciding goes on while markets and epochs change under it")
  func changes() async throws {
    let router = try await Self.router()
    let service = router.service
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<300 {
          let id = Self.ids[number % 3]
          service.adopt(market: LiveMarket(states: [id: Self.blocked(.down)]))
          await Task.yield()
        }
      }
      group.addTask { for _ in 0..<5 { _ = try await service.keeper.close() } }
      group.addTask {
        for number in 0..<600 {
          let answered = try await service.decide(Intent(capability: .textGeneration, text: "\(number)"))
          #expect(answered.excluded.count + answered.decision.eligible.count == 3)
          #expect(answered.excluded.allSatisfy { $0.reason.reason == "down" })
        }
      }
      try await group.waitForAll()
    }
    #expect(service.market.states.keys.sorted() == ["c/three"])
  }
}
