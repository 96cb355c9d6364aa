/// A symmetric positive definite matrix, kept as its inverse: what a ridge regression that learns one observation at a
/// time needs (Sherman & Morrison 1950).
///
///     (A + xxᵀ)⁻¹ = A⁻¹ − vvᵀ / (1 + xᵀv)      v = A⁻¹x
///
/// The upper triangle, row by row: half the memory and half the work. d²/2 multiplications for a quadratic form, about
/// twice that for an update; an inversion would be d³/3.
struct PackedInverse: Hashable, Sendable {
  let dimension: Int
  /// Row i holds the columns i … d − 1.
  private var elements: [Double]

  /// The inverse of ρI, ρ > 0.
  init(dimension: Int, ridge: Double) {
    self.dimension = dimension
    elements = Array(repeating: 0, count: dimension * (dimension + 1) / 2)
    var place = 0
    for row in 0..<dimension {
      elements[place] = 1 / ridge
      place += dimension - row
    }
  }

  /// xᵀA⁻¹x.
  func quadratic(_ x: [Double]) -> Double {
    x.withUnsafeBufferPointer { x in
      elements.withUnsafeBufferPointer { elements in
        var (sum, place) = (0.0, 0)
        for row in 0..<dimension {
          let length = dimension - row
          let whole = PackedInverse.dot(elements.baseAddress! + place, x.baseAddress! + row, length)
          // The diagonal once, everything else twice.
          sum += x[row] * (2 * whole - elements[place] * x[row])
          place += length
        }
        return sum
      }
    }
  }

  /// A⁻¹x.
  func times(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: dimension)
    result.withUnsafeMutableBufferPointer { result in
      x.withUnsafeBufferPointer { x in
        elements.withUnsafeBufferPointer { elements in
          var place = 0
          for row in 0..<dimension {
            let length = dimension - row
            let line = elements.baseAddress! + place
            result[row] += PackedInverse.dot(line, x.baseAddress! + row, length)
            let target = result.baseAddress! + row
            let factor = x[row]
            var index = 1
            while index < length {
              target[index] += factor * line[index]
              index += 1
            }
            place += length
          }
        }
      }
    }
    return result
  }

  /// A ← A + xxᵀ.
  mutating func add(_ x: [Double]) {
    let v = times(x)
    let product = zip(x, v).reduce(0) { $0 + $1.0 * $1.1 }
    elements.withUnsafeMutableBufferPointer { elements in
      v.withUnsafeBufferPointer { v in
        var place = 0
        for row in 0..<dimension {
          let length = dimension - row
          let line = elements.baseAddress! + place
          let other = v.baseAddress! + row
          let factor = v[row] / (1 + product)
          var index = 0
          while index < length {
            line[index] -= factor * other[index]
            index += 1
          }
          place += length
        }
      }
    }
  }

  /// Eight partial sums, so that the loop is vectorised, always in this order.
  private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    var index = 0
    let (first, second) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    while index + 8 <= count {
      let offset = index * MemoryLayout<Double>.stride
      sums +=
        first.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
        * second.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
      index += 8
    }
    let four = sums.lowHalf + sums.highHalf
    let two = four.lowHalf + four.highHalf
    var sum = two[0] + two[1]
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }
}
