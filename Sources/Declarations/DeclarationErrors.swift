/// What is wrong with one line of a declaration file.
public struct DeclarationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file as the caller named it.
  public var file: String
  /// From 1; 0 when the fault is the file as a whole.
  public var line: Int
  /// What was asked for and what was found.
  public var message: String

  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// `catalogue.yaml:17: unknown key 'pric' in model; …`, the form that editors can jump to.
  public var description: String {
    line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
  }
}

/// All that is wrong with a declaration file, by line.
public struct DeclarationErrors: Error, Sendable, Hashable, CustomStringConvertible {
  public let errors: [DeclarationError]

  public init(_ errors: [DeclarationError]) {
    // Sorting by line and then by the order of finding; Swift's sort is stable but does not promise it.
    self.errors = errors.enumerated().sorted {
      ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
    }.map(\.element)
  }

  /// One error a line.
  public var description: String { errors.map(\.description).joined(separator: "\n") }
}
