public import Jobs
public import Routing

/// Cached answers that outlive the process: the second tier.
///
/// Written through ``LedgerBatch``, with the end of the job that they are from, so that what they refer to in the store
/// of artefacts is accounted for in the same transaction.
public protocol CacheLedger: Sendable {
  /// What is kept under a key, expired or not.
  func cachedAnswer(_ key: String) throws -> CachedAnswer?

  /// The prompts' vectors of answers that differ from an order in nothing but the prompt, and have not expired; the
  /// latest first.
  func cachedVectors(ofKin kin: String, at now: Instant, limit: Int) throws -> [(
    key: String, vector: [UInt8]
  )]

  func dropCached(_ keys: [String]) throws

  /// - Returns: the keys of those that were dropped.
  func dropCached(matching selection: CacheSelection) throws -> [String]

  /// Drops what has expired, then, by the strategy, what is more than `bytes`.
  func trimCache(to bytes: Int, by strategy: CacheStrategy, at now: Instant) throws -> CacheTrimming

  func cacheTotals() throws -> CacheTotals
}

public struct CacheTrimming: Hashable, Sendable {
  public var expired: [String]
  public var evicted: [String]

  public init(expired: [String] = [], evicted: [String] = []) {
    self.expired = expired
    self.evicted = evicted
  }
}

public struct CacheTotals: Hashable, Sendable {
  public var entries: Int
  public var bytes: Int

  public init(entries: Int = 0, bytes: Int = 0) {
    self.entries = entries
    self.bytes = bytes
  }
}

/// An answer was given out of the cache.
public struct CacheHit: Hashable, Sendable {
  public var key: String
  public var at: Instant

  public init(key: String, at: Instant) {
    self.key = key
    self.at = at
  }
}
