import ArgumentParser
import Embedding
import Evaluation
import Experiments
import Foundation
import Logging
import Persistence
import Routing
import Serving
import Statistics
import TestSupport
import Testing

@testable import pointsman

/// A log of two candidates, and other policies on it.
@Suite struct ReplayCommandTests {
  /// `a/one` earns 1 in 70 % of verses and 30 % of sums, `b/two` the other way round; eight epochs of 150 decisions
  /// under epsilon_greedy, which keeps the propensity of the worse one at 0.2.
  private static func withLog<Result>(
    _ settings: [(key: String, value: Setting)] = [
      ("policy", .text("epsilon_greedy")), ("epsilon", .number(0.4)),
    ],
    texts: (verse: String, sum: String) = ("write a poem about the sea", "how much is 3 times 4"),
    _ body: (SQLiteLedger) throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let ledger = try SQLiteLedger(path: folder.appending(path: "ledger.db").path)
    defer { try? ledger.close() }
    let catalogue = try Catalogue(
      providers: ["a", "b"].map { Provider(id: $0, name: $0) },
      candidates: [("a", "one"), ("b", "two")].map {
        Candidate(
          id: "\($0)/\($1)", provider: $0, model: $1, capabilities: [.textGeneration], price: Price())
      },
      regions: [
        NamedRegion(id: "verse", examples: ["write a poem about the sea", "a sonnet of love"]),
        NamedRegion(id: "sums", examples: ["add two numbers", "how much is 3 times 4"]),
      ])
    let clock = ManualClock()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: catalogue,
      settings: settings, clock: clock,
      mint: IdentifierMint(seed: 3), logger: logger)
    var generator = Xoshiro256(seed: 11)
    for _ in 0..<8 {
      for number in 0..<150 {
        clock.advance(by: .milliseconds(10))
        let isVerse = number.isMultiple(of: 2)
        let text = isVerse ? texts.verse : texts.sum
        let answered = try await service.decide(Intent(capability: .textGeneration, text: text))
        let isOne = answered.snapshot.roll.id(of: answered.decision.chosen) == "a/one"
        let reward = generator.uniform() < (isOne == isVerse ? 0.7 : 0.3) ? 1.0 : 0.0
        _ = try await service.judge([
          Submission(
            id: "f:\(answered.decision.id)", decision: answered.decision.id,
            content: .signal(.score, reward: reward, trust: 1, other: nil), value: .number(reward),
            at: clock.now, received: clock.now)
        ])
      }
      clock.advance(by: .minutes(15))
      _ = try await service.keeper.close()
    }
    await service.stop()
    return try body(ledger)
  }

  private static let settings = EvaluationSettings(resamples: 0)

  @Test("the policy that logged, asked again, gives every decision the propensity that was logged")
  func itself() async throws {
    try await Self.withLog { ledger in
      var log = try LoggedFeedback(ledger, capability: nil) { $0 }
      #expect(log.rows.count == 1_200 && log.contexts.all.sorted() == ["sums", "verse"])
      let evaluation = try log.evaluation(of: .rows, model: .tabular, settings: Self.settings)
      let estimate = evaluation.estimates([.ips])[0]
      let mean = log.rows.map(\.reward).reduce(0, +) / 1_200
      #expect(estimate.weights.maximum == 1 && estimate.weights.effectiveSampleSize == 1_200)
      #expect(try abs(#require(estimate.value).value - mean) < 1e-12)
    }
  }

  @Test("a kind of policy agrees with the same policy given by its name")
  func kinds() async throws {
    try await Self.withLog { ledger in
      var byKind = try LoggedFeedback(ledger, capability: .textGeneration) { governance in
        var changed = governance
        try changed.apply([("fixed", .text("a/one"))])
        try changed.choose(.fixed)
        return changed
      }
      var byName = try LoggedFeedback(ledger, capability: .textGeneration)
      let estimators: [Estimator] = [.ips, .snips, .dm, .dr, .balancedIPS]
      let first = try byKind.evaluation(of: .rows, model: .tabular, settings: Self.settings)
        .estimates(estimators)
      let second = try byName.evaluation(of: .fixed("a/one"), model: .tabular, settings: Self.settings)
        .estimates(estimators)
      #expect(first.map { $0.value?.value } == second.map { $0.value?.value })
      // Half the traffic is verse at 0.7, half is sums at 0.3.
      let value = try #require(first[3].value)
      #expect(value.asymptotic.contains(0.5) && value.standardError < 0.05)
    }
  }

  @Test("a balanced propensity lies between those of its epochs")
  func mixtures() async throws {
    try await Self.withLog { ledger in
      let log = try LoggedFeedback(ledger, capability: nil)
      #expect(log.loggers.all.count == 8)
      for context in log.contexts.all.indices {
        for action in log.actions.all.indices {
          let rows = log.rows.filter { $0.context == context && $0.action == action }
          let mixtures = Set(rows.compactMap(\.mixture))
          #expect(mixtures.count == 1, "one map, one catalogue: one mixture for all epochs")
          let logged = rows.map(\.propensity)
          #expect(try #require(mixtures.first) <= #require(logged.max()))
        }
      }
    }
  }

  /// One region for all, in which intents are heard by their own directions.
  private static let heard: [(key: String, value: Setting)] = [
    ("novelty_floor", .number(-1)), ("change_threshold", .number(1_000_000)),
    ("exploration_share", .number(0.3)),
  ]
  private static let poems = (verse: "a sonnet of love", sum: "write a poem about the sea")

  @Test(
    "where intents are heard one by one, too, the policy that logged gives every decision what was logged")
  func heardItself() async throws {
    try await Self.withLog(Self.heard, texts: Self.poems) { ledger in
      let residuals = try ledger.residuals(inEpoch: .max)
      #expect(residuals.count == 1 && residuals[0].model.confidence > 0)
      var log = try LoggedFeedback(ledger, capability: nil) { $0 }
      let evaluation = try log.evaluation(of: .rows, model: .tabular, settings: Self.settings)
      let estimate = evaluation.estimates([.ips])[0]
      #expect(log.rows.count == 1_200 && log.faults.isEmpty)
      #expect(
        abs(estimate.weights.maximum - 1) < 1e-12 && abs(estimate.weights.effectiveSampleSize - 1_200) < 1e-6)
      var preferred: Set<UInt32?> = []
      try ledger.decisions(after: 0) { _, decision in
        preferred.insert(decision.preferred)
        return true
      }
      #expect(preferred.count == 2, "some prefer the first of their region, some the other")
    }
  }

  @Test("π̄ of one epoch's decisions is what that epoch logged, intents heard or not")
  func heardMixtures() async throws {
    try await Self.withLog(Self.heard, texts: Self.poems) { ledger in
      var drawn: [RewardedDecision] = []
      let map = try #require(ledger.recover().map)
      try RewardedDecision.all(ledger, map: map) { drawn.append($0) }
      for epoch in 0..<8 {
        let own = drawn.filter { $0.decision.epoch == epoch }
        let embeddings = try own.map { try ledger.embedding(of: $0.decision.id) }
        let mixtures = try #require(try LoggerMixtures(ledger, own, embeddings))
        #expect(own.count == 150 && mixtures.propensities == own.map(\.decision.propensity))
      }
      // Of all together, every decision's lies between the least and the largest that its text was ever logged with.
      let embeddings = try drawn.map { try ledger.embedding(of: $0.decision.id) }
      let mixtures = try #require(try LoggerMixtures(ledger, drawn, embeddings))
      let kinds = Dictionary(grouping: drawn.indices) {
        [drawn[$0].decision.intent.text, "\(drawn[$0].decision.chosen)"]
      }
      #expect(kinds.count == 4)
      for places in kinds.values {
        #expect(Set(places.map { mixtures.propensities[$0] }).count == 1)
      }
      // Whose embeddings are forgotten can be asked of no other epoch.
      try ledger.forgetEmbeddings(before: drawn[600].decision.decided, map: map)
      let fewer = try drawn.map { try ledger.embedding(of: $0.decision.id) }
      #expect(try LoggerMixtures(ledger, drawn, fewer) == nil)
      let log = try LoggedFeedback(ledger, capability: nil) { $0 }
      let fault = "its embedding was forgotten, so that nobody can say whom the policy would have preferred"
      #expect(!log.faults.isEmpty && log.faults.allSatisfy { $0.reason == fault })
      #expect(log.rows.count + log.faults.count == 1_200)
    }
  }

  @Test("what would be ranked otherwise, region by region")
  func compares() async throws {
    try await Self.withLog { ledger in
      let regions = try RegionComparison.all(ledger, nil) { governance in
        var changed = governance
        try changed.apply([("policy", .text("round_robin"))])
        return changed
      }
      #expect(regions.map(\.region) == ["sums", "verse"] && regions.map(\.decisions) == [600, 600])
      for region in regions {
        let best = region.region == "verse" ? "a/one" : "b/two"
        #expect(region.candidates.first?.id == best)
        #expect(region.candidates.first?.now?.place == 1 && region.candidates.first?.other?.share == 0.5)
        // Half at 0.7, half at 0.3, against nearly always 0.7.
        let other = try #require(region.other.value)
        #expect(other.asymptotic.contains(0.5))
        #expect(try #require(region.logged.value).value > other.value)
        #expect(region.text.contains(best))
      }
    }
  }

  @Test(
    "what goes by load and latency of the moment is refused, with the reason: a database does not hold them")
  func ofTheMoment() async throws {
    try await Self.withLog { ledger in
      for kind in [PolicyKind.leastLoaded, .latency] {
        let error = #expect(throws: CommandFailure.self) {
          try RegionComparison.all(ledger, nil) { governance in
            var changed = governance
            try changed.choose(kind)
            return changed
          }
        }
        let line = try #require(error?.line)
        #expect(line.contains("would be decided by \(kind.rawValue), which goes by load"))
        let refusal = #expect(throws: (any Error).self) {
          try EvaluateCommand.parse(["--database", "ledger.db", "--policy", kind.rawValue])
        }
        let message = EvaluateCommand.message(for: try #require(refusal))
        #expect(message.contains("there are agentrank, thompson,"))
      }
    }
  }

  @Test("parameters that change nothing leave everything as it was")
  func unchanged() async throws {
    try await Self.withLog { ledger in
      let whatIf = try WhatIf(ledger) { $0 }
      #expect(whatIf.was.learnedBytes == whatIf.other.learnedBytes)
      #expect(try ledger.recover().state?.learned == whatIf.was.learnedBytes)
    }
  }
}
