/// The words that are one token, by their bytes: most words of a text, found without a merge.
///
/// Made once and never changed: the size of the vocabulary bounds it, and threads share it without a lock.
struct WordTable: Sendable {
  /// The longest word, in bytes.
  static let longest = 16

  /// The bytes of a word as two little-endian numbers, zeros after its end.
  private struct Key: Equatable {
    var low: UInt64
    var high: UInt64
    /// A word may end with a zero itself. 0 is no word.
    var count: Int32

    static let none = Key(low: 0, high: 0, count: 0)

    @inline(__always)
    var hash: UInt64 { ((low &* 0x9E37_79B9_7F4A_7C15) ^ high) &* 0xD6E8_FEB8_6659_FD93 }
  }

  private struct Slot {
    var key: Key
    var token: Int32
  }

  /// Open addressing with linear probing, at most half full.
  private var slots: [Slot]
  private let shift: UInt64

  /// An empty table with room for `capacity` words.
  init(capacity: Int) {
    var bits: UInt64 = 1
    while 1 << bits < 2 * capacity { bits += 1 }
    slots = [Slot](repeating: Slot(key: .none, token: -1), count: 1 << bits)
    shift = 64 - bits
  }

  /// The token of the word of `count` bytes, 1 to ``longest``, at the start of `bytes`, of which ``longest`` can
  /// be read; −1 for a word that is not here.
  @inline(__always)
  func token(of bytes: UnsafeRawPointer, count: Int) -> Int32 {
    let key = Self.key(bytes, count)
    return slots.withUnsafeBufferPointer { slots in
      var index = Int(key.hash &>> shift)
      while true {
        let slot = slots[index]
        if slot.key == key { return slot.token }
        if slot.key.count == 0 { return -1 }
        index = (index + 1) & (slots.count - 1)
      }
    }
  }

  /// Adds a word, with the same arguments; one that is here keeps its token.
  mutating func add(_ bytes: UnsafeRawPointer, count: Int, token: Int32) {
    let key = Self.key(bytes, count)
    var index = Int(key.hash &>> shift)
    while slots[index].key.count > 0 && slots[index].key != key { index = (index + 1) & (slots.count - 1) }
    if slots[index].key.count == 0 { slots[index] = Slot(key: key, token: token) }
  }

  @inline(__always)
  private static func key(_ bytes: UnsafeRawPointer, _ count: Int) -> Key {
    let low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    let bits = UInt64(truncatingIfNeeded: 8 * count)
    return count <= 8
      ? Key(low: low & (UInt64.max &>> (64 &- bits)), high: 0, count: Int32(truncatingIfNeeded: count))
      : Key(low: low, high: high & (UInt64.max &>> (128 &- bits)), count: Int32(truncatingIfNeeded: count))
  }
}
