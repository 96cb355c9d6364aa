import Foundation
import GRDB
public import Jobs
public import Routing
public import Serving

extension SQLiteLedger {
  /// Within the transaction of ``append(_:)``.
  static func store(_ change: DeliveryChange, _ db: Database) throws {
    let delivery = change.delivery
    let id = Data(delivery.id)
    let stored = try db.first("SELECT revision FROM delivery WHERE id = ?", [id]) { $0[0] as Int }
    guard stored == change.before else {
      throw LedgerConflict.deliveryChanged(delivery.id, stored: stored, expected: change.before)
    }
    let tenant: (any DatabaseValueConvertible)? = StoredText.value(delivery.tenant)
    let failure: (any DatabaseValueConvertible)? = StoredText.value(delivery.lastFailure)
    try db.run(
      """
      INSERT INTO delivery VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?)
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, tries = excluded.tries,
        due = excluded.due, ended = excluded.ended, last_status = excluded.last_status,
        last_failure = excluded.last_failure, revision = excluded.revision
      """,
      [
        id, Data(delivery.job), tenant, delivery.event, delivery.url, delivery.receiver,
        delivery.created.microseconds,
        delivery.state.rawValue, delivery.attempts, delivery.tries, delivery.due?.microseconds,
        delivery.ended?.microseconds, delivery.lastStatus, failure, delivery.revision,
      ])
    if let payload = change.payload {
      try db.run("INSERT INTO delivery_payload VALUES (?, ?)", [id, Data(payload)])
    }
    guard let attempt = change.attempt else { return }
    try db.run(
      "INSERT INTO delivery_attempt VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?)",
      [
        id, attempt.number, attempt.started.microseconds, attempt.ended.microseconds, attempt.answer.status,
        failure, Data(attempt.answer.excerpt.utf8),
        attempt.answer.retryAfter?.microseconds,
      ])
  }

  // MARK: Reading

  private static let columns = """
    id, job, tenant, event, url, created, state, attempts, tries, due, ended, last_status, last_failure, revision
    """

  public func delivery(_ id: Identifier) throws -> Delivery? {
    try read {
      try $0.first(
        "SELECT \(SQLiteLedger.columns) FROM delivery WHERE id = ?", [Data(id)], SQLiteLedger.delivery)
    }
  }

  public func deliveries(
    state: DeliveryState?, job: Identifier?, before: Identifier?, limit: Int
  ) throws -> [Delivery] {
    // Longer than any id, and so behind all of them.
    var arguments: StatementArguments = [before.map { Data($0) } ?? Data(repeating: 0xFF, count: 17)]
    var conditions = "id < ?"
    if let state {
      conditions += " AND state = ?"
      arguments += [state.rawValue]
    }
    if let job {
      conditions += " AND job = ?"
      arguments += [Data(job)]
    }
    arguments += [limit]
    return try read { db in
      var deliveries: [Delivery] = []
      let rows = try db.rows(
        "SELECT \(SQLiteLedger.columns) FROM delivery WHERE \(conditions) ORDER BY id DESC LIMIT ?", arguments
      )
      while let row = try rows.next() { deliveries.append(try SQLiteLedger.delivery(row)) }
      return deliveries
    }
  }

  private static func delivery(_ row: Row) throws -> Delivery {
    guard let event = try StoredText.read(row, 3), let url = try StoredText.read(row, 4),
      let state = DeliveryState(rawValue: row[6])
    else { throw LedgerError.damaged(what: "a delivery") }
    return Delivery(
      id: try DecisionColumns.identifier(row, 0), job: try DecisionColumns.identifier(row, 1),
      tenant: try StoredText.read(row, 2), event: event, url: url, created: Instant(microseconds: row[5]),
      state: state, attempts: row[7], tries: row[8], due: instant(row, 9), ended: instant(row, 10),
      lastStatus: row[11], lastFailure: try StoredText.read(row, 12), revision: row[13])
  }

  private static func instant(_ row: Row, _ column: Int) -> Instant? {
    (row[column] as Int64?).map { Instant(microseconds: $0) }
  }

  public func deliveryPayload(_ id: Identifier) throws -> [UInt8]? {
    try read {
      try $0.first("SELECT body FROM delivery_payload WHERE delivery = ?", [Data(id)]) {
        try $0.withUnsafeData(atIndex: 0) { $0.map { [UInt8]($0) } ?? [] }
      }
    }
  }

  public func deliveryAttempts(of id: Identifier) throws -> [DeliveryAttempt] {
    try read { db in
      var attempts: [DeliveryAttempt] = []
      let rows = try db.rows(
        """
        SELECT number, started, ended, status, failure, excerpt, wait FROM delivery_attempt
        WHERE delivery = ? ORDER BY number
        """, [Data(id)])
      while let row = try rows.next() {
        var answer = DeliveryAnswer(unanswered: "")
        answer.status = row[3]
        answer.failure = try StoredText.read(row, 4)
        answer.excerpt = try StoredText.read(row, 5) ?? ""
        answer.retryAfter = (row[6] as Int64?).map { Span(microseconds: $0) }
        attempts.append(
          DeliveryAttempt(
            number: row[0], started: Instant(microseconds: row[1]), ended: Instant(microseconds: row[2]),
            answer: answer))
      }
      return attempts
    }
  }

  // MARK: What is due

  /// Goes from receiver to receiver, each found by one look into an index, whatever waits for those before it.
  public func dueDeliveries(
    by now: Instant, after receiver: String?, busy: Set<String>, receivers: Int, each: Int
  ) throws -> [DueDeliveries] {
    try read { db in
      var page: [DueDeliveries] = []
      // No name is empty, so all are behind it.
      var last = receiver ?? ""
      while page.count < receivers {
        let next = try db.first(
          "SELECT receiver, due FROM delivery WHERE due IS NOT NULL AND receiver > ? ORDER BY receiver, due LIMIT 1",
          [last]
        ) { (name: $0[0] as String, due: $0[1] as Int64) }
        guard let next else { break }
        last = next.name
        guard next.due <= now.microseconds, !busy.contains(next.name) else { continue }
        page.append(
          DueDeliveries(receiver: next.name, ids: try SQLiteLedger.due(by: now, next.name, each, db)))
      }
      return page
    }
  }

  public func dueDeliveries(by now: Instant, for receiver: String, limit: Int) throws -> [Identifier] {
    try read { try SQLiteLedger.due(by: now, receiver, limit, $0) }
  }

  private static func due(
    by now: Instant, _ receiver: String, _ limit: Int, _ db: Database
  ) throws -> [Identifier] {
    var ids: [Identifier] = []
    let rows = try db.rows(
      """
      SELECT id FROM delivery WHERE due IS NOT NULL AND receiver = ? AND due <= ? ORDER BY due, id LIMIT ?
      """, [receiver, now.microseconds, limit])
    while let row = try rows.next() { ids.append(try DecisionColumns.identifier(row, 0)) }
    return ids
  }

  public func nextDelivery(after now: Instant) throws -> Instant? {
    try read {
      try $0.first("SELECT MIN(due) FROM delivery WHERE due IS NOT NULL AND due > ?", [now.microseconds]) {
        SQLiteLedger.instant($0, 0)
      } ?? nil
    }
  }
}
