import Testing

@testable import Statistics

/// References: mpmath 1.3 with mp.dps = 40.
@Suite("Special functions")
struct SpecialFunctionsTests {
  @Test(
    "logGamma agrees with mpmath.loggamma",
    arguments: [
      (1e-3, 6.907_178_885_383_853_7), (0.5, 0.572_364_942_924_700_09), (1.5, -0.120_782_237_635_245_22),
      (9.99, 12.779_315_214_350_193), (10, 12.801_827_480_081_47), (123.456, 469.605_547_129_929_48),
      (50003, 491_016.882_666_424_05),
    ])
  func logGamma(x: Double, reference: Double) {
    #expect(agrees(SpecialFunctions.logGamma(x), reference, within: 1e-14))
  }

  @Test(
    "logBeta agrees with mpmath.log(mpmath.beta(a, b)), also where the Gammas cancel",
    arguments: [
      (0.5, 0.5, 1.144_729_885_849_400_2), (1e-3, 1e-3, 7.600_900_817_008_347_4),
      (50000, 3, -31.766_247_671_670_928), (50000, 40000, -61830.627_376_435_919),
      (12, 11, -15.864_460_932_885_823), (1e-3, 50000, 6.896_359_117_089_476_6),
      (2, 3, -2.484_906_649_788_000_3),
    ])
  func logBeta(a: Double, b: Double, reference: Double) {
    #expect(agrees(SpecialFunctions.logBeta(a, b), reference, within: 1e-14))
    #expect(SpecialFunctions.logBeta(a, b) == SpecialFunctions.logBeta(b, a))
  }

  @Test(
    "normalCDF agrees with mpmath.ncdf",
    arguments: [
      (-8.0, 6.220_960_574_271_784_1e-16), (-1, 0.158_655_253_931_457_05), (0, 0.5),
      (0.5, 0.691_462_461_274_013_1), (1.96, 0.975_002_104_851_779_56), (5, 0.999_999_713_348_428_12),
    ])
  func normalCDF(x: Double, reference: Double) {
    #expect(agrees(SpecialFunctions.normalCDF(x), reference, within: 5e-15))
  }

  @Test(
    "normalQuantile agrees with mpmath's sqrt(2) erfinv(2p − 1)",
    arguments: [
      (1e-10, -6.361_340_902_404_056_2), (0.01, -2.326_347_874_040_841_1), (0.025, -1.959_963_984_540_054_2),
      (0.3, -0.524_400_512_708_040_8), (0.5, 0), (0.9, 1.281_551_565_544_600_6),
      (0.975, 1.959_963_984_540_053_9), (0.999_999, 4.753_424_308_817_087_8),
      // scipy.special.ndtri(1e-300)
      (1e-300, -37.047_096_299_361_2),
    ])
  func normalQuantile(p: Double, reference: Double) {
    #expect(agrees(SpecialFunctions.normalQuantile(p), reference, within: 1e-14))
  }

  @Test("normalQuantile is the inverse of normalCDF and infinite at the ends")
  func normalInverse() {
    for step in 1..<400 {
      let p = Double(step) / 400
      #expect(agrees(SpecialFunctions.normalCDF(SpecialFunctions.normalQuantile(p)), p, within: 1e-14))
    }
    #expect(SpecialFunctions.normalQuantile(0) == -.infinity)
    #expect(SpecialFunctions.normalQuantile(1) == .infinity)
  }

  @Test("Stirling's remainder meets the logarithm of a factorial")
  func stirling() {
    // ln 9! = ln 362880, and Δ(10) = ln Γ(10) − [9.5 ln 10 − 10 + ½ ln 2π]
    let main = 9.5 * 2.302_585_092_994_045_7 - 10 + 0.918_938_533_204_672_74
    #expect((main + SpecialFunctions.stirlingRemainder(10) - 12.801_827_480_081_469).magnitude < 1e-14)
  }

  @Test("u − ln(1 + u) keeps its relative accuracy near 0 and across the switch")
  func excessOverLog() {
    // u²/2 − u³/3 + u⁴/4 at 1e-4: 5e-9 − 3.333…e-13 + 2.5e-17
    #expect(agrees(SpecialFunctions.excessOverLog(1e-4), 4.999_666_691_664_667e-9, within: 1e-14))
    // mpmath: mpf('0.5') - log1p(0.5); mpf('-0.5') - log1p(-0.5)
    #expect(agrees(SpecialFunctions.excessOverLog(0.5), 0.094_534_891_891_835_618, within: 1e-14))
    #expect(agrees(SpecialFunctions.excessOverLog(-0.5), 0.193_147_180_559_945_31, within: 1e-14))
  }
}
