import HTTPTypes

/// One endpoint of a vendor.
///
/// A pattern is a path below `/<vendor>`: `v1/predictions/{id}`, `{app...}/requests/{id}/status` (the dots
/// take one part or more) or `models/{model}:invoke` (a part with a fixed end).
struct Route: Sendable {
  typealias Handler = @Sendable (Call) async throws -> Answer

  let method: HTTPRequest.Method
  let operation: CallKind
  /// Whether the vendor asks for its credential here.
  let needsKey: Bool
  let handler: Handler
  private let parts: [Part]

  private enum Part: Sendable {
    case word(String)
    case one(name: String, ending: String)
    case many(name: String)
  }

  init(
    _ method: HTTPRequest.Method, _ pattern: String, _ operation: CallKind, needsKey: Bool = true,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.operation = operation
    self.needsKey = needsKey
    self.handler = handler
    parts = pattern.split(separator: "/").map { part in
      guard part.hasPrefix("{"), let end = part.firstIndex(of: "}") else { return .word(String(part)) }
      let name = part[part.index(after: part.startIndex)..<end]
      if name.hasSuffix("...") { return .many(name: String(name.dropLast(3))) }
      return .one(name: String(name), ending: String(part[part.index(after: end)...]))
    }
  }

  /// What the names of the pattern stand for in a path; nil when it does not match. `many` takes the fewest
  /// parts that let the rest match.
  func match(_ path: [String]) -> [String: String]? { match(path[...], parts[...]) }

  private func match(_ path: ArraySlice<String>, _ parts: ArraySlice<Part>) -> [String: String]? {
    guard let part = parts.first else { return path.isEmpty ? [:] : nil }
    guard let first = path.first else { return nil }
    let rest = parts.dropFirst()
    switch part {
    case .word(let word): return word == first ? match(path.dropFirst(), rest) : nil
    case .one(let name, let ending):
      guard first.hasSuffix(ending), first.count > ending.count else { return nil }
      var found = match(path.dropFirst(), rest)
      found?[name] = String(first.dropLast(ending.count))
      return found
    case .many(let name):
      for count in 1...path.count {
        guard var found = match(path.dropFirst(count), rest) else { continue }
        found[name] = path.prefix(count).joined(separator: "/")
        return found
      }
      return nil
    }
  }
}
