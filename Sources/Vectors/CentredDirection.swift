/// The direction in which a vector lies from a centre: (x − μ)/‖x − μ‖₂.
///
/// In an order that is the same everywhere, without a library's kernels: the same bits on every processor.
public enum CentredDirection {
  /// Writes the direction of `vector`; false where there is none: of a zero vector (a text without words must not be
  /// placed by the mean alone), and of the centre itself.
  ///
  /// - Parameters:
  ///   - centre: μ, as many elements; nil for the origin.
  ///   - direction: as many elements, overwritten in either case.
  public static func write(
    of vector: UnsafeBufferPointer<Float>, from centre: [Float]?,
    into direction: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    precondition(direction.count == vector.count, "vectors must have the same dimension")
    var squares: Float = 0
    if let centre {
      precondition(centre.count == vector.count, "vectors must have the same dimension")
      centre.withUnsafeBufferPointer { centre in
        var isZero = true
        for index in 0..<vector.count {
          direction[index] = vector[index] - centre[index]
          if vector[index] != 0 { isZero = false }
        }
        if !isZero { squares = sumOfSquares(direction) }
      }
    } else {
      for index in 0..<vector.count { direction[index] = vector[index] }
      squares = sumOfSquares(direction)
    }
    guard squares > 1e-12 else { return false }
    let scale = 1 / squares.squareRoot()
    for index in 0..<direction.count { direction[index] *= scale }
    return true
  }

  /// Eight partial sums, so that the loop is vectorised, in an order that is the same everywhere.
  private static func sumOfSquares(_ x: UnsafeMutableBufferPointer<Float>) -> Float {
    var lanes = SIMD8<Float>.zero
    var index = 0
    while index + 8 <= x.count {
      let part = SIMD8<Float>(
        x[index], x[index + 1], x[index + 2], x[index + 3], x[index + 4], x[index + 5], x[index + 6],
        x[index + 7])
      lanes += part * part
      index += 8
    }
    var rest: Float = 0
    while index < x.count {
      rest += x[index] * x[index]
      index += 1
    }
    return lanes.sum() + rest
  }
}
