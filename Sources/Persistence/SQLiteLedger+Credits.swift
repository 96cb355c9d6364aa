public import Credits
import Foundation
import GRDB
public import Routing
import Serving

extension SQLiteLedger {
  /// Within the transaction of ``append(_:)``.
  static func store(_ change: CreditChange, _ db: Database) throws {
    if let entry = change.entry { try store(entry, db) }
    if let use = change.use {
      try db.run(
        "INSERT INTO budget_use VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [Data(use.key), use.day.number, use.amount.micros])
    }
  }

  private static func store(_ entry: CreditEntry, _ db: Database) throws {
    try db.run(
      "INSERT INTO credit_entry (key, kind, job, at, note) VALUES (CAST(? AS TEXT), ?, ?, ?, CAST(? AS TEXT)) "
        + "ON CONFLICT (key) DO NOTHING",
      [
        StoredText.value(entry.key), entry.kind.rawValue, entry.job.map { Data($0) }, entry.at.microseconds,
        StoredText.value(entry.note),
      ])
    guard db.changesCount > 0 else { throw LedgerConflict.booked(entry.key) }
    let sequence = db.lastInsertedRowID
    for posting in entry.postings.list {
      let id = StoredText.value(posting.account.description)
      let opened = entry.kind == .grant && posting.account.takesGrants ? entry.at.microseconds : nil
      try db.run(
        "INSERT INTO credit_posting VALUES (CAST(? AS TEXT), ?, ?)", [id, sequence, posting.amount.micros])
      try db.run(
        """
        INSERT INTO credit_account VALUES (CAST(? AS TEXT), ?, ?, 1) ON CONFLICT (id) DO UPDATE
        SET balance = balance + excluded.balance, opened = ifnull(opened, excluded.opened), entries = entries + 1
        """, [id, posting.amount.micros, opened])
      guard posting.amount < .zero, !posting.account.mayFallBelowZero else { continue }
      let balance = try db.first("SELECT balance FROM credit_account WHERE id = CAST(? AS TEXT)", [id]) {
        $0[0] as Int64
      }
      guard let balance, balance >= 0 else { throw LedgerConflict.overdrawn(posting.account) }
    }
  }

  // MARK: Reading

  public func creditAccounts() throws -> [CreditAccount] {
    try read { db in
      var accounts: [CreditAccount] = []
      let rows = try db.rows("SELECT id, balance, opened, entries FROM credit_account ORDER BY id")
      while let row = try rows.next() {
        accounts.append(
          CreditAccount(
            id: try SQLiteLedger.account(row, 0), balance: Money(micros: row[1]),
            opened: (row[2] as Int64?).map { Instant(microseconds: $0) }, entries: row[3]))
      }
      return accounts
    }
  }

  public func creditEntries(
    of account: CreditAccountID?, before: Int64?, limit: Int
  ) throws -> [NumberedCreditEntry] {
    let columns = "e.seq, e.key, e.kind, e.job, e.at, e.note"
    return try read { db in
      if let account {
        return try SQLiteLedger.entries(
          db.rows(
            """
            SELECT \(columns) FROM credit_posting p JOIN credit_entry e ON e.seq = p.entry
            WHERE p.account = CAST(? AS TEXT) AND p.entry < ? ORDER BY p.entry DESC LIMIT ?
            """, [StoredText.value(account.description), before ?? .max, limit]), db)
      }
      return try SQLiteLedger.entries(
        db.rows(
          "SELECT \(columns) FROM credit_entry e WHERE e.seq < ? ORDER BY e.seq DESC LIMIT ?",
          [before ?? .max, limit]), db)
    }
  }

  public func creditEntries(of job: Identifier) throws -> [CreditEntry] {
    try read { db in
      try SQLiteLedger.entries(
        db.rows(
          "SELECT seq, key, kind, job, at, note FROM credit_entry WHERE job = ? ORDER BY seq", [Data(job)]),
        db
      ).map(\.entry)
    }
  }

  private static func entries(_ rows: RowCursor, _ db: Database) throws -> [NumberedCreditEntry] {
    var entries: [NumberedCreditEntry] = []
    while let row = try rows.next() {
      let sequence: Int64 = row[0]
      guard let key = try StoredText.read(row, 1), let kind = CreditEntry.Kind(rawValue: row[2]) else {
        throw LedgerError.damaged(what: "entry \(sequence) of the books")
      }
      let job = (row[3] as Data?) == nil ? nil : try DecisionColumns.identifier(row, 3)
      entries.append(
        NumberedCreditEntry(
          sequence: sequence,
          entry: CreditEntry(
            key: key, kind: kind, postings: Postings(), job: job, at: Instant(microseconds: row[4]),
            note: try StoredText.read(row, 5))))
    }
    for place in entries.indices {
      var list: [Postings.Posting] = []
      let lines = try db.rows(
        "SELECT account, amount FROM credit_posting WHERE entry = ?", [entries[place].sequence])
      while let line = try lines.next() { list.append(.init(try account(line, 0), Money(micros: line[1]))) }
      guard let postings = Postings(list) else {
        throw LedgerError.damaged(
          what: "entry \(entries[place].sequence) of the books, which is not balanced")
      }
      entries[place].entry.postings = postings
    }
    return entries
  }

  private static func account(_ row: Row, _ column: Int) throws -> CreditAccountID {
    guard let text = try StoredText.read(row, column), let id = CreditAccountID(text) else {
      throw LedgerError.damaged(what: "the name of an account")
    }
    return id
  }

  public func budgetUses(from day: BudgetDay) throws -> [BudgetUse] {
    try read { db in
      var uses: [BudgetUse] = []
      let rows = try db.rows(
        "SELECT key, day, amount FROM budget_use WHERE day >= ? ORDER BY key, day", [day.number])
      while let row = try rows.next() {
        uses.append(
          BudgetUse(
            key: try DecisionColumns.identifier(row, 0), day: BudgetDay(number: row[1]),
            amount: Money(micros: row[2])))
      }
      return uses
    }
  }

  // MARK: Keys

  public func apiKeys() throws -> [APIKey] {
    try read { db in
      var keys: [APIKey] = []
      let rows = try db.rows(
        "SELECT id, digest, name, scopes, tenant, budget, created, revoked FROM api_key ORDER BY id")
      while let row = try rows.next() {
        keys.append(
          APIKey(
            id: try DecisionColumns.identifier(row, 0), name: try StoredText.read(row, 2),
            scopes: KeyScopes(rawValue: row[3]), tenant: try StoredText.read(row, 4),
            dailyBudget: (row[5] as Int64?).map { Money(micros: $0) },
            digest: try row.withUnsafeData(atIndex: 1) { $0.map { [UInt8]($0) } ?? [] },
            created: Instant(microseconds: row[6]),
            revoked: (row[7] as Int64?).map { Instant(microseconds: $0) }))
      }
      return keys
    }
  }

  public func append(key: APIKey) throws {
    try write { db in
      try db.run(
        "INSERT INTO api_key VALUES (?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?, ?)",
        [
          Data(key.id), Data(key.digest), StoredText.value(key.name), key.scopes.rawValue,
          StoredText.value(key.tenant), key.dailyBudget?.micros, key.created.microseconds,
          key.revoked?.microseconds,
        ])
    }
  }

  public func revokeKey(_ id: Identifier, at now: Instant) throws -> Bool {
    try write { db in
      try db.run(
        "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL", [now.microseconds, Data(id)])
      return db.changesCount > 0
    }
  }
}
