extension JSONParser {
  /// Reads a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
  ///
  /// The value is m·10ᵉ with m the digits as an integer. Up to 19 digits m fits 64 bits, and then nearly
  /// every number met in practice is converted exactly without a string; see ``DecimalConversion``.
  mutating func number() throws(JSONError) -> JSONValue {
    let first = at
    let isNegative = start[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    guard let leading = digit else { throw expected("a digit") }
    var mantissa: UInt64 = 0
    var significant = 0
    if leading == 0 {
      at += 1
      if digit != nil { throw error("a number does not start with 0 and another digit", at: at - 1) }
    } else {
      digits(&mantissa, &significant)
    }
    var exponent = 0
    var isWhole = true
    if at < end, start[at] == UInt8(ascii: ".") {
      isWhole = false
      at += 1
      let fraction = at
      digits(&mantissa, &significant)
      guard at > fraction else { throw expected("a digit after the decimal point") }
      exponent = fraction - at
    }
    if at < end, start[at] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      at += 1
      var isDown = false
      if at < end, start[at] == UInt8(ascii: "-") || start[at] == UInt8(ascii: "+") {
        isDown = start[at] == UInt8(ascii: "-")
        at += 1
      }
      guard digit != nil else { throw expected("a digit in the exponent") }
      var power = 0
      while let next = digit {
        // Beyond six digits only zero or infinity can follow; the bound keeps the sum from overflowing.
        if power < 1_000_000 { power = power * 10 + Int(next) }
        at += 1
      }
      exponent += isDown ? -power : power
    }

    if isWhole, significant <= 19 {
      if isNegative, mantissa == 0 { return .number(-0.0) }
      if mantissa <= UInt64(Int64.max) { return .integer(isNegative ? -Int64(mantissa) : Int64(mantissa)) }
      if isNegative, mantissa == 1 << 63 { return .integer(.min) }
    }
    let magnitude: Double
    if significant <= 19, let exact = DecimalConversion.exact(mantissa, exponent) {
      magnitude = exact
    } else {
      let unsigned = isNegative ? first + 1 : first
      let text = UnsafeBufferPointer(start: start + unsigned, count: at - unsigned)
      guard let slow = Double(Substring(decoding: text, as: UTF8.self)), slow.isFinite else {
        throw error("a number beyond the largest finite binary64", at: first)
      }
      magnitude = slow
    }
    return .number(isNegative ? -magnitude : magnitude)
  }

  @inline(__always) private var digit: UInt8? {
    guard at < end else { return nil }
    let value = start[at] &- UInt8(ascii: "0")
    return value <= 9 ? value : nil
  }

  /// Reads a run of digits into the mantissa; digits before the first that is not 0 do not count as
  /// significant. The mantissa wraps, harmlessly, once `significant` exceeds 19: it is not used then.
  @inline(__always) private mutating func digits(_ mantissa: inout UInt64, _ significant: inout Int) {
    while at + 8 <= end, let eight = EightDigits(start + at) {
      mantissa = mantissa &* 100_000_000 &+ eight.value
      significant += significant > 0 ? 8 : 8 - eight.leadingZeros
      at += 8
    }
    while let next = digit {
      mantissa = mantissa &* 10 &+ UInt64(next)
      if mantissa != 0 || significant > 0 { significant += 1 }
      at += 1
    }
  }
}

/// Eight digits at once, as bytes of one word (D. Lemire, "Number parsing at a gigabyte per second", 2021, section 3):
/// embeddings are hundreds of long numbers.
struct EightDigits {
  /// Each byte a digit's value, the first digit in the lowest.
  private let digits: UInt64

  /// Nil where one of the eight bytes is no digit.
  @inline(__always) init?(_ start: UnsafePointer<UInt8>) {
    let word = UInt64(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self))
    // A digit's upper half is 3, and stays 3 when 6 is added.
    let sixes: UInt64 = 0x0606_0606_0606_0606
    let halves: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
    let threes: UInt64 = 0x3030_3030_3030_3030
    guard word & halves == threes, (word &+ sixes) & halves == threes else { return nil }
    digits = word ^ threes
  }

  @inline(__always) var leadingZeros: Int { digits.trailingZeroBitCount / 8 }

  /// Pairs, then fours, then all: each step one multiplication by 1 + 2^shift·10^n.
  @inline(__always) var value: UInt64 {
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
  }
}

/// Exact decimal-to-binary conversion for the common cases, by integer arithmetic.
enum DecimalConversion {
  /// m·10ᵉ correctly rounded (nearest, ties to even), or nil outside the two cases that are exact here:
  ///
  /// - m ≤ 2⁵³ and |e| ≤ 22: both m and 10^|e| are binary64 without error, so one multiplication or
  ///   division rounds once (Clinger, "How to read floating point numbers accurately", PLDI 1990);
  /// - m < 10¹⁹ and −27 ≤ e < 0: 5^|e| fits 64 bits, so the quotient of a 128-bit by a 64-bit integer
  ///   gives at least 63 bits of m / 5^|e|, and its remainder says whether anything was cut off.
  @inline(__always) static func exact(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa <= 1 << 53, exponent.magnitude <= 22 {
      return exponent < 0
        ? Double(mantissa) / powersOfTen[-exponent] : Double(mantissa) * powersOfTen[exponent]
    }
    guard mantissa != 0, exponent < 0, exponent >= -27 else { return nil }
    return quotient(mantissa, exponent)
  }

  private static func quotient(_ mantissa: UInt64, _ exponent: Int) -> Double {
    // m / 5^k with both scaled to 64 bits: M = m·2^a, D = 5^k·2^b, and q = ⌊M·2⁶³ / D⌋ in [2⁶², 2⁶⁴).
    let shiftM = mantissa.leadingZeroBitCount
    let power = powersOfFive[-exponent]
    let shiftD = power.leadingZeroBitCount
    let divisor = power << UInt64(shiftD)
    let numerator = UInt128(mantissa << UInt64(shiftM)) << 63
    let quotient = UInt64(truncatingIfNeeded: numerator / UInt128(divisor))
    let remainder = UInt64(truncatingIfNeeded: numerator) &- quotient &* divisor

    // Keep 53 bits; the bits below and the remainder decide the rounding.
    let spare = 11 - quotient.leadingZeroBitCount
    var kept = quotient >> UInt64(spare)
    let cut = quotient & ((1 << UInt64(spare)) - 1)
    let half: UInt64 = 1 << UInt64(spare - 1)
    if cut > half || cut == half && (remainder != 0 || kept & 1 == 1) { kept += 1 }
    // The value lies between 10⁻²⁷ and 10¹⁹, far from the subnormals: scaling by a power of two is exact.
    let scale = spare - 63 - shiftM + shiftD + exponent
    return Double(kept) * Double(bitPattern: UInt64(scale + 1023) << 52)
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  private static let powersOfFive: [UInt64] = (0...27).map { power in
    (0..<power).reduce(UInt64(1)) { product, _ in product * 5 }
  }
}
