import Embedding
import Foundation
import GRDB
import Logging
import Persistence
import Routing
import Serving
import TestSupport
import Testing

@Suite struct RebuildingTests {
  private let folder = try! TemporaryFolder()
  private let clock = ManualClock()

  private func start(
    _ ledger: SQLiteLedger, regions: [NamedRegion] = []
  ) async throws -> RoutingService {
    let catalogue = try Catalogue(
      providers: [Provider(id: "a", name: "a")],
      candidates: ["one", "two"].map {
        Candidate(
          id: "a/\($0)", provider: "a", model: $0, capabilities: [.textGeneration], price: Price())
      }, regions: regions)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: catalogue, clock: clock,
      mint: IdentifierMint(seed: 1), logger: logger)
  }

  private func spoil(last learned: [UInt8]) async throws {
    try await DatabaseQueue(path: folder.file).write {
      try $0.execute(sql: "UPDATE epoch_state SET learned = ? WHERE epoch = 3", arguments: [Data(learned)])
    }
  }

  @Test("a stored state that cannot be read is folded again from the log, and decisions go on")
  func rebuilds() async throws {
    let ledger = try SQLiteLedger(path: folder.file)
    let service = try await start(ledger)
    for epoch in 0..<3 {
      for number in 0..<20 {
        let answered = try await service.decide(Intent(capability: .textGeneration, text: "text \(number)"))
        _ = try await service.judge([
          Submission(
            id: "\(epoch):\(number)", decision: answered.decision.id,
            content: .signal(.score, reward: Double(number % 2), trust: 1, other: nil),
            value: .number(Double(number % 2)), at: clock.now, received: clock.now)
        ])
      }
      clock.advance(by: .minutes(15))
      _ = try await service.keeper.close()
    }
    await service.stop()
    try ledger.close()
    try await spoil(last: [0])

    let again = try SQLiteLedger(path: folder.file)
    defer { try? again.close() }
    let rebuilt = try await start(again)
    // The open epoch is closed at once, so that what decides is stored.
    #expect(rebuilt.snapshot.epoch == 4)
    let root = rebuilt.snapshot[.textGeneration]
    #expect(root.cells.map(\.observations).reduce(0, +) > 59)
    let answered = try await rebuilt.decide(Intent(capability: .textGeneration, text: "text 1"))
    #expect(try await rebuilt.explain(answered.decision.id).agrees)
    await rebuilt.stop()
    #expect(try Replay.verify(again).differences == [])
  }

  @Test(
    "a residual model that is not the one that the log leads to is found by verify; a damaged one is said to be"
  )
  func residuals() async throws {
    var ledger = try SQLiteLedger(path: folder.file)
    let service = try await start(ledger, regions: [NamedRegion(id: "texts", examples: ["text", "a text"])])
    for number in 0..<240 {
      clock.advance(by: .milliseconds(10))
      let answered = try await service.decide(Intent(capability: .textGeneration, text: "text \(number % 6)"))
      _ = try await service.judge([
        Submission(
          id: "\(number)", decision: answered.decision.id,
          content: .signal(.score, reward: number % 6 < 3 ? 1 : 0, trust: 1, other: nil),
          value: .number(number % 6 < 3 ? 1 : 0), at: clock.now, received: clock.now)
      ])
    }
    clock.advance(by: .minutes(15))
    _ = try await service.keeper.close()
    await service.stop()
    let model = try #require(service.snapshot[.textGeneration].residuals)
    #expect(model.observations == 240)
    #expect(try Replay.verify(ledger).differences == [])
    try ledger.close()

    func put(_ bytes: [UInt8]) async throws {
      try await DatabaseQueue(path: folder.file).write {
        try $0.execute(sql: "UPDATE residual SET model = ?", arguments: [Data(bytes)])
      }
    }
    let other = ResidualModel(
      mean: model.mean, ordinals: model.ordinals, weights: model.weights, confidence: 0.123,
      observations: model.observations)
    try await put(other.bytes)
    ledger = try SQLiteLedger(path: folder.file)
    #expect(
      try Replay.verify(ledger).differences == [
        "the log fits another residual model of text_generation than the one in force since epoch 1"
      ])
    try ledger.close()
    try await put([1, 2, 3])
    ledger = try SQLiteLedger(path: folder.file, access: .readOnly)
    defer { try? ledger.close() }
    let damaged = LedgerError.damaged(what: "the residual model of text_generation of epoch 1")
    #expect(throws: damaged) { try Replay.verify(ledger) }
  }
}
