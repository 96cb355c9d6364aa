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
      ("a/x", 2, 30, 24), ("b/y", 1, 20, 11), ("c/z", 1.5, 2, 1), ("d/w", 3, 0, 0), ("e/v", nil, 0, 0),
    ])
    #expect(points.map(\.candidate) == ["b/y", "c/z", "a/x", "d/w"])
    #expect(points.map(\.dollars) == [1, 1.5, 2, 3])
    // q̄ = 37/54: (11 + 2q̄)/22, (1 + 2q̄)/4, (24 + 2q̄)/32 and, of nothing observed, q̄.
    let means = [
      0.562_289_562_289_562_3, 0.592_592_592_592_592_6, 0.792_824_074_074_074_1, 0.685_185_185_185_185_2,
    ]
    for (point, quality) in zip(points, means) {
      #expect((point.quality - quality).magnitude < 1e-12)
    }
    #expect(points.map(\.isEfficient) == [true, true, true, false])
    // scipy.stats.beta.ppf([0.05, 0.95], 25.3703703704, 6.6296296296), and the same of Beta(12.3704, 9.6296).
    #expect((points[2].interval.lowerBound - 0.666_922_481_064_128_1).magnitude < 1e-9)
    #expect((points[2].interval.upperBound - 0.897_661_389_483_510_4).magnitude < 1e-9)
    #expect((points[0].interval.lowerBound - 0.388_500_134_409_930_86).magnitude < 1e-9)
    #expect((points[0].interval.upperBound - 0.729_490_230_625_72).magnitude < 1e-9)
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
