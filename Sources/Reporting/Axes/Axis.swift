/// One dimension of a chart: what it measures, in which unit, on which scale.
public struct Axis: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case linear
    /// Equal ratios, equal distances: every value must be above 0.
    case logarithmic
  }

  /// What is measured, in words: "mean reward of the last 500 decisions".
  public var title: String
  public var unit: ValueUnit
  public var kind: Kind
  /// The bounds; nil takes them from the data and widens them to round numbers.
  public var range: ClosedRange<Double>?
  /// Whether a range taken from the data reaches to zero.
  public var includesZero: Bool

  public init(
    _ title: String, unit: ValueUnit = .plain, kind: Kind = .linear, range: ClosedRange<Double>? = nil,
    includesZero: Bool = false
  ) {
    self.title = title
    self.unit = unit
    self.kind = kind
    self.range = range
    self.includesZero = includesZero
  }

  /// The domain for these values, widened to at most `count` round intervals unless `exact` or fixed by ``range``.
  func domain(_ values: some Sequence<Double>, atMost count: Int, exact: Bool = false) -> ClosedRange<Double>
  {
    if let range { return range }
    var lower = Double.infinity
    var upper = -Double.infinity
    for value in values {
      lower = min(lower, value)
      upper = max(upper, value)
    }
    if lower > upper { return kind == .linear ? 0...1 : 1...10 }
    switch kind {
    case .logarithmic:
      // A little air at both ends; round numbers would be up to a decade away.
      let air = upper / lower > 1.000_001 ? Self.root(upper / lower) : 1.5
      return lower / air...upper * air
    case .linear:
      if includesZero {
        lower = min(lower, 0)
        upper = max(upper, 0)
      }
      let size = max(lower.magnitude, upper.magnitude)
      if upper - lower <= 1e-9 * size || upper == lower {
        // All alike: a domain around the one value.
        let air = size == 0 ? 1 : size * 0.1
        lower -= lower == 0 ? 0 : air
        upper += air
      } else if exact {
        return lower...upper
      }
      return Ticks.widened(lower...upper, atMost: count, wholeNumbers: unit == .count)
    }
  }

  /// About the sixteenth root, by square roots (which are exact everywhere).
  private static func root(_ ratio: Double) -> Double {
    ratio.squareRoot().squareRoot().squareRoot().squareRoot()
  }

  /// What a chart must hold to be drawn on this axis.
  func check(_ value: Double, _ place: @autoclosure () -> String) throws(ChartError) {
    guard value.isFinite else { throw .notFinite(place(), value) }
    guard value.magnitude <= ChartError.largest else { throw .tooLarge(place(), value) }
    if kind == .logarithmic {
      guard value >= ChartError.smallest else { throw .notPositive(place(), value, axis: title) }
    }
  }

  func checkRange() throws(ChartError) {
    guard let range else { return }
    try check(range.lowerBound, "the range of the axis “\(title)”")
    try check(range.upperBound, "the range of the axis “\(title)”")
    guard range.lowerBound < range.upperBound else { throw .emptyRange(axis: title) }
  }
}
