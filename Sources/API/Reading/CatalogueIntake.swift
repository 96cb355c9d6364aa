public import Routing
public import Serving

/// How the API takes in a whole catalogue. The reader of the file's format is given to it, and so is whoever must know
/// of a new one.
public struct CatalogueIntake: Sendable {
  /// Reads and checks the text of a catalogue, YAML or JSON.
  ///
  /// - Throws: ``CatalogueFaults``.
  public var parse: @Sendable (_ text: String) throws -> Catalogue
  /// Called when another catalogue than the last one is recorded, before the answer leaves.
  public var onStocked: @Sendable (Stocked) async throws -> Void

  public init(
    parse: @escaping @Sendable (String) throws -> Catalogue,
    onStocked: @escaping @Sendable (Stocked) async throws -> Void = { _ in }
  ) {
    self.parse = parse
    self.onStocked = onStocked
  }
}

/// All that is wrong with a catalogue, by line.
public struct CatalogueFaults: Error, Hashable, CustomStringConvertible {
  public struct Fault: Hashable, Sendable {
    /// From 1; 0 when the fault is the catalogue as a whole.
    public var line: Int
    public var message: String

    public init(line: Int, message: String) {
      self.line = line
      self.message = message
    }
  }

  public var faults: [Fault]

  public init(_ faults: [Fault]) { self.faults = faults }

  public var description: String {
    faults.map { $0.line > 0 ? "line \($0.line): \($0.message)" : $0.message }.joined(separator: "\n")
  }
}
