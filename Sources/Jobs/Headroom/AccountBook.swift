public import Routing

/// All accounts at all providers, each made when it is first asked for.
public struct AccountBook: Sendable {
  private var limits: [String: AccountLimits]
  private var accounts: [AccountKey: Account] = [:]
  private var holders: [Lease: AccountKey] = [:]
  private var inUse: [String: Int] = [:]
  private var sweepsBeyond = AccountBook.accountsKept

  /// - Parameter limits: of each provider's accounts, by its id; an absent one has no known limits.
  public init(limits: [String: AccountLimits] = [:]) { self.limits = limits }

  /// Whether a submission may be made from an account now: what makes a candidate ineligible before its vendor says
  /// 429.
  public func headroom(_ key: AccountKey, at now: Instant) -> Headroom {
    account(key, at: now).headroom(at: now)
  }

  /// Takes a place for an attempt; see ``Account/acquire(_:at:)``.
  public mutating func acquire(_ lease: Lease, from key: AccountKey, at now: Instant) -> Bool {
    if holders[lease] != nil { return true }
    var account = account(key, at: now)
    let isTaken = account.acquire(lease, at: now)
    accounts[key] = account
    if isTaken { hold(lease, key) }
    return isTaken
  }

  /// Takes a place without asking; see ``Account/restore(_:)``.
  public mutating func restore(_ lease: Lease, to key: AccountKey, at now: Instant) {
    var account = account(key, at: now)
    account.restore(lease)
    accounts[key] = account
    hold(lease, key)
  }

  /// Gives a place back, wherever it was taken; giving it back twice changes nothing. When many accounts
  /// are known, those that are as good as new are forgotten.
  public mutating func release(_ lease: Lease, at now: Instant) {
    guard let key = holders.removeValue(forKey: lease), var account = accounts[key] else { return }
    account.release(lease)
    accounts[key] = account
    inUse[key.provider, default: 1] -= 1
    forgetIdle(at: now)
  }

  /// The vendor said 429 although there was room.
  public mutating func throttle(_ key: AccountKey, at now: Instant) {
    var account = account(key, at: now)
    account.throttle(at: now)
    accounts[key] = account
  }

  /// Takes over the limits of a new catalogue; jobs at the vendors keep their places.
  public mutating func adopt(limits: [String: AccountLimits], at now: Instant) {
    self.limits = limits
    for (key, account) in accounts {
      accounts[key] = account.under(limits[key.provider] ?? AccountLimits(), at: now)
    }
  }

  /// Jobs at a provider, over all its accounts.
  public func inUse(_ provider: String) -> Int { inUse[provider] ?? 0 }

  /// How many accounts are remembered.
  public var count: Int { accounts.count }

  private func account(_ key: AccountKey, at now: Instant) -> Account {
    accounts[key] ?? Account(limits: limits[key.provider] ?? AccountLimits(), at: now)
  }

  private mutating func hold(_ lease: Lease, _ key: AccountKey) {
    guard holders.updateValue(key, forKey: lease) == nil else { return }
    inUse[key.provider, default: 0] += 1
  }

  /// A new account equals an idle one whose buckets are full, so nothing is lost. Looked for only when the accounts
  /// have doubled since the last time, so that it costs little for each.
  private mutating func forgetIdle(at now: Instant) {
    guard accounts.count > sweepsBeyond else { return }
    accounts = accounts.filter { _, account in account.inUse > 0 || !account.isRested(at: now) }
    sweepsBeyond = max(AccountBook.accountsKept, 2 * accounts.count)
  }

  /// Callers' own accounts may be many; beyond this number the idle ones go.
  private static let accountsKept = 1_000
}
