import Foundation
import GRDB
public import Jobs
public import Routing
import Serving

/// What deliveries are signed with.
extension SQLiteLedger {
  public func append(secret: SigningSecret, endingOthers end: Instant) throws {
    try write { db in
      try db.run(
        """
        UPDATE callback_secret SET expires = min(ifnull(expires, ?1), ?1) WHERE tenant IS CAST(?2 AS TEXT)
        """, [end.microseconds, StoredText.value(secret.tenant)])
      try db.run(
        "INSERT INTO callback_secret VALUES (?, CAST(? AS TEXT), ?, ?, ?)",
        [
          Data(secret.id), StoredText.value(secret.tenant), Data(secret.key), secret.created.microseconds,
          secret.expires?.microseconds,
        ])
    }
  }

  public func dropSecret(_ id: Identifier) throws -> Bool {
    try write { db in
      try db.run("DELETE FROM callback_secret WHERE id = ?", [Data(id)])
      return db.changesCount > 0
    }
  }

  public func signingSecrets(of tenant: String?) throws -> [SigningSecret] {
    try secrets("WHERE tenant IS CAST(? AS TEXT)", [StoredText.value(tenant)])
  }

  public func signingSecrets() throws -> [SigningSecret] { try secrets("", []) }

  private func secrets(_ condition: String, _ arguments: StatementArguments) throws -> [SigningSecret] {
    try read { db in
      var secrets: [SigningSecret] = []
      let rows = try db.rows(
        "SELECT id, tenant, key, created, expires FROM callback_secret \(condition) ORDER BY id", arguments)
      while let row = try rows.next() {
        secrets.append(
          SigningSecret(
            id: try DecisionColumns.identifier(row, 0), tenant: try StoredText.read(row, 1),
            key: try row.withUnsafeData(atIndex: 2) { $0.map { [UInt8]($0) } ?? [] },
            created: Instant(microseconds: row[3]),
            expires: (row[4] as Int64?).map { Instant(microseconds: $0) }))
      }
      return secrets
    }
  }
}
