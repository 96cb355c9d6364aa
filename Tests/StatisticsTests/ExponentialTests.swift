import Statistics
import Testing

@Suite("Powers and logarithms")
struct ExponentialTests {
  @Test("agree with exact values")
  func exact() {
    #expect(Exponential.two(to: -3) == 0.125)
    #expect(agrees(Exponential.two(to: 0.5), 2.0.squareRoot(), within: 1e-15))
    #expect(agrees(Exponential.power(1.5, 4), 5.0625, within: 1e-15))
    #expect(Exponential.power(0, 2) == 0 && Exponential.power(7, 0) == 1)
    #expect(Exponential.logarithm(1) == 0)
    #expect(agrees(Exponential.logarithm(8), 3 * Exponential.logarithm(2), within: 1e-15))
  }
}
