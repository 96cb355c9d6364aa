import Experiments
import Testing
import Wire

@testable import pointsman

@Suite struct PlaySummaryTests {
  /// Two models, two domains:
  ///
  ///     row  domain  a    b
  ///     1    x       1    0
  ///     2    x       0.5  0.5
  ///     3    y       0    1
  ///     4    y       0.5  0.9
  ///
  /// uniform = (0.5 + 0.5 + 0.5 + 0.7) / 4 = 0.55; a = 2/4 = 0.5, b = 2.4/4 = 0.6;
  /// per domain: x takes a (1.5 over 0.5), y takes b (1.9 over 0.5): 3.4/4 = 0.85.
  let table = OutcomeTable(
    text: """
      {"id":"1","intent":"p","domain":"x","outcomes":{"a":{"quality":1},"b":{"quality":0}}}
      {"id":"2","intent":"q","domain":"x","outcomes":{"a":{"quality":0.5},"b":{"quality":0.5}}}
      {"id":"3","intent":"r","domain":"y","outcomes":{"a":{"quality":0},"b":{"quality":1}}}
      {"id":"4","intent":"s","domain":"y","outcomes":{"a":{"quality":0.5},"b":{"quality":0.9}}}
      """)

  @Test("references are what hindsight would have had")
  func references() {
    let summary = PlaySummary(table)
    #expect(abs(summary.uniform - 0.55) < 1e-12)
    #expect(summary.bestSingle.model == "b")
    #expect(abs(summary.bestSingle.mean - 0.6) < 1e-12)
    #expect(abs(summary.bestPerDomain - 0.85) < 1e-12)
    #expect(summary.ours == nil)
    #expect(summary.quarters == [nil, nil, nil, nil])
    #expect(summary.capturedGain(nil) == nil)
  }

  @Test("captured gain is 0 at uniform, 1 at best per domain, and linear between and beyond")
  func gain() throws {
    var summary = PlaySummary(table)
    // Two passes: 0, 0.5, 0.5, 0.9, then 1, 0.5, 1, 0.9. Mean 5.3/8 = 0.6625; (0.6625 − 0.55) / 0.3 = 0.375.
    for reward in [0, 0.5, 0.5, 0.9, 1, 0.5, 1, 0.9] { summary.add(reward) }
    #expect(abs(try #require(summary.ours) - 0.6625) < 1e-12)
    #expect(abs(try #require(summary.capturedGain(summary.ours)) - 0.375) < 1e-12)
    // Quarters 0.25, 0.7, 0.75, 0.95: gains −1, 0.5, 0.6667, 1.3333.
    let quarters = summary.quarters.compactMap { summary.capturedGain($0) }
    #expect(quarters.count == 4)
    for (gain, expected) in zip(quarters, [-1, 0.5, 2 / 3.0, 4 / 3.0]) {
      #expect(abs(gain - expected) < 1e-12)
    }
    #expect(abs(try #require(summary.capturedGain(summary.uniform))) < 1e-12)
    #expect(abs(try #require(summary.capturedGain(summary.bestPerDomain)) - 1) < 1e-12)
  }

  @Test("quarters share out every decision, whatever their number", arguments: [1, 2, 3, 5, 7, 10, 101])
  func quarters(count: Int) throws {
    var summary = PlaySummary(table)
    for _ in 0..<count { summary.add(0.5) }
    // Equal rewards: every quarter that has decisions has their mean, and at least one has.
    #expect(summary.quarters.allSatisfy { $0 == nil || $0 == 0.5 })
    #expect(summary.quarters.contains(0.5))
    #expect(summary.quarters.count { $0 != nil } == min(4, count))
  }

  @Test("where domains do not matter there is no gain to capture")
  func nothingToGain() {
    let flat = OutcomeTable(
      text: #"{"id":"1","intent":"p","outcomes":{"a":{"quality":1},"b":{"quality":1}}}"#)
    #expect(PlaySummary(flat).capturedGain(1) == nil)
  }

  @Test("a model that was not tried counts with the row's mean")
  func missing() {
    // Row 1: a 1, b missing (counts 1). Row 2: a 0, b 1. So a = 0.5, b = 1, uniform = (1 + 0.5) / 2.
    let table = OutcomeTable(
      text: """
        {"id":"1","intent":"p","outcomes":{"a":{"quality":1}}}
        {"id":"2","intent":"q","outcomes":{"a":{"quality":0},"b":{"quality":1}}}
        """)
    let summary = PlaySummary(table)
    #expect(summary.uniform == 0.75)
    #expect(summary.bestSingle == ("b", 1))
  }

  @Test("the summary for programs and for people")
  func output() {
    var summary = PlaySummary(table)
    for reward in [1, 0.5, 1, 0.9] { summary.add(reward) }
    let json = JSONValue.object(summary.json)
    #expect(json["decisions"] == 4)
    #expect(json["best_single"]?["model"] == "b")
    #expect(json["quarters"]?.arrayValue?.count == 4)
    #expect(json["quarters"]?[1]?["mean_reward"] == 0.5)
    #expect(json["captured_gain"]?.doubleValue.map { abs($0 - 1) < 1e-12 } == true)
    // Quarters 1, 0.5, 1, 0.9: gains 1.5, −1/6, 1.5, 7/6.
    #expect(
      summary.text == """
                         mean reward  captured gain
        uniform               0.5500          0.0 %
        best single (b)       0.6000         16.7 %
        best per domain       0.8500        100.0 %
        ours                  0.8500        100.0 %
        ours, quarter 1       1.0000        150.0 %
        ours, quarter 2       0.5000        -16.7 %
        ours, quarter 3       1.0000        150.0 %
        ours, quarter 4       0.9000        116.7 %
        """)
  }
}
