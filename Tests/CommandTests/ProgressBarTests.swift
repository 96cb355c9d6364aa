import Testing

@testable import pointsman

@Suite struct ProgressBarTests {
  @Test("share, rate and the time left")
  func line() {
    // 600 of 2000 in 5 s: 120 a second, 1400 left take 11.7 s.
    #expect(
      ProgressBar.line(done: 600, total: 2_000, unit: "rows", seconds: 5)
        == "[######--------------]  30 %  600/2000 rows  120/s  12 s left")
    #expect(ProgressBar.line(done: 0, total: 10, unit: "rows", seconds: 0).hasSuffix("0/10 rows  0.0/s  ?"))
    #expect(
      ProgressBar.line(done: 10, total: 10, unit: "rows", seconds: 4).contains("[####################] 100 %")
    )
  }

  @Test(
    "spans as a person says them",
    arguments: [(0.2, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (11_400, "3 h 10 min")])
  func durations(seconds: Double, text: String) {
    #expect(ProgressBar.duration(seconds) == text)
  }

  @Test(
    "dollars keep two significant digits of a small amount",
    arguments: [
      (0, "0"), (0.15, "0.1500"), (12.5, "12.5000"), (0.0000373, "0.000037"), (1e-12, "0.000000000"),
    ])
  func dollars(value: Double, text: String) {
    #expect(Figure.dollars(value) == text)
  }

  @Test("figures that are not there, and zero without a sign")
  func figures() {
    #expect(Figure.fixed(nil, 2) == "–")
    #expect(Figure.fixed(.nan, 2) == "–")
    #expect(Figure.fixed(-0.0001, 2) == "0.00")
    #expect(Figure.percent(0.375) == "37.5 %")
    #expect(Figure.count(1_840) == "1840")
    #expect(Figure.count(2.25) == "2.2")
  }
}
