public import Routing

/// Who pays a provider, and so whose limits count.
public enum Payer: Hashable, Sendable {
  /// Credits bought beforehand.
  case prepaidPool
  /// Our account, billed by use.
  case onDemand
  /// The caller's own credential, by tenant.
  case forwarded(String)
}

/// An account at a provider.
public struct AccountKey: Hashable, Sendable {
  public var provider: String
  public var payer: Payer

  public init(provider: String, payer: Payer) {
    self.provider = provider
    self.payer = payer
  }
}

/// What an account may do at once and over time.
public struct AccountLimits: Hashable, Sendable {
  /// Jobs at the vendor at the same time; nil is no known limit.
  public var concurrency: Int?
  /// Submissions over time; all apply.
  public var rates: [Rate]

  public struct Rate: Hashable, Sendable {
    public var count: Int
    public var period: Span

    public init(_ count: Int, per period: Span) {
      self.count = count
      self.period = period
    }
  }

  public init(concurrency: Int? = nil, rates: [Rate] = []) {
    self.concurrency = concurrency
    self.rates = rates
  }
}

/// A job's attempt that occupies a place at a vendor.
public struct Lease: Hashable, Sendable {
  public var job: Identifier
  public var attempt: Int

  public init(job: Identifier, attempt: Int) {
    self.job = job
    self.attempt = attempt
  }
}

/// What is left of an account's limits: a semaphore for jobs at the vendor and token buckets for submissions.
public struct Account: Hashable, Sendable {
  public let limits: AccountLimits
  private var leases: Set<Lease> = []
  private var buckets: [TokenBucket]

  public init(limits: AccountLimits, at now: Instant) {
    self.limits = limits
    buckets = limits.rates.map { TokenBucket(capacity: Double($0.count), per: $0.period, at: now) }
  }

  public var inUse: Int { leases.count }

  /// Whether a submission may be made now, and if not, when: at a time, or when a job ends.
  public func headroom(at now: Instant) -> Headroom {
    let times = buckets.map { $0.soonest(after: now) }.filter { $0 > now }
    if let limit = limits.concurrency, inUse >= limit { return .full(rateAllowsAt: times.max()) }
    return times.max().map { .later($0) } ?? .free
  }

  /// Whether all that its rates allow is there.
  func isRested(at now: Instant) -> Bool { buckets.allSatisfy { $0.available(at: now) >= $0.capacity } }

  /// Takes a place for an attempt. False, and nothing taken, when there is none; taking the place that one already has
  /// is free.
  public mutating func acquire(_ lease: Lease, at now: Instant) -> Bool {
    if leases.contains(lease) { return true }
    guard headroom(at: now) == .free else { return false }
    for index in buckets.indices { _ = buckets[index].take(at: now) }
    leases.insert(lease)
    return true
  }

  /// Takes a place without asking: after a restart, jobs are at the vendor whatever the limits say.
  public mutating func restore(_ lease: Lease) { leases.insert(lease) }

  /// Gives the place back; giving it back twice changes nothing.
  public mutating func release(_ lease: Lease) { leases.remove(lease) }

  /// The vendor said 429 although we counted room: submissions wait for the buckets to fill.
  public mutating func throttle(at now: Instant) {
    for index in buckets.indices { buckets[index].drain(at: now) }
  }

  /// The same account under new limits, with the jobs that it has.
  public func under(_ limits: AccountLimits, at now: Instant) -> Account {
    guard limits != self.limits else { return self }
    var account = Account(limits: limits, at: now)
    account.leases = leases
    return account
  }
}

/// Whether an account has room for one more submission.
public enum Headroom: Hashable, Sendable {
  case free
  /// Its rate allows the next one then.
  case later(Instant)
  /// All places are taken; the next is free when a job ends, and not before the rate allows it.
  case full(rateAllowsAt: Instant?)
}
