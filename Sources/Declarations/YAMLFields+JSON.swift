public import Wire
import Yams

extension YAMLFields {
  /// An optional value of any shape, as JSON: mappings become objects in the order of the file, unquoted JSON numbers,
  /// `true`, `false` and `null` what they are in JSON, and every other scalar a string.
  public func optionalJSON(_ name: String) -> JSONValue? {
    present(name).map { json($0.value, line: $0.line) }
  }

  /// The members of the mapping that have not been asked for yet, each as JSON with its line: for mappings whose names
  /// are free. Counts as reading them.
  public func rest() -> [(name: String, value: JSONValue, line: Int)] {
    unasked.compactMap { name in
      entry(name).map { (name, json($0.value, line: $0.line), $0.line) }
    }
  }

  private func json(_ node: Node, line: Int) -> JSONValue {
    switch node {
    case .scalar(let scalar):
      guard scalar.style == .plain else { return .string(scalar.string) }
      if YAMLFields.isNull(node) { return .null }
      if let value = try? JSONValue.parse(scalar.string) { return value }
      return .string(scalar.string)
    case .sequence(let elements):
      return .array(elements.map { json($0, line: $0.mark?.line ?? line) })
    case .mapping(let mapping):
      return .object(
        mapping.map { key, value in
          JSONValue.Member(key.scalar?.string ?? "", json(value, line: value.mark?.line ?? line))
        })
    case .alias:
      log.add(line, "an alias is not allowed here")
      return .null
    }
  }
}

extension YAMLFields {
  /// Whether a key holds a mapping. Does not count as reading it.
  public func isMapping(_ name: String) -> Bool {
    entries.contains { entry in
      if case .mapping = entry.value { entry.name == name } else { false }
    }
  }
}
