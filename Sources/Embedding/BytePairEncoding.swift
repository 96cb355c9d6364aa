/// Byte-pair encoding over a whole text: characters first, then the pair of neighbours with the lowest rank
/// is merged, leftmost first, until no neighbours have a rank.
///
/// Sennrich, Haddow & Birch 2016, https://arxiv.org/abs/1508.07909, as SentencePiece models use it: a space is
/// U+2581, one more stands before the text, there is no pre-tokenizer, and a character outside the vocabulary
/// becomes its UTF-8 bytes, one token each. The pairs wait in a heap ordered by (rank, position), so n bytes
/// take O(n log n).
struct BytePairEncoding: Sendable {
  /// The number of tokens; ids are 0 ..< `count`.
  let count: Int
  /// The token of U+2581.
  private let space: Int32
  /// The token of the scalar with that number, −1 where there is none.
  private let scalars: [Int32]
  /// The token of each byte value.
  private let fallback: [Int32]
  private let merges: MergeTable

  /// Reads `model.vocab` and `model.merges` of a tokenizer in the JSON format of the Hugging Face library.
  ///
  /// - Throws: ``JSONScanError`` or ``MalformedFile`` for JSON that is not that, for a vocabulary without U+2581
  ///   or one of the 256 byte tokens `<0x00>` … `<0xFF>` or with more than 65,535 tokens, and for a merge of or
  ///   into a token that it does not have.
  init(json: UnsafeBufferPointer<UInt8>) throws {
    var vocabulary = Vocabulary()
    var merges: MergeTable?
    var scanner = JSONScanner(json)
    try scanner.object { scanner, key in
      guard key == Array("model".utf8) else { return try scanner.skipValue() }
      try scanner.object { scanner, key in
        if key == Array("vocab".utf8) {
          try scanner.object { scanner, token in try vocabulary.add(token, id: scanner.count()) }
          try vocabulary.checkIDs()
        } else if key == Array("merges".utf8) {
          // The format writes the vocabulary first; without it every token here is unknown, and refused.
          merges = try MergeTable(&scanner, of: vocabulary)
        } else {
          try scanner.skipValue()
        }
      }
    }
    guard let merges else { throw MalformedFile("no model.merges") }
    guard let space = vocabulary.id(of: "\u{2581}".utf8) else { throw MalformedFile("no token U+2581") }
    self.space = Int32(space)
    self.merges = merges
    count = vocabulary.count
    scalars = vocabulary.scalars
    fallback = try (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let name = "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
      guard let id = vocabulary.id(of: name.utf8) else { throw MalformedFile("no token \(name)") }
      return Int32(id)
    }
  }

  /// Calls `body` with the tokens of `text`; none for the empty text.
  func withTokens<Result>(of text: String, _ body: (UnsafeBufferPointer<UInt16>) -> Result) -> Result {
    var text = text
    return text.withUTF8 { bytes in
      // A byte gives at most one symbol, and U+2581 stands before them.
      withUnsafeTemporaryAllocation(of: Symbol.self, capacity: bytes.count + 1) { symbols in
        let count = bytes.isEmpty ? 0 : split(bytes, into: symbols)
        merge(UnsafeMutableBufferPointer(rebasing: symbols[..<count]))
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { tokens in
          var length = 0
          var index = count == 0 ? Symbol.end : 0
          while index != Symbol.end {
            tokens.initializeElement(at: length, to: UInt16(truncatingIfNeeded: symbols[Int(index)].token))
            length += 1
            index = symbols[Int(index)].next
          }
          return body(UnsafeBufferPointer(rebasing: tokens[..<length]))
        }
      }
    }
  }

  /// A token in the making, linked to its living neighbours.
  private struct Symbol {
    static let end: Int32 = -1
    var token: Int32
    var previous: Int32
    var next: Int32
    /// The rank of the pair of this symbol and the next; `MergeTable.none` also where this one is merged away.
    var rank: UInt32
  }

  /// Writes a symbol for each character, or for each byte of one that has no token; returns how many.
  private func split(
    _ bytes: UnsafeBufferPointer<UInt8>, into symbols: UnsafeMutableBufferPointer<Symbol>
  ) -> Int {
    var count = 0
    func append(_ token: Int32) {
      let index = Int32(truncatingIfNeeded: count)
      symbols.initializeElement(
        at: count, to: Symbol(token: token, previous: index - 1, next: index + 1, rank: MergeTable.none))
      count += 1
    }
    append(space)
    var index = 0
    while index < bytes.count {
      let (scalar, width) = bytes.scalar(at: index)
      let token = scalar < scalars.count ? scalars[Int(scalar)] : -1
      if scalar == 0x20 {
        append(space)
      } else if token >= 0 {
        append(token)
      } else {
        for byte in bytes[index..<index + width] { append(fallback[Int(byte)]) }
      }
      index += width
    }
    symbols[count - 1].next = Symbol.end
    return count
  }

  /// Merges in place until no neighbours have a rank; the first symbol stays the first of the list.
  private func merge(_ symbols: UnsafeMutableBufferPointer<Symbol>) {
    // Each pair of neighbours at the start, and two new ones a merge, of which there are fewer than symbols.
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 3 * symbols.count) { storage in
      var heap = MinHeap(storage)
      func rank(at index: Int32) -> UInt32 {
        let symbol = symbols[Int(index)]
        return symbol.next == Symbol.end
          ? MergeTable.none : merges.rank(symbol.token, symbols[Int(symbol.next)].token)
      }
      func update(_ index: Int32) {
        let rank = rank(at: index)
        symbols[Int(index)].rank = rank
        if rank != MergeTable.none { heap.insert(UInt64(rank) << 32 | UInt64(index)) }
      }
      for index in symbols.indices { update(Int32(truncatingIfNeeded: index)) }
      while let entry = heap.removeMin() {
        let index = Int(entry & 0xFFFF_FFFF)
        let rank = UInt32(entry >> 32)
        // A pair that has changed since it was put here is no more; a rank never comes back to a place.
        guard symbols[index].rank == rank else { continue }
        let absorbed = Int(symbols[index].next)
        let next = symbols[absorbed].next
        symbols[absorbed].rank = MergeTable.none
        symbols[index].token = merges.token(ofRank: rank)
        symbols[index].next = next
        if next != Symbol.end { symbols[Int(next)].previous = Int32(index) }
        update(Int32(index))
        if symbols[index].previous >= 0 { update(symbols[index].previous) }
      }
    }
  }
}

/// A binary heap of numbers in memory that its user provides.
struct MinHeap {
  private let storage: UnsafeMutableBufferPointer<UInt64>
  private var count = 0

  init(_ storage: UnsafeMutableBufferPointer<UInt64>) { self.storage = storage }

  mutating func insert(_ value: UInt64) {
    var index = count
    count += 1
    storage.initializeElement(at: index, to: value)
    while index > 0 {
      let parent = (index - 1) / 2
      guard storage[parent] > value else { break }
      storage[index] = storage[parent]
      index = parent
    }
    storage[index] = value
  }

  /// The smallest number, taken out; nil for none.
  mutating func removeMin() -> UInt64? {
    guard count > 0 else { return nil }
    let smallest = storage[0]
    count -= 1
    let last = storage[count]
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count && storage[child + 1] < storage[child] { child += 1 }
      guard storage[child] < last else { break }
      storage[index] = storage[child]
      index = child
    }
    storage[index] = last
    return smallest
  }
}
