/// A direction: D elements whose Euclidean length is 1, so that a dot product of two is their cosine.
public struct UnitVector: Sendable, Hashable {
  /// D elements in [−1, 1].
  public let elements: [Float]

  /// D.
  public var dimension: Int { elements.count }

  /// The direction of `vector` (D elements, any finite length but zero): x / ‖x‖₂.
  ///
  /// The norm is summed in double precision, where the square of no `Float` overflows or vanishes.
  /// Nil when there is no direction: an empty or zero vector, or one with an infinity or a NaN.
  public init?(normalising vector: [Float]) {
    var squares = 0.0
    for x in vector { squares += Double(x) * Double(x) }
    guard squares > 0, squares.isFinite else { return nil }
    let norm = squares.squareRoot()
    elements = vector.map { Float(Double($0) / norm) }
  }
}
