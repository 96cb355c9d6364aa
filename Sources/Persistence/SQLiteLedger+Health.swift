import GRDB
public import Jobs
import Routing
import Serving

extension SQLiteLedger {
  /// Within the transaction of ``append(_:)``.
  static func store(_ record: HealthRecord, _ db: Database) throws {
    let check = record.entry.check
    let failure = check.failure
    try db.run(
      """
      INSERT INTO health_check
        (provider, at, latency, state, class, cause, http_status, code, message, retry_after, scope)
      VALUES (?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
      """,
      [
        record.provider, check.at.microseconds, check.latency.microseconds, record.entry.state.rawValue,
        failure?.failureClass.rawValue, failure?.cause.rawValue, failure?.httpStatus,
        StoredText.value(failure?.vendorCode), StoredText.value(failure?.message),
        failure?.retryAfter?.microseconds, failure?.scope?.rawValue,
      ])
  }

  public func healthChecks(of provider: String, limit: Int) throws -> [ProviderHealth.Entry] {
    try read { db in
      var entries: [ProviderHealth.Entry] = []
      let rows = try db.rows(
        """
        SELECT at, latency, state, class, cause, http_status, code, message, retry_after, scope
        FROM health_check WHERE provider = ? ORDER BY seq DESC LIMIT ?
        """, [provider, limit])
      while let row = try rows.next() { entries.append(try SQLiteLedger.healthEntry(row, provider)) }
      return entries
    }
  }

  private static func healthEntry(_ row: Row, _ provider: String) throws -> ProviderHealth.Entry {
    let damaged = LedgerError.damaged(what: "a health check of '\(provider)'")
    guard let state = ProviderHealth.State(rawValue: row[2]) else { throw damaged }
    var failure: VendorFailure?
    if let name: String = row[3] {
      let scope: String? = row[9]
      guard let failureClass = FailureClass(rawValue: name),
        let cause = (row[4] as String?).flatMap(VendorFailure.Cause.init(rawValue:)),
        scope == nil || scope.flatMap(FailureTreatment.Scope.init(rawValue:)) != nil
      else { throw damaged }
      failure = VendorFailure(
        failureClass, cause: cause, httpStatus: row[5], vendorCode: try StoredText.read(row, 6),
        message: try StoredText.read(row, 7) ?? "",
        retryAfter: (row[8] as Int64?).map { Span(microseconds: $0) },
        scope: scope.flatMap(FailureTreatment.Scope.init(rawValue:)))
    }
    let check = ProviderHealth.Check(
      at: Instant(microseconds: row[0]), latency: Span(microseconds: row[1]), failure: failure)
    return ProviderHealth.Entry(check: check, state: state)
  }
}
