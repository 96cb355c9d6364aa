/// Why a chart cannot be made of what it was given.
public enum ChartError: Error, Hashable, CustomStringConvertible {
  /// Not-a-number or infinite.
  case notFinite(String, Double)
  /// Beyond ±1e100, where sums and differences of coordinates would overflow.
  case tooLarge(String, Double)
  /// Zero or less on a logarithmic axis (or below 1e-100).
  case notPositive(String, Double, axis: String)
  /// Less than zero, where parts are stacked to a whole.
  case negative(String, Double)
  /// Parts that make more than the whole.
  case aboveOne(String, Double)
  /// Two lists that belong together differ in length.
  case unequalLengths(String, Int, expected: Int)
  /// x must ascend along a line.
  case notAscending(String)
  /// A lower end lies above its upper.
  case reversed(String)
  /// Two things of one chart have the same name.
  case duplicate(String)
  case emptyRange(axis: String)

  static let largest = 1e100
  static let smallest = 1e-100

  public var description: String {
    switch self {
    case .notFinite(let place, let value):
      "\(place) is \(value), which cannot be drawn: leave the point out, or find out where it comes from"
    case .tooLarge(let place, let value): "\(place) is \(value): charts reach to 1e100"
    case .notPositive(let place, let value, let axis):
      "\(place) is \(value), and the logarithmic axis “\(axis)” begins above 0: leave it out, or use a linear axis"
    case .negative(let place, let value): "\(place) is \(value): what is stacked cannot be below 0"
    case .aboveOne(let place, let value): "\(place) add up to \(value): shares make at most 1"
    case .unequalLengths(let place, let count, let expected):
      "\(place) has \(count) values where there are \(expected)"
    case .notAscending(let place): "\(place): x does not ascend; sort the points"
    case .reversed(let place): "\(place): its beginning lies above its end"
    case .duplicate(let name): "“\(name)” occurs twice: give each its own name"
    case .emptyRange(let axis): "the range of the axis “\(axis)” is empty: give it a width"
    }
  }

  static func checkDistinct(_ names: [String]) throws(ChartError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw .duplicate(name) }
  }
}
