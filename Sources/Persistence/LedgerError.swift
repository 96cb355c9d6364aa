import GRDB

/// Why a database cannot be opened, read or written, and what to do about it. See also `LedgerConflict`.
public enum LedgerError: Error, Hashable, CustomStringConvertible {
  case folderMissing(path: String)
  case folderNotWritable(path: String)
  /// There is nothing to open for reading only.
  case missing(path: String)
  case locked(path: String)
  case notADatabase(path: String)
  /// A database of another program.
  case foreign(path: String)
  case newerSchema(path: String, migrations: [String])
  /// Opened for reading only, with a schema that this build must first bring up to date.
  case olderSchema(path: String)
  /// `PRAGMA synchronous` did not take: commits would not be durable.
  case notDurable(path: String, level: Int)
  case corrupt(path: String, message: String)
  case diskFull(path: String)
  case readOnly(path: String)
  /// A row that holds what this build never writes.
  case damaged(what: String)
  case fileExists(path: String)
  case failed(path: String, message: String)

  public var description: String {
    switch self {
    case .folderMissing(let path): "the folder of \(path) does not exist: create it, or name another path"
    case .folderNotWritable(let path):
      "the folder of \(path) cannot be written to: SQLite keeps files beside the database, so give this user the right"
    case .missing(let path): "there is no database at \(path): check the path, or start a router on it first"
    case .locked(let path):
      "\(path) is in use by another router: stop that one, or give this one a database of its own"
    case .notADatabase(let path):
      "\(path) is not an SQLite database: name another path, or move the file away"
    case .foreign(let path): "\(path) is the database of another program: name another path"
    case .newerSchema(let path, let migrations):
      "\(path) was written by a newer version (it knows \(migrations.joined(separator: ", "))): use that version"
    case .olderSchema(let path):
      "\(path) was written by an older version: start this version's router on it once, which brings it up to date"
    case .notDurable(let path, let level):
      "\(path) opened with synchronous = \(level) in place of 2 (FULL), so commits could be lost: check how SQLite was built"
    case .corrupt(let path, let message):
      "\(path) is damaged (\(message)): restore a backup, or save what is left with `sqlite3 \(path) .recover`"
    case .diskFull(let path): "the disk of \(path) is full: nothing of the batch was written; free some space"
    case .readOnly(let path): "\(path) was opened for reading only"
    case .damaged(let what): "the database holds \(what), which cannot be read: restore a backup"
    case .fileExists(let path): "\(path) exists already: name another path, or move the file away"
    case .failed(let path, let message): "\(path): \(message)"
    }
  }

  init(_ error: DatabaseError, path: String) {
    let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull(path: path)
    case .SQLITE_NOTADB: self = .notADatabase(path: path)
    case .SQLITE_CORRUPT: self = .corrupt(path: path, message: message)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(path: path)
    case .SQLITE_READONLY: self = .readOnly(path: path)
    default: self = .failed(path: path, message: message)
    }
  }
}
