/// A fast sequential generator for simulations and tests: xoshiro256++ 1.0 (Blackman & Vigna, "Scrambled linear
/// pseudorandom number generators", ACM TOMS 47, 2021), its state filled from one seed by SplitMix64 as its authors
/// recommend. Period 2²⁵⁶ − 1. Not for secrets.
public struct Xoshiro256: RandomNumberGenerator, Sendable {
  @usableFromInline var s0: UInt64
  @usableFromInline var s1: UInt64
  @usableFromInline var s2: UInt64
  @usableFromInline var s3: UInt64

  /// A stream for each seed; neighbouring seeds give unrelated streams.
  public init(seed: UInt64) {
    var splitMix = SplitMix64(state: seed)
    self.init(state: (splitMix.next(), splitMix.next(), splitMix.next(), splitMix.next()))
  }

  /// The state itself, which must not be all zeros.
  init(state: (UInt64, UInt64, UInt64, UInt64)) {
    precondition(state.0 | state.1 | state.2 | state.3 != 0, "the state of xoshiro256++ must not be zero")
    (s0, s1, s2, s3) = state
  }

  @inlinable
  public mutating func next() -> UInt64 {
    let result = Self.rotateLeft(s0 &+ s3, by: 23) &+ s0
    let shifted = s1 &<< 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = Self.rotateLeft(s3, by: 45)
    return result
  }

  /// The next value in [0, 1): the upper 53 bits of `next()` times 2⁻⁵³.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  @inlinable
  static func rotateLeft(_ value: UInt64, by count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): a Weyl sequence
/// through a 64-bit finaliser.
struct SplitMix64: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z &>> 31
  }
}
