/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
  public static func + (instant: Instant, span: Span) -> Instant {
    Instant(microseconds: instant.microseconds + span.microseconds)
  }
  public static func - (instant: Instant, span: Span) -> Instant {
    Instant(microseconds: instant.microseconds - span.microseconds)
  }
  public static func - (left: Instant, right: Instant) -> Span {
    Span(microseconds: left.microseconds - right.microseconds)
  }
}

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC with milliseconds, or with microseconds where they are not zero.
  public var description: String {
    var days = microseconds / 86_400_000_000
    var rest = microseconds % 86_400_000_000
    if rest < 0 {
      days -= 1
      rest += 86_400_000_000
    }
    let (year, month, day) = Civil.date(ofDay: days)
    let fraction = rest % 1_000_000
    let seconds = rest / 1_000_000
    let time = "\(pad(seconds / 3_600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60))"
    let digits = fraction % 1_000 == 0 ? pad(fraction / 1_000, 3) : pad(fraction, 6)
    return "\(pad(year, 4))-\(pad(month))-\(pad(day))T\(time).\(digits)Z"
  }

  /// Parses RFC 3339 (`2026-11-20T10:00:00Z`, any fraction, any offset) or a date alone (midnight UTC).
  public init?(_ text: some StringProtocol) {
    var reader = DigitReader(Array(text.utf8))
    guard let year = reader.number(4), reader.take(0x2D), let month = reader.number(2), reader.take(0x2D),
      let day = reader.number(2), let days = Civil.day(year: year, month: month, day: day)
    else { return nil }
    if reader.isAtEnd {
      self.init(microseconds: days * 86_400_000_000)
      return
    }
    guard reader.take(0x54) || reader.take(0x74) || reader.take(0x20), let hour = reader.number(2),
      reader.take(0x3A),
      let minute = reader.number(2), reader.take(0x3A), let second = reader.number(2), hour < 24, minute < 60,
      second < 61
    else { return nil }
    guard let fraction = reader.take(0x2E) ? reader.microseconds() : 0 else { return nil }
    var offset: Int64 = 0
    if !(reader.take(0x5A) || reader.take(0x7A)) {
      let east = reader.take(0x2B)
      guard east || reader.take(0x2D), let hours = reader.number(2), reader.take(0x3A),
        let minutes = reader.number(2),
        hours < 24, minutes < 60
      else { return nil }
      offset = (east ? 1 : -1) * (hours * 3_600 + minutes * 60)
    }
    guard reader.isAtEnd else { return nil }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    self.init(microseconds: seconds * 1_000_000 + fraction)
  }
}

/// The proleptic Gregorian calendar as day numbers (Hinnant, "chrono-compatible low-level date algorithms").
enum Civil {
  static func day(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard (1...12).contains(month), day >= 1, day <= length(of: month, in: year) else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let index = (5 * dayOfYear + 2) / 153
    let month = index < 10 ? index + 3 : index - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * index + 2) / 5 + 1)
  }

  private static func length(of month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

private struct DigitReader {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func number(_ digits: Int) -> Int64? {
    guard position + digits <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[position..<position + digits] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    position += digits
    return value
  }

  /// One or more digits after the point, cut after the sixth.
  mutating func microseconds() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      if count < 6 { value = value * 10 + Int64(bytes[position] - 0x30) }
      count += 1
      position += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 6)..<6 { value *= 10 }
    return value
  }
}

func pad(_ value: Int64, _ width: Int = 2) -> String {
  let digits = String(value)
  return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
}
