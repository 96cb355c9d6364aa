import Foundation
import GRDB
public import Jobs
public import Routing
public import Serving

extension SQLiteLedger {
  /// Within the transaction of ``append(_:)``.
  static func store(_ change: JobChange, _ db: Database) throws {
    let job = change.job
    let id = Data(job.id)
    let stored = try db.first("SELECT revision FROM job WHERE id = ?", [id]) { $0[0] as Int }
    guard stored == change.before else {
      throw LedgerConflict.jobChanged(job.id, stored: stored, expected: change.before)
    }
    if let input = change.input {
      try db.run(
        "INSERT INTO job_input VALUES (CAST(? AS TEXT), ?) ON CONFLICT (reference) DO NOTHING",
        [StoredText.value(job.input.reference), Data(input)])
    }
    try db.run(
      """
      INSERT INTO job VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT)) ON CONFLICT (id) DO UPDATE
      SET state = excluded.state, revision = excluded.revision, ended = excluded.ended, json = excluded.json
      """,
      [
        id, Data(job.decision), job.state.rawValue, job.revision, job.ended?.microseconds,
        StoredText.value(job.input.reference), String(decoding: job.stored, as: UTF8.self),
        StoredText.value(job.tenant),
      ])
    if let result = job.result {
      try use(result.copies, by: ArtefactHolder.job(job.id), at: job.ended ?? job.created, db)
    }
    try store(change.entries, of: job.id, db)
    for (number, attempt) in job.attempts.enumerated() {
      guard let vendor = attempt.vendor else { continue }
      try db.run(
        "INSERT INTO vendor_job VALUES (?, CAST(? AS TEXT), ?, ?) ON CONFLICT (provider, vendor_id) DO NOTHING",
        [job.plan[attempt.candidate].provider, StoredText.value(vendor.id), id, number])
    }
  }

  private static func store(_ entries: [JobLogEntry], of job: Identifier, _ db: Database) throws {
    guard !entries.isEmpty else { return }
    let id = Data(job)
    let last = try db.first("SELECT MAX(number) FROM job_event WHERE job = ?", [id]) { $0[0] as Int? ?? 0 }
    for (next, entry) in zip(((last ?? 0) + 1)..., entries) {
      guard entry.number == next else {
        throw LedgerConflict.entryOutOfOrder(job, expected: next, got: entry.number)
      }
      try db.run(
        "INSERT INTO job_event VALUES (?, ?, ?, ?, ?)",
        [
          id, entry.number, entry.at.microseconds, entry.kind.rawValue,
          String(decoding: entry.detail, as: UTF8.self),
        ])
    }
  }

  // MARK: Reading

  public func job(_ id: Identifier) throws -> Job? {
    try readFirst("SELECT json FROM job WHERE id = ?", [Data(id)], SQLiteLedger.job)
  }

  public func unfinishedJobs(_ body: (Job) throws -> Void) throws {
    try read { db in
      let rows = try db.rows("SELECT json FROM job WHERE ended IS NULL ORDER BY id")
      while let row = try rows.next() { try body(SQLiteLedger.job(row)) }
    }
  }

  public func jobs(
    states: Set<JobState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Job] {
    let parts = SQLiteLedger.listing(states, ofTenant: tenant != nil)
    guard !parts.isEmpty else { return [] }
    return try read { db in
      try SQLiteLedger.jobs(
        db.rows(
          SQLiteLedger.merged(parts), SQLiteLedger.arguments(parts.count, before, tenant, limit: limit)))
    }
  }

  /// Of all parts the latest.
  static func merged(_ parts: [String]) -> String {
    "\(parts.joined(separator: " UNION ALL ")) ORDER BY id DESC LIMIT ?"
  }

  /// What ``merged(_:)`` is given: for each part the id that ends the page before, and the tenant where there is one.
  static func arguments(
    _ parts: Int, _ before: Identifier?, _ tenant: String?, limit: Int
  ) -> StatementArguments {
    // Longer than any id, and so behind all of them.
    let before = before.map { Data($0) } ?? Data(repeating: 0xFF, count: 17)
    var arguments = StatementArguments()
    for _ in 0..<parts {
      arguments += [before]
      if let tenant { arguments += [StoredText.value(tenant)] }
    }
    arguments += [limit]
    return arguments
  }

  /// One query per index that holds some of the states in the order of ids: SQLite merges them, and reads no more rows
  /// than it gives.
  static func listing(_ states: Set<JobState>?, ofTenant: Bool) -> [String] {
    let select = "SELECT json, id FROM job WHERE id < ?" + (ofTenant ? " AND tenant = CAST(? AS TEXT)" : "")
    guard let states = states ?? (ofTenant ? Set(JobState.allCases) : nil) else { return [select] }
    let open = states.filter { !$0.isTerminal }.map { "'\($0.rawValue)'" }.sorted()
    let over = states.filter(\.isTerminal).map { "'\($0.rawValue)'" }.sorted()
    return
      (open.isEmpty ? [] : ["\(select) AND ended IS NULL AND state IN (\(open.joined(separator: ", ")))"])
      + over.map { "\(select) AND ended IS NOT NULL AND state = \($0)" }
  }

  public func jobs(of decision: Identifier) throws -> [Job] {
    try read {
      try SQLiteLedger.jobs(
        $0.rows("SELECT json FROM job WHERE decision = ? ORDER BY id", [Data(decision)]))
    }
  }

  public func attempt(atVendor id: String, of provider: String) throws -> (job: Identifier, attempt: Int)? {
    try readFirst(
      "SELECT job, attempt FROM vendor_job WHERE provider = ? AND vendor_id = CAST(? AS TEXT)",
      [provider, StoredText.value(id)]
    ) { (try DecisionColumns.identifier($0, 0), $0[1]) }
  }

  public func jobInput(_ reference: String) throws -> [UInt8]? {
    try read {
      try $0.first(
        "SELECT body FROM job_input WHERE reference = CAST(? AS TEXT)", [StoredText.value(reference)]
      ) { try $0.withUnsafeData(atIndex: 0) { $0.map { [UInt8]($0) } ?? [] } }
    }
  }

  public func jobEvents(of id: Identifier, after number: Int, limit: Int) throws -> [JobLogEntry] {
    try read { db in
      var entries: [JobLogEntry] = []
      let rows = try db.rows(
        "SELECT number, at, kind, detail FROM job_event WHERE job = ? AND number > ? ORDER BY number LIMIT ?",
        [Data(id), number, limit])
      while let row = try rows.next() {
        guard let kind = JobLogEntry.Kind(rawValue: row[2]), let detail = try StoredText.read(row, 3) else {
          throw LedgerError.damaged(what: "an event of job \(id)")
        }
        entries.append(
          JobLogEntry(
            number: row[0], at: Instant(microseconds: row[1]), kind: kind, detail: Array(detail.utf8)))
      }
      return entries
    }
  }

  private static func jobs(_ rows: RowCursor) throws -> [Job] {
    var jobs: [Job] = []
    while let row = try rows.next() { jobs.append(try job(row)) }
    return jobs
  }

  private static func job(_ row: Row) throws -> Job {
    let bytes = try row.withUnsafeData(atIndex: 0) { $0.map { [UInt8]($0) } ?? [] }
    do { return try Job(stored: bytes) } catch { throw LedgerError.damaged(what: "a job: \(error)") }
  }
}
