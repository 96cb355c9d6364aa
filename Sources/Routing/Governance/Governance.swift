/// The operator's settings: what differs from the defaults, for all capabilities (`half_life`) or for one
/// (`text_to_video.half_life`, which wins). A value; a change makes a new one, and it takes effect at the next epoch.
public struct Governance: Hashable, Sendable, Codable {
  /// Canonical texts by key, sorted by key.
  public private(set) var settings: [Entry]

  public struct Entry: Hashable, Sendable, Codable {
    public let key: String
    public let value: Setting
  }

  public init() { settings = [] }

  /// Builds governance from texts, all or nothing.
  public init(_ changes: [(key: String, value: Setting)]) throws(GovernanceErrors) {
    self.init()
    try apply(changes)
  }

  /// Applies changes, all or none. `Setting.none` takes a setting back to its default.
  public mutating func apply(_ changes: [(key: String, value: Setting)]) throws(GovernanceErrors) {
    var next = self
    var errors: [GovernanceErrors.Item] = []
    for (key, value) in changes {
      do throws(GovernanceErrors.Item) { try next.set(key, to: value) } catch { errors.append(error) }
    }
    if errors.isEmpty { errors = next.crossings(changes.last?.key ?? "") }
    guard errors.isEmpty else { throw GovernanceErrors(items: errors) }
    self = next
  }

  /// Pairs of bounds that exclude everything, wherever they are in force.
  private func crossings(_ key: String) -> [GovernanceErrors.Item] {
    let scopes: [Capability?] = [nil] + Capability.allCases
    let crossed = scopes.map { rules(for: $0) }.first { $0.shrinkageMinimum > $0.shrinkageMaximum }
    guard let crossed else { return [] }
    let bounds = "kappa_minimum \(crossed.shrinkageMinimum), kappa_maximum \(crossed.shrinkageMaximum)"
    return [.init(key: key, message: "kappa_minimum must not exceed kappa_maximum, would be \(bounds)")]
  }

  private mutating func set(_ key: String, to value: Setting) throws(GovernanceErrors.Item) {
    let (capability, name) = Governance.split(key)
    guard let parameter = Parameter.named(name) else {
      throw .init(key: key, message: "no such parameter; `GET /v1/governance` lists them all")
    }
    if capability != nil, parameter.scope == .router {
      throw .init(key: key, message: "\(name) holds for the whole router, not for one capability")
    }
    settings.removeAll { $0.key == key }
    guard value != .none else { return }
    var trial = Rules()
    do throws(ParameterError) {
      try parameter.write(&trial, value)
    } catch {
      throw .init(key: key, message: error.message)
    }
    settings.append(Entry(key: key, value: parameter.read(trial)))
    settings.sort { $0.key < $1.key }
  }

  /// The rules in force for a capability; nil gives those of the router as a whole.
  public func rules(for capability: Capability?) -> Rules {
    var rules = Rules()
    for specific in [false, true] {
      for entry in settings {
        let (owner, name) = Governance.split(entry.key)
        guard (owner != nil) == specific, owner == nil || owner == capability else { continue }
        // Entries were validated when they were set.
        try? Parameter.named(name)?.write(&rules, entry.value)
      }
    }
    return rules
  }

  private static func split(_ key: String) -> (Capability?, String) {
    guard let dot = key.firstIndex(of: "."), let capability = Capability(name: String(key[..<dot])) else {
      return (nil, key)
    }
    return (capability, String(key[key.index(after: dot)...]))
  }
}

/// A parameter's value as it is written: a number, a text (spans, choices, ids), a truth, or nothing.
public enum Setting: Hashable, Sendable, Codable, CustomStringConvertible {
  case number(Double)
  case text(String)
  case none

  public var description: String {
    switch self {
    case .number(let value):
      value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    case .text(let text): text
    case .none: "null"
    }
  }

  /// Reads what a person typed: a number, `null`, or a text.
  public init(typed text: String) {
    if text == "null" || text.isEmpty {
      self = .none
    } else if let number = Double(text) {
      self = .number(number)
    } else {
      self = .text(text)
    }
  }
}

/// Every setting that could not be taken, with the reason. None of the change was applied.
public struct GovernanceErrors: Error, Hashable, CustomStringConvertible {
  public struct Item: Error, Hashable, Sendable {
    public let key: String
    public let message: String

    public init(key: String, message: String) {
      self.key = key
      self.message = message
    }
  }

  public let items: [Item]

  public init(items: [Item]) { self.items = items }

  public var description: String { items.map { "\($0.key): \($0.message)" }.joined(separator: "; ") }
}
