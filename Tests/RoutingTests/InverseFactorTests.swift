import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Inverse factor")
struct InverseFactorTests {
  @Test("two by two, by hand: A = [[4, 2], [2, 3]], A⁻¹ = [[3, −2], [−2, 4]] / 8")
  func worked() {
    let factor = InverseFactor(size: 2) { row, column in [[4, 2], [2, 3]][row][column] }
    #expect(factor.diagonal() == [0.375, 0.5])
    // (3·1 − 2·3)/8 and (−2·1 + 4·3)/8; their product with (1, 3).
    #expect(factor.solve([1, 3]) == [-0.375, 1.25])
    #expect(factor.form([1, 3]) == 3.375)
  }

  @Test(
    "A times A⁻¹u is u, the diagonal is the unit vectors' form, and uᵀA⁻¹u is u times A⁻¹u",
    arguments: [1, 2, 3, 4, 5, 7, 8, 31, 32, 40])
  func inverse(size: Int) {
    var generator = Xoshiro256(seed: 121)
    let factors = (0..<size * size).map { _ in Normal.sample(using: &generator) }
    var matrix = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0..<size {
        for k in 0..<size {
          matrix[i * size + j] += factors[i * size + k] * factors[j * size + k] / Double(size)
        }
      }
      matrix[i * size + i] += 0.5
    }
    let factor = InverseFactor(size: size) { row, column in
      // The lower triangle is not read.
      column >= row ? matrix[row * size + column] : .nan
    }
    let vector = (0..<size).map { _ in Normal.sample(using: &generator) }
    let solved = factor.solve(vector)
    for i in 0..<size {
      let value = (0..<size).reduce(0) { $0 + matrix[i * size + $1] * solved[$1] }
      #expect((value - vector[i]).magnitude < 1e-9)
    }
    let product = zip(vector, solved).reduce(0) { $0 + $1.0 * $1.1 }
    #expect((factor.form(vector) - product).magnitude < 1e-9 * max(1, product))
    let diagonal = factor.diagonal()
    for i in 0..<size {
      var unit = [Double](repeating: 0, count: size)
      unit[i] = 1
      #expect((factor.form(unit) - diagonal[i]).magnitude < 1e-9 * diagonal[i])
      #expect((factor.solve(unit)[i] - diagonal[i]).magnitude < 1e-9 * diagonal[i])
    }
  }
}
