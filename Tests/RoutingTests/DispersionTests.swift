import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Dispersion")
struct DispersionTests {
  @Test("φ = (30 + Σ r²/v) / (30 + count), held to 0.2…1, by hand")
  func worked() {
    var dispersion = Dispersion()
    #expect(Dispersion.pooled([dispersion]) == 1)
    // Thirty residuals of ½ against a variance of 1: (30 + 7.5) / 60.
    for _ in 0..<30 { dispersion.add(-0.5, variance: 1) }
    #expect(dispersion.squares == 7.5 && dispersion.count == 30)
    #expect(Dispersion.pooled([dispersion]) == 0.625)
    // Two candidates of that kind: 45/90.
    #expect(Dispersion.pooled([dispersion, dispersion]) == 0.5)
    dispersion.fade(by: 0.5)
    #expect(dispersion.squares == 3.75 && dispersion.count == 15)
    var still = Dispersion()
    for _ in 0..<1_000 { still.add(0, variance: 1) }
    #expect(Dispersion.pooled([still]) == 0.2)
    var wild = Dispersion()
    for _ in 0..<1_000 { wild.add(3, variance: 1) }
    #expect(Dispersion.pooled([wild]) == 1)
  }

  /// 60 epochs of two candidates in three regions, six observations to a cell and epoch.
  private func live(seed: UInt64, _ reward: (Double, inout Xoshiro256) -> Double) -> Knowledge {
    var generator = Xoshiro256(seed: seed)
    var snapshot = RoutingSamples.snapshot(["a/x", "b/y"].map { RoutingSamples.candidate($0) }, regions: 3)
    for _ in 0..<60 {
      var evidence: [Evidence] = []
      for row in 0..<3 {
        for (candidate, quality) in [("a/x", 0.3 + 0.2 * Double(row)), ("b/y", 0.5)] {
          let sum = (0..<6).reduce(0.0) { total, _ in total + reward(quality, &generator) }
          evidence.append(Evidence(candidate, row: row, mass: 6, sum: sum))
        }
      }
      snapshot = snapshot.learning(evidence)
    }
    return snapshot[.textToVideo]
  }

  @Test(
    "rewards of 0 and 1 have φ near 1; rewards within ¼ of the mean near their share of variance",
    arguments: 1...4)
  func estimated(seed: Int) {
    let binary = live(seed: UInt64(seed)) { quality, generator in generator.chance(quality) ? 1 : 0 }
    #expect((0.9...1).contains(binary.dispersion))
    // Uniform within ±¼: variance 1/48, against about 0.24.
    let graded = live(seed: UInt64(seed)) { quality, generator in quality + (generator.uniform() - 0.5) / 2 }
    #expect((0.2...0.25).contains(graded.dispersion))
    // The same evidence counts 1/φ times: the posterior of the root holds N/φ + 2 observations.
    let root = graded.posteriors[6]
    #expect((root.alpha + root.beta - graded.cells[6].observations / graded.dispersion - 2).magnitude < 1e-9)
    #expect((root.mean - graded.cells[6].rewards / graded.cells[6].observations).magnitude < 0.01)
  }
}
