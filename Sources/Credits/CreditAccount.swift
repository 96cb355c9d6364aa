public import Routing

/// Whose an account of the books is, and what stands on it. A balance is what has come in less what has gone out, in
/// whole millionths of a dollar; all balances together are zero.
public enum CreditAccountID: Hashable, Sendable {
  /// What a customer may spend.
  case tenant(String)
  /// What is set aside for a customer's jobs that are not over.
  case reserved(String)
  /// What customers have paid for jobs that succeeded.
  case revenue
  /// What is left of the credits bought from a provider beforehand.
  case pool(String)
  /// What a provider that bills by use has to get: below zero by as much.
  case payable(String)
  /// What the work that was delivered has cost at a provider.
  case cost(String)
  /// What was paid a provider for nothing: late deliveries, unusable work, attempts of jobs that failed. The house's.
  case loss(String)
  /// What a provider may yet charge for attempts whose end is unknown. The house's until it is known.
  case exposure(String)
  /// Jobs paid by their callers' own keys: always zero, only its entries are counted.
  case forwarded(String)
  /// Where money comes from: below zero by all that was ever granted.
  case funding

  /// Whether its balance may be below zero. A pool may: a vendor says what work cost after it was done.
  public var mayFallBelowZero: Bool {
    switch self {
    case .pool, .payable, .funding: true
    case .tenant, .reserved, .revenue, .cost, .loss, .exposure, .forwarded: false
    }
  }

  /// Whether somebody may put money on it from outside.
  public var takesGrants: Bool {
    switch self {
    case .tenant, .pool: true
    default: false
    }
  }
}

/// `tenant:acme`, `pool:fal`, `revenue`.
extension CreditAccountID: CustomStringConvertible, LosslessStringConvertible {
  public var description: String {
    switch self {
    case .tenant(let name): "tenant:\(name)"
    case .reserved(let name): "reserved:\(name)"
    case .revenue: "revenue"
    case .pool(let provider): "pool:\(provider)"
    case .payable(let provider): "payable:\(provider)"
    case .cost(let provider): "cost:\(provider)"
    case .loss(let provider): "loss:\(provider)"
    case .exposure(let provider): "exposure:\(provider)"
    case .forwarded(let provider): "forwarded:\(provider)"
    case .funding: "funding"
    }
  }

  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 1 {
      switch text {
      case "revenue": self = .revenue
      case "funding": self = .funding
      default: return nil
      }
      return
    }
    let name = String(parts[1])
    guard !name.isEmpty else { return nil }
    switch parts[0] {
    case "tenant": self = .tenant(name)
    case "reserved": self = .reserved(name)
    case "pool": self = .pool(name)
    case "payable": self = .payable(name)
    case "cost": self = .cost(name)
    case "loss": self = .loss(name)
    case "exposure": self = .exposure(name)
    case "forwarded": self = .forwarded(name)
    default: return nil
    }
  }
}

/// By the bytes of their names, as a database sorts them.
extension CreditAccountID: Comparable {
  public static func < (left: CreditAccountID, right: CreditAccountID) -> Bool {
    left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
  }
}

/// An account as it stands.
public struct CreditAccount: Hashable, Sendable {
  public var id: CreditAccountID
  public var balance: Money
  /// When the first grant came; nil for one that nobody has put anything on. Only a tenant with an open account is
  /// charged, and only an open pool can be empty.
  public var opened: Instant?
  /// How many entries speak of it.
  public var entries: Int

  public init(id: CreditAccountID, balance: Money = .zero, opened: Instant? = nil, entries: Int = 0) {
    self.id = id
    self.balance = balance
    self.opened = opened
    self.entries = entries
  }

  /// Takes in what an entry says of it.
  public mutating func take(_ amount: Money, of entry: CreditEntry) {
    balance = balance + amount
    entries += 1
    if entry.kind == .grant, id.takesGrants { opened = opened ?? entry.at }
  }
}
