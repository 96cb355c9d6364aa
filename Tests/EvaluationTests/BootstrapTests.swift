import Testing

@testable import Evaluation

@Suite("The bootstrap")
struct BootstrapTests {
  @Test("A resample has as many rows as the log, and columns share it")
  func counts() {
    let rows = 5_000
    let ones = [Double](repeating: 1, count: rows)
    let twos = [Double](repeating: 2, count: rows)
    let sums = Bootstrap.sums(of: [ones, twos], rows: rows, resamples: 20, seed: 7)
    for resample in 0..<20 {
      #expect(sums[resample * 2] == 5_000)
      #expect(sums[resample * 2 + 1] == 10_000)
    }
  }

  @Test("Counts have the mean and variance of a multinomial")
  func moments() {
    // c_0 ~ Binomial(50, 1/50): mean 1, variance 0.98. Over 20,000 resamples the mean has standard error 0.007, the
    // variance, of fourth central moment 3.9 or so, 0.012.
    var column = [Double](repeating: 0, count: 50)
    column[0] = 1
    let sums = Bootstrap.sums(of: [column], rows: 50, resamples: 20_000, seed: 11)
    let mean = sums.reduce(0, +) / 20_000
    let variance = sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect((mean - 1).magnitude < 0.028)
    #expect((variance - 0.98).magnitude < 0.05)
  }

  @Test("A seed gives the same resamples again, another seed others")
  func seeds() {
    let column = (0..<100).map(Double.init)
    let first = Bootstrap.sums(of: [column], rows: 100, resamples: 5, seed: 1)
    #expect(first == Bootstrap.sums(of: [column], rows: 100, resamples: 5, seed: 1))
    #expect(first != Bootstrap.sums(of: [column], rows: 100, resamples: 5, seed: 2))
  }

  @Test("Percentiles interpolate as numpy.percentile does")
  func percentiles() {
    // numpy.percentile([1, 2, 3, 4, 10], [10, 90]) = [1.4, 7.6]
    let interval = Bootstrap.percentiles([10, 3, 1, 4, 2], level: 0.8)
    #expect((interval!.lowerBound - 1.4).magnitude < 1e-12)
    #expect((interval!.upperBound - 7.6).magnitude < 1e-12)
    #expect(Bootstrap.percentiles([], level: 0.95) == nil)
    #expect(Bootstrap.percentiles([5], level: 0.95) == 5...5)
  }
}
