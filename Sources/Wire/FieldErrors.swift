/// What is wrong with one place of a document.
public struct FieldError: Error, Sendable, Hashable, CustomStringConvertible {
  /// An RFC 6901 pointer to the place, such as `/constraints/max_cost_usd`; empty for the whole document.
  public var pointer: String
  /// What was asked for and what was found, such as `must be a number ≥ 0, got -1`.
  public var message: String

  public init(pointer: String, message: String) {
    self.pointer = pointer
    self.message = message
  }

  public var description: String { pointer.isEmpty ? message : "\(pointer): \(message)" }
}

/// All that is wrong with a document, in the order in which it was read.
public struct FieldErrors: Error, Sendable, Hashable, CustomStringConvertible {
  /// At most this many errors are kept; a hostile array of a million wrong elements would otherwise cost
  /// more to answer than to send.
  public static let limit = 100

  public private(set) var errors: [FieldError]
  /// How many more there were beyond ``limit``.
  public private(set) var omitted = 0

  public init(_ errors: [FieldError] = []) { self.errors = errors }

  public var isEmpty: Bool { errors.isEmpty }

  public mutating func append(_ error: FieldError) {
    if errors.count < Self.limit { errors.append(error) } else { omitted += 1 }
  }

  /// Takes over the errors of a part, whose pointers start at that part, under the part's own pointer.
  public mutating func absorb(_ part: FieldErrors, under pointer: String) {
    for error in part.errors {
      append(FieldError(pointer: pointer + error.pointer, message: error.message))
    }
    omitted += part.omitted
  }

  /// One error a line.
  public var description: String {
    var lines = errors.map(\.description)
    if omitted > 0 { lines.append("and \(omitted) more") }
    return lines.joined(separator: "\n")
  }
}

/// JSON pointers (RFC 6901).
public enum JSONPointer {
  /// One step down: `/` and the name, with `~` written `~0` and `/` written `~1`.
  public static func step(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return "/" + name
    }
    var step = "/"
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": step += "~0"
      case "/": step += "~1"
      default: step.unicodeScalars.append(scalar)
      }
    }
    return step
  }

  public static func step(_ index: Int) -> String { "/\(index)" }
}
