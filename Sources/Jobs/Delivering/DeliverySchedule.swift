public import Routing
import Statistics

/// When a delivery that failed is tried again: after try n, n from 1,
///
///     delay = base · 2^(n − 1) · (1 + jitter · random)
///
/// that is 60, 120, 240 and 480 s and up to a fifth more, and then never. The jitter only adds: no receiver is asked
/// again sooner than it was told.
public struct DeliverySchedule: Hashable, Sendable {
  /// Tries before the delivery is a dead letter, ≥ 1.
  public var attempts: Int
  /// The delay after the first try, without jitter.
  public var base: Span
  /// 0…1.
  public var jitter: Double

  public init(attempts: Int = 5, base: Span = .seconds(60), jitter: Double = 0.2) {
    self.attempts = attempts
    self.base = base
    self.jitter = jitter
  }

  /// No Retry-After is honoured for longer.
  public static let longestRetryAfter = Span.hours(1)

  /// - Parameters:
  ///   - tries: those that have failed, ≥ 1.
  ///   - random: in [0, 1).
  ///   - retryAfter: what the receiver asked for; it can only make the delay longer.
  public func delay(after tries: Int, random: Double, retryAfter: Span? = nil) -> Span {
    let growth = Exponential.two(to: Double(min(max(tries, 1), 32) - 1))
    let scaled =
      Double(base.microseconds) * growth * (1 + jitter * min(max(random, 0), 1))
    let delay = Span(microseconds: Int64(scaled))
    return max(delay, min(retryAfter ?? .seconds(0), DeliverySchedule.longestRetryAfter))
  }
}
