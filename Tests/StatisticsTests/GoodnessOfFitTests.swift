import Testing

@testable import Statistics

@Suite("Goodness of fit")
struct GoodnessOfFitTests {
  @Test("chi-square agrees with scipy.stats.chisquare([18, 22, 30, 10], [20, 20, 20, 20])")
  func chiSquare() {
    // (4 + 4 + 100 + 100)/20 = 10.4; p = 0.015454827216857748
    let test = GoodnessOfFit.chiSquare(observed: [18, 22, 30, 10], expected: [20, 20, 20, 20])
    #expect(agrees(test.statistic, 10.4, within: 1e-14))
    #expect(test.degrees == 3)
    #expect(agrees(test.pValue, 0.015_454_827_216_857_748, within: 1e-12))
  }

  @Test("cells that expect less than 5 are pooled")
  func pooling() {
    // 3 + 3 = 6 with 2 + 3 = 5 observed: scipy.stats.chisquare([10, 20, 5], [12, 17, 6]).pvalue = 0.5976763559332279
    let test = GoodnessOfFit.chiSquare(observed: [10, 2, 20, 3], expected: [12, 3, 17, 3])
    #expect(test.degrees == 2)
    #expect(agrees(test.pValue, 0.597_676_355_933_227_9, within: 1e-12))
    // A pool of 2 joins the smallest cell: (12 − 12)²/12 + (17 − 17)²/17 with one degree.
    let joined = GoodnessOfFit.chiSquare(observed: [9, 3, 17], expected: [10, 2, 17])
    #expect(joined.statistic == 0 && joined.degrees == 1 && joined.pValue == 1)
  }

  @Test("an impossible observation refutes, a lone cell cannot")
  func edges() {
    #expect(GoodnessOfFit.chiSquare(observed: [10, 1], expected: [11, 0]).pValue == 0)
    #expect(GoodnessOfFit.chiSquare(observed: [10, 0], expected: [10, 0]).pValue == 1)
  }

  @Test("the Kolmogorov–Smirnov statistic of five values by hand")
  func statistic() {
    // Against the uniform: after 0.4 four of five have passed, 0.8 − 0.4 = 0.4.
    // scipy.stats.ks_1samp([.1, .2, .35, .4, .9], lambda x: x).statistic = 0.4
    let test = GoodnessOfFit.kolmogorovSmirnov(samples: [0.9, 0.1, 0.4, 0.2, 0.35]) { $0 }
    #expect(agrees(test.statistic, 0.4, within: 1e-15))
    // Its exact p-value is 0.3088; five values are far below the range of the approximation.
    #expect((test.pValue - 0.3088).magnitude < 0.01)
  }

  @Test(
    "p-values agree with scipy.stats.kstwo.sf(D, n)",
    arguments: [
      (50, 0.1, 0.662_311_270_465_818_6), (100, 0.1, 0.252_692_757_006_387_4),
      (1000, 0.03, 0.322_690_214_391_463_6), (1000, 0.05, 0.013_012_074_781_090_332),
      (10000, 0.01, 0.268_219_127_702_919_2),
    ])
  func pValues(n: Int, distance: Double, reference: Double) {
    // An even grid shifted by D − 1/(2n): every step is off by the same, at most D.
    let samples = (0..<n).map { (Double($0) + 0.5) / Double(n) }
    let shift = distance - 0.5 / Double(n)
    let test = GoodnessOfFit.kolmogorovSmirnov(samples: samples) { $0 + shift }
    #expect(agrees(test.statistic, distance, within: 1e-10))
    #expect((test.pValue - reference).magnitude < 3e-4)
  }

  @Test(
    "the limiting tail agrees with scipy.special.kolmogorov",
    arguments: [
      (0.3, 0.999_990_694_198_665_5), (0.5, 0.963_945_243_664_875_1), (0.8, 0.544_142_411_574_198_1),
      (1, 0.269_999_671_677_354_56), (1.36, 0.049_485_876_755_377_876), (2, 0.000_670_925_255_779_695_3),
    ])
  func tail(lambda: Double, reference: Double) {
    #expect(agrees(GoodnessOfFit.kolmogorovTail(lambda), reference, within: 1e-12))
  }

  @Test("a wrong distribution is refuted")
  func power() {
    var generator = Xoshiro256(seed: 4)
    let samples = (0..<2_000).map { _ in generator.uniform() }
    #expect(GoodnessOfFit.kolmogorovSmirnov(samples: samples) { $0 * $0 }.pValue < 1e-10)
  }
}
