public import Credits
import Jobs
public import Routing
import Synchronization

/// The books and the keys of a router in operation: who may begin what, and what it came to.
///
/// Balances are held in memory, where a job's reservation is taken before it is stored and given back when it cannot
/// be; the ledger holds the same transaction to the same rules once more. Only the router that has the ledger open
/// writes, so that both always agree.
public final class CreditService: Sendable {
  public let keys: KeyRing
  private let book: Mutex<CreditBook>
  private let router: RoutingService
  private let alert: @Sendable (Alert) -> Void

  /// Reads the books.
  ///
  /// - Parameter alert: told when a pool is empty.
  public init(_ router: RoutingService, alert: @escaping @Sendable (Alert) -> Void = { _ in }) throws {
    self.router = router
    self.alert = alert
    keys = KeyRing(try router.ledger.apiKeys())
    book = Mutex(
      CreditBook(
        accounts: try router.ledger.creditAccounts(),
        uses: try router.ledger.budgetUses(from: BudgetDay(router.clock.now))))
  }

  // MARK: Jobs

  /// Whether a tenant pays from an account. One without is on the house's bill.
  public func isBilled(_ tenant: String?) -> Bool {
    tenant.map { tenant in book.withLock { $0.isOpen(.tenant(tenant)) } } ?? false
  }

  /// Sets aside what a new job may cost, on its tenant's account and in its key's budget, before it is stored.
  ///
  /// - Returns: what is to be stored with it; nil when it means nothing to the books.
  /// - Throws: why it may not begin; then nothing was set aside.
  func hold(_ job: Job, for key: APIKey?, at now: Instant) throws(CreditRefusal) -> CreditChange? {
    let change = Job.creditChange(from: nil, to: job, at: now)
    let refusal = book.withLock { book -> CreditRefusal? in
      if let key, let refusal = book.refusal(of: job.charge, by: key, at: now) { return refusal }
      if job.isBilled, let tenant = job.tenant, let refusal = book.refusal(of: job.charge, for: tenant) {
        return refusal
      }
      if let change { book.apply(change) }
      return nil
    }
    if let refusal { throw refusal }
    return change
  }

  /// Gives back what was set aside for a job that could not be stored.
  func release(_ change: CreditChange?) {
    if let change { book.withLock { $0.undo(change) } }
  }

  /// Takes in what has been stored.
  ///
  /// - Returns: providers whose pool is empty now and was not, or the other way round.
  func book(_ changes: [CreditChange]) -> Set<String> {
    guard !changes.isEmpty else { return [] }
    // Only these may have changed: looking through all accounts would take longer with every tenant.
    let moved = changes.reduce(into: Set<String>()) { $0.formUnion($1.pools) }
    let (before, after) = book.withLock { book in
      let before = moved.filter { book.isEmptyPool($0) }
      for change in changes { book.apply(change) }
      return (before, moved.filter { book.isEmptyPool($0) })
    }
    for provider in after.subtracting(before).sorted() {
      alert(
        Alert(
          level: .error, kind: .poolEmpty, provider: provider,
          message: CreditService.sentence(aboutEmptyPoolOf: provider), at: router.clock.now))
    }
    return before.symmetricDifference(after)
  }

  /// Providers whose prepaid pool has nothing left, with a sentence each.
  var emptyPools: [String: String] {
    let empty = book.withLock { $0.emptyPools }
    return Dictionary(
      uniqueKeysWithValues: empty.map { ($0, CreditService.sentence(aboutEmptyPoolOf: $0)) })
  }

  private static func sentence(aboutEmptyPoolOf provider: String) -> String {
    "the prepaid pool of '\(provider)' is empty; buy more and grant it to pool:\(provider)"
  }

  // MARK: Budgets

  /// Why a key may not be used for deciding; nil when it may. A decision costs nothing here, and its work will: so none
  /// is made on a budget that is used up.
  public func refusal(of key: APIKey) -> CreditRefusal? {
    guard key.dailyBudget != nil else { return nil }
    let now = router.clock.now
    return book.withLock { $0.refusal(of: .zero, by: key, at: now) }
  }

  /// Why work that may come to an amount may not be begun; nil when it may. Nothing is set aside.
  func refusal(of amount: Money, by key: APIKey?, for tenant: String?) -> CreditRefusal? {
    let now = router.clock.now
    let isBilled = isBilled(tenant)
    return book.withLock { book in
      key.flatMap { book.refusal(of: amount, by: $0, at: now) }
        ?? (isBilled ? tenant.flatMap { book.refusal(of: amount, for: $0) } : nil)
    }
  }

  /// What a key has spent today.
  public func spent(by key: Identifier) -> Money {
    let day = BudgetDay(router.clock.now)
    return book.withLock { $0.spent(by: key, on: day) }
  }

  // MARK: Accounts

  /// By id.
  public var accounts: [CreditAccount] {
    book.withLock { Array($0.accounts.values) }.sorted { $0.id < $1.id }
  }

  /// Nil for one that no entry speaks of.
  public func account(_ id: CreditAccountID) -> CreditAccount? { book.withLock { $0.accounts[id] } }

  /// Puts money on an account; on return it is durable, with the answer to keep.
  ///
  /// - Parameters:
  ///   - amount: below zero takes back what is there.
  ///   - keep: makes an answer to be remembered under the caller's idempotency key.
  /// - Throws: ``CreditRefusal`` where there is less than is to be taken back, ``ServiceError``.
  public func grant(
    _ amount: Money, to account: CreditAccountID, note: String?,
    keep: (@Sendable (CreditEntry, CreditAccount) -> Answer)? = nil
  ) async throws -> (entry: CreditEntry, account: CreditAccount, pools: Set<String>) {
    let now = router.clock.now
    let entry = CreditEntry.grant(amount, to: account, id: router.mintIdentifier(), at: now, note: note)
    let change = CreditChange(entry: entry)
    // What is taken back is taken before it is stored, and what is given counts after.
    let isTaken = amount < .zero && !account.mayFallBelowZero
    let (refusal, after) = book.withLock { book -> (CreditRefusal?, CreditAccount) in
      var after = book.accounts[account] ?? CreditAccount(id: account)
      if isTaken, after.balance + amount < .zero {
        return (.balance(account, balance: after.balance, needed: .zero - amount), after)
      }
      after.take(amount, of: entry)
      if isTaken { book.apply(change) }
      return (nil, after)
    }
    if let refusal { throw refusal }
    var batch = LedgerBatch()
    batch.credits = [change]
    batch.answers = keep.map { [$0(entry, after)] } ?? []
    do {
      _ = try await router.recorder.commit(batch)
    } catch {
      if isTaken { release(change) }
      throw error
    }
    return (entry, after, isTaken ? [] : book([change]))
  }

  // MARK: Keys

  /// Makes a key; it is durable, and opens, when this returns.
  public func makeKey(
    name: String?, scopes: KeyScopes, tenant: String?, dailyBudget: Money?
  ) throws -> NewKey {
    let new = NewKey(
      id: router.mintIdentifier(), name: name, scopes: scopes, tenant: tenant, dailyBudget: dailyBudget,
      created: router.clock.now)
    try router.ledger.append(key: new.key)
    keys.add(new.key)
    return new
  }

  /// Revokes a key at once and for good; nil when there is none of that id that still opens anything.
  public func revokeKey(_ id: Identifier) throws -> APIKey? {
    guard try router.ledger.revokeKey(id, at: router.clock.now) else { return nil }
    keys.remove(id)
    return try router.ledger.apiKeys().first { $0.id == id }
  }
}
