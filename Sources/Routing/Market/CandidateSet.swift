/// A set of positions in a capability's roster (0…255), without storage of its own.
public struct CandidateSet: Hashable, Sendable {
  // Two halves, and not one vector of four: that would be aligned to 32 bytes, and the memory of asynchronous functions
  // to 16 only; optimised ones (Swift 6.3.1) then write past its end.
  private var low = SIMD2<UInt64>.zero
  private var high = SIMD2<UInt64>.zero

  public init() {}
  public init(words: SIMD4<UInt64>) { (low, high) = (words.lowHalf, words.highHalf) }

  public var words: SIMD4<UInt64> { SIMD4(lowHalf: low, highHalf: high) }

  /// The first `count` positions.
  public init(first count: Int) {
    for position in 0..<count { insert(position) }
  }

  /// The 64 positions from 64·index on.
  private subscript(index: Int) -> UInt64 {
    get { index < 2 ? low[index] : high[index - 2] }
    set { if index < 2 { low[index] = newValue } else { high[index - 2] = newValue } }
  }

  public mutating func insert(_ position: Int) { self[position >> 6] |= 1 << UInt64(position & 63) }
  public mutating func remove(_ position: Int) { self[position >> 6] &= ~(1 << UInt64(position & 63)) }
  public func contains(_ position: Int) -> Bool { self[position >> 6] >> UInt64(position & 63) & 1 == 1 }

  public var isEmpty: Bool { low == .zero && high == .zero }

  public var count: Int { (0..<4).reduce(0) { $0 + self[$1].nonzeroBitCount } }

  /// The lowest position; nil when empty.
  public var first: Int? {
    for word in 0..<4 where words[word] != 0 { return word << 6 + words[word].trailingZeroBitCount }
    return nil
  }

  /// The positions in ascending order.
  public var positions: [Int] {
    var result: [Int] = []
    result.reserveCapacity(count)
    for word in 0..<4 {
      var bits = self[word]
      while bits != 0 {
        result.append(word << 6 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    return result
  }
}
