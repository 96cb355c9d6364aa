import RealModule
import Testing

@testable import Statistics

@Suite("Eight-lane functions")
struct VectorFunctionsTests {
  @Test("exp agrees with the C library to 1e-12 from −700 to 700")
  func exponentials() {
    var generator = Xoshiro256(seed: 1)
    for range in [1e-9, 1, 30, 700] {
      for _ in 0..<500 {
        var x = Lanes()
        for lane in 0..<8 { x[lane] = range * (2 * generator.uniform() - 1) }
        let value = exponential(x)
        for lane in 0..<8 { #expect(agrees(value[lane], exponential(x[lane]), within: 1e-12)) }
      }
    }
    #expect(exponential(Lanes(repeating: 0)) == Lanes(repeating: 1))
    #expect(exponential(Lanes(repeating: -1e9))[3] < 1e-303)
  }

  @Test("log agrees with the C library to 1e-15 absolute or relative")
  func logarithms() {
    var generator = Xoshiro256(seed: 2)
    for range in [1e-9, 1, 30, 690] {
      for _ in 0..<500 {
        var x = Lanes()
        for lane in 0..<8 { x[lane] = exponential(range * (2 * generator.uniform() - 1)) }
        let value = logarithm(x)
        for lane in 0..<8 {
          let reference = naturalLogarithm(x[lane])
          #expect((value[lane] - reference).magnitude <= 1e-15 * max(1, reference.magnitude))
        }
      }
    }
    #expect(logarithm(Lanes(repeating: 1)) == Lanes(repeating: 0))
  }

  @Test("total adds every lane once")
  func totals() {
    #expect(total(Lanes(1, 10, 100, 1_000, 1e4, 1e5, 1e6, 1e7)) == 11_111_111)
  }
}
