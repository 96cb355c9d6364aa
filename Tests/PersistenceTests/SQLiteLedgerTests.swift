import Foundation
import GRDB
import Jobs
import Routing
import Serving
import TestSupport
import Testing

@testable import Persistence

@Test("the ledger in SQLite keeps the contract", arguments: LedgerContract.all)
func sqliteLedgerKeepsContract(_ clause: LedgerContract) throws {
  let folder = try TemporaryFolder()
  let ledger = try SQLiteLedger(path: folder.file)
  try clause.check(ledger)
  try ledger.close()
}

@Test("the ledger in SQLite keeps its account of artefacts and answers", arguments: KeepingContract.all)
func sqliteLedgerKeepsAccount(_ clause: KeepingContract) throws {
  let folder = try TemporaryFolder()
  let ledger = try SQLiteLedger(path: folder.file)
  try clause.check(ledger)
  try ledger.close()
}

@Suite("A database file")
struct SQLiteLedgerTests {
  let folder = try! TemporaryFolder()

  private func open(_ access: SQLiteLedger.Access = .readWrite) throws -> SQLiteLedger {
    try SQLiteLedger(path: folder.file, access: access)
  }

  private func fill(_ ledger: SQLiteLedger) throws {
    _ = try ledger.append(catalogue: Sample.catalogue(), from: .file, at: Sample.at())
    _ = try ledger.append(
      Sample.batch(
        [Sample.decision(1), Sample.decision(2)],
        [Sample.submission("a", about: 1), Sample.submission("b", about: 9)]))
  }

  private func sql(_ statement: String) throws {
    let queue = try DatabaseQueue(path: folder.file)
    try queue.write { try $0.execute(sql: statement) }
    try queue.close()
  }

  // MARK: Durability

  @Test("every commit is synced: synchronous is FULL, and the log is written ahead")
  func synchronousIsFull() throws {
    let ledger = try open()
    let pragmas = try ledger.pool.writeWithoutTransaction { db in
      (try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"))
    }
    #expect(pragmas.0 == 2)
    #expect(pragmas.1 == "wal")
  }

  @Test("opening again finds everything")
  func reopening() throws {
    let first = try open()
    try fill(first)
    try first.close()
    let second = try open()
    #expect(try second.position() == LedgerPosition(decisions: 2, judgements: 1))
    #expect(try second.decision(Sample.id(2)) == Sample.decision(2))
    #expect(try second.recover().roll == Roll(["north/a", "north/b", "south/c"]))
    // What waits goes on waiting, and sequences go on.
    _ = try second.append(Sample.batch([Sample.decision(9)]))
    #expect(try second.feedback(about: Sample.id(9)).map(\.sequence) == [2])
    try second.close()
  }

  @Test("opening again finds jobs, what happened to them, their input and the checks of health")
  func reopeningJobs() throws {
    let first = try open()
    let jobs = try Sample.jobsInAllStates()
    var batch = Sample.batch(
      jobs: jobs.map { JobChange($0, before: nil, entries: [Sample.entry(1, .queued)], input: [1, 2]) })
    let check = ProviderHealth.Check(at: Sample.at(), latency: .seconds(1))
    batch.checks = [HealthRecord(provider: "north", entry: .init(check: check, state: .healthy))]
    _ = try first.append(batch)
    try first.close()
    let reader = try open(.readOnly)
    #expect(try reader.counts().jobs == 10)
    #expect(throws: LedgerError.readOnly(path: folder.file)) { try reader.dropJobs(endedBefore: Sample.at()) }
    try reader.close()
    let second = try open()
    for job in jobs {
      #expect(try second.job(job.id) == job)
      #expect(try second.jobEvents(of: job.id, after: 0, limit: 9) == [Sample.entry(1, .queued)])
    }
    #expect(try second.jobInput("sha256-0") == [1, 2])
    #expect(try second.healthChecks(of: "north", limit: 9) == batch.checks.map(\.entry))
    // And goes on from there.
    var job = jobs[0]
    _ = try second.append(Sample.batch(jobs: [job.change(.started, [Sample.entry(2, .submitting)])]))
    #expect(try second.job(job.id)?.state == .submitting)
    let copy = folder.path + "/copy.sqlite"
    try second.backup(to: copy)
    let restored = try SQLiteLedger(path: copy, access: .readOnly)
    #expect(try restored.job(job.id) == job)
    #expect(try Replay.verify(restored).jobs == 10)
    try restored.close()
    try second.close()
  }

  @Test("a job or a check that this version cannot read is an error, not a guess")
  func damagedJob() throws {
    let ledger = try open()
    let job = try Sample.job(1)
    var batch = Sample.batch(jobs: [JobChange(job, before: nil, entries: [Sample.entry(1, .queued)])])
    let failure = VendorFailure(.transient, message: "no")
    let check = ProviderHealth.Check(at: Sample.at(), latency: .seconds(1), failure: failure)
    batch.checks = [HealthRecord(provider: "north", entry: .init(check: check, state: .down))]
    _ = try ledger.append(batch)
    try ledger.close()
    try sql(
      """
      UPDATE job SET json = replace(json, 'queued', 'asleep'); UPDATE job_event SET kind = 'yawned';
      UPDATE health_check SET class = 'bored'
      """)
    let damaged = try open(.readOnly)
    #expect {
      try damaged.job(job.id)
    } throws: { error in
      if case LedgerError.damaged(let what) = error { what.contains("/state") } else { false }
    }
    #expect(throws: LedgerError.damaged(what: "an event of job \(job.id)")) {
      try damaged.jobEvents(of: job.id, after: 0, limit: 9)
    }
    #expect(throws: LedgerError.damaged(what: "a health check of 'north'")) {
      try damaged.healthChecks(of: "north", limit: 9)
    }
    try damaged.close()
  }

  @Test("what was committed before a crash is there after it")
  func crash() throws {
    let ledger = try open()
    try fill(ledger)
    // A crash leaves the files as they are now: the data still in the write-ahead log.
    let after = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: folder.file + suffix, toPath: after.file + suffix)
    }
    let survivor = try SQLiteLedger(path: after.file)
    #expect(try survivor.position() == LedgerPosition(decisions: 2, judgements: 1))
    #expect(try survivor.counts().parked == 1)
    try survivor.close()
    try ledger.close()
  }

  @Test("what is committed is soon in the file itself, and the log is not left to grow")
  func checkpoints() async throws {
    let ledger = try open()
    try fill(ledger)
    let after = try TemporaryFolder()
    #expect(
      try await eventually {
        try? FileManager.default.removeItem(atPath: after.file)
        try FileManager.default.copyItem(atPath: folder.file, toPath: after.file)
        let alone = try DatabaseQueue(path: after.file)
        defer { try? alone.close() }
        let count = try? await alone.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM decision") }
        return count == 2
      })
    // Nothing new, nothing to do.
    #expect(ledger.checkpointer?.turn() == nil)
    _ = try ledger.append(Sample.batch([Sample.decision(3)]))
    try ledger.close()
    #expect(!FileManager.default.fileExists(atPath: folder.file + "-wal"))
    let reader = try open(.readOnly)
    #expect(reader.checkpointer == nil)
    try reader.close()
  }

  @Test("a log that was torn in its last commit ends with the commit before")
  func tornLog() throws {
    let ledger = try open()
    // The file is to have nothing of what is torn off the log.
    try ledger.checkpointer?.stop()
    try fill(ledger)
    let whole = try FileManager.default.attributesOfItem(atPath: folder.file + "-wal")[.size] as? Int ?? 0
    _ = try ledger.append(Sample.batch([Sample.decision(3)]))
    let after = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: folder.file, toPath: after.file)
    let log = try #require(FileManager.default.contents(atPath: folder.file + "-wal"))
    // Half of the last commit's first page made it.
    #expect(log.count > whole + 2_000)
    try log.prefix(whole + 2_000).write(to: URL(fileURLWithPath: after.file + "-wal"))
    let survivor = try SQLiteLedger(path: after.file)
    #expect(try survivor.position() == LedgerPosition(decisions: 2, judgements: 1))
    try survivor.close()
    try ledger.close()
  }

  @Test("books whose balance was changed by hand are found out")
  func tamperedBooks() throws {
    var ledger = try open()
    _ = try ledger.append(Sample.batch(credits: [Sample.credit("a", 5), Sample.credit("b", 3)]))
    #expect(try BooksAudit.faults(of: ledger) == [])
    try ledger.close()
    try sql("UPDATE credit_account SET balance = 9 WHERE id = 'tenant:acme'")
    try sql("DELETE FROM credit_account WHERE id = 'funding'")
    ledger = try open(.readOnly)
    #expect(
      try BooksAudit.faults(of: ledger) == [
        "account tenant:acme is stored with 9 millionths in 2 entries, and its entries come to 8 in 2",
        "account funding has entries and is not stored",
      ])
    try ledger.close()
    try sql("UPDATE credit_posting SET amount = 7 WHERE account = 'tenant:acme' AND entry = 1")
    ledger = try open(.readOnly)
    #expect(throws: LedgerError.self) { try BooksAudit.faults(of: ledger) }
    try ledger.close()
  }

  @Test("migrations are done once, however often the file is opened")
  func migrations() throws {
    for _ in 0..<3 {
      let ledger = try open()
      let applied = try ledger.pool.read { try Schema.migrator.appliedIdentifiers($0) }
      #expect(applied == ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"])
      try ledger.close()
    }
  }

  @Test("a database of the first version keeps its data, and takes jobs when it was opened")
  func olderSchema() throws {
    let queue = try DatabaseQueue(path: folder.file)
    try Schema.migrator.migrate(queue, upTo: "v1")
    #expect(try queue.read { try !$0.tableExists("job") })
    try queue.write { db in
      // The columns of that version: what is bound beyond them falls away.
      let columns = Array(repeating: "?", count: 21).joined(separator: ", ")
      let row = try BoundStatement("INSERT INTO decision VALUES (\(columns))", db)
      try DecisionColumns.bind(1, Sample.decision(1), to: row)
      try row.run()
    }
    try queue.close()
    #expect(throws: LedgerError.olderSchema(path: folder.file)) { try open(.readOnly) }
    let ledger = try open()
    #expect(try ledger.decision(Sample.id(1)) == Sample.decision(1))
    _ = try ledger.append(Sample.batch(jobs: [JobChange(try Sample.job(1), before: nil, entries: [])]))
    #expect(try ledger.jobs(of: Sample.id(1)) == [Sample.job(1)])
    try ledger.close()
  }

  // MARK: Refusals

  @Test("a second router is refused while the first has the file, and let in afterwards")
  func locking() throws {
    let first = try open()
    #expect(throws: LedgerError.locked(path: folder.file)) { try open() }
    try first.close()
    try open().close()
  }

  @Test("the files of jobs from before there was an account are accounted for")
  func accountOfEarlierJobs() throws {
    let made = [1: Sample.copies(1, 2), 2: Sample.copies(2), 3: JobResult(text: "done")]
    do {
      let queue = try DatabaseQueue(path: folder.file)
      try Schema.migrator.migrate(queue, upTo: "v3")
      for (number, result) in made.sorted(by: { $0.key < $1.key }) {
        let job = try Sample.finishedJob(number, making: result)
        try queue.write { db in
          try db.execute(
            sql: "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
              Data(job.id), Data(job.decision), job.state.rawValue, job.revision, job.ended?.microseconds,
              job.input.reference, String(decoding: job.stored, as: UTF8.self),
            ])
        }
      }
      try queue.close()
    }
    let ledger = try open()
    let records = try ledger.artefactRecords(after: nil, limit: 9)
    #expect(records.map(\.name) == [Sample.artefactName(1), Sample.artefactName(2)])
    #expect(records.map(\.uses) == [1, 2] && records.map(\.byteCount) == [10, 20])
    let last = try Sample.finishedJob(2, making: JobResult(text: "x"))
    #expect(records[1].kept == last.ended)
    // By the same names as those that are written now.
    #expect(try ledger.dropJobs(endedBefore: Sample.at(99)) == 3)
    #expect(try ledger.artefactTotals().unused == 2)
    try ledger.close()
  }

  @Test("a database of a newer version is refused by the names of its migrations")
  func newerSchema() throws {
    try open().close()
    try sql("INSERT INTO grdb_migrations VALUES ('v9')")
    let error = LedgerError.newerSchema(path: folder.file, migrations: ["v9"])
    #expect(throws: error) { try open() }
    #expect(throws: error) { try open(.readOnly) }
  }

  @Test("a file that is no database is refused and left as it is")
  func notADatabase() throws {
    let content = Data("Dear diary, today I was opened by a router.".utf8)
    try content.write(to: URL(fileURLWithPath: folder.file))
    #expect(throws: LedgerError.notADatabase(path: folder.file)) { try open() }
    #expect(FileManager.default.contents(atPath: folder.file) == content)
  }

  @Test("a damaged database is refused")
  func corrupt() throws {
    let ledger = try open()
    try fill(ledger)
    try ledger.close()
    let handle = try #require(FileHandle(forUpdatingAtPath: folder.file))
    // The first page holds the schema.
    try handle.seek(toOffset: 100)
    try handle.write(contentsOf: Data(repeating: 0xAB, count: 3_900))
    try handle.close()
    #expect {
      try open()
    } throws: { error in
      if case LedgerError.corrupt = error { true } else { false }
    }
  }

  @Test("the database of another program is refused and left as it is")
  func foreign() throws {
    try sql("CREATE TABLE song (title TEXT)")
    #expect(throws: LedgerError.foreign(path: folder.file)) { try open() }
    let queue = try DatabaseQueue(path: folder.file)
    #expect(try queue.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") } == ["song"])
  }

  @Test("a missing folder is refused, and so is reading what is not there")
  func missing() throws {
    let path = folder.path + "/no/ledger.sqlite"
    #expect(throws: LedgerError.folderMissing(path: path)) { try SQLiteLedger(path: path) }
    #expect(throws: LedgerError.missing(path: folder.file)) { try open(.readOnly) }
  }

  @Test("a row that this version cannot read is an error, not a guess")
  func damagedRow() throws {
    let ledger = try open()
    try fill(ledger)
    try ledger.close()
    try sql("UPDATE decision SET reason = 99 WHERE seq = 1")
    let damaged = try open(.readOnly)
    #expect(throws: LedgerError.damaged(what: "decision 1")) { try damaged.decision(Sample.id(1)) }
    #expect(try damaged.decision(Sample.id(2)) != nil)
    try damaged.close()
  }

  @Test("a full disk says so, loses only the batch at hand, and is over when there is space")
  func fullDisk() throws {
    let ledger = try open()
    try fill(ledger)
    func limit(_ pages: Int) throws {
      try ledger.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }
    try limit(1)
    let batch = Sample.batch((10..<1_000).map { Sample.decision($0) }, [Sample.submission("z", about: 1)])
    #expect(throws: LedgerError.diskFull(path: folder.file)) { try ledger.append(batch) }
    #expect(try ledger.position() == LedgerPosition(decisions: 2, judgements: 1))
    try limit(1 << 30)
    #expect(try ledger.append(batch) == [.accepted])
    try ledger.close()
  }

  // MARK: Beside the router

  @Test("a reader beside the router sees each commit, and may write nothing")
  func readerBesideWriter() throws {
    let writer = try open()
    try fill(writer)
    let reader = try open(.readOnly)
    #expect(try reader.position().decisions == 2)
    _ = try writer.append(Sample.batch([Sample.decision(3)]))
    #expect(try reader.decision(Sample.id(3)) == Sample.decision(3))
    #expect(throws: LedgerError.readOnly(path: folder.file)) { try reader.append(LedgerBatch()) }
    try writer.close()
    #expect(try reader.position().decisions == 3)
    try reader.close()
  }

  @Test("a reader may come after the router has gone")
  func readerAlone() throws {
    let writer = try open()
    try fill(writer)
    try writer.close()
    let reader = try open(.readOnly)
    #expect(try reader.recover().catalogue?.value == Sample.catalogue())
    try reader.close()
  }

  @Test("a backup is a ledger of the moment it was made")
  func backup() throws {
    let ledger = try open()
    try fill(ledger)
    let copy = folder.path + "/copy.sqlite"
    try ledger.backup(to: copy)
    _ = try ledger.append(Sample.batch([Sample.decision(3)]))
    let restored = try SQLiteLedger(path: copy)
    #expect(try restored.position() == LedgerPosition(decisions: 2, judgements: 1))
    #expect(throws: LedgerError.fileExists(path: copy)) { try ledger.backup(to: copy) }
    try restored.close()
    try ledger.close()
  }
}
