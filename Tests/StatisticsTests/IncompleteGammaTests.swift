import Statistics
import Testing

@Suite("Incomplete Gamma")
struct IncompleteGammaTests {
  @Test(
    "agrees with mpmath.gammainc(s, 0, x, regularized=True) and its complement",
    arguments: [
      (0.5, 0.25, 0.520_499_877_813_046_54, 0.479_500_122_186_953_46),
      (3, 2, 0.323_323_583_816_936_54, 0.676_676_416_183_063_46),
      (3, 9, 0.993_767_804_893_622_68, 0.006_232_195_106_377_317_2),
      (100, 90, 0.158_220_989_186_430_17, 0.841_779_010_813_569_83),
      (100, 130, 0.997_249_591_632_693_47, 0.002_750_408_367_306_526_3),
      (1e-3, 0.01, 0.995_969_403_033_513_16, 0.004_030_596_966_486_844_2),
      (50000, 50200, 0.814_533_642_938_086, 0.185_466_357_061_914),
      (2.5, 40, 0.999_999_999_999_999_16, 8.391_825_114_831_610_1e-16),
    ])
  func references(s: Double, x: Double, lower: Double, upper: Double) {
    #expect(agrees(SpecialFunctions.incompleteGamma(s, x), lower, within: 1e-12))
    #expect(agrees(SpecialFunctions.incompleteGammaUpper(s, x), upper, within: 1e-12))
  }

  @Test("P(1, x) = 1 − e^−x and P(n, 0) = 0")
  func closedForms() {
    // e^−2 = 0.1353352832366127
    #expect(agrees(SpecialFunctions.incompleteGammaUpper(1, 2), 0.135_335_283_236_612_7, within: 1e-14))
    #expect(SpecialFunctions.incompleteGamma(4, 0) == 0)
    #expect(SpecialFunctions.incompleteGammaUpper(4, .infinity) == 0)
  }
}
