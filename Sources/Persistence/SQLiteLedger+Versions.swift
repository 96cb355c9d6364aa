import Foundation
import GRDB
public import Routing
public import Serving

extension SQLiteLedger {
  public func append(catalogue: Catalogue, from origin: CatalogueOrigin, at: Instant) throws -> Versioned<
    Catalogue
  > {
    defer { forgetRoll() }
    return try write { db in
      let version = try SQLiteLedger.next("catalogue", db)
      try db.run(
        "INSERT INTO catalogue VALUES (?, ?, ?, ?)",
        [version, at.microseconds, try StoredJSON.text(catalogue), origin.rawValue])
      let old = try SQLiteLedger.roll(db)
      for (ordinal, id) in old.including(catalogue).ids.enumerated().dropFirst(old.ids.count) {
        try db.run("INSERT INTO roll VALUES (?, ?)", [ordinal, id])
      }
      return Versioned(version: version, value: catalogue)
    }
  }

  public func append(governance change: GovernanceChange) throws -> GovernanceChange {
    try write { db in
      var change = change
      change.version = try SQLiteLedger.next("governance", db)
      try db.run(
        "INSERT INTO governance VALUES (?, ?, ?, ?, ?)",
        [
          change.version, change.at.microseconds, change.author, change.reason,
          try StoredJSON.text(change.governance),
        ])
      return change
    }
  }

  public func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap {
    try write { db in
      let version = try SQLiteLedger.next("plan", db)
      try db.run("INSERT INTO plan VALUES (?, ?, ?)", [version, at.microseconds, try StoredJSON.text(plan)])
      return RegionMap(version: version, plan: plan)
    }
  }

  private static func next(_ table: String, _ db: Database) throws -> Int {
    try db.first("SELECT MAX(version) FROM \(table)") { ($0[0] as Int? ?? 0) + 1 } ?? 1
  }

  public func catalogue(version: Int) throws -> Versioned<Catalogue>? {
    try read { try SQLiteLedger.catalogue($0, version) }
  }

  public func catalogue(from origin: CatalogueOrigin) throws -> Versioned<Catalogue>? {
    try read { db in
      let version = try db.first("SELECT MAX(version) FROM catalogue WHERE origin = ?", [origin.rawValue]) {
        $0[0] as Int?
      }
      return try version?.flatMap { try SQLiteLedger.catalogue(db, $0) }
    }
  }

  public func governance(version: Int) throws -> Versioned<Governance>? {
    try read { try SQLiteLedger.governance($0, version) }
  }

  public func map(version: Int) throws -> RegionMap? {
    try read { try SQLiteLedger.map($0, version) }
  }

  public func governanceHistory() throws -> [GovernanceChange] {
    try read { db in
      var changes: [GovernanceChange] = []
      let rows = try db.rows("SELECT version, at, author, reason, json FROM governance ORDER BY version")
      while let row = try rows.next() {
        changes.append(
          GovernanceChange(
            version: row[0], governance: try StoredJSON.value(row[4]), author: row[2], reason: row[3],
            at: Instant(microseconds: row[1])))
      }
      return changes
    }
  }

  // MARK: Within a snapshot; without a version the newest

  static func catalogue(_ db: Database, _ version: Int? = nil) throws -> Versioned<Catalogue>? {
    try newest("catalogue", db, version)
  }

  static func governance(_ db: Database, _ version: Int? = nil) throws -> Versioned<Governance>? {
    // Version 0 is the built-in one.
    if version == 0 { return Versioned(version: 0, value: Governance()) }
    return try newest("governance", db, version)
  }

  static func map(_ db: Database, _ version: Int? = nil) throws -> RegionMap? {
    let plan: Versioned<RegionMap.Plan>? = try newest("plan", db, version)
    return plan.map { RegionMap(version: $0.version, plan: $0.value) }
  }

  static func roll(_ db: Database) throws -> Roll {
    var ids: [String] = []
    let rows = try db.rows("SELECT id FROM roll ORDER BY ordinal")
    while let row = try rows.next() { ids.append(row[0]) }
    return Roll(ids)
  }

  private static func newest<Value: Decodable & Sendable>(
    _ table: String, _ db: Database, _ version: Int?
  ) throws -> Versioned<Value>? {
    try db.first(
      "SELECT version, json FROM \(table) WHERE ?1 IS NULL OR version = ?1 ORDER BY version DESC LIMIT 1",
      [version]
    ) { Versioned(version: $0[0], value: try StoredJSON.value($0[1])) }
  }
}
