public import Routing
import Statistics

/// A count that fades: what was added counts half after each half-life.
///
///     value(t) = Σ amount_i · 2^(−(t − t_i)/half_life)
public struct DiscountedCount: Hashable, Sendable {
  public let halfLife: Span
  private var amount = 0.0
  private var latest: Instant?

  public init(halfLife: Span) { self.halfLife = halfLife }

  public func value(at now: Instant) -> Double {
    guard let latest, now > latest else { return amount }
    let halvings = Double((now - latest).microseconds) / Double(max(halfLife.microseconds, 1))
    return amount * Exponential.two(to: -halvings)
  }

  /// An addition from before the latest one counts as if made with it.
  public mutating func add(_ more: Double, at now: Instant) {
    amount = value(at: now) + more
    latest = max(latest ?? now, now)
  }
}
