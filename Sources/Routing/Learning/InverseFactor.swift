/// The inverse of a symmetric positive definite matrix in factors: A = LDLᵀ, A⁻¹ = WᵀD⁻¹W with W = L⁻¹.
///
/// Elimination carries the identity along (Gauss–Jordan's lower half): what is asked of the inverse, A⁻¹z, its
/// diagonal, and uᵀA⁻¹u, costs far less from W than the inverse itself would. Rows are padded to whole vectors of
/// four; sums are taken in the same order everywhere.
struct InverseFactor {
  private typealias Lanes = SIMD4<Double>

  let size: Int
  /// Vectors to a row.
  private let width: Int
  /// W: below the diagonal, 1 on it, 0 above it.
  private var lower: [Lanes]
  /// 1/D.
  private var weights: [Double]

  /// - Parameter element: A's elements at column ≥ row; the others are not asked.
  init(size: Int, _ element: (_ row: Int, _ column: Int) -> Double) {
    self.size = size
    let width = (size + 3) / 4
    self.width = width
    lower = Array(repeating: .zero, count: size * width)
    weights = Array(repeating: 0, count: size)
    for row in 0..<size { lower[row * width + row / 4][row % 4] = 1 }
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: size * width) { upper in
      upper.initialize(repeating: .zero)
      for row in 0..<size {
        for column in row..<size { upper[row * width + column / 4][column % 4] = element(row, column) }
      }
      lower.withUnsafeMutableBufferPointer { lower in
        weights.withUnsafeMutableBufferPointer { weights in
          guard let top = upper.baseAddress, let low = lower.baseAddress, let weights = weights.baseAddress
          else { return }
          InverseFactor.eliminate(top, low, weights, size: size, width: width)
        }
      }
    }
  }

  /// Turns `upper`, the upper triangle of A, into DLᵀ, and `lower`, the identity, into W; what `upper` holds below the
  /// diagonal is not read. Two pivots at a time, so that a row is read and written half as often.
  private static func eliminate(
    _ upper: UnsafeMutablePointer<Lanes>, _ lower: UnsafeMutablePointer<Lanes>,
    _ weights: UnsafeMutablePointer<Double>, size: Int, width: Int
  ) {
    func value(_ row: Int, _ column: Int) -> Double { upper[row * width + column / 4][column % 4] }
    var pivot = 0
    while pivot < size {
      let first = 1 / max(value(pivot, pivot), 1e-12)
      weights[pivot] = first
      guard pivot + 1 < size else { break }
      let (top, next) = (pivot * width, (pivot + 1) * width)
      let link = value(pivot, pivot + 1) * first
      for part in (pivot + 1) / 4..<width { upper[next + part] -= link * upper[top + part] }
      for part in 0...pivot / 4 { lower[next + part] -= link * lower[top + part] }
      let second = 1 / max(value(pivot + 1, pivot + 1), 1e-12)
      weights[pivot + 1] = second
      for row in pivot + 2..<max(size, pivot + 2) {
        let a = value(pivot, row) * first
        let b = value(pivot + 1, row) * second
        let own = row * width
        for part in row / 4..<width { upper[own + part] -= a * upper[top + part] + b * upper[next + part] }
        for part in 0...(pivot + 1) / 4 {
          lower[own + part] -= a * lower[top + part] + b * lower[next + part]
        }
      }
      pivot += 2
    }
  }

  /// The elements of Wu, in order.
  private func forLowered(_ vector: [Double], _ body: (_ row: Int, _ value: Double) -> Void) {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: width) { packed in
      packed.initialize(repeating: .zero)
      for index in 0..<size { packed[index / 4][index % 4] = vector[index] }
      for row in 0..<size {
        var sum = Lanes.zero
        for part in 0...row / 4 { sum += lower[row * width + part] * packed[part] }
        body(row, sum.sum())
      }
    }
  }

  /// A⁻¹u.
  func solve(_ vector: [Double]) -> [Double] {
    var sums = [Lanes](repeating: .zero, count: width)
    forLowered(vector) { row, value in
      let factor = value * weights[row]
      for part in 0...row / 4 { sums[part] += factor * lower[row * width + part] }
    }
    return (0..<size).map { sums[$0 / 4][$0 % 4] }
  }

  /// The diagonal of A⁻¹.
  func diagonal() -> [Double] {
    var sums = [Lanes](repeating: .zero, count: width)
    for row in 0..<size {
      for part in 0...row / 4 {
        let value = lower[row * width + part]
        sums[part] += weights[row] * (value * value)
      }
    }
    return (0..<size).map { sums[$0 / 4][$0 % 4] }
  }

  /// uᵀA⁻¹u.
  func form(_ vector: [Double]) -> Double {
    var sum = 0.0
    forLowered(vector) { row, value in sum += weights[row] * value * value }
    return sum
  }
}
