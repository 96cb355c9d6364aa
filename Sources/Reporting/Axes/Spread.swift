/// From a lower end to an upper one: a band around a line, an interval around an estimate.
///
/// Not a `ClosedRange`, which ends the program on a bound that is not a number before anybody can say where it is.
public struct Spread: Hashable, Sendable {
  public var lower: Double
  public var upper: Double

  public init(_ lower: Double, _ upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public init(_ range: ClosedRange<Double>) { self.init(range.lowerBound, range.upperBound) }

  /// Both ends can be shown on the axis, and lie in order.
  func check(on axis: Axis, _ place: @autoclosure () -> String) throws(ChartError) {
    let place = place()
    try axis.check(lower, "the lower end of \(place)")
    try axis.check(upper, "the upper end of \(place)")
    guard lower <= upper else { throw .reversed(place) }
  }
}
