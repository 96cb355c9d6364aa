public import Credits
public import Routing

/// The books of a ``MemoryLedger``.
struct MemoryCredits: Sendable {
  private(set) var accounts: [CreditAccountID: CreditAccount] = [:]
  private(set) var entries: [CreditEntry] = []
  private(set) var uses: [Identifier: [BudgetDay: Int64]] = [:]
  private(set) var keys: [Identifier: APIKey] = [:]
  private var booked: Set<String> = []

  /// Holds changes against what is there, and against each other.
  func check(_ changes: [CreditChange]) throws(LedgerConflict) {
    var new: Set<String> = []
    var balances: [CreditAccountID: Money] = [:]
    for case let entry? in changes.map(\.entry) {
      guard !booked.contains(entry.key), new.insert(entry.key).inserted else { throw .booked(entry.key) }
      for posting in entry.postings.list {
        let before = balances[posting.account] ?? accounts[posting.account]?.balance ?? .zero
        let after = before + posting.amount
        guard after >= .zero || posting.account.mayFallBelowZero else { throw .overdrawn(posting.account) }
        balances[posting.account] = after
      }
    }
  }

  /// Takes in a change that was checked.
  mutating func apply(_ change: CreditChange) {
    if let entry = change.entry {
      booked.insert(entry.key)
      entries.append(entry)
      for posting in entry.postings.list {
        accounts[posting.account, default: CreditAccount(id: posting.account)].take(posting.amount, of: entry)
      }
    }
    if let use = change.use { uses[use.key, default: [:]][use.day, default: 0] += use.amount.micros }
  }

  mutating func keep(_ key: APIKey) { keys[key.id] = key }

  mutating func revoke(_ id: Identifier, at now: Instant) -> Bool {
    guard let key = keys[id], key.revoked == nil else { return false }
    keys[id]?.revoked = now
    return true
  }
}

extension MemoryLedger {
  public func creditAccounts() throws -> [CreditAccount] {
    current.credits.accounts.values.sorted { $0.id < $1.id }
  }

  public func creditEntries(
    of account: CreditAccountID?, before: Int64?, limit: Int
  ) throws -> [NumberedCreditEntry] {
    let numbered = current.credits.entries.enumerated().map { place, entry in
      NumberedCreditEntry(sequence: Int64(place) + 1, entry: entry)
    }
    let matching = numbered.reversed().filter { numbered in
      (before.map { numbered.sequence < $0 } ?? true)
        && (account.map { id in numbered.entry.postings.list.contains { $0.account == id } } ?? true)
    }
    return Array(matching.prefix(limit))
  }

  public func creditEntries(of job: Identifier) throws -> [CreditEntry] {
    current.credits.entries.filter { $0.job == job }
  }

  public func budgetUses(from day: BudgetDay) throws -> [BudgetUse] {
    current.credits.uses.flatMap { key, days in
      days.filter { $0.key >= day }.map { BudgetUse(key: key, day: $0.key, amount: Money(micros: $0.value)) }
    }.sorted { ($0.key, $0.day) < ($1.key, $1.day) }
  }

  public func apiKeys() throws -> [APIKey] { current.credits.keys.values.sorted { $0.id < $1.id } }
}
