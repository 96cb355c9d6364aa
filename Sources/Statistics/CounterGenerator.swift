/// A counter-based generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011; the Random123 library).
///
/// Block b is `philox(counter: (high, low), key: key &+ b)` and yields two `UInt64`. The stream is a pure function
/// of (key, high, low): whoever knows the three can draw the same numbers again, in any process, years later.
///
/// The 128 bits of the counter belong to the thing that is being drawn for (an identifier), so the block number
/// moves the key instead. Two streams with the same counter and keys k and k + 1 therefore overlap, shifted by one
/// block: use keys that lie far apart (hashes), not consecutive integers.
public struct CounterGenerator: RandomNumberGenerator, Sendable {
  @usableFromInline let high: UInt64
  @usableFromInline let low: UInt64
  /// The key of the next block.
  @usableFromInline var key: UInt64
  /// The second half of the last block, while it is unused.
  @usableFromInline var spare: UInt64?

  public init(key: UInt64, high: UInt64, low: UInt64) {
    self.key = key
    self.high = high
    self.low = low
    spare = nil
  }

  @inlinable
  public mutating func next() -> UInt64 {
    if let value = spare {
      spare = nil
      return value
    }
    let block = Self.block(high: high, low: low, key: key)
    key &+= 1
    spare = block.second
    return block.first
  }

  /// The next value in [0, 1): the upper 53 bits of `next()` times 2⁻⁵³.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// Ten rounds of Philox4x32. In the notation of Random123 the counter words are c0 = low mod 2³², c1 = low / 2³²,
  /// c2 = high mod 2³², c3 = high / 2³², the key words k0 = key mod 2³², k1 = key / 2³²; of the four result words,
  /// `first` is r0 + 2³² r1 and `second` is r2 + 2³² r3.
  ///
  /// One round: (hi0, lo0) = M0·c0, (hi1, lo1) = M1·c2, c ← (hi1 ⊕ c1 ⊕ k0, lo1, hi0 ⊕ c3 ⊕ k1, lo0), and between
  /// rounds the key words grow by the Weyl constants W0 and W1.
  @inlinable
  static func block(high: UInt64, low: UInt64, key: UInt64) -> (first: UInt64, second: UInt64) {
    let mask: UInt64 = 0xFFFF_FFFF
    var c0 = low & mask
    var c1 = low &>> 32
    var c2 = high & mask
    var c3 = high &>> 32
    var k0 = key & mask
    var k1 = key &>> 32
    for _ in 0..<10 {
      let product0 = 0xD251_1F53 &* c0
      let product1 = 0xCD9E_8D57 &* c2
      let old1 = c1
      let old3 = c3
      c0 = (product1 &>> 32) ^ old1 ^ k0
      c1 = product1 & mask
      c2 = (product0 &>> 32) ^ old3 ^ k1
      c3 = product0 & mask
      k0 = (k0 &+ 0x9E37_79B9) & mask
      k1 = (k1 &+ 0xBB67_AE85) & mask
    }
    return (c0 | c1 &<< 32, c2 | c3 &<< 32)
  }
}
