import GRDB
import GRDBSQLite

/// A statement whose values are bound one by one through SQLite's own interface.
///
/// For the one insert that every decision pays for: collecting twenty values of many types in an array of existentials
/// first was measured to cost as much as the insert itself.
struct BoundStatement: ~Copyable {
  private let statement: Statement
  private let pointer: OpaquePointer
  private let position: Position

  private final class Position {
    var next: Int32 = 1
  }

  // SQLite copies what it is given before the call returns.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ sql: String, _ db: Database) throws {
    statement = try db.cachedStatement(sql: sql)
    pointer = statement.sqliteStatement
    position = Position()
    sqlite3_reset(pointer)
  }

  deinit {
    sqlite3_reset(pointer)
    sqlite3_clear_bindings(pointer)
  }

  /// Binds the next value.
  func bind(_ value: Int64) { sqlite3_bind_int64(pointer, take(), value) }

  func bind(_ value: Int64?) {
    if let value { bind(value) } else { bindNull() }
  }

  func bind(_ value: Double) { sqlite3_bind_double(pointer, take(), value) }

  func bind(_ value: [UInt8]) {
    value.withUnsafeBytes { bytes in
      // A null pointer would bind NULL instead of an empty blob.
      if let base = bytes.baseAddress, !bytes.isEmpty {
        _ = sqlite3_bind_blob(pointer, take(), base, Int32(bytes.count), BoundStatement.transient)
      } else {
        _ = sqlite3_bind_zeroblob(pointer, take(), 0)
      }
    }
  }

  /// Text by its length, NUL included.
  func bind(_ value: String?) {
    guard var value, !value.isEmpty else {
      if value == nil {
        bindNull()
      } else {
        sqlite3_bind_text(pointer, take(), "", 0, BoundStatement.transient)
      }
      return
    }
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        _ = sqlite3_bind_text(pointer, take(), text.baseAddress, Int32(text.count), BoundStatement.transient)
      }
    }
  }

  private func bindNull() { sqlite3_bind_null(pointer, take()) }

  private func take() -> Int32 {
    defer { position.next += 1 }
    return position.next
  }

  /// Runs it with the values bound, and is ready for the next ones.
  func run() throws {
    let code = sqlite3_step(pointer)
    position.next = 1
    let message = code == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer)))
    sqlite3_reset(pointer)
    if let message { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message) }
  }
}
