public import Routing
import Statistics

/// Exponential backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015):
///
///     sleep = random_between(0, min(cap, base · 2^attempt))
///
/// Changed from there: the lower end may be raised from 0 to `floor`, and a vendor's Retry-After comes first.
public struct Backoff: Hashable, Sendable {
  /// The least delay.
  public var floor: Span
  /// The upper end of the first delay.
  public var base: Span
  /// The most that an upper end grows to.
  public var cap: Span

  public init(floor: Span = .seconds(0), base: Span, cap: Span) {
    self.floor = floor
    self.base = base
    self.cap = cap
  }

  /// Between tries of something that should work: up to 0.5, 1, 2 … 60 s.
  public static let standard = Backoff(base: .milliseconds(500), cap: .seconds(60))
  /// After a 429 without Retry-After: 5 to 10, 20, 40, 60 s.
  public static let cooldown = Backoff(floor: .seconds(5), base: .seconds(10), cap: .seconds(60))

  /// No Retry-After is honoured for longer: a vendor's slip must not close a candidate for a year.
  public static let longestRetryAfter = Span.hours(24)

  /// The delay before try `attempt` + 1.
  ///
  /// - Parameters:
  ///   - attempt: tries that failed before this one, ≥ 0.
  ///   - random: in [0, 1).
  ///   - retryAfter: what the vendor asked for. The delay is then at least that, and up to `base` more, so that those
  ///     who were turned away together do not come back together.
  public func delay(attempt: Int, random: Double, retryAfter: Span? = nil) -> Span {
    if let retryAfter {
      return Span(microseconds: Backoff.bounded(retryAfter).microseconds + scaled(base, by: random))
    }
    let ceiling = max(upperEnd(attempt: attempt), floor)
    return Span(
      microseconds: floor.microseconds
        + scaled(Span(microseconds: ceiling.microseconds - floor.microseconds), by: random))
  }

  /// A Retry-After as far as it is honoured.
  static func bounded(_ retryAfter: Span) -> Span { min(max(retryAfter, .seconds(0)), longestRetryAfter) }

  /// min(cap, base · 2^attempt).
  public func upperEnd(attempt: Int) -> Span {
    let grown = Double(base.microseconds) * Exponential.two(to: Double(min(max(attempt, 0), 60)))
    return grown >= Double(cap.microseconds) ? cap : Span(microseconds: Int64(grown))
  }

  private func scaled(_ span: Span, by random: Double) -> Int64 {
    Int64(Double(span.microseconds) * min(max(random, 0), 1))
  }
}
