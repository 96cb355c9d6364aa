import Foundation
import GRDB
public import Jobs
public import Routing
public import Serving

extension SQLiteLedger: ArtefactLedger {
  /// Within the transaction that writes who refers to them.
  static func use(
    _ copies: [(name: String, byteCount: Int)], by holder: String, at now: Instant, _ db: Database
  )
    throws
  {
    for copy in copies {
      // A store without an account of its own is accounted for from here on.
      try db.run(
        "INSERT INTO artefact VALUES (?, ?, ?, 0) ON CONFLICT (name) DO NOTHING",
        [copy.name, copy.byteCount, now.microseconds])
      try db.run("INSERT OR IGNORE INTO artefact_use VALUES (?, ?)", [copy.name, holder])
    }
  }

  static func forget(holder: String, _ db: Database) throws {
    try db.run("DELETE FROM artefact_use WHERE holder = ?", [holder])
  }

  public func note(_ artefact: ArtefactRecord) throws {
    try write { try SQLiteLedger.store(artefact, $0) }
  }

  /// Within a writing transaction.
  static func store(_ artefact: ArtefactRecord, _ db: Database) throws {
    try db.run(
      """
      INSERT INTO artefact VALUES (?, ?, ?, 0) ON CONFLICT (name) DO UPDATE
      SET kept = max(kept, excluded.kept), bytes = excluded.bytes, leaving = 0
      """, [artefact.name, artefact.byteCount, artefact.kept.microseconds])
  }

  // MARK: Reading

  private static let select = """
    SELECT name, bytes, kept, (SELECT COUNT(*) FROM artefact_use WHERE artefact = name), leaving FROM artefact
    """

  private static func record(_ row: Row) -> ArtefactRecord {
    ArtefactRecord(
      name: row[0], byteCount: row[1], kept: Instant(microseconds: row[2]), uses: row[3],
      isLeaving: row[4] as Int != 0)
  }

  private static func record(_ name: String, _ db: Database) throws -> ArtefactRecord? {
    try db.first("\(select) WHERE name = ?", [name], record)
  }

  private func records(_ condition: String, _ arguments: StatementArguments) throws -> [ArtefactRecord] {
    try read { db in
      var records: [ArtefactRecord] = []
      let rows = try db.rows("\(SQLiteLedger.select) WHERE \(condition) ORDER BY name LIMIT ?", arguments)
      while let row = try rows.next() { records.append(SQLiteLedger.record(row)) }
      return records
    }
  }

  public func artefactRecord(_ name: String) throws -> ArtefactRecord? {
    try read { try SQLiteLedger.record(name, $0) }
  }

  public func artefactRecords(after: String?, limit: Int) throws -> [ArtefactRecord] {
    try records("name > ?", [after ?? "", limit])
  }

  public func artefactRecords(
    unusedSince: Instant, keptBefore: Instant, after: String?, limit: Int
  ) throws -> [ArtefactRecord] {
    try records(
      """
      name > ? AND (kept < ? OR leaving = 1
        OR kept < ? AND NOT EXISTS (SELECT 1 FROM artefact_use WHERE artefact = name))
      """, [after ?? "", keptBefore.microseconds, unusedSince.microseconds, limit])
  }

  public func artefactTotals() throws -> ArtefactTotals {
    try read {
      try $0.first(
        """
        SELECT COUNT(*), ifnull(SUM(bytes), 0),
          ifnull(SUM(NOT EXISTS (SELECT 1 FROM artefact_use WHERE artefact = name)), 0) FROM artefact
        """
      ) { ArtefactTotals(count: $0[0], bytes: $0[1], unused: $0[2]) } ?? ArtefactTotals()
    }
  }

  // MARK: Removing

  public func beginRemoval(of name: String, isDue: (ArtefactRecord) -> Bool) throws -> Bool {
    try write { db in
      guard let record = try SQLiteLedger.record(name, db), isDue(record) else { return false }
      try db.run("UPDATE artefact SET leaving = 1 WHERE name = ?", [name])
      return true
    }
  }

  public func endRemoval(of name: String) throws {
    try write { db in
      try db.run("DELETE FROM artefact WHERE name = ? AND leaving = 1", [name])
      if db.changesCount > 0 { try db.run("DELETE FROM artefact_use WHERE artefact = ?", [name]) }
    }
  }

  // MARK: Keys

  public func linkKeys() throws -> [SigningSecret] {
    try read { db in
      var keys: [SigningSecret] = []
      let rows = try db.rows("SELECT id, key, created, expires FROM artefact_key ORDER BY id")
      while let row = try rows.next() {
        keys.append(
          SigningSecret(
            id: try DecisionColumns.identifier(row, 0),
            key: try row.withUnsafeData(atIndex: 1) { $0.map { [UInt8]($0) } ?? [] },
            created: Instant(microseconds: row[2]),
            expires: (row[3] as Int64?).map { Instant(microseconds: $0) }))
      }
      return keys
    }
  }

  public func append(linkKey: SigningSecret, endingOthers end: Instant, at now: Instant) throws {
    try write { db in
      try db.run("UPDATE artefact_key SET expires = min(ifnull(expires, ?1), ?1)", [end.microseconds])
      try db.run("DELETE FROM artefact_key WHERE expires <= ?", [now.microseconds])
      try db.run(
        "INSERT INTO artefact_key VALUES (?, ?, ?, ?)",
        [
          Data(linkKey.id), Data(linkKey.key), linkKey.created.microseconds, linkKey.expires?.microseconds,
        ])
    }
  }
}
