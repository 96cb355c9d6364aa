/// Why a text is not the JSON this package accepts, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The offset of the offending byte, from 0; the length of the text when it ended too early.
  public let offset: Int
  /// The line of that byte, from 1; lines end with a line feed.
  public let line: Int
  /// A clause without the place, such as `expected ',' or '}', found ']'`.
  public let message: String

  public init(offset: Int, line: Int, message: String) {
    self.offset = offset
    self.line = line
    self.message = message
  }

  public var description: String { "\(message) at byte \(offset) (line \(line))" }
}
