import Testing

@testable import Statistics

@Suite("Incomplete Beta")
struct IncompleteBetaTests {
  @Test(
    "agrees with mpmath.betainc(a, b, 0, x, regularized=True) to 1e-12",
    arguments: [
      (0.5, 0.5, 0.5, 0.5), (0.3, 2, 5, 0.579_825),
      (0.999, 50000, 3, 2.447_354_834_766_506_4e-19), (0.9999, 50000, 3, 0.124_622_542_361_790_3),
      (0.9998, 50000, 3, 0.002_766_672_689_642_436), (0.5, 1000, 1000, 0.5),
      (1e-5, 1e-3, 1e-3, 0.494_277_364_127_962_15), (0.2, 1e-3, 3, 0.999_510_374_902_940_68),
      (0.75, 80, 20, 0.109_390_538_172_849_5), (0.6, 80, 20, 7.987_435_612_211_860_5e-6),
      (1e-3, 0.5, 2000, 0.954_540_241_562_145_2), (0.7, 9.5, 10.5, 0.981_042_504_268_303_05),
      // mpmath.quad of the density over [0.46, 0.49]: betainc itself does not converge there
      (0.49, 20000, 20000, 3.162_108_174_853_296_5e-5),
    ])
  func references(x: Double, a: Double, b: Double, reference: Double) {
    #expect(agrees(SpecialFunctions.incompleteBeta(x, a, b), reference, within: 1e-12))
  }

  @Test("has the closed forms x^a, 1 − (1−x)^b and the binomial sum")
  func closedForms() {
    // I_x(2, 3) = P(at least 2 of 4) = 6x²(1−x)² + 4x³(1−x) + x⁴
    for step in 1..<20 {
      let x = Double(step) / 20
      let y = 1 - x
      #expect(agrees(SpecialFunctions.incompleteBeta(x, 3, 1), x * x * x, within: 1e-14))
      #expect(agrees(SpecialFunctions.incompleteBeta(x, 1, 2), 1 - y * y, within: 1e-14))
      let binomial = 6 * x * x * y * y + 4 * x * x * x * y + x * x * x * x
      #expect(agrees(SpecialFunctions.incompleteBeta(x, 2, 3), binomial, within: 1e-14))
    }
    #expect(SpecialFunctions.incompleteBeta(0, 2, 3) == 0)
    #expect(SpecialFunctions.incompleteBeta(1, 2, 3) == 1)
  }

  @Test("I_x(a,b) = x I_x(a−1,b) + (1−x) I_x(a,b−1) for random shapes")
  func recurrence() {
    // DLMF 8.17.12. It mixes both branches and the accurate forms for small and large shapes.
    var generator = Xoshiro256(seed: 3)
    for _ in 0..<2_000 {
      let a = 1 + generator.spread(from: 1e-2, to: 3e4)
      let b = 1 + generator.spread(from: 1e-2, to: 3e4)
      let x = BetaDistribution(alpha: a, beta: b).sample(using: &generator)
      let left = SpecialFunctions.incompleteBeta(x, a, b)
      let right =
        x * SpecialFunctions.incompleteBeta(x, a - 1, b) + (1 - x)
        * SpecialFunctions.incompleteBeta(x, a, b - 1)
      #expect(agrees(left, right, within: 2e-11), "x = \(x), a = \(a), b = \(b)")
    }
  }

  @Test("the two tails add up to 1 and mirror each other")
  func mirror() {
    let (lower, upper) = SpecialFunctions.incompleteBeta(x: 0.625, complement: 0.375, 7.5, 3.25)
    let mirrored = SpecialFunctions.incompleteBeta(x: 0.375, complement: 0.625, 3.25, 7.5)
    #expect((lower + upper - 1).magnitude < 1e-15)
    #expect((lower - mirrored.upper).magnitude < 1e-15)
    #expect((upper - mirrored.lower).magnitude < 1e-15)
  }
}
