public import Routing

/// A token bucket for each of many callers, in bounded memory: beyond a number of them the one that was heard longest
/// ago is forgotten, and begins with a full bucket should it come again.
///
/// An entry is a key, a bucket of 32 bytes, two links and a place in a table: about 150 bytes with a key of 32.
public struct RateLimiter<Key: Hashable & Sendable>: Sendable {
  private struct Entry {
    var key: Key
    var bucket: TokenBucket
    /// Places in `entries`; -1 at the ends.
    var newer: Int
    var older: Int
  }

  /// Calls a second in the long run, > 0.
  public let rate: Double
  /// Calls at once after a rest: ≥ 1, and no fewer than come in a millisecond, which is how finely time is measured out.
  public let burst: Double
  /// Callers that are remembered, ≥ 1.
  public let capacity: Int
  private var places: [Key: Int] = [:]
  private var entries: [Entry] = []
  private var newest = -1
  private var oldest = -1

  public init(rate: Double, burst: Double, capacity: Int) {
    self.rate = max(rate, 1e-3)
    self.burst = max(burst, self.rate / 1_000, 1)
    self.capacity = max(capacity, 1)
  }

  /// How many callers are remembered.
  public var count: Int { entries.count }

  /// Takes one of a caller's tokens.
  ///
  /// - Returns: nil when there was one; otherwise how long until there is.
  public mutating func take(for key: Key, at now: Instant) -> Span? {
    let place = place(of: key, at: now)
    if entries[place].bucket.take(at: now) { return nil }
    return entries[place].bucket.soonest(after: now) - now
  }

  /// Takes more of a caller's tokens, whether they are there or not: he is let in again when what he owes is refilled.
  ///
  /// - Parameter count: ≥ 0; at most a whole bucket is owed.
  public mutating func charge(_ count: Double, to key: Key, at now: Instant) {
    let place = place(of: key, at: now)
    entries[place].bucket.charge(count, at: now)
  }

  /// Of a caller, who is now the newest.
  private mutating func place(of key: Key, at now: Instant) -> Int {
    if let place = places[key] {
      if place != newest {
        unlink(place)
        link(place)
      }
      return place
    }
    let bucket = TokenBucket(
      capacity: burst, per: Span(microseconds: Int64((burst / rate * 1e6).rounded())), at: now)
    let entry = Entry(key: key, bucket: bucket, newer: -1, older: -1)
    let place: Int
    if entries.count < capacity {
      place = entries.count
      entries.append(entry)
    } else {
      place = oldest
      places[entries[place].key] = nil
      unlink(place)
      entries[place] = entry
    }
    places[key] = place
    link(place)
    return place
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (entries[place].newer, entries[place].older)
    if newer >= 0 { entries[newer].older = older } else { newest = older }
    if older >= 0 { entries[older].newer = newer } else { oldest = newer }
  }

  private mutating func link(_ place: Int) {
    entries[place].newer = -1
    entries[place].older = newest
    if newest >= 0 { entries[newest].newer = place }
    newest = place
    if oldest < 0 { oldest = place }
  }
}
