import Statistics
import Testing

@testable import Routing

@Suite("Instant")
struct InstantTests {
  @Test(
    "known Unix times",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-20T10:00:00Z", 1_795_168_800),
      ("2024-02-29T23:59:59Z", 1_709_251_199),
      ("2000-02-29T00:00:00Z", 951_782_400), ("2038-01-19T03:14:08Z", 2_147_483_648),
      ("1969-12-31T23:59:59Z", -1), ("2001-09-09T01:46:40Z", 1_000_000_000),
    ])
  func unixTimes(text: String, seconds: Int64) {
    #expect(Instant(text)?.microseconds == seconds * 1_000_000)
    #expect(Instant(microseconds: seconds * 1_000_000).description == text.dropLast() + ".000Z")
  }

  @Test(
    "day numbers agree with (datetime.date(y, m, d) - datetime.date(1970, 1, 1)).days",
    arguments: [
      (1, 1, 1, -719_162), (1900, 3, 1, -25_508), (1969, 12, 31, -1), (2000, 2, 29, 11_016),
      (2024, 2, 29, 19_782), (2038, 1, 19, 24_855), (2100, 2, 28, 47_540), (9999, 12, 31, 2_932_896),
    ] as [(Int64, Int64, Int64, Int64)])
  func dayNumbers(year: Int64, month: Int64, day: Int64, number: Int64) {
    #expect(Civil.day(year: year, month: month, day: day) == number)
    #expect(Civil.date(ofDay: number) == (year, month, day))
  }

  @Test("every day of four centuries is followed by the next")
  func calendar() {
    var date = (year: Int64(1900), month: Int64(1), day: Int64(1))
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    for number in Int64(-25_567)..<(-25_567 + 146_097) {
      guard Civil.date(ofDay: number) == date,
        Civil.day(year: date.year, month: date.month, day: date.day) == number
      else {
        Issue.record("day \(number) is not \(date)")
        return
      }
      let isLeap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0
      date.day += 1
      if date.day > lengths[Int(date.month) - 1] + (date.month == 2 && isLeap ? 1 : 0) {
        date.day = 1
        date.month += 1
      }
      if date.month > 12 {
        date.month = 1
        date.year += 1
      }
    }
    #expect(date == (2300, 1, 1))
  }

  @Test(
    "offsets, fractions, small letters, a leap second and a date alone",
    arguments: [
      ("2026-11-20T12:00:00+02:00", 0), ("2026-11-20T04:30:00-05:30", 0), ("2026-11-20t10:00:00z", 0),
      ("2026-11-20 10:00:00Z", 0), ("2026-11-20T10:00:00.5Z", 500_000),
      ("2026-11-20T10:00:00.123456Z", 123_456),
      ("2026-11-20T10:00:00.1234569Z", 123_456), ("2026-11-20T10:00:00.000001Z", 1),
      ("2026-11-20T09:59:60Z", 0), ("2026-11-20", -36_000_000_000), ("2026-11-21T00:00:00+14:00", 0),
    ] as [(String, Int64)])
  func forms(text: String, offset: Int64) {
    #expect(Instant(text)?.microseconds == 1_795_168_800_000_000 + offset)
  }

  @Test(
    "what is no instant is refused",
    arguments: [
      "", "2026", "2026-11", "2026-13-01", "2026-00-10", "2026-02-29", "1900-02-29", "2026-04-31",
      "2026-11-00",
      "2026-11-20T", "2026-11-20T10:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:60:00Z",
      "2026-11-20T10:00:61Z",
      "2026-11-20T10:00:00", "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00+0200", "2026-11-20T10:00:00+24:00",
      "2026-11-20T10:00:00+02:60", "2026-11-20T10:00:00Z ", " 2026-11-20", "26-11-20", "2026-11-2OT10:00:00Z",
      "2026/11/20", "+2026-11-20",
    ])
  func refusals(text: String) {
    #expect(Instant(text) == nil)
  }

  @Test("what is printed is read again, to the microsecond")
  func roundTrip() {
    var generator = Xoshiro256(seed: 3)
    for _ in 0..<2_000 {
      // Years 1 to 9999.
      let one = Instant(
        microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &generator))
      #expect(Instant(one.description) == one)
    }
    #expect(Instant(microseconds: 1_500).description == "1970-01-01T00:00:00.001500Z")
    #expect(Instant(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
  }

  @Test("instants and spans add up")
  func arithmetic() {
    let noon = Instant("2026-11-20T12:00:00Z")!
    #expect(noon + .hours(2) == Instant("2026-11-20T14:00:00Z"))
    #expect(noon - .days(20) == Instant("2026-10-31T12:00:00Z"))
    #expect((noon + .minutes(3)) - noon == .seconds(180))
    #expect(noon < noon + Span(microseconds: 1))
  }
}
