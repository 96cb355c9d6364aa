/// A set of positions in a capability's roster (0…255), without storage of its own.
public struct CandidateSet: Hashable, Sendable {
  public private(set) var words: SIMD4<UInt64>

  public init() { words = .zero }
  public init(words: SIMD4<UInt64>) { self.words = words }

  /// The first `count` positions.
  public init(first count: Int) {
    words = .zero
    for position in 0..<count { insert(position) }
  }

  public mutating func insert(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }
  public mutating func remove(_ position: Int) { words[position >> 6] &= ~(1 << UInt64(position & 63)) }
  public func contains(_ position: Int) -> Bool { words[position >> 6] >> UInt64(position & 63) & 1 == 1 }

  public var isEmpty: Bool { words == .zero }

  public var count: Int {
    words[0].nonzeroBitCount + words[1].nonzeroBitCount + words[2].nonzeroBitCount + words[3].nonzeroBitCount
  }

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
      var bits = words[word]
      while bits != 0 {
        result.append(word << 6 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    return result
  }
}
