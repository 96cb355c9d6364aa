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
      INSERT INTO job VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
      SET state = excluded.state, revision = excluded.revision, ended = excluded.ended, json = excluded.json
      """,
      [
        id, Data(job.decision), job.state.rawValue, job.revision, job.ended?.microseconds,
        String(decoding: job.stored, as: UTF8.self),
      ])
    for entry in change.entries {
      try db.run(
        "INSERT INTO job_event VALUES (?, ?, ?, ?, ?)",
        [
          id, entry.number, entry.at.microseconds, entry.kind.rawValue,
          String(decoding: entry.detail, as: UTF8.self),
        ])
    }
    for (number, attempt) in job.attempts.enumerated() {
      guard let vendor = attempt.vendor else { continue }
      try db.run(
        "INSERT INTO vendor_job VALUES (?, CAST(? AS TEXT), ?, ?) ON CONFLICT (provider, vendor_id) DO NOTHING",
        [job.plan[attempt.candidate].provider, StoredText.value(vendor.id), id, number])
    }
  }

  static func store(_ check: HealthRecord, _ db: Database) throws {
    let failure = check.entry.check.failure
    try db.run(
      """
      INSERT INTO health_check (provider, at, latency, state, class, cause, http_status, message)
      VALUES (?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT))
      """,
      [
        check.provider, check.entry.check.at.microseconds, check.entry.check.latency.microseconds,
        check.entry.state.rawValue, failure?.failureClass.rawValue, failure?.cause.rawValue,
        failure?.httpStatus, StoredText.value(failure?.message),
      ])
  }

  // MARK: Reading

  public func job(_ id: Identifier) throws -> Job? {
    try read { try $0.first("SELECT json FROM job WHERE id = ?", [Data(id)], SQLiteLedger.job) }
  }

  public func unfinishedJobs(_ body: (Job) throws -> Void) throws {
    try read { db in
      let rows = try db.rows("SELECT json FROM job WHERE ended IS NULL ORDER BY id")
      while let row = try rows.next() { try body(SQLiteLedger.job(row)) }
    }
  }

  public func jobs(states: Set<JobState>?, before: Identifier?, limit: Int) throws -> [Job] {
    try read { db in
      let wanted = (states ?? Set(JobState.allCases)).map { "'\($0.rawValue)'" }.sorted()
      let rows = try db.rows(
        """
        SELECT json FROM job WHERE state IN (\(wanted.joined(separator: ", "))) AND (? IS NULL OR id < ?)
        ORDER BY id DESC LIMIT ?
        """, [before.map { Data($0) }, before.map { Data($0) }, limit])
      return try SQLiteLedger.jobs(rows)
    }
  }

  public func jobs(of decision: Identifier) throws -> [Job] {
    try read {
      try SQLiteLedger.jobs(
        $0.rows("SELECT json FROM job WHERE decision = ? ORDER BY id", [Data(decision)]))
    }
  }

  public func attempt(atVendor id: String, of provider: String) throws -> (job: Identifier, attempt: Int)? {
    try read {
      try $0.first(
        "SELECT job, attempt FROM vendor_job WHERE provider = ? AND vendor_id = CAST(? AS TEXT)",
        [provider, StoredText.value(id)]
      ) { (try DecisionColumns.identifier($0, 0), $0[1]) }
    }
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

  public func healthChecks(of provider: String, limit: Int) throws -> [ProviderHealth.Entry] {
    try read { db in
      var entries: [ProviderHealth.Entry] = []
      let rows = try db.rows(
        """
        SELECT at, latency, state, class, cause, http_status, message FROM health_check
        WHERE provider = ? ORDER BY seq DESC LIMIT ?
        """, [provider, limit])
      while let row = try rows.next() { entries.append(try SQLiteLedger.healthEntry(row, provider)) }
      return entries
    }
  }

  private static func healthEntry(_ row: Row, _ provider: String) throws -> ProviderHealth.Entry {
    guard let state = ProviderHealth.State(rawValue: row[2]) else {
      throw LedgerError.damaged(what: "a health check of '\(provider)'")
    }
    var failure: VendorFailure?
    if let name: String = row[3] {
      let cause: String? = row[4]
      failure = VendorFailure(
        FailureClass(rawValue: name) ?? .unknown, cause: cause.flatMap { .init(rawValue: $0) } ?? .found,
        httpStatus: row[5], message: try StoredText.read(row, 6) ?? "")
    }
    let check = ProviderHealth.Check(
      at: Instant(microseconds: row[0]), latency: Span(microseconds: row[1]), failure: failure)
    return ProviderHealth.Entry(check: check, state: state)
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
