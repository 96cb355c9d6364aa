import Hummingbird
import Routing

/// What a listing is asked for: which states, from where on, and how many.
struct Listing<State: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
  /// Nil for all.
  var states: Set<State>?
  /// Only what has a lower id; nil for the first page.
  var before: Identifier?
  /// 1…500.
  var limit: Int

  /// - Parameters:
  ///   - what: is listed, such as `job`.
  ///   - others: parameters that the route reads itself.
  /// - Throws: 400 for what cannot be read, and for parameters that nobody reads.
  init(_ request: Request, of what: String, beside others: [String] = []) throws {
    try request.allowQuery(["state", "before", "limit"] + others)
    limit = try request.number("limit", default: 50, in: 1...500)
    states = try request.query("state").map { text in
      Set(
        try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
          guard let state = State(rawValue: String(name)) else {
            let known = State.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.parameter("state", "must be one or several of \(known), got '\(name)'")
          }
          return state
        })
    }
    before = try request.identifier("before", of: what)
  }

  /// How many to read: one more than is shown tells whether there is a next page.
  var reach: Int { limit + 1 }

  /// - Parameter found: up to ``reach``, the latest first.
  /// - Returns: what is shown, and what `before` must be for the page behind it; nil when there is none.
  func page<Item>(_ found: [Item], id: (Item) -> Identifier) -> (items: [Item], next: String?) {
    let items = Array(found.prefix(limit))
    return (items, found.count > limit ? items.last.map { id($0).description } : nil)
  }
}

extension Request {
  /// A query parameter that is an id; nil when absent.
  func identifier(_ name: String, of what: String) throws -> Identifier? {
    try query(name).map { text in
      guard let id = Identifier(text) else {
        throw Problem.parameter(name, "must be a \(what) id (a UUID), got '\(text)'")
      }
      return id
    }
  }
}
