/// Which two neighbouring tokens merge, how early, and into what.
struct MergeTable: Sendable {
  /// The rank of a pair that does not merge.
  static let none = UInt32.max

  private struct Slot {
    var key: UInt32
    var rank: UInt32
  }
  private static let empty = UInt32.max

  /// Open addressing with linear probing, at most half full: most lookups fail, and fail at the first slot.
  private var slots: [Slot]
  private let shift: UInt32
  /// The token that the pair of each rank becomes.
  private let merged: [UInt16]
  /// Where none of these merges can cross.
  let boundaries: WordBoundaries

  /// Reads the array of merges, each a string "left right", in the order of their ranks.
  ///
  /// - Throws: ``MalformedFile`` for a string of another form or a token that `vocabulary` does not have.
  init(_ scanner: inout JSONScanner, of vocabulary: Vocabulary) throws {
    var keys: [UInt32] = []
    var merged: [UInt16] = []
    var boundaries = WordBoundaries()
    var text: [UInt8] = []
    try scanner.array { scanner in
      try scanner.string(into: &text)
      guard let space = text.firstIndex(of: 0x20) else {
        throw MalformedFile("merge \(keys.count) is not two tokens with a space between")
      }
      let left = vocabulary.id(of: text[..<space])
      let right = vocabulary.id(of: text[(space + 1)...])
      boundaries.add(left: text[..<space], right: text[(space + 1)...])
      text.remove(at: space)
      guard let left, let right, let whole = vocabulary.id(of: text) else {
        throw MalformedFile("merge \(keys.count) has a token that is not in the vocabulary")
      }
      keys.append(Self.key(left, right))
      merged.append(UInt16(truncatingIfNeeded: whole))
    }
    var bits: UInt32 = 1
    while 1 << Int(bits) < 2 * keys.count { bits += 1 }
    slots = [Slot](repeating: Slot(key: Self.empty, rank: Self.none), count: 1 << Int(bits))
    shift = 32 - bits
    self.merged = merged
    self.boundaries = boundaries
    for (rank, key) in keys.enumerated() {
      var slot = index(of: key)
      while slots[slot].key != Self.empty && slots[slot].key != key { slot = (slot + 1) & (slots.count - 1) }
      // A pair given twice keeps its first, lower rank.
      if slots[slot].key == Self.empty { slots[slot] = Slot(key: key, rank: UInt32(rank)) }
    }
  }

  /// The rank of the pair; ``none`` where it does not merge.
  @inline(__always)
  func rank(_ left: Int32, _ right: Int32) -> UInt32 {
    let key = Self.key(Int(left), Int(right))
    return slots.withUnsafeBufferPointer { slots in
      var slot = index(of: key)
      while slots[slot].key != key {
        if slots[slot].key == Self.empty { return Self.none }
        slot = (slot + 1) & (slots.count - 1)
      }
      return slots[slot].rank
    }
  }

  /// The token that the pair of this rank becomes.
  @inline(__always)
  func token(ofRank rank: UInt32) -> Int32 { Int32(merged[Int(rank)]) }

  private static func key(_ left: Int, _ right: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: left << 16 | right)
  }

  /// Fibonacci hashing: the upper bits of key · 2³²/φ.
  @inline(__always)
  private func index(of key: UInt32) -> Int { Int((key &* 0x9E37_79B1) >> shift) }
}
