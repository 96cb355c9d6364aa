import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Region kernel")
struct RegionKernelTests {
  private static let cosines = [1, 0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1]

  private func agrees(_ a: Double, _ b: Double) -> Bool { (a - b).magnitude < 1e-12 }

  @Test("three regions, one without a record, κ = 10, ρ = 0.85: worked by hand")
  func worked() {
    let kernel = RegionKernel(Self.cosines, rows: 3)
    let said = kernel.predictions(deviations: [0.4, -0.3, 9], counts: [10, 5, 0], strength: 10)
    // Cov(r0, r1) = 0.0425. Of r0, whom only r1 knows: 0.0425 / (0.1 + 1/5) × −0.3, and 0.1 − 0.0425²/0.3.
    #expect(agrees(said[0].mean, -0.0425) && agrees(said[0].variance, 0.1 - 0.0425 * 0.0425 / 0.3))
    // Of r1 by r0: 0.0425 / 0.2 × 0.4, and 0.1 − 0.0425²/0.2.
    #expect(agrees(said[1].mean, 0.085) && agrees(said[1].variance, 0.1 - 0.0425 * 0.0425 / 0.2))
    // Of r2 by r0 (cosine 0) and r1: numpy.linalg.solve of [[0.2, 0.0425], [0.0425, 0.3]].
    #expect(agrees(said[2].mean, -0.056_234_561_271_614_206))
    #expect(agrees(said[2].variance, 0.093_792_288_690_795_84))
  }

  @Test("regions that are orthogonal, alone, unknown or too many stand alone: 0 and 1/κ")
  func alone() {
    func expectAlone(_ said: [RegionKernel.Prediction], _ rows: Int) {
      #expect(said.count == rows)
      for prediction in said { #expect(agrees(prediction.mean, 0) && agrees(prediction.variance, 0.1)) }
    }
    let identity = RegionKernel([1, 0, 0, 1], rows: 2)
    expectAlone(identity.predictions(deviations: [1, -1], counts: [9, 9], strength: 10), 2)
    expectAlone(
      RegionKernel([1], rows: 1).predictions(deviations: [1], counts: [9], strength: 10), 1)
    expectAlone(
      RegionKernel(Self.cosines, rows: 3).predictions(
        deviations: [0, 0, 0], counts: [0, 0, 0], strength: 10), 3)
    let many = RegionKernel.limit + 1
    let ones = RegionKernel(Array(repeating: 1, count: many * many), rows: many)
    expectAlone(
      ones.predictions(
        deviations: Array(repeating: 1, count: many), counts: Array(repeating: 5, count: many), strength: 10),
      many)
  }

  @Test("the leave-one-out identity agrees with leaving one out", arguments: 111...120)
  func leaveOneOut(seed: Int) {
    var generator = Xoshiro256(seed: UInt64(seed))
    let rows = Int.random(in: 3...24, using: &generator)
    let directions = (0..<rows).map { _ in generator.direction(of: 6).map(Double.init) }
    let cosines = directions.flatMap { left in
      directions.map { right in zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let kernel = RegionKernel(cosines, rows: rows)
    let counts = (0..<rows).map { _ in 0.5 + 60 * generator.uniform() }
    let deviations = (0..<rows).map { _ in Normal.sample(using: &generator) }
    let strength = 2 + 50 * generator.uniform()
    let said = kernel.predictions(deviations: deviations, counts: counts, strength: strength)
    for row in 0..<rows {
      var without = counts
      without[row] = 0
      let left = kernel.predictions(deviations: deviations, counts: without, strength: strength)[row]
      #expect((left.mean - said[row].mean).magnitude < 1e-9)
      #expect((left.variance - said[row].variance).magnitude < 1e-9)
      #expect(said[row].variance > 0 && said[row].variance <= 1 / strength + 1e-12)
    }
  }
}
