package import Routing

extension EpochIndex {
  /// The closed epochs whose sums the fold still holds.
  package var heldEpochs: Range<Int> { count == 0 ? 0..<0 : oldestKept(after: count - 1)..<count }
}

extension RegionMap {
  /// The row of a decision of the past under this map.
  ///
  /// - Parameters:
  ///   - recorded: the map that placed it, and its row there.
  ///   - embedding: read only where another map placed it.
  ///   - kept: the row in this map that was kept when the embedding was forgotten.
  package func row(
    _ capability: Capability, recorded: (map: Int, row: Int), embedding: () throws -> [Float]?,
    kept: () -> Int?
  ) rethrows -> Int {
    if recorded.map == version { return recorded.row }
    // An embedding of another size has no place here.
    if let embedding = try embedding(), embedding.count == plan.dimension {
      return placeReproducibly(embedding, capability).row
    }
    return kept() ?? rootRow(of: capability)
  }
}
