/// A dot product that has the same bits on every processor.
///
/// BLAS libraries choose their kernel, and with it the order of the additions, by processor; a decision that
/// must be recomputed elsewhere cannot rest on that. Here the order is fixed: sixteen partial sums, lane l
/// taking elements l, l + 16, l + 32 …, folded in halves (16 → 8 → 4 → 2 → 1), and then the elements left
/// over, one by one. Every step is an IEEE 754 multiplication or addition, rounded once; a fused
/// multiply-add rounds differently, and where the hardware has none it is a library call a term.
public enum DeterministicDot {
  /// Σ aᵢbᵢ of two vectors of the same dimension (0 for dimension 0).
  public static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
    precondition(a.count == b.count, "vectors must have the same dimension")
    guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
    return dot(first, second, count: a.count)
  }

  /// Σ aᵢbᵢ of two vectors of the same dimension (0 for dimension 0).
  public static func dot(_ a: [Float], _ b: [Float]) -> Float {
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in dot(a, b) } }
  }

  @inline(__always)
  static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    let first = UnsafeRawPointer(a)
    let second = UnsafeRawPointer(b)
    var sums = SIMD16<Float>(repeating: 0)
    var index = 0
    while index + 16 <= count {
      let offset = index * MemoryLayout<Float>.stride
      let x = first.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
      let y = second.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
      sums += x * y
      index += 16
    }
    // By hand: the order in which SIMD.sum() adds is not documented.
    let eight = sums.lowHalf + sums.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    var sum = two[0] + two[1]
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }
}

extension Matrix {
  /// The row most similar to `x`, the same row and the same bits on every processor; ties go to the lowest
  /// row. No allocation.
  ///
  /// - Parameter x: `columns` elements.
  /// - Precondition: the matrix has a row.
  public func nearestDeterministic(to x: UnsafeBufferPointer<Float>) -> (row: Int, similarity: Float) {
    precondition(rows > 0, "no row to be nearest")
    precondition(x.count == columns, "x must have one element a column")
    return storage.withUnsafeBufferPointer { matrix in
      guard let a = matrix.baseAddress, let x = x.baseAddress else { return (0, 0) }
      return nearestRow(of: a, to: x)
    }
  }

  /// For each row of `queries`, in order, the row of this matrix most similar to it: exactly what
  /// ``nearestDeterministic(to:)`` gives for each alone.
  ///
  /// - Parameter queries: as many columns as this matrix.
  /// - Precondition: the matrix has a row.
  public func nearestDeterministic(toRows queries: Matrix) -> [(row: Int, similarity: Float)] {
    precondition(rows > 0, "no row to be nearest")
    precondition(queries.columns == columns, "queries must have as many columns")
    return storage.withUnsafeBufferPointer { matrix in
      queries.storage.withUnsafeBufferPointer { queryElements in
        guard let a = matrix.baseAddress, let q = queryElements.baseAddress else {
          return Array(repeating: (0, 0), count: queries.rows)
        }
        return (0..<queries.rows).map { nearestRow(of: a, to: q + $0 * columns) }
      }
    }
  }

  private func nearestRow(
    of a: UnsafePointer<Float>, to x: UnsafePointer<Float>
  ) -> (row: Int, similarity: Float) {
    var best = (row: 0, similarity: DeterministicDot.dot(a, x, count: columns))
    var row = 1
    while row < rows {
      let similarity = DeterministicDot.dot(a + row * columns, x, count: columns)
      if similarity > best.similarity { best = (row, similarity) }
      row += 1
    }
    return best
  }
}
