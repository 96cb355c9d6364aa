/// The tokens of a vocabulary by their bytes, needed only while a tokenizer is read.
///
/// A hash table of its own, because a `Dictionary` of `String` would count canonically equivalent tokens as
/// one and lose the second's id.
struct Vocabulary {
  /// The largest number of tokens: a pair of ids is one 32-bit key, of which one is left to mark "empty".
  static let limit = 65_535

  /// The number of tokens so far.
  var count: Int { ends.count }
  /// The token of the scalar with that number, −1 where there is none.
  private(set) var scalars: [Int32] = []

  /// All tokens one after the other, in the order in which they came …
  private var bytes: [UInt8] = []
  /// … where each ends …
  private var ends: [Int] = []
  /// … and its id.
  private var ids: [Int] = []
  /// Open addressing with linear probing: an index into `ends`, or −1.
  private var slots = [Int32](repeating: -1, count: 1 << 17)

  /// - Throws: ``MalformedFile`` for a token that is there already, or one too many.
  mutating func add(_ token: [UInt8], id: Int) throws {
    guard count < Self.limit else { throw MalformedFile("more than \(Self.limit) tokens") }
    let slot = slot(of: token)
    guard slots[slot] < 0 else { throw MalformedFile("the token with id \(id) is there twice") }
    slots[slot] = Int32(count)
    bytes.append(contentsOf: token)
    ends.append(bytes.count)
    ids.append(id)

    var decoder = UTF8()
    var iterator = token.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator),
      case .emptyInput = decoder.decode(&iterator)
    else { return }
    let number = Int(scalar.value)
    if number >= scalars.count {
      scalars.append(contentsOf: repeatElement(-1, count: number + 1 - scalars.count))
    }
    scalars[number] = Int32(id)
  }

  /// The id of a token, nil for none.
  func id(of token: some Collection<UInt8>) -> Int? {
    let index = slots[slot(of: token)]
    return index < 0 ? nil : ids[Int(index)]
  }

  /// Calls `body` with the bytes and the id of each token.
  func forEach(_ body: (ArraySlice<UInt8>, Int) -> Void) {
    var start = 0
    for (end, id) in zip(ends, ids) {
      body(bytes[start..<end], id)
      start = end
    }
  }

  /// - Throws: ``MalformedFile`` unless the ids are 0 ..< `count`, each once.
  func checkIDs() throws {
    var seen = [Bool](repeating: false, count: count)
    for id in ids {
      guard id < count, !seen[id] else {
        throw MalformedFile("token ids are not 0 to \(count - 1), each once")
      }
      seen[id] = true
    }
  }

  /// Where `token` is, or the empty slot where it belongs. Ends because the table is never more than half full.
  private func slot(of token: some Collection<UInt8>) -> Int {
    var slot = Int(truncatingIfNeeded: FNV1a.hash(token) >> 40) & (slots.count - 1)
    while slots[slot] >= 0 {
      let index = Int(slots[slot])
      let start = index == 0 ? 0 : ends[index - 1]
      if bytes[start..<ends[index]].elementsEqual(token) { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): h ← (h xor byte) · 1099511628211, from 14695981039346656037.
enum FNV1a {
  static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
  static let prime: UInt64 = 0x0000_0100_0000_01b3

  /// The hash of `bytes`, going on from `state`.
  @inline(__always)
  static func hash(_ bytes: some Sequence<UInt8>, from state: UInt64 = offsetBasis) -> UInt64 {
    var hash = state
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* prime }
    return hash
  }
}
