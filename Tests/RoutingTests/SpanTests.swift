import Routing
import Statistics
import Testing

@Suite("Span")
struct SpanTests {
  @Test(
    "a number with a unit is read",
    arguments: [
      ("250ms", 250_000), ("90s", 90_000_000), ("15m", 900_000_000), ("2h", 7_200_000_000),
      ("14d", 1_209_600_000_000), ("90", 90_000_000), ("0.5h", 1_800_000_000), ("1.5ms", 1_500), ("0", 0),
      ("0.001ms", 1), ("36525d", 3_155_760_000_000_000),
    ] as [(String, Int64)])
  func parsing(text: String, microseconds: Int64) {
    #expect(Span(text)?.microseconds == microseconds)
  }

  @Test(
    "what is no span is refused",
    arguments: [
      "", "m", "-5m", "5 m", "5min", "5M", "1e3s", ".", "1.2.3s", "5mm", "m5", "½h", "٣s", "inf", "nan",
      "36601d", "99999999999999999999999d",
    ])
  func refusals(text: String) {
    #expect(Span(text) == nil)
  }

  @Test("the largest unit that divides it is printed")
  func printing() {
    #expect(Span.days(14).description == "14d")
    #expect(Span.hours(36).description == "36h")
    #expect(Span.minutes(15).description == "15m")
    #expect(Span.seconds(90).description == "90s")
    #expect(Span.milliseconds(250).description == "250ms")
    #expect(Span(microseconds: 1_500).description == "1.5ms")
    #expect(Span(microseconds: 0).description == "0s")
    #expect(Span.milliseconds(1_500).seconds == 1.5)
  }

  @Test("what is printed is read again")
  func roundTrip() {
    var generator = Xoshiro256(seed: 4)
    for _ in 0..<1_000 {
      let unit: Int64 = [1, 1_000, 1_000_000, 60_000_000, 86_400_000_000].randomElement(using: &generator)!
      let span = Span(
        microseconds: Int64.random(in: 0...(3_000_000_000_000_000 / unit), using: &generator) * unit)
      #expect(Span(span.description) == span)
    }
  }
}
