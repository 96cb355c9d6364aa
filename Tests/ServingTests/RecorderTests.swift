import Jobs
import Logging
import Routing
import Serving
import TestSupport
import Testing

@Suite("The recorder")
struct RecorderTests {
  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test("A batch that contradicts the ledger is refused alone, whoever shares its transaction")
  func conflicts() async throws {
    let ledger = FailingLedger()
    // Long enough for the rest to gather behind the first.
    ledger.pause = 0.01
    let recorder = Recorder(ledger, logger: RecorderTests.quiet)
    let stored = try Sample.job(1_000)
    _ = try await recorder.commit(Sample.batch(jobs: [JobChange(stored, before: nil, entries: [])]))
    let conflict = Sample.batch(jobs: [JobChange(stored, before: nil, entries: [])])
    let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 1...40 {
        group.addTask {
          guard number % 4 == 0 else {
            var batch = Sample.batch(
              [Sample.decision(number)], [Sample.submission("f\(number)", about: number)])
            batch.jobs = [JobChange(try Sample.job(number), before: nil, entries: [])]
            let receipts = try await recorder.commit(batch)
            #expect(receipts == [.accepted])
            return false
          }
          #expect(recorder.post(Sample.decision(100 + number), nil))
          await #expect(throws: ServiceError.self) { try await recorder.commit(conflict) }
          return true
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    try await recorder.flush()
    #expect(refused == 10)
    // Thirty that were waited for and the ten that were handed over; thirty jobs and the first.
    #expect(try ledger.position() == LedgerPosition(decisions: 40, judgements: 30))
    #expect(try ledger.counts().jobs == 31)
    await recorder.stop()
  }

  @Test(
    "When the disk is full, whoever waits is told, and what was handed over is written when there is space")
  func fullDisk() async throws {
    let ledger = FailingLedger()
    let recorder = Recorder(ledger, logger: RecorderTests.quiet)
    ledger.fails = true
    #expect(recorder.post(Sample.decision(1), nil))
    await #expect(throws: ServiceError.ledger("disk full")) {
      try await recorder.commit(Sample.batch([Sample.decision(2)]))
    }
    #expect(recorder.failure == "disk full")
    ledger.fails = false
    try await recorder.flush()
    #expect(recorder.failure == nil)
    #expect(try ledger.decision(Sample.id(1)) != nil)
    // Its sender was told that it is not recorded.
    #expect(try ledger.decision(Sample.id(2)) == nil)
    await recorder.stop()
  }

  @Test("Who has time lets the others go first, until somebody asks for all")
  func time() async throws {
    let ledger = MemoryLedger()
    var patience = Recorder.Patience()
    (patience.alone, patience.most) = (600, 600)
    let recorder = Recorder(ledger, logger: RecorderTests.quiet, patience: patience)
    async let patient = recorder.commit(Sample.batch([Sample.decision(1)]), hasTime: true)
    for number in 2...20 {
      _ = try await recorder.commit(Sample.batch([Sample.decision(number)]))
      #expect(try ledger.decision(Sample.id(number)) != nil)
      #expect(try ledger.decision(Sample.id(1)) == nil)
    }
    // It may not have come in yet when all is asked for.
    while try ledger.decision(Sample.id(1)) == nil { try await recorder.flush() }
    #expect(try await patient == [])
    await recorder.stop()
  }

  @Test("Who had time for long enough goes with the next, and alone if nobody comes")
  func patience() async throws {
    let ledger = MemoryLedger()
    var patience = Recorder.Patience()
    (patience.alone, patience.most) = (600, 0)
    let shared = Recorder(ledger, logger: RecorderTests.quiet, patience: patience)
    async let first = shared.commit(Sample.batch([Sample.decision(1)]), hasTime: true)
    var number = 2
    while try ledger.decision(Sample.id(1)) == nil {
      _ = try await shared.commit(Sample.batch([Sample.decision(number)]))
      number += 1
    }
    #expect(try await first == [])
    await shared.stop()

    (patience.alone, patience.most) = (0.001, 600)
    let alone = Recorder(ledger, logger: RecorderTests.quiet, patience: patience)
    _ = try await alone.commit(Sample.batch([Sample.decision(number)]), hasTime: true)
    #expect(try ledger.decision(Sample.id(number)) != nil)
    await alone.stop()
  }

  @Test("Who has time is written before the recorder ends")
  func stopping() async throws {
    let ledger = MemoryLedger()
    var patience = Recorder.Patience()
    (patience.alone, patience.most) = (600, 600)
    let recorder = Recorder(ledger, logger: RecorderTests.quiet, patience: patience)
    let patient = Task { try await recorder.commit(Sample.batch([Sample.decision(1)]), hasTime: true) }
    try await Task.sleep(for: .milliseconds(20))
    await recorder.stop()
    // Refused, if it came after the end; never kept waiting.
    let isWritten = (try? await patient.value) != nil
    let stored = try ledger.decision(Sample.id(1))
    #expect((stored != nil) == isWritten)
  }
}
