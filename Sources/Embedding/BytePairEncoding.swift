/// Byte-pair encoding over a whole text: characters first, then the pair of neighbours with the lowest rank
/// is merged, leftmost first, until no neighbours have a rank.
///
/// Sennrich, Haddow & Birch 2016, https://arxiv.org/abs/1508.07909, as SentencePiece models use it: a space is
/// U+2581, one more stands before the text, there is no pre-tokenizer, and a character outside the vocabulary
/// becomes its UTF-8 bytes, one token each.
///
/// The same tokens, faster: ``WordBoundaries`` proves where the text divides into words; a word that is one
/// token is in the ``WordTable``; of another short one the best pair is searched for before each merge; and in
/// a long one, which may be the whole text, the pairs wait in a heap ordered by (rank, position), so that n
/// bytes take O(n log n).
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
  /// The words that are one token.
  private var words: WordTable

  /// The longest word, in bytes, whose pairs are searched instead of put in a heap.
  private static let longestSearch = 40

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
    words = WordTable(capacity: count)
    addWords(of: vocabulary)
  }

  /// Puts the tokens that their own text gives in the table of words. (Some tokens no text gives.)
  private mutating func addWords(of vocabulary: Vocabulary) {
    vocabulary.forEach { bytes, id in
      guard let text = String(validating: bytes, as: UTF8.self) else { return }
      // Without the U+2581 that stands before a text, where the token brings its own.
      let found = Self.withNormalised(text, prefix: false) { bytes in
        bytes.count <= WordTable.longest ? withTokens(of: bytes, dividing: false) { Array($0) } : []
      }
      guard found == [UInt16(truncatingIfNeeded: id)] else { return }
      Self.withNormalised(text, prefix: false) { bytes in
        guard let start = bytes.baseAddress else { return }
        words.add(start, count: bytes.count, token: Int32(truncatingIfNeeded: id))
      }
    }
  }

  /// Calls `body` with the tokens of `text`; none for the empty text.
  ///
  /// - Parameter dividing: Whether to merge word by word; if not, the whole text in one heap.
  func withTokens<Result>(
    of text: String, dividing: Bool = true, _ body: (UnsafeBufferPointer<UInt16>) -> Result
  ) -> Result {
    Self.withNormalised(text, prefix: true) { withTokens(of: $0, dividing: dividing, body) }
  }

  /// Calls `body` with the bytes of `text`, one space for each U+2581, and one more before them if `prefix` and
  /// the text is not empty. `WordTable.longest` bytes after them can be read.
  private static func withNormalised<Result>(
    _ text: String, prefix: Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    var text = text
    return text.withUTF8 { bytes in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 1 + WordTable.longest) { copy in
        copy.initialize(repeating: 0)
        var count = 0
        if prefix && !bytes.isEmpty {
          copy[0] = UInt8(ascii: " ")
          count = 1
        }
        var index = 0
        while index < bytes.count {
          if bytes[index] == 0xE2 && bytes[index + 1] == 0x96 && bytes[index + 2] == 0x81 {
            copy[count] = UInt8(ascii: " ")
            index += 3
          } else {
            copy[count] = bytes[index]
            index += 1
          }
          count += 1
        }
        return body(UnsafeBufferPointer(rebasing: copy[..<count]))
      }
    }
  }

  /// The tokens of a normalised text.
  private func withTokens<Result>(
    of bytes: UnsafeBufferPointer<UInt8>, dividing: Bool, _ body: (UnsafeBufferPointer<UInt16>) -> Result
  ) -> Result {
    // A byte gives at most one token.
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: bytes.count) { tokens in
      var output = Output(tokens)
      if dividing {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * Self.longestSearch) { scratch in
          var start = 0
          while start < bytes.count {
            var end = start + 1
            while end < bytes.count && !merges.boundaries.divides(bytes[end - 1], bytes[end]) { end += 1 }
            add(UnsafeBufferPointer(rebasing: bytes[start..<end]), to: &output, scratch: scratch)
            start = end
          }
        }
      } else if !bytes.isEmpty {
        mergeByHeap(bytes, to: &output)
      }
      return body(output.tokens)
    }
  }

  /// The tokens so far, in memory that its user provides.
  private struct Output {
    private let storage: UnsafeMutableBufferPointer<UInt16>
    private var count = 0

    init(_ storage: UnsafeMutableBufferPointer<UInt16>) { self.storage = storage }

    var tokens: UnsafeBufferPointer<UInt16> { UnsafeBufferPointer(rebasing: storage[..<count]) }

    @inline(__always)
    mutating func append(_ token: Int32) {
      storage.initializeElement(at: count, to: UInt16(truncatingIfNeeded: token))
      count += 1
    }
  }

  /// Appends the tokens of a word, in whichever way is quickest for it.
  @inline(__always)
  private func add(
    _ word: UnsafeBufferPointer<UInt8>, to output: inout Output,
    scratch: UnsafeMutableBufferPointer<UInt32>
  ) {
    if word.count <= WordTable.longest, let start = word.baseAddress {
      let token = words.token(of: start, count: word.count)
      if token >= 0 { return output.append(token) }
    }
    if word.count <= Self.longestSearch {
      mergeBySearch(word, to: &output, scratch: scratch)
    } else {
      mergeByHeap(word, to: &output)
    }
  }

  /// Appends the tokens of a word of at most `longestSearch` bytes; `scratch` has room for two numbers a byte.
  private func mergeBySearch(
    _ word: UnsafeBufferPointer<UInt8>, to output: inout Output,
    scratch: UnsafeMutableBufferPointer<UInt32>
  ) {
    let tokens = UnsafeMutableBufferPointer(rebasing: scratch[..<Self.longestSearch])
    // Of each token and the next.
    let ranks = UnsafeMutableBufferPointer(rebasing: scratch[Self.longestSearch...])
    var count = 0
    forEachCharacter(of: word) { token in
      tokens[count] = UInt32(bitPattern: token)
      if count > 0 { ranks[count - 1] = rank(tokens[count - 1], tokens[count]) }
      count += 1
    }
    while count > 1 {
      var best = MergeTable.none
      var index = 0
      for pair in 0..<count - 1 where ranks[pair] < best {
        best = ranks[pair]
        index = pair
      }
      if best == MergeTable.none { break }
      tokens[index] = UInt32(bitPattern: merges.token(ofRank: best))
      count -= 1
      for later in index + 1..<count { tokens[later] = tokens[later + 1] }
      for later in index..<count - 1 { ranks[later] = ranks[later + 1] }
      if index + 1 < count { ranks[index] = rank(tokens[index], tokens[index + 1]) }
      if index > 0 { ranks[index - 1] = rank(tokens[index - 1], tokens[index]) }
    }
    for index in 0..<count { output.append(Int32(bitPattern: tokens[index])) }
  }

  @inline(__always)
  private func rank(_ left: UInt32, _ right: UInt32) -> UInt32 {
    merges.rank(Int32(bitPattern: left), Int32(bitPattern: right))
  }

  /// Calls `body` with a token for each character, or for each byte of one that has no token.
  @inline(__always)
  private func forEachCharacter(of bytes: UnsafeBufferPointer<UInt8>, _ body: (Int32) -> Void) {
    var index = 0
    while index < bytes.count {
      let (scalar, width) = bytes.scalar(at: index)
      let token = scalar < scalars.count ? scalars[Int(scalar)] : -1
      if scalar == 0x20 {
        body(space)
      } else if token >= 0 {
        body(token)
      } else {
        for byte in bytes[index..<index + width] { body(fallback[Int(byte)]) }
      }
      index += width
    }
  }

  /// Appends the tokens of a word of any length.
  private func mergeByHeap(_ word: UnsafeBufferPointer<UInt8>, to output: inout Output) {
    withUnsafeTemporaryAllocation(of: Symbol.self, capacity: word.count) { symbols in
      var count: Int32 = 0
      forEachCharacter(of: word) { token in
        symbols.initializeElement(
          at: Int(count),
          to: Symbol(token: token, previous: count - 1, next: count + 1, rank: MergeTable.none))
        count += 1
      }
      symbols[Int(count) - 1].next = Symbol.end
      merge(UnsafeMutableBufferPointer(rebasing: symbols[..<Int(count)]))
      var index: Int32 = 0
      while index != Symbol.end {
        output.append(symbols[Int(index)].token)
        index = symbols[Int(index)].next
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
