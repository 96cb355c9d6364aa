public import Routing
import Statistics

/// How long to wait between status calls: never less than the vendor's floor, growing to a ceiling.
///
///     interval(n) = min(ceiling, floor · growth^n) · (1 + jitter · u),  u uniform in [0, 1)
///
/// The jitter only lengthens: a floor is the vendor's rule ("not more often than every five seconds"), and breaking it
/// in half of all cases would be breaking it.
public struct PollSchedule: Hashable, Sendable {
  public let floor: Span
  public let ceiling: Span
  /// ≥ 1.
  public let growth: Double
  /// 0…1.
  public let jitter: Double

  /// Nobody is asked more often than this, whatever a file says.
  public static let leastFloor = Span.milliseconds(100)

  public init(floor: Span, ceiling: Span, growth: Double = 1.5, jitter: Double = 0.25) {
    self.floor = max(floor, PollSchedule.leastFloor)
    self.ceiling = max(ceiling, self.floor)
    self.growth = max(growth, 1)
    self.jitter = min(max(jitter, 0), 1)
  }

  /// - Parameters:
  ///   - count: status calls made so far, ≥ 0.
  ///   - random: in [0, 1).
  public func interval(after count: Int, random: Double) -> Span {
    // Any growth worth the name has met its ceiling long before 200 calls; beyond, the power would overflow.
    let grown = Double(floor.microseconds) * Exponential.power(growth, Double(min(max(count, 0), 200)))
    let interval = min(grown, Double(ceiling.microseconds))
    return Span(microseconds: Int64((interval * (1 + jitter * min(max(random, 0), 1))).rounded(.up)))
  }
}
