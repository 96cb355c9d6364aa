import Credits
import Routing

/// Holds the balances that a ledger stores against the entries that they are the sum of.
public enum BooksAudit {
  /// What does not agree, a sentence each; none in sound books.
  public static func faults(of ledger: any Ledger) throws -> [String] {
    var sums: [CreditAccountID: CreditAccount] = [:]
    var before: Int64?
    while true {
      let page = try ledger.creditEntries(of: nil, before: before, limit: 1_000)
      for entry in page.map(\.entry) {
        for posting in entry.postings.list {
          sums[posting.account, default: CreditAccount(id: posting.account)].take(posting.amount, of: entry)
        }
      }
      guard let last = page.last else { break }
      before = last.sequence
    }
    var faults: [String] = []
    for account in try ledger.creditAccounts() {
      let summed = sums.removeValue(forKey: account.id)
      if summed?.balance != account.balance || summed?.entries != account.entries {
        faults.append(
          "account \(account.id) is stored with \(account.balance.micros) millionths in \(account.entries) entries, and "
            + "its entries come to \(summed?.balance.micros ?? 0) in \(summed?.entries ?? 0)")
      }
      if account.balance < .zero, !account.id.mayFallBelowZero {
        faults.append("account \(account.id) is below zero: \(account.balance.micros) millionths")
      }
    }
    faults += sums.keys.sorted().map { "account \($0) has entries and is not stored" }
    return faults
  }
}
