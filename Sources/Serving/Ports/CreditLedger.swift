public import Credits
public import Routing

/// The books, and the keys that callers have, in the ledger.
///
/// Entries are written through ``LedgerBatch``, so that what a job does to the books is durable together with the job.
/// They are never changed and never dropped.
public protocol CreditLedger: Sendable {
  /// Every account that an entry speaks of, by id.
  func creditAccounts() throws -> [CreditAccount]

  /// The latest first.
  ///
  /// - Parameters:
  ///   - account: nil for those of all.
  ///   - before: only entries with lower sequences; nil for the first page.
  func creditEntries(
    of account: CreditAccountID?, before: Int64?, limit: Int
  ) throws -> [NumberedCreditEntry]

  /// What a job has moved, in the order in which it did.
  func creditEntries(of job: Identifier) throws -> [CreditEntry]

  /// What keys have spent on a day and after it.
  func budgetUses(from day: BudgetDay) throws -> [BudgetUse]

  /// All that were ever made, revoked or not, by id.
  func apiKeys() throws -> [APIKey]

  /// Records a key.
  func append(key: APIKey) throws

  /// Revokes a key, for good; false when there is none of that id that still opens anything.
  func revokeKey(_ id: Identifier, at now: Instant) throws -> Bool
}
