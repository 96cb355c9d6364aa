public import Routing

/// Amounts on accounts that add up to zero: the only ways to change one keep it so.
public struct Postings: Hashable, Sendable {
  /// One line of an entry.
  public struct Posting: Hashable, Sendable {
    public var account: CreditAccountID
    /// What comes in; below zero, what goes out.
    public var amount: Money

    public init(_ account: CreditAccountID, _ amount: Money) {
      self.account = account
      self.amount = amount
    }
  }

  private var amounts: [CreditAccountID: Int64] = [:]

  public init() {}

  /// Reads postings that were stored; nil when they do not add up to zero, or an account stands twice.
  public init?(_ list: [Posting]) {
    var sum: Int64 = 0
    for posting in list {
      let (next, overflows) = sum.addingReportingOverflow(posting.amount.micros)
      guard !overflows, amounts.updateValue(posting.amount.micros, forKey: posting.account) == nil else {
        return nil
      }
      sum = next
    }
    guard sum == 0 else { return nil }
  }

  /// Takes an amount from one account to another. Nothing is moved for zero.
  public mutating func move(
    _ amount: Money, from source: CreditAccountID, to destination: CreditAccountID
  ) {
    guard amount != .zero else { return }
    amounts[source, default: 0] -= amount.micros
    amounts[destination, default: 0] += amount.micros
  }

  /// Speaks of an account without an amount, so that it is counted.
  public mutating func mention(_ account: CreditAccountID) { amounts[account, default: 0] += 0 }

  public var isEmpty: Bool { amounts.isEmpty }

  public subscript(account: CreditAccountID) -> Money { Money(micros: amounts[account] ?? 0) }

  /// By account.
  public var list: [Posting] {
    amounts.map { Posting($0.key, Money(micros: $0.value)) }.sorted { $0.account < $1.account }
  }

  /// What leads from one state of the books to another. Accounts on which nothing changes are not in it; one that is
  /// mentioned for the first time is.
  public static func - (after: Postings, before: Postings) -> Postings {
    var change = Postings()
    for (account, amount) in after.amounts {
      let earlier = before.amounts[account]
      if amount != earlier ?? 0 || earlier == nil { change.amounts[account] = amount - (earlier ?? 0) }
    }
    for (account, amount) in before.amounts where after.amounts[account] == nil && amount != 0 {
      change.amounts[account] = -amount
    }
    return change
  }
}
