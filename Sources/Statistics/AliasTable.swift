/// Draws an index from fixed probabilities in constant time: the alias method (Walker 1977) with the construction of
/// Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE TSE 17, 1991.
///
/// A draw takes exactly one `UInt64`: its product with `count` has the column in the upper 64 bits and, in the lower
/// 64, the fraction that decides between the column and its alias. Each probability is met to about 1e-16.
public struct AliasTable: Sendable, Hashable {
  /// In column i, fractions below `thresholds[i]` · 2⁻⁶⁴ stay, the others go to `aliases[i]`.
  @usableFromInline let thresholds: [UInt64]
  @usableFromInline let aliases: [Int32]

  /// - Parameter probabilities: at least one; finite, ≥ 0, with a positive sum, which need not be 1. An index of
  ///   probability 0 is never drawn.
  public init(probabilities: [Double]) {
    precondition(!probabilities.isEmpty, "an alias table needs a probability")
    var total = 0.0
    for probability in probabilities {
      precondition(probability >= 0 && probability.isFinite, "a probability is finite and not negative")
      total += probability
    }
    precondition(total > 0 && total.isFinite, "the probabilities have a positive, finite sum")

    let count = probabilities.count
    // A column without an alias always stays: it is its own.
    var thresholds = [UInt64](repeating: .max, count: count)
    var aliases = (0..<count).map { Int32($0) }
    withUnsafeTemporaryAllocation(of: (index: Int, share: Double).self, capacity: count) { stacks in
      // Two stacks that grow towards each other: shares below 1 from the front, the others from the back.
      var (small, large) = (0, count)
      for index in (0..<count).reversed() {
        let share = probabilities[index] / total * Double(count)
        if share >= 1 { large -= 1 }
        stacks.initializeElement(at: share < 1 ? small : large, to: (index, share))
        if share < 1 { small += 1 }
      }
      // Without a donor left, the remaining shares are 1 up to rounding.
      while small > 0, large < count {
        small -= 1
        let receiver = stacks[small]
        thresholds[receiver.index] = UInt64(receiver.share * 0x1p64)
        aliases[receiver.index] = Int32(stacks[large].index)
        stacks[large].share = (stacks[large].share + receiver.share) - 1
        if stacks[large].share < 1 {
          stacks[small] = stacks[large]
          small += 1
          large += 1
        }
      }
    }
    self.thresholds = thresholds
    self.aliases = aliases
  }

  /// The number of indices.
  @inlinable
  public var count: Int { thresholds.count }

  /// An index in 0..<count. Uses exactly one `UInt64` of the generator.
  @inlinable
  public func draw(using rng: inout some RandomNumberGenerator) -> Int {
    let product = rng.next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: count))
    let column = Int(truncatingIfNeeded: product.high)
    return product.low < thresholds[column] ? column : Int(aliases[column])
  }
}
