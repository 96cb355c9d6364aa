public import Routing

/// All accounts and what keys have spent, as they stand: a value that entries change.
public struct CreditBook: Hashable, Sendable {
  public private(set) var accounts: [CreditAccountID: CreditAccount]
  /// What keys have spent, by day.
  private var uses: [Place: Int64] = [:]

  private struct Place: Hashable {
    var key: Identifier
    var day: BudgetDay
  }

  public init(accounts: [CreditAccount] = [], uses: [BudgetUse] = []) {
    self.accounts = Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, $0) })
    for use in uses { self.uses[Place(key: use.key, day: use.day), default: 0] += use.amount.micros }
  }

  public func balance(of account: CreditAccountID) -> Money { accounts[account]?.balance ?? .zero }

  /// Whether somebody has ever put money on it.
  public func isOpen(_ account: CreditAccountID) -> Bool { accounts[account]?.opened != nil }

  public func spent(by key: Identifier, on day: BudgetDay) -> Money {
    Money(micros: uses[Place(key: key, day: day)] ?? 0)
  }

  /// Whether a provider's pool was filled once and has nothing left.
  public func isEmptyPool(_ provider: String) -> Bool {
    guard let account = accounts[.pool(provider)] else { return false }
    return account.opened != nil && account.balance <= .zero
  }

  /// Providers whose pool is empty.
  public var emptyPools: Set<String> {
    Set(
      accounts.keys.compactMap { id in
        if case .pool(let provider) = id, isEmptyPool(provider) { provider } else { nil }
      })
  }

  /// Takes a change in.
  public mutating func apply(_ change: CreditChange) {
    if let entry = change.entry {
      for posting in entry.postings.list {
        accounts[posting.account, default: CreditAccount(id: posting.account)].take(posting.amount, of: entry)
      }
    }
    if let use = change.use { add(use, 1) }
  }

  /// Takes back one that was not stored.
  public mutating func undo(_ change: CreditChange) {
    if let entry = change.entry {
      for posting in entry.postings.list {
        guard var account = accounts[posting.account] else { continue }
        account.balance = account.balance - posting.amount
        account.entries -= 1
        accounts[posting.account] = account.entries == 0 ? nil : account
      }
    }
    if let use = change.use { add(use, -1) }
  }

  private mutating func add(_ use: BudgetUse, _ sign: Int64) {
    uses[Place(key: use.key, day: use.day), default: 0] += sign * use.amount.micros
    // What is asked for is today's; the database has the others.
    if uses.count > CreditBook.mostUses {
      let oldest = BudgetDay(number: use.day.number - 8)
      uses = uses.filter { $0.key.day > oldest }
    }
  }

  private static let mostUses = 10_000

  // MARK: What is refused

  /// Why a key may not begin work that may come to an amount; nil when it may.
  public func refusal(of amount: Money, by key: APIKey, at now: Instant) -> CreditRefusal? {
    guard let budget = key.dailyBudget else { return nil }
    let day = BudgetDay(now)
    let spent = spent(by: key.id, on: day)
    guard spent >= budget || spent + amount > budget else { return nil }
    return .budget(key: key.id, budget: budget, spent: spent, needed: amount, again: day.end)
  }

  /// Why an amount cannot be set aside for a tenant; nil when it can.
  public func refusal(of amount: Money, for tenant: String) -> CreditRefusal? {
    let balance = balance(of: .tenant(tenant))
    return balance >= amount ? nil : .balance(.tenant(tenant), balance: balance, needed: amount)
  }
}

/// Why work is not begun. Nothing was spent.
public enum CreditRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key's budget of this day does not cover it.
  case budget(key: Identifier, budget: Money, spent: Money, needed: Money, again: Instant)
  /// The account does not.
  case balance(CreditAccountID, balance: Money, needed: Money)

  public var description: String {
    switch self {
    case .budget(let key, let budget, let spent, let needed, let again):
      "key \(key) has spent \(spent.dollars) of its \(budget.dollars) USD for this day, and this may come to "
        + "\(needed.dollars); it begins again at \(again)"
    case .balance(let account, let balance, let needed):
      "account \(account) has \(balance.dollars) USD, and \(needed.dollars) have to be set aside; grant it more"
    }
  }
}
