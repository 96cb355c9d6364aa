import Wire
import Yams

/// Reads the keys of one YAML mapping strictly, collecting every fault of the file instead of stopping at the
/// first.
///
///     let root = try YAMLFields(text, file: "catalogue.yaml", kind: "catalogue")
///     let models = root.objects("models", kind: "model").map { model in
///       Model(id: model.string("id"), price: model.optionalDouble("price", in: 0...))
///     }
///     try root.finish()
///
/// A key that is wrong yields a placeholder and an error; ``finish()`` on the root throws all errors, those of
/// nested mappings and of keys never asked for included, so that no placeholder gets out. Types are what is
/// asked for, not what YAML 1.1 guesses: asked for a string, `no`, `1.0` and `2026-09-24` are strings; a
/// number is an unquoted JSON number (no `.5`, `1_000`, `0x10`, `.inf`); a truth value is an unquoted `true`
/// or `false`. An unquoted `null`, `~` or nothing is null, and null counts as absent for an optional key.
public final class YAMLFields {
  /// The line on which the mapping starts, from 1.
  public let line: Int
  /// What the mapping declares, for messages: `model`, `price`.
  public let kind: String

  let entries: [Entry]
  let log: ErrorLog
  private var asked: [String] = []
  private var children: [YAMLFields] = []

  struct Entry {
    let name: String
    let line: Int
    let value: Node
  }

  /// The errors of one file, shared by its mappings.
  final class ErrorLog {
    let file: String
    private(set) var errors: [DeclarationError] = []

    init(file: String) { self.file = file }

    func add(_ line: Int, _ message: String) {
      errors.append(DeclarationError(file: file, line: line, message: message))
    }
  }

  /// Parses a text whose root is a mapping.
  ///
  /// - Parameters:
  ///   - file: how messages name the text.
  ///   - kind: how messages name the root mapping.
  /// - Throws: malformed YAML, a key repeated in one mapping, a root that is no mapping. Such a file cannot
  ///   be read further, so its other faults come to light when this one is gone.
  public convenience init(_ text: String, file: String, kind: String) throws(DeclarationErrors) {
    let node = try YAMLDocument.compose(text, file: file)
    let log = ErrorLog(file: file)
    guard case .mapping(let mapping) = node else {
      log.add(node.mark?.line ?? 1, "\(kind) must be a mapping, got \(YAMLFields.summary(node))")
      throw DeclarationErrors(log.errors)
    }
    self.init(mapping, kind: kind, line: node.mark?.line ?? 1, log: log)
  }

  /// Reads and parses a file whose root is a mapping.
  public convenience init(ofFile path: String, kind: String) throws(DeclarationErrors) {
    try self.init(try YAMLDocument.text(ofFile: path), file: path, kind: kind)
  }

  init(_ mapping: Node.Mapping, kind: String, line: Int, log: ErrorLog) {
    self.kind = kind
    self.line = line
    self.log = log
    var entries: [Entry] = []
    for (key, value) in mapping {
      let keyLine = key.mark?.line ?? line
      guard case .scalar(let scalar) = key else {
        log.add(keyLine, "a key in \(kind) must be a word, got \(YAMLFields.summary(key))")
        continue
      }
      // Yams refuses repeated keys, but compares them with their tags: `!!str a` and `!!int a` get past it.
      if entries.contains(where: { $0.name == scalar.string }) {
        log.add(keyLine, "key '\(scalar.string)' stands twice in \(kind)")
        continue
      }
      entries.append(Entry(name: scalar.string, line: keyLine, value: value))
    }
    self.entries = entries
  }

  /// The names of all keys, in order. Does not count as reading them.
  public var names: [String] { entries.map(\.name) }

  /// The names of the keys that nothing asked for so far, in order.
  var unasked: [String] { names.filter { !asked.contains($0) } }

  /// Whether the key is there and not null. Does not count as reading it.
  public func has(_ name: String) -> Bool {
    entries.contains { $0.name == name && !YAMLFields.isNull($0.value) }
  }

  /// The line of a key, or of a key in a mapping nested under it and so on down; as far as the path exists.
  public func line(of path: String...) -> Int {
    var line = self.line
    var level = entries.first { $0.name == path.first }
    var rest = path.dropFirst()
    while let entry = level {
      line = entry.line
      guard let name = rest.popFirst(), case .mapping(let mapping) = entry.value,
        let (key, value) = mapping.first(where: { $0.key.scalar?.string == name })
      else { break }
      level = Entry(name: name, line: key.mark?.line ?? line, value: value)
    }
    return line
  }

  /// Records that a key is wrong in a way that only the caller can see; at the key's line.
  public func fail(_ name: String, _ message: String) {
    log.add(line(of: name), "'\(name)' in \(kind) \(message)")
  }

  /// Records a fault at any line of the file.
  public func fail(atLine line: Int, _ message: String) { log.add(line, message) }

  /// Adds an error for every key that nothing asked for, here and in every nested mapping, and throws all
  /// errors of the file if there are any. To be called on the root, once, when everything was read.
  public func finish() throws(DeclarationErrors) {
    closeUnknown()
    guard log.errors.isEmpty else { throw DeclarationErrors(log.errors) }
  }

  private func closeUnknown() {
    for entry in entries where !asked.contains(entry.name) {
      var message = "unknown key '\(entry.name)' in \(kind)"
      if !asked.isEmpty { message += "; allowed: " + asked.joined(separator: ", ") }
      if let near = NearestName.suggestion(for: entry.name, among: asked) {
        message += "; did you mean '\(near)'?"
      }
      log.add(entry.line, message)
    }
    for child in children { child.closeUnknown() }
  }

  // MARK: Finding

  /// The entry of a key, null included. Counts as reading it.
  func entry(_ name: String) -> Entry? {
    if !asked.contains(name) { asked.append(name) }
    return entries.first { $0.name == name }
  }

  func present(_ name: String) -> Entry? {
    guard let entry = entry(name), !YAMLFields.isNull(entry.value) else { return nil }
    return entry
  }

  func required(_ name: String, _ wanted: @autoclosure () -> String) -> Entry? {
    if let entry = entry(name) { return entry }
    log.add(line, "\(kind) lacks the key '\(name)' (\(wanted()))")
    return nil
  }

  func wrong(_ entry: Entry, _ wanted: String) {
    log.add(
      entry.line, "'\(entry.name)' in \(kind) must be \(wanted), got \(YAMLFields.summary(entry.value))")
  }

  /// A nested mapping, closed together with this one.
  func child(_ mapping: Node.Mapping, kind: String, line: Int) -> YAMLFields {
    let child = YAMLFields(mapping, kind: kind, line: line, log: log)
    children.append(child)
    return child
  }

  // MARK: Nodes

  static func isNull(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  static func summary(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar):
      if isNull(node) { return scalar.string.isEmpty ? "nothing" : "null" }
      return "'\(scalar.string.count > 60 ? scalar.string.prefix(60) + "…" : scalar.string)'"
    case .sequence(let elements): return "a list of \(elements.count)"
    case .mapping: return "a mapping"
    case .alias: return "an alias"
    }
  }
}
