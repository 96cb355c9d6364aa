import Foundation
import GRDB
public import Jobs
public import Routing
public import Serving

extension SQLiteLedger: CacheLedger {
  /// Within the transaction of ``append(_:)``.
  static func store(_ answer: CachedAnswer, _ db: Database) throws {
    let holder = ArtefactHolder.answer(answer.ticket.key)
    try forget(holder: holder, db)
    try db.run(
      """
      INSERT OR REPLACE INTO cached_answer
      VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        answer.ticket.key, answer.ticket.kin, StoredText.value(answer.ticket.label), answer.capability.name,
        answer.candidate, answer.provider, StoredText.value(answer.model), StoredText.value(answer.tenant),
        Data(answer.job), Data(answer.decision), answer.cost.micros,
        String(decoding: answer.result.stored, as: UTF8.self), answer.vector.map { Data($0) },
        answer.byteCount, answer.created.microseconds, answer.expires.microseconds, answer.used.microseconds,
        answer.uses,
      ])
    try use(answer.result.copies, by: holder, at: answer.created, db)
  }

  static func store(_ hit: CacheHit, _ db: Database) throws {
    try db.run(
      "UPDATE cached_answer SET uses = uses + 1, used = max(used, ?) WHERE key = ?",
      [hit.at.microseconds, hit.key])
  }

  // MARK: Reading

  private static let columns = """
    key, kin, label, capability, candidate, provider, model, tenant, job, decision, cost, CAST(result AS BLOB), vector,
    created, expires, used, uses
    """

  private static func answer(_ row: Row) throws -> CachedAnswer {
    let bytes = try row.withUnsafeData(atIndex: 11) { $0.map { [UInt8]($0) } ?? [] }
    let vector = try row.withUnsafeData(atIndex: 12) { $0.map { [UInt8]($0) } }
    guard let capability = Capability(name: row[3]), let label = try StoredText.read(row, 2),
      let model = try StoredText.read(row, 6), let result = try? JobResult(stored: bytes)
    else { throw LedgerError.damaged(what: "a cached answer") }
    let created = Instant(microseconds: row[13])
    let expires = Instant(microseconds: row[14])
    return CachedAnswer(
      ticket: CacheTicket(
        key: row[0], kin: row[1], label: label, lifetime: expires - created, isSemantic: vector != nil),
      job: try DecisionColumns.identifier(row, 8), decision: try DecisionColumns.identifier(row, 9),
      capability: capability, candidate: row[4], provider: row[5], model: model,
      tenant: try StoredText.read(row, 7), cost: Money(micros: row[10]), result: result, vector: vector,
      created: created, expires: expires, used: Instant(microseconds: row[15]), uses: row[16])
  }

  public func cachedAnswer(_ key: String) throws -> CachedAnswer? {
    try read {
      try $0.first(
        "SELECT \(SQLiteLedger.columns) FROM cached_answer WHERE key = ?", [key], SQLiteLedger.answer)
    }
  }

  public func cachedVectors(
    ofKin kin: String, at now: Instant, limit: Int
  ) throws -> [(key: String, vector: [UInt8])] {
    try read { db in
      var found: [(key: String, vector: [UInt8])] = []
      let rows = try db.rows(
        """
        SELECT key, vector FROM cached_answer WHERE kin = ? AND vector IS NOT NULL AND expires > ?
        ORDER BY created DESC, key DESC LIMIT ?
        """, [kin, now.microseconds, limit])
      while let row = try rows.next() {
        found.append((row[0], try row.withUnsafeData(atIndex: 1) { $0.map { [UInt8]($0) } ?? [] }))
      }
      return found
    }
  }

  public func cacheTotals() throws -> CacheTotals {
    try read {
      try $0.first("SELECT COUNT(*), ifnull(SUM(bytes), 0) FROM cached_answer") {
        CacheTotals(entries: $0[0], bytes: $0[1])
      } ?? CacheTotals()
    }
  }

  // MARK: Dropping

  public func dropCached(_ keys: [String]) throws { try write { try SQLiteLedger.drop(keys, $0) } }

  private static func drop(_ keys: [String], _ db: Database) throws {
    for key in keys {
      try db.run("DELETE FROM cached_answer WHERE key = ?", [key])
      try forget(holder: ArtefactHolder.answer(key), db)
    }
  }

  /// In steps, so that writers wait for none of them long.
  public func dropCached(matching selection: CacheSelection) throws -> [String] {
    var dropped: [String] = []
    var last = ""
    while true {
      let page = try read { db in
        var page: [CachedAnswer] = []
        let rows = try db.rows(
          """
          SELECT \(SQLiteLedger.columns) FROM cached_answer
          WHERE key > ?1 AND (?2 IS NULL OR provider = ?2) AND (?3 IS NULL OR model = CAST(?3 AS TEXT))
          ORDER BY key LIMIT 500
          """, [last, selection.provider, StoredText.value(selection.model)])
        while let row = try rows.next() { page.append(try SQLiteLedger.answer(row)) }
        return page
      }
      let keys = page.filter { selection.contains($0) }.map(\.ticket.key)
      if !keys.isEmpty { try dropCached(keys) }
      dropped += keys
      guard let end = page.last?.ticket.key else { return dropped }
      last = end
    }
  }

  public func trimCache(to bytes: Int, by strategy: CacheStrategy, at now: Instant) throws -> CacheTrimming {
    var trimming = CacheTrimming()
    let order =
      switch strategy {
      case .lru: "used, key"
      case .lfu: "uses, used, key"
      case .ttl: "expires, key"
      }
    while true {
      let keys = try keys(
        "SELECT key, bytes FROM cached_answer WHERE expires <= ? LIMIT 500", [now.microseconds])
      if keys.isEmpty { break }
      try dropCached(keys.map(\.key))
      trimming.expired += keys.map(\.key)
    }
    var total = try cacheTotals().bytes
    while total > bytes {
      let page = try keys("SELECT key, bytes FROM cached_answer ORDER BY \(order) LIMIT 500", [])
      var going: [String] = []
      for (key, size) in page where total > bytes {
        total -= size
        going.append(key)
      }
      if going.isEmpty { break }
      try dropCached(going)
      trimming.evicted += going
    }
    trimming.expired.sort()
    return trimming
  }

  private func keys(
    _ sql: String, _ arguments: StatementArguments
  ) throws -> [(key: String, bytes: Int)] {
    try read { db in
      var keys: [(key: String, bytes: Int)] = []
      let rows = try db.rows(sql, arguments)
      while let row = try rows.next() { keys.append((row[0], row[1])) }
      return keys
    }
  }
}
