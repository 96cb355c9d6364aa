/// A symmetric positive definite matrix, its lower triangle row-major in a full square.
struct SymmetricMatrix {
  let order: Int
  private var elements: [Double]

  init(order: Int) {
    self.order = order
    elements = Array(repeating: 0, count: order * order)
  }

  /// To `diagonal` · I.
  mutating func reset(diagonal: Double) {
    for index in elements.indices { elements[index] = 0 }
    for index in 0..<order { elements[index * order + index] = diagonal }
  }

  /// Adds factor · x xᵀ.
  mutating func add(_ x: [Float], times factor: Double) {
    for row in 0..<order {
      let scale = factor * Double(x[row])
      // One-hot vectors are nearly all zeros.
      if scale == 0 { continue }
      for column in 0...row { elements[row * order + column] += scale * Double(x[column]) }
    }
  }

  /// Replaces b by the solution of A y = b, and A by its Cholesky factor L (A = L Lᵀ; Golub & Van Loan, "Matrix
  /// computations", algorithm 4.2.1).
  mutating func solve(_ b: inout [Double]) {
    for row in 0..<order {
      for column in 0...row {
        var sum = elements[row * order + column]
        for k in 0..<column { sum -= elements[row * order + k] * elements[column * order + k] }
        elements[row * order + column] =
          row == column ? sum.squareRoot() : sum / elements[column * order + column]
      }
    }
    for row in 0..<order {
      for k in 0..<row { b[row] -= elements[row * order + k] * b[k] }
      b[row] /= elements[row * order + row]
    }
    for row in (0..<order).reversed() {
      for k in (row + 1)..<max(order, row + 1) { b[row] -= elements[k * order + row] * b[k] }
      b[row] /= elements[row * order + row]
    }
  }
}
