import Testing

@testable import Experiments

@Suite("Figures over seeds")
struct SpreadTests {
  @Test(
    "The 97.5 % quantiles of Student's t are SciPy's: stats.t.ppf(0.975, n)",
    arguments: [
      (1, 12.706204736174694), (4, 2.7764451051977934), (9, 2.262157162798205), (19, 2.0930240544083087),
    ])
  func quantile(degrees: Int, expected: Double) {
    #expect((StudentT.quantile(0.975, degrees: degrees) - expected).magnitude < 1e-9)
  }

  @Test("Mean, deviation and interval of 1, 2, 3, 4, 5")
  func spread() throws {
    let spread = try #require(Spread([1, 2, 3, 4, 5]))
    #expect(spread.mean == 3)
    // √(10/4), and 2.7764451 · 1.5811388 / √5 = 1.9632432.
    #expect((try #require(spread.deviation) - 1.5811388300841898).magnitude < 1e-9)
    #expect((try #require(spread.interval).upperBound - 4.96324316).magnitude < 1e-7)
    #expect(Spread([]) == nil)
    #expect(Spread([7])?.interval == nil)
  }

  @Test(
    "Results keep ten significant digits",
    arguments: [
      (0.1 + 0.2, 0.3), (1.0 / 3, 0.3333333333), (-2e-7 / 3, -6.666666667e-8),
      (123_456.789_012_34, 123_456.789),
    ])
  func rounded(value: Double, expected: Double) {
    #expect(Rounding.rounded(value) == expected)
  }
}
