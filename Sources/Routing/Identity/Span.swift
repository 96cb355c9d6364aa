/// A length of time in microseconds, written as a person writes it: `250ms`, `90s`, `15m`, `2h`, `14d`.
public struct Span: Hashable, Comparable, Sendable, Codable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func milliseconds(_ count: Int64) -> Span { Span(microseconds: count * 1_000) }
  public static func seconds(_ count: Int64) -> Span { Span(microseconds: count * 1_000_000) }
  public static func minutes(_ count: Int64) -> Span { seconds(count * 60) }
  public static func hours(_ count: Int64) -> Span { seconds(count * 3_600) }
  public static func days(_ count: Int64) -> Span { seconds(count * 86_400) }

  public var seconds: Double { Double(microseconds) / 1e6 }

  public static func < (left: Span, right: Span) -> Bool { left.microseconds < right.microseconds }
}

extension Span: CustomStringConvertible {
  /// The largest unit that divides the span.
  public var description: String {
    for (unit, size) in Span.units where microseconds % size == 0 && microseconds != 0 {
      return "\(microseconds / size)\(unit)"
    }
    return microseconds == 0 ? "0s" : "\(Double(microseconds) / 1e3)ms"
  }

  /// Parses a decimal number with a unit (`ms`, `s`, `m`, `h`, `d`); a bare number is seconds. Nil when malformed,
  /// negative, or beyond 100 years.
  public init?(_ text: some StringProtocol) {
    let letters = text.drop { $0.isNumber || $0 == "." }
    guard let number = Double(text[text.startIndex..<letters.startIndex]), number >= 0 else { return nil }
    let unit = letters.isEmpty ? "s" : String(letters)
    guard let size = Span.units.first(where: { $0.0 == unit })?.1 else { return nil }
    let microseconds = number * Double(size)
    guard microseconds <= 100 * 366 * 86_400e6 else { return nil }
    self.init(microseconds: Int64(microseconds.rounded()))
  }

  private static let units: [(String, Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000),
  ]
}
