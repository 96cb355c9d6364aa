import Vectors

/// A ``ResidualModel`` as decisions read it: by roster position, on the rules' terms.
public struct ResidualScorer: Sendable {
  /// μ.
  private let mean: [Float]?
  /// w S θ by roster position, with w the `residual_weight`; zeros for a candidate that the model does not know.
  private let weights: Matrix
  /// What no shift exceeds: ‖w S θ‖, since directions are unit vectors, and a little for what arithmetic loses.
  private let bounds: [Double]

  init(_ model: ResidualModel, _ roster: Roster, weight: Double) {
    mean = model.mean
    let dimension = model.weights.columns
    let scale = Float(weight)
    var storage: [Float] = []
    storage.reserveCapacity(roster.count * dimension)
    for ordinal in roster.ordinals {
      if let row = model.ordinals.firstIndex(of: ordinal) {
        storage += model.weights.row(row).map { scale * $0 }
      } else {
        storage += repeatElement(0, count: dimension)
      }
    }
    let weights = Matrix(rows: roster.count, columns: dimension, storage: storage)
    self.weights = weights
    bounds = (0..<roster.count).map { position in
      1.000_1 * weights.row(position).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  /// u of an embedding, D floats; empty where it has no direction.
  func direction(of embedding: [Float]) -> [Float] {
    guard embedding.count == weights.columns else { return [] }
    var isDirected = false
    let direction = [Float](unsafeUninitializedCapacity: embedding.count) { direction, count in
      isDirected = embedding.withUnsafeBufferPointer {
        CentredDirection.write(of: $0, from: mean, into: direction)
      }
      count = embedding.count
    }
    return isDirected ? direction : []
  }

  /// By how much a direction shifts the quality of a candidate, in units of reward; the same bits on every processor.
  ///
  /// - Parameter direction: D floats, a unit vector.
  public func shift(of position: Int, along direction: ArraySlice<Float>) -> Double {
    let start = position * weights.columns
    return weights.storage.withUnsafeBufferPointer { weights in
      direction.withUnsafeBufferPointer { direction in
        Double(
          DeterministicDot.dot(
            UnsafeBufferPointer(rebasing: weights[start..<start + direction.count]), direction))
      }
    }
  }

  /// What no shift of a candidate exceeds in magnitude.
  func bound(of position: Int) -> Double { bounds[position] }
}
