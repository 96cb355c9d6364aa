public import Routing

/// When a circuit opens, for how long, and how it closes again.
public struct CircuitRules: Hashable, Sendable {
  /// Failures in a row that open it.
  public var failuresInARow = 5
  /// The share of failures that opens it, 0…1, once ``minimumEvidence`` calls are remembered.
  public var failureShare = 0.5
  public var minimumEvidence = 10.0
  /// How fast calls are forgotten: after this long a call counts half.
  public var halfLife = Span.seconds(60)
  /// How long it stays open the first time; each time that it opens again without having closed, twice as long.
  public var openFor = Span.seconds(10)
  public var openForAtMost = Span.minutes(5)
  /// The shares of calls let through on the way back, rising.
  public var ramp = [0.10, 0.25, 0.50, 1.00]
  /// Successes on each step of the ramp that lead to the next.
  public var successesPerStep = 3
  /// After a 429.
  public var cooldown = Backoff.cooldown

  public init() {}

  /// A provider sells many models; one that is ill should not close the others, so more is needed.
  public static let provider = {
    var rules = CircuitRules()
    rules.failuresInARow = 15
    rules.minimumEvidence = 30
    return rules
  }()
}
