/// Labels along one edge: each as near to where it belongs as the others allow.
enum LabelSpread {
  /// Positions with the least sum of squared moves such that neighbours are `gap` apart and all lie in `bounds`.
  ///
  /// Neighbours that would touch form a block around the mean of what they wish (pooling of adjacent violators:
  /// Barlow et al., "Statistical Inference under Order Restrictions", 1972). Labels of one wish keep their order. Where
  /// the bounds are too narrow for all, the gap shrinks.
  static func spread(_ wishes: [Double], gap: Double, in bounds: ClosedRange<Double>) -> [Double] {
    guard wishes.count > 1 else {
      return wishes.map { min(max($0, bounds.lowerBound), bounds.upperBound) }
    }
    let gap = min(gap, (bounds.upperBound - bounds.lowerBound) / Double(wishes.count - 1))
    let order = wishes.indices.sorted { (wishes[$0], $0) < (wishes[$1], $1) }
    // With k gaps taken off the k-th label, "gap apart" becomes "not descending".
    var blocks: [(sum: Double, count: Int)] = []
    for (rank, index) in order.enumerated() {
      blocks.append((wishes[index] - Double(rank) * gap, 1))
      while blocks.count > 1 {
        let last = blocks[blocks.count - 1]
        let previous = blocks[blocks.count - 2]
        guard previous.sum / Double(previous.count) > last.sum / Double(last.count) else { break }
        blocks.removeLast(2)
        blocks.append((previous.sum + last.sum, previous.count + last.count))
      }
    }
    let highest = bounds.upperBound - Double(wishes.count - 1) * gap
    var positions = wishes
    var rank = 0
    for block in blocks {
      let base = min(max(block.sum / Double(block.count), bounds.lowerBound), max(highest, bounds.lowerBound))
      for _ in 0..<block.count {
        positions[order[rank]] = base + Double(rank) * gap
        rank += 1
      }
    }
    return positions
  }
}
