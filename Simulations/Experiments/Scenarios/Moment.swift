/// A place on the timeline as a scenario names it: `5000` decisions, or `50%` of the run.
public enum Moment: Hashable, Sendable, CustomStringConvertible {
  case decisions(Int)
  /// 0…100.
  case percent(Double)

  /// Parses a whole number ≥ 0, or a number from 0 to 100 with a percent sign.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let number = Double(text.dropLast()), (0...100).contains(number) else { return nil }
      self = .percent(number)
    } else {
      guard let number = Int(text), number >= 0 else { return nil }
      self = .decisions(number)
    }
  }

  /// What a scenario may write, for a person.
  static let accepts = "a number of decisions such as 5000, or a part of the run such as 50%"

  /// The decision it is, in a run of so many.
  public func decision(of length: Int) -> Int {
    switch self {
    case .decisions(let count): count
    case .percent(let percent): Int((percent / 100 * Double(length)).rounded())
    }
  }

  public var description: String {
    switch self {
    case .decisions(let count): "\(count)"
    case .percent(let percent): percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }
  }
}
