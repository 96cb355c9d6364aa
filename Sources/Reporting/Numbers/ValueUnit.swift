/// What a number counts, and so how it is written.
public enum ValueUnit: Hashable, Sendable {
  /// A bare number: `0.83`.
  case plain
  /// A fraction of one, written in hundredths: 0.25 is `25 %`.
  case share
  /// United States dollars: `$0.012`.
  case dollars
  /// Whole things, in groups of three digits: `10,000`.
  case count
  /// A number with the unit's symbol behind it: `12 ms`.
  case named(String)

  /// The value with so many significant digits (a share: so many digits of its hundredths, at most two decimals).
  public func text(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return "–" }
    switch self {
    case .share: return text(value, decimals: min(2, Numeral.decimals(of: value * 100, significant: digits)))
    case .count:
      return text(
        value,
        decimals: value == value.rounded() ? 0 : min(2, Numeral.decimals(of: value, significant: digits)))
    case .plain, .dollars, .named:
      return text(value, decimals: Numeral.decimals(of: value, significant: digits))
    }
  }

  /// The value with exactly so many decimals, as written: those of the hundredths for a share.
  public func text(_ value: Double, decimals: Int) -> String {
    let space = Numeral.noBreakSpace
    switch self {
    case .plain: return Numeral.fixed(value, decimals, grouped: true)
    case .share: return Numeral.fixed(value * 100, decimals, grouped: true) + space + "%"
    case .dollars:
      // Cents come in pairs.
      let decimals = decimals == 1 ? 2 : decimals
      return (value < 0 ? Numeral.minus : "") + "$" + Numeral.fixed(value.magnitude, decimals, grouped: true)
    case .count: return Numeral.fixed(value, decimals, grouped: true)
    case .named(let symbol): return Numeral.fixed(value, decimals, grouped: true) + space + symbol
    }
  }

  /// Values as a group, all with as many decimals: enough for each to have `digits` significant ones, at most
  /// six; none where all are whole.
  func decimals(for values: [Double], digits: Int) -> Int {
    let scale = self == .share ? 100.0 : 1
    if values.allSatisfy({ $0 * scale == ($0 * scale).rounded() }) { return 0 }
    let most = values.map { Numeral.decimals(of: $0 * scale, significant: digits) }.max() ?? 0
    return min(most, self == .share ? 2 : 6)
  }
}
