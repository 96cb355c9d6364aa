/// Numbers as text, without a locale and without the C library: the same bytes everywhere.
enum Numeral {
  /// The typographic minus, as wide as a digit.
  static let minus = "\u{2212}"
  static let noBreakSpace = "\u{00A0}"

  /// `value` with exactly `decimals` decimals (0…15), halves rounded away from zero, no sign on a rounded zero.
  ///
  /// Numbers too large to be scaled into 64 bits come in the shortest form that reads back as the same binary64.
  static func fixed(_ value: Double, _ decimals: Int, grouped: Bool = false, minus: String = minus) -> String
  {
    let decimals = min(max(decimals, 0), 15)
    let scaled = (value.magnitude * powerOfTen(decimals)).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e18 else { return (value < 0 ? minus : "") + value.magnitude.description }
    var digits = String(UInt64(scaled))
    if digits.utf8.count <= decimals {
      digits = String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits
    }
    let whole = String(digits.dropLast(decimals))
    let fraction = decimals > 0 ? "." + digits.suffix(decimals) : ""
    return (value < 0 && scaled > 0 ? minus : "") + (grouped ? inThousands(whole) : whole) + fraction
  }

  /// A coordinate in pixels: at most two decimals, none that is a trailing zero, ASCII only.
  static func coordinate(_ value: Double) -> String {
    let hundredths = Int64((min(max(value, -1e9), 1e9) * 100).rounded(.toNearestOrAwayFromZero))
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return sign + String(whole) }
    return sign + String(whole) + (rest < 10 ? ".0" : ".") + String(rest % 10 == 0 ? rest / 10 : rest)
  }

  /// How many decimals show `digits` significant digits of the value, at least 0.
  static func decimals(of value: Double, significant digits: Int) -> Int {
    guard value != 0 else { return 0 }
    return max(0, digits - 1 - exponent(of: value.magnitude))
  }

  /// The largest e with 10ᵉ ≤ value, for a value above 0.
  static func exponent(of value: Double) -> Int {
    // From the binary exponent, to within one; then by comparing.
    var e = Int((Double(value.exponent) * 0.301_029_995_663_981_2).rounded(.down))
    while powerOfTen(e) > value { e -= 1 }
    while powerOfTen(e + 1) <= value { e += 1 }
    return e
  }

  /// 10ᵉ, exact for 0 ≤ e ≤ 22 and its correctly rounded reciprocal below.
  static func powerOfTen(_ e: Int) -> Double {
    var power = 1.0
    for _ in 0..<e.magnitude { power *= 10 }
    return e < 0 ? 1 / power : power
  }

  /// `mantissa · 10ᵉ`, rounded once: 6 · 10⁻¹ is 0.6 and not 0.6000000000000001.
  static func decimal(_ mantissa: Double, _ e: Int) -> Double {
    e < 0 ? mantissa / powerOfTen(-e) : mantissa * powerOfTen(e)
  }

  /// The logarithm to the base 10 of a positive normal number, by additions, products and one quotient only: the C
  /// library's may differ in the last bit from one system to the next. Absolute error below 1e-14.
  ///
  /// x = 2ᵏ m with m in [√½, √2), s = (m − 1)/(m + 1), ln x = k ln 2 + 2 (s + s³/3 + s⁵/5 + …).
  static func logarithm(_ x: Double) -> Double {
    var m = x.significand
    var k = Double(x.exponent)
    if m > 1.414_213_562_373_095_1 {
      m /= 2
      k += 1
    }
    let s = (m - 1) / (m + 1)
    let z = s * s
    var series = 0.0
    for odd in stride(from: 23, through: 1, by: -2) { series = series * z + 1 / Double(odd) }
    return k * 0.301_029_995_663_981_2 + 2 * s * series * 0.434_294_481_903_251_8
  }

  private static func inThousands(_ digits: String) -> String {
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.utf8.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
