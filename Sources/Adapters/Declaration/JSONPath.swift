import Wire

/// A JSON pointer (RFC 6901) in which the step `*` stands for all elements of an array.
struct JSONPath: Hashable, Sendable {
  let steps: [String]

  /// Nil for anything that does not start with a slash, and for a malformed `~`.
  init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    var steps: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      var step = ""
      var characters = part.makeIterator()
      while let character = characters.next() {
        guard character == "~" else {
          step.append(character)
          continue
        }
        switch characters.next() {
        case "0": step.append("~")
        case "1": step.append("/")
        default: return nil
        }
      }
      steps.append(step)
    }
    self.steps = steps
  }

  init(steps: [String]) { self.steps = steps }

  /// The whole document.
  static let root = JSONPath(steps: [])

  func appending(_ other: JSONPath) -> JSONPath { JSONPath(steps: steps + other.steps) }

  /// Everything that is there and not null, in order.
  func values(in json: JSONValue) -> [JSONValue] {
    var found = [json]
    for step in steps {
      found = found.flatMap { value -> [JSONValue] in
        switch value {
        case .array(let elements):
          if step == "*" { return elements }
          return Int(step).flatMap { elements.indices.contains($0) ? [elements[$0]] : nil } ?? []
        case .object: return value[step].map { [$0] } ?? []
        default: return []
        }
      }
    }
    return found.filter { !$0.isNull }
  }

  /// The first of ``values(in:)``.
  func value(in json: JSONValue) -> JSONValue? { values(in: json).first }

  /// The object with a value put at this place, making the objects on the way; a value that stands there is replaced.
  /// The step `0` into nothing makes an array, and a number that is no more than an array's length is a place in it.
  func putting(_ value: JSONValue, into json: JSONValue) -> JSONValue {
    guard let step = steps.first else { return value }
    let inner = JSONPath(steps: Array(steps.dropFirst()))
    var elements = json.arrayValue
    if elements == nil, step == "0", json == .object([]) { elements = [] }
    if var elements, let place = Int(step), (0...elements.count).contains(place) {
      if place == elements.count { elements.append(.object([])) }
      elements[place] = inner.putting(value, into: elements[place])
      return .array(elements)
    }
    var members = json.members ?? []
    if let place = members.firstIndex(where: { $0.name == step }) {
      members[place].value = inner.putting(value, into: members[place].value)
    } else {
      members.append(JSONValue.Member(step, inner.putting(value, into: .object([]))))
    }
    return .object(members)
  }
}

extension [JSONPath] {
  /// What the first path that leads to anything leads to.
  func first(in json: JSONValue) -> JSONValue? {
    for path in self {
      if let value = path.value(in: json) { return value }
    }
    return nil
  }

  /// Everything that the first path that leads to anything leads to.
  func all(in json: JSONValue) -> [JSONValue] {
    for path in self {
      let values = path.values(in: json)
      if !values.isEmpty { return values }
    }
    return []
  }

  /// The first string that is not empty.
  func text(in json: JSONValue) -> String? {
    for path in self {
      for value in path.values(in: json) {
        if let text = value.scalarText, !text.isEmpty { return text }
      }
    }
    return nil
  }
}

extension JSONValue {
  /// A string, number or truth value as text.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }
}
