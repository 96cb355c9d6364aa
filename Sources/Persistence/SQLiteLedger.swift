import Foundation
import GRDB
import Routing
public import Serving
import Synchronization

/// The ledger in one SQLite file: write-ahead log, every commit synced to the disk, readers beside the one writer.
public final class SQLiteLedger: Ledger {
  public enum Access: Sendable {
    /// The router's: no second one may open the file so.
    case readWrite
    /// Beside a running router, or after it: `verify`, `replay`, `export`.
    case readOnly
  }

  public let path: String
  let pool: DatabasePool
  /// For ``readFirst(_:_:_:)``: a connection that is there at once.
  private let lookups: DatabaseQueue
  private let access: Access
  private let lock: Mutex<LedgerLock?>
  /// Nil where nothing is written.
  let checkpointer: Checkpointer?
  /// The roll as this writer, who is the only one, last read it; nil when it may have grown since.
  private let knownRoll = Mutex<Roll?>(nil)

  /// Opens a database, and makes it when there is none.
  ///
  /// - Throws: ``LedgerError``.
  public init(path: String, access: Access = .readWrite) throws {
    self.path = path
    self.access = access
    try SQLiteLedger.checkPlace(path, access)
    lock = Mutex(access == .readWrite ? try LedgerLock(path: path) : nil)
    (pool, lookups) = try SQLiteLedger.translating(path) {
      let pool = try DatabasePool(path: path, configuration: SQLiteLedger.configuration(access))
      do {
        try pool.read { try SQLiteLedger.checkOrigin($0, path, access) }
        if access == .readWrite { try SQLiteLedger.prepare(pool, path) }
        return (pool, try DatabaseQueue(path: path, configuration: SQLiteLedger.configuration(.readOnly)))
      } catch {
        try? pool.close()
        throw error
      }
    }
    checkpointer =
      access == .readWrite
      ? try SQLiteLedger.translating(path) { try Checkpointer(path: path) } : nil
  }

  private static func checkPlace(_ path: String, _ access: Access) throws(LedgerError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .folderMissing(path: path)
    }
    switch access {
    case .readWrite:
      guard FileManager.default.isWritableFile(atPath: folder) else { throw .folderNotWritable(path: path) }
    case .readOnly:
      guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    }
    guard let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 16),
      !head.isEmpty
    else {
      return
    }
    // Asked here, because GRDB would set up its write-ahead log first, which fails with less to say.
    guard head == Data("SQLite format 3\0".utf8) else { throw .notADatabase(path: path) }
  }

  private static func configuration(_ access: Access) -> Configuration {
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.readonly = access == .readOnly
    configuration.maximumReaderCount = 8
    configuration.busyMode = .timeout(5)
    // Rows are only ever added, decisions before what refers to them; the check would cost a lookup per judgement.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  /// Refuses databases of other programs and of versions to come.
  private static func checkOrigin(_ db: Database, _ path: String, _ access: Access) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0
    guard application == Schema.applicationID || (isEmpty && application == 0) else {
      throw LedgerError.foreign(path: path)
    }
    let migrator = Schema.migrator
    if !isEmpty {
      let applied = Set(try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations"))
      let unknown = applied.subtracting(migrator.migrations)
      guard unknown.isEmpty else { throw LedgerError.newerSchema(path: path, migrations: unknown.sorted()) }
    }
    if access == .readOnly, try !migrator.hasCompletedMigrations(db) {
      throw LedgerError.olderSchema(path: path)
    }
  }

  private static func prepare(_ pool: DatabasePool, _ path: String) throws {
    // GRDB sets NORMAL itself when it opens the write-ahead log, so this must come after.
    try pool.writeWithoutTransaction { db in
      try db.execute(
        sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -32768")
      let level = try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
      guard level == 2 else { throw LedgerError.notDurable(path: path, level: level) }
    }
    try Schema.migrator.migrate(pool)
  }

  /// Releases the file and the lock. What is in the write-ahead log moves into the file, so that it alone is all.
  public func close() throws {
    // Only a writer that is the last to leave does that; GRDB would close it before its readers.
    pool.invalidateReadOnlyConnections()
    try translating {
      try lookups.close()
      try checkpointer?.stop()
      try pool.close()
    }
    lock.withLock { $0 = nil }
  }

  /// Copies the database as it is now into a new file, while it goes on being used.
  public func backup(to destination: String) throws {
    guard !FileManager.default.fileExists(atPath: destination) else {
      throw LedgerError.fileExists(path: destination)
    }
    try SQLiteLedger.checkPlace(destination, .readWrite)
    try translating {
      let copy = try DatabaseQueue(path: destination)
      try pool.backup(to: copy)
      try copy.close()
    }
  }

  // MARK: Transactions

  /// One snapshot for all that `body` reads.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try translating { try pool.read(body) }
  }

  /// The first row of one statement, through `decode`; nil when there is none. To be found by a key, and small: who
  /// looks up something else meanwhile waits.
  ///
  /// One statement is a snapshot by itself. Without a transaction around it, and without a connection to be chosen and
  /// its schema to be looked at, a lookup took 75 to 90 µs on the way of an order instead of 130 to 150.
  func readFirst<Value>(
    _ sql: String, _ arguments: StatementArguments, _ decode: (Row) throws -> Value
  ) throws -> Value? {
    try translating { try lookups.unsafeRead { try $0.first(sql, arguments, decode) } }
  }

  /// One transaction: all of it is durable when this returns, or nothing of it happened.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    guard access == .readWrite else { throw LedgerError.readOnly(path: path) }
    defer { checkpointer?.note() }
    return try translating { try pool.write(body) }
  }

  /// The roll within a writing transaction.
  func roll(_ db: Database) throws -> Roll {
    if let roll = knownRoll.withLock({ $0 }) { return roll }
    let roll = try SQLiteLedger.roll(db)
    knownRoll.withLock { $0 = roll }
    return roll
  }

  /// To be called when a transaction that wrote the roll is over.
  func forgetRoll() { knownRoll.withLock { $0 = nil } }

  private func translating<Value>(_ body: () throws -> Value) throws -> Value {
    try SQLiteLedger.translating(path, body)
  }

  private static func translating<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as DatabaseError { throw LedgerError(error, path: path) }
  }
}

extension Database {
  /// Runs a statement that was compiled once per connection.
  func run(_ sql: String, _ arguments: StatementArguments = []) throws {
    let statement = try cachedStatement(sql: sql)
    statement.setUncheckedArguments(arguments)
    try statement.execute()
  }

  /// Its rows; one object is reused for all of them.
  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> RowCursor {
    let statement = try cachedStatement(sql: sql)
    return try Row.fetchCursor(statement, arguments: arguments)
  }

  /// Its first row, through `decode`; nil when there is none.
  func first<Value>(
    _ sql: String, _ arguments: StatementArguments = [], _ decode: (Row) throws -> Value
  ) throws -> Value? {
    let rows = try rows(sql, arguments)
    // The row is the cursor's: without it, it would be empty.
    return try withExtendedLifetime(rows) { try rows.next().map(decode) }
  }
}

/// A text as it is bound and read: one with a NUL goes as bytes, which `CAST(? AS TEXT)` makes a text of, because
/// SQLite's functions for texts end at the NUL.
enum StoredText {
  static func value(_ text: String) -> any DatabaseValueConvertible {
    text.utf8.contains(0) ? Data(text.utf8) : text
  }

  static func value(_ text: String?) -> (any DatabaseValueConvertible)? { text.map { value($0) } }

  static func read(_ row: Row, _ column: Int) throws -> String? {
    try row.withUnsafeData(atIndex: column) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }
}
