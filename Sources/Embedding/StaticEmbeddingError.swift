/// Why a file does not hold what it should: a clause without the file's name.
struct MalformedFile: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Why a static embedding could not be loaded. Each says what to do.
public enum StaticEmbeddingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No file at `path`, or it cannot be read.
  case missing(path: String)
  /// The file is another than the published one; both SHA-256 as hexadecimal digits.
  case wrongChecksum(path: String, expected: String, found: String)
  /// The file is not of the format that it should have.
  case malformed(path: String, reason: String)

  public var description: String {
    let remedy = "Run `make setup` to fetch the embedding table, or choose the hashing embedding."
    return switch self {
    case .missing(let path):
      "\(path) cannot be read. \(remedy)"
    case .wrongChecksum(let path, let expected, let found):
      "\(path) is not the published file: its SHA-256 is \(found) instead of \(expected). Delete it. \(remedy)"
    case .malformed(let path, let reason):
      "\(path) is malformed: \(reason). Delete it. \(remedy)"
    }
  }
}
