public import Routing

/// A token bucket: `capacity` calls at once, refilled evenly at `capacity` per `period`.
///
///     tokens(t) = min(capacity, tokens(t₀) + capacity · (t − t₀) / period)
public struct TokenBucket: Hashable, Sendable {
  /// > 0.
  public let capacity: Double
  /// > 0.
  public let period: Span
  private var tokens: Double
  private var filled: Instant

  /// A full bucket.
  public init(capacity: Double, per period: Span, at now: Instant) {
    self.capacity = max(capacity, 1)
    self.period = max(period, .milliseconds(1))
    tokens = self.capacity
    filled = now
  }

  public func available(at now: Instant) -> Double {
    guard now > filled else { return tokens }
    let refill = capacity * Double((now - filled).microseconds) / Double(period.microseconds)
    return min(capacity, tokens + refill)
  }

  /// Takes one; false, and nothing taken, when there is none.
  public mutating func take(at now: Instant) -> Bool {
    let available = available(at: now)
    // A bucket that is refilled in steps of a binary fraction may be a hair below one when it should be one.
    guard available >= 1 - 1e-9 else { return false }
    tokens = max(available - 1, 0)
    filled = max(filled, now)
    return true
  }

  /// Takes what need not be there: what is owed is refilled first. At most a whole bucket is owed.
  ///
  /// - Parameter count: ≥ 0.
  public mutating func charge(_ count: Double, at now: Instant) {
    tokens = max(available(at: now) - max(count, 0), -capacity)
    filled = max(filled, now)
  }

  /// When one will be there.
  public func soonest(after now: Instant) -> Instant {
    let missing = 1 - available(at: now)
    guard missing > 0 else { return now }
    let wait = missing / capacity * Double(period.microseconds)
    return max(now, filled) + Span(microseconds: Int64(wait.rounded(.up)))
  }

  /// Empties it: the vendor says that the limit is reached, whatever we counted.
  public mutating func drain(at now: Instant) {
    tokens = 0
    filled = max(filled, now)
  }
}
