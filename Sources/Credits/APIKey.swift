public import Routing

/// What a key opens.
public struct KeyScopes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Asking who should do a piece of work.
  public static let decide = KeyScopes(rawValue: 1)
  /// Saying how it was.
  public static let feedback = KeyScopes(rawValue: 2)
  /// Having work done.
  public static let execute = KeyScopes(rawValue: 4)
  /// Everything, the settings and the keys too.
  public static let admin = KeyScopes(rawValue: 8)

  public static let names: [(name: String, scope: KeyScopes)] = [
    ("decide", .decide), ("feedback", .feedback), ("execute", .execute), ("admin", .admin),
  ]

  /// In the order of ``names``.
  public var names: [String] { KeyScopes.names.filter { contains($0.scope) }.map(\.name) }

  /// Nil when a name is not known, or there is none.
  public init?(names: some Sequence<String>) {
    var scopes: KeyScopes = []
    for name in names {
      guard let known = KeyScopes.names.first(where: { $0.name == name }) else { return nil }
      scopes.insert(known.scope)
    }
    guard !scopes.isEmpty else { return nil }
    self = scopes
  }

  /// Whether one of the wanted scopes is among them; `admin` is as good as any.
  public func allow(_ wanted: KeyScopes) -> Bool { contains(.admin) || !isDisjoint(with: wanted) }
}

/// A caller's key to this router, without its secret.
public struct APIKey: Hashable, Sendable {
  public var id: Identifier
  /// In a person's words; nil for none.
  public var name: String?
  public var scopes: KeyScopes
  /// Whose jobs it takes in and sees; nil for a key that speaks for everybody.
  public var tenant: String?
  /// What its jobs may come to in a day (UTC); nil for no bound.
  public var dailyBudget: Money?
  /// SHA-256 of the secret. A slow hash would protect secrets that can be guessed; this one has 256 random bits.
  public var digest: [UInt8]
  public var created: Instant
  public var revoked: Instant?

  public init(
    id: Identifier, name: String? = nil, scopes: KeyScopes, tenant: String? = nil, dailyBudget: Money? = nil,
    digest: [UInt8], created: Instant, revoked: Instant? = nil
  ) {
    self.id = id
    self.name = name
    self.scopes = scopes
    self.tenant = tenant
    self.dailyBudget = dailyBudget
    self.digest = digest
    self.created = created
    self.revoked = revoked
  }
}

/// A day of budgets: from midnight to midnight, UTC.
public struct BudgetDay: Hashable, Comparable, Sendable {
  /// Since 1970-01-01.
  public var number: Int64

  public init(number: Int64) { self.number = number }

  public init(_ instant: Instant) {
    let (days, rest) = instant.microseconds.quotientAndRemainder(dividingBy: BudgetDay.length)
    number = rest < 0 ? days - 1 : days
  }

  private static let length: Int64 = 86_400_000_000

  /// When the next one begins.
  public var end: Instant { Instant(microseconds: (number + 1) * BudgetDay.length) }

  public static func < (left: BudgetDay, right: BudgetDay) -> Bool { left.number < right.number }
}

/// What a key has spent on a day, or what has changed of that.
public struct BudgetUse: Hashable, Sendable {
  public var key: Identifier
  public var day: BudgetDay
  public var amount: Money

  public init(key: Identifier, day: BudgetDay, amount: Money) {
    self.key = key
    self.day = day
    self.amount = amount
  }
}
