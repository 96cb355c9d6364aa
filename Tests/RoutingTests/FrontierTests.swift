import Routing
import TestSupport
import Testing

@Suite("Frontier")
struct FrontierTests {
  private func points(_ offers: [(id: String, dollars: Double?, mass: Double, sum: Double)]) -> [Frontier
    .Point]
  {
    let snapshot = RoutingSamples.snapshot(
      offers.map { RoutingSamples.candidate($0.id, dollars: $0.dollars) }
    )
    .learning(offers.filter { $0.mass > 0 }.map { Evidence($0.id, mass: $0.mass, sum: $0.sum) })
    return Frontier.points(snapshot[.textToVideo], row: 0)
  }

  @Test("three undominated candidates, one dominated, and one whose price nobody knows")
  func worked() {
    let points = points([
      ("a/x", 2, 30, 24), ("b/y", 1, 20, 12), ("c/z", 1.5, 2, 1), ("d/w", 3, 0, 0), ("e/v", nil, 0, 0),
    ])
    #expect(points.map(\.candidate) == ["b/y", "c/z", "a/x", "d/w"])
    #expect(points.map(\.dollars) == [1, 1.5, 2, 3])
    // Q of the first and the third; posterior means 2.407/4 and 38/54 of the others, who have little evidence.
    for (point, quality) in zip(points, [0.6, 0.601_851_851_851_851_9, 0.8, 0.703_703_703_703_703_7]) {
      #expect((point.quality - quality).magnitude < 1e-12)
    }
    #expect(points.map(\.isEfficient) == [true, true, true, false])
    // scipy.stats.beta.ppf([0.05, 0.95], 25.4074074074, 6.5925925926), and the same of Beta(13.4074, 8.5926).
    #expect((points[2].interval.lowerBound - 0.668_288_225_088_156_2).magnitude < 1e-9)
    #expect((points[2].interval.upperBound - 0.898_528_279_389_484_1).magnitude < 1e-9)
    #expect((points[0].interval.lowerBound - 0.436_097_578_119_530_8).magnitude < 1e-9)
    #expect((points[0].interval.upperBound - 0.771_187_486_900_925).magnitude < 1e-9)
  }

  @Test(
    "of equal price the better is efficient, of equal quality the cheaper, and of equals in both neither dominates"
  )
  func ties() {
    #expect(points([("a/x", 1, 30, 15), ("b/y", 1, 30, 20)]).map(\.candidate) == ["b/y", "a/x"])
    #expect(points([("a/x", 1, 30, 15), ("b/y", 1, 30, 20)]).map(\.isEfficient) == [true, false])
    #expect(points([("a/x", 2, 30, 15), ("b/y", 1, 30, 15)]).map(\.isEfficient) == [true, false])
    #expect(points([("a/x", 1, 30, 15), ("b/y", 1, 30, 15)]).map(\.isEfficient) == [true, true])
    #expect(
      points([("a/x", 1, 30, 15), ("b/y", 1, 30, 15), ("c/z", 1, 30, 14)]).map(\.isEfficient) == [
        true, true, false,
      ])
  }

  @Test("candidates that serve nobody are not on it")
  func closed() {
    let snapshot = RoutingSamples.snapshot([
      RoutingSamples.candidate("a/x", dollars: 1),
      RoutingSamples.candidate("b/y", dollars: 1, isEnabled: false),
    ])
    #expect(Frontier.points(snapshot[.textToVideo], row: 0).map(\.candidate) == ["a/x"])
  }
}
