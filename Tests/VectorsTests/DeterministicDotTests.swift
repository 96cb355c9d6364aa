import Testing
import Vectors

struct DeterministicDotTests {
  @Test("the order of additions is the documented one")
  func addsInTheDocumentedOrder() {
    // 2²⁴ + 1 rounds to 2²⁴ in single precision, 2²⁴ + 2 does not. Lanes 0 and 8 meet first: 2²⁴ + 1 → 2²⁴.
    // Then 4, 2 and 1 lanes on: nothing is lost in 1 + 1 = 2 of lanes 1 and 9, so the sum is 2²⁴ + 2.
    var a = [Float](repeating: 0, count: 17)
    a[0] = 0x1p24
    for index in [8, 1, 9] { a[index] = 1 }
    let ones = [Float](repeating: 1, count: 17)
    #expect(DeterministicDot.dot(a, ones) == 0x1p24 + 2)
    // From left to right it would have been 2²⁴. The 17th element comes last: 2²⁴ + 2 + 1 is half-way between
    // 2²⁴ + 2 and 2²⁴ + 4, and rounds to the even 2²⁴ + 4.
    a[16] = 1
    #expect(DeterministicDot.dot(a, ones) == 0x1p24 + 4)
  }

  @Test("products are rounded before they are added: no fused multiply-add")
  func roundsProducts() {
    // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, whose last term is a tie that rounds away; a fused step would keep it.
    let x: Float = 1 + 0x1p-12
    var a = [Float](repeating: 0, count: 32)
    var b = a
    (a[0], b[0]) = (-(1 + 0x1p-11), 1)
    (a[16], b[16]) = (x, x)
    #expect(DeterministicDot.dot(a, b) == 0)
    #expect(DeterministicDot.dot([a[0], x], [1, x]) == 0)
  }

  @Test("every length agrees with double precision", arguments: 0...70)
  func agreesWithDouble(_ count: Int) {
    var rng = SplitMix(state: UInt64(count))
    let a = rng.vector(count)
    let b = rng.vector(count)
    var expected = 0.0
    for index in 0..<count { expected += Double(a[index]) * Double(b[index]) }
    #expect(abs(Double(DeterministicDot.dot(a, b)) - expected) < 1e-5)
  }

  @Test("the nearest row is the one that BLAS finds, alone and among many")
  func agreesWithBLAS() {
    var rng = SplitMix(state: 11)
    let matrix = Matrix(rowVectors: (0..<37).map { _ in rng.vector(50) })
    let queries = Matrix(rowVectors: (0..<200).map { _ in rng.vector(50) })
    let many = matrix.nearestDeterministic(toRows: queries)
    var scratch = [Float](repeating: 0, count: matrix.rows)
    for index in 0..<queries.rows {
      queries.row(index).withUnsafeBufferPointer { query in
        let alone = matrix.nearestDeterministic(to: query)
        let blas = scratch.withUnsafeMutableBufferPointer { matrix.nearest(to: query, scratch: $0) }
        #expect(alone == many[index])
        #expect(alone.row == blas.row)
        #expect(abs(alone.similarity - blas.similarity) < 1e-4)
      }
    }
  }

  @Test("of equal rows the lowest is the nearest")
  func breaksTies() {
    let matrix = Matrix(rowVectors: [[0, 1], [1, 0], [1, 0]])
    #expect([1, 0].withUnsafeBufferPointer { matrix.nearestDeterministic(to: $0) } == (1, 1))
  }
}
