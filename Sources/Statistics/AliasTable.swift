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
    var shares = probabilities.map { $0 / total * Double(count) }
    // A column without an alias always stays: it is its own.
    var thresholds = [UInt64](repeating: .max, count: count)
    var aliases = (0..<count).map { Int32($0) }
    var small: [Int] = []
    var large: [Int] = []
    for index in shares.indices.reversed() {
      if shares[index] < 1 { small.append(index) } else { large.append(index) }
    }
    while let receiver = small.popLast() {
      // Without a donor left, the remaining shares are 1 up to rounding.
      guard let donor = large.last else { continue }
      thresholds[receiver] = UInt64(shares[receiver] * 0x1p64)
      aliases[receiver] = Int32(donor)
      shares[donor] = (shares[donor] + shares[receiver]) - 1
      if shares[donor] < 1 {
        large.removeLast()
        small.append(donor)
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
