import Testing

@testable import Statistics

@Suite("Beta distribution")
struct BetaDistributionTests {
  @Test("mean, variance and density of Beta(2, 3) by hand")
  func byHand() {
    // mean 2/5, variance 6/(25·6) = 0.04, density 12 x (1−x)² = 1.5 at ½
    let beta = BetaDistribution(alpha: 2, beta: 3)
    #expect(beta.mean == 0.4)
    #expect(agrees(beta.variance, 0.04, within: 1e-15))
    #expect(agrees(beta.density(0.5), 1.5, within: 1e-14))
    #expect(beta.density(0) == 0)
    #expect(beta.logDensity(1) == -.infinity)
    // 6x²(1−x)² + 4x³(1−x) + x⁴ at ½: 11/16
    #expect(agrees(beta.cdf(0.5), 0.6875, within: 1e-14))
    #expect(beta.cdf(-1) == 0 && beta.cdf(2) == 1)
  }

  @Test("a shape of 1 has a finite density at its end, one below 1 an infinite one")
  func ends() {
    #expect(agrees(BetaDistribution(alpha: 1, beta: 3).density(0), 3, within: 1e-14))
    #expect(BetaDistribution(alpha: 1, beta: 1).density(1) == 1)
    #expect(BetaDistribution(alpha: 0.5, beta: 0.5).density(0) == .infinity)
  }

  @Test(
    "quantiles agree with scipy.stats.beta.ppf(p, a, b), polished by mpmath.findroot",
    arguments: [
      (0.05, 0.5, 0.5, 0.006_155_829_702_431_137_6), (0.95, 0.5, 0.5, 0.993_844_170_297_568_85),
      (0.05, 50000, 3, 0.999_874_094_572_540_12), (0.95, 50000, 3, 0.999_983_646_631_841_92),
      (0.5, 2, 5, 0.264_449_983_295_659_96), (0.001, 1000, 1000, 0.465_487_051_520_936_31),
      (1e-9, 80, 20, 0.512_551_089_098_130_34), (0.999, 1, 1, 0.999),
      (0.9, 0.01, 3, 5.963_655_100_279_840_9e-6), (0.5, 3, 50000, 5.347_870_664_661_807_3e-5),
      (0.05, 21.5, 8.25, 0.581_519_780_283_430_9),
    ])
  func quantiles(p: Double, a: Double, b: Double, reference: Double) {
    #expect(agrees(BetaDistribution(alpha: a, beta: b).quantile(p), reference, within: 1e-12))
  }

  @Test(
    "quantiles of absurdly small p converge",
    arguments: [(50000, 3), (3, 50000), (80, 20), (5000, 5000), (1, 1)])
  func farTail(alpha: Double, beta: Double) {
    let distribution = BetaDistribution(alpha: alpha, beta: beta)
    for p in [1e-15, 1e-40, 1e-200, 1e-300] {
      let found = distribution.cdf(distribution.quantile(p))
      #expect(agrees(found, p, within: 1e-8), "p = \(p)")
    }
  }

  @Test("the quantile inverts the distribution function for every kind of shape")
  func inverse() {
    var generator = Xoshiro256(seed: 5)
    for _ in 0..<500 {
      let beta = BetaDistribution(
        alpha: generator.spread(from: 0.05, to: 1e5),
        beta: generator.spread(from: 0.05, to: 1e5))
      let p = 0.001 + 0.998 * generator.uniform()
      let x = beta.quantile(p)
      // Above ½ the neighbouring doubles may be further apart in probability than the tolerance.
      if x > 1e-300 && x < 0.999_999 {
        #expect(agrees(beta.cdf(x), p, within: 1e-9), "p = \(p) of \(beta)")
      }
    }
  }

  @Test("tiny shapes give quantiles at or beside the ends, never NaN")
  func tinyShapes() {
    let tiny = BetaDistribution(alpha: 1e-3, beta: 1e-3)
    #expect(tiny.quantile(0) == 0 && tiny.quantile(1) == 1)
    // scipy.stats.beta.ppf(0.3, 1e-3, 1e-3) = 1.4142853421410697e-222
    #expect(agrees(tiny.quantile(0.3), 1.414_285_342_141_069_7e-222, within: 1e-10))
    #expect(tiny.quantile(0.7) == 1)
    #expect(tiny.quantile(0.1) == 0)
  }

  @Test(
    "the sampler follows the distribution",
    arguments: [
      (0.5, 0.5), (1, 1), (0.05, 0.2), (2, 5), (80, 20), (1, 30), (0.3, 40), (5000, 3000), (50000, 3),
      (3, 50000),
    ])
  func sampler(alpha: Double, beta: Double) {
    let distribution = BetaDistribution(alpha: alpha, beta: beta)
    var generator = Xoshiro256(seed: 17)
    let samples = (0..<20_000).map { _ in distribution.sample(using: &generator) }
    #expect(GoodnessOfFit.kolmogorovSmirnov(samples: samples, cdf: distribution.cdf).pValue > 1e-3)
  }

  @Test("tiny shapes sample 0 or 1 in the right proportion, never NaN")
  func tinySamples() {
    var generator = Xoshiro256(seed: 23)
    var upper = 0
    for _ in 0..<20_000 {
      let x = BetaDistribution(alpha: 1e-3, beta: 3e-3).sample(using: &generator)
      #expect(x >= 0 && x <= 1)
      if x > 0.5 { upper += 1 }
    }
    // F(½) is ¾ within 1e-3 (both tails are 1/shape long); 20000 draws have a standard error of 0.0031
    #expect((Double(upper) / 20_000 - 0.25).magnitude < 0.011)
  }
}
