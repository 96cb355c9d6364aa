import Foundation
import Testing

@testable import Embedding

extension BytePairEncoding {
  init(_ json: String) throws {
    self = try Array(json.utf8).withUnsafeBufferPointer { try BytePairEncoding(json: $0) }
  }

  func tokens(of text: String, dividing: Bool = true) -> [Int] {
    withTokens(of: text, dividing: dividing) { $0.map(Int.init) }
  }
}

struct BytePairEncodingTests {
  @Test("merges go by rank: \"lower low\" is ▁low er ▁low")
  func mergesByRank() throws {
    let encoding = try BytePairEncoding(TinyTokenizer.lower.json)
    // ▁ l o w e r ▁ l o w → (l o) twice → (lo w) twice → (e r) → (▁ low) twice
    #expect(encoding.tokens(of: "lower low") == [265, 264, 265])
    #expect(encoding.count == 266)
    #expect(encoding.tokens(of: "lo") == [256, 262])
    #expect(encoding.tokens(of: "") == [])
  }

  @Test("a lower rank wins over one further left, and of equal ranks the leftmost comes first")
  func ordersPairs() throws {
    let ranks = TinyTokenizer(tokens: ["a", "b", "c", "ab", "bc"], merges: ["b c", "a b"])
    // 257 a, 258 b, 259 c, 260 ab, 261 bc
    #expect(try BytePairEncoding(ranks.json).tokens(of: "abcab") == [256, 257, 261, 260])
    let equal = TinyTokenizer(tokens: ["a", "aa"], merges: ["a a"])
    #expect(try BytePairEncoding(equal.json).tokens(of: "aaaaa") == [256, 258, 258, 257])
  }

  @Test("every space is U+2581, and so is one before the text; U+2581 itself is the same token")
  func replacesSpaces() throws {
    let spaces = TinyTokenizer(tokens: ["\u{2581}\u{2581}"], merges: ["\u{2581} \u{2581}"])
    let encoding = try BytePairEncoding(spaces.json)
    #expect(encoding.tokens(of: " ") == [257])
    #expect(encoding.tokens(of: "    ") == [257, 257, 256])
    #expect(encoding.tokens(of: "\u{2581}") == [257])
  }

  @Test("a character without a token becomes its bytes, of every length")
  func fallsBackToBytes() throws {
    let encoding = try BytePairEncoding(TinyTokenizer.lower.json)
    #expect(encoding.tokens(of: "x\nl") == [256, 0x78, 0x0A, 257])
    #expect(encoding.tokens(of: "é字😀") == [256, 0xC3, 0xA9, 0xE5, 0xAD, 0x97, 0xF0, 0x9F, 0x98, 0x80])
    // No special tokens, and what looks like a byte token is text.
    #expect(encoding.tokens(of: "<0x6C>") == [256, 0x3C, 0x30, 0x78, 0x36, 0x43, 0x3E])
  }

  @Test("canonically equivalent texts have their own tokens")
  func keepsEquivalentTokensApart() throws {
    let letters = TinyTokenizer(tokens: ["\u{E9}", "e", "\u{301}", "e\u{301}"], merges: ["e \u{301}"])
    let encoding = try BytePairEncoding(letters.json)
    #expect(encoding.tokens(of: "\u{E9}") == [256, 257])
    #expect(encoding.tokens(of: "e\u{301}") == [256, 260])
  }

  @Test("30,000 characters are one heap, not 30,000 searches")
  func handlesLongTexts() throws {
    let pairs = TinyTokenizer(tokens: ["a", "aa"], merges: ["a a"])
    let tokens = try BytePairEncoding(pairs.json).tokens(of: String(repeating: "a", count: 30_000))
    #expect(tokens == [256] + Array(repeating: 258, count: 15_000))
  }

  @Test("words and heap merge what a search of the whole text would merge", arguments: 0..<20)
  func agreesWithSearch(_ seed: Int) throws {
    // Tokens: the letters, and in each of 40 steps two known tokens put together.
    var rng = SplitMix(state: UInt64(seed))
    var tokens = ["a", "b", "c"]
    var merges: [(left: String, right: String)] = []
    for _ in 0..<40 {
      let known = tokens + ["\u{2581}"]
      let pair = (left: known[rng.below(known.count)], right: known[rng.below(known.count)])
      if (pair.left + pair.right).count > 6 || merges.contains(where: { $0 == pair }) { continue }
      merges.append(pair)
      if !tokens.contains(pair.left + pair.right) { tokens.append(pair.left + pair.right) }
    }
    let tiny = TinyTokenizer(tokens: tokens, merges: merges.map { "\($0.left) \($0.right)" })
    let encoding = try BytePairEncoding(tiny.json)
    for _ in 0..<50 {
      // Above 40 letters without a boundary are a long word.
      let text = (0..<1 + rng.below(80)).map { _ in ["a", "b", "c", " ", "\u{2581}"][rng.below(5)] }.joined()
      var symbols = ("\u{2581}" + text).map { $0 == " " ? "\u{2581}" : String($0) }
      func rank(_ index: Int) -> Int? {
        merges.firstIndex { $0 == (left: symbols[index], right: symbols[index + 1]) }
      }
      while let best = symbols.indices.dropLast().compactMap({ i in rank(i).map { (rank: $0, at: i) } })
        .min(by: { $0 < $1 })
      {
        symbols[best.at] += symbols.remove(at: best.at + 1)
      }
      let expected = symbols.map { symbol in
        tokens.firstIndex(of: symbol).map { TinyTokenizer.first + $0 } ?? TinyTokenizer.space
      }
      #expect(encoding.tokens(of: text) == expected, "\(text)")
      #expect(encoding.tokens(of: text, dividing: false) == expected, "\(text)")
    }
  }

  @Test("a token that its own letters do not give is not taken for a word")
  func refusesUnreachableTokens() throws {
    // a b c → a (b c) by the lower rank, so no text gives abc; and x is in no merge, but a word.
    let tiny = TinyTokenizer(
      tokens: ["a", "b", "c", "x", "ab", "bc", "abc"], merges: ["b c", "a b", "ab c"])
    let encoding = try BytePairEncoding(tiny.json)
    // 256 ▁, 257 a, 260 x, 262 bc
    #expect(encoding.tokens(of: "abc") == [256, 257, 262])
    #expect(encoding.tokens(of: "x abc") == [256, 260, 256, 257, 262])
  }

  @Test("what looks like a byte token and is merged into others may come from the byte")
  func mergesBytes() throws {
    let tiny = TinyTokenizer(tokens: ["l", "<0x0A>l"], merges: ["<0x0A> l"])
    let encoding = try BytePairEncoding(tiny.json)
    // The line feed has no token but its byte's, 10, which merges with l (257) to 258.
    #expect(encoding.tokens(of: "l\nl") == [256, 257, 258])
    #expect(encoding.tokens(of: "l\nl", dividing: false) == [256, 257, 258])
  }

  @Test(
    "the published vocabulary gives the same tokens word by word as in one heap",
    .enabled(if: Golden.hasTable, "needs the embedding table: make setup"))
  func dividesExactly() throws {
    let file = URL(fileURLWithPath: Golden.tableFolder + "/l2_supercat_tokenizer_config.json")
    let encoding = try [UInt8](Data(contentsOf: file)).withUnsafeBufferPointer {
      try BytePairEncoding(json: $0)
    }
    // Runs of spaces and of U+2581, letters as they follow each other in words, punctuation, control characters
    // down to 0, scripts inside and outside the vocabulary, combining marks, and any scalar there is.
    let parts = [
      " ", "  ", "     ", "\u{2581}", "\u{2581}\u{2581}", "\n", "\t", "\r\n", "\0", "\u{7F}", "<0x0A>",
      "</s>",
      "the", "The", "ing", "cinematic", "un", "Retriever", "antidisestablishmentarianism", "s", "'", "(",
      ");",
      "==", "//", "_", "-", ",", ".", "1", "2024", "3.14", "é", "e\u{301}", "ß", "Ω", "ж", "слово", "字", "漢字",
      "한", "あ", "ع", "😀", "👩‍🚀", "\u{A0}", "\u{3000}", "\u{2582}", "\u{FFFD}", "\u{10FFFF}",
    ]
    var rng = SplitMix(state: 20)
    for _ in 0..<4000 {
      let text = (0..<rng.below(60)).map { _ in
        if rng.below(8) > 0 { return parts[rng.below(parts.count)] }
        return Unicode.Scalar(UInt32(rng.below(1 << (7 + rng.below(14))))).map(String.init) ?? " "
      }.joined()
      #expect(
        encoding.tokens(of: text) == encoding.tokens(of: text, dividing: false), "\(text.debugDescription)")
    }
  }

  @Test("a file that cannot be a tokenizer is refused with its reason")
  func refuses() {
    func reason(_ json: String) -> String? {
      let error = #expect(throws: (any Error).self) { try BytePairEncoding(json) }
      return error.map { "\($0)" }
    }
    let good = TinyTokenizer.lower
    #expect(reason("{}") == "no model.merges")
    #expect(reason("{\"model\": 1}") == "expected an object at byte 10")
    #expect(
      reason(good.json.replacing("<0x41>", with: "<0xZZ>")) == "no token <0x41>")
    #expect(
      reason(good.json.replacing("\"l\": 257", with: "\"o\": 257")) == "the token with id 258 is there twice")
    #expect(
      reason(good.json.replacing("\"l\": 257", with: "\"l\": 256"))
        == "token ids are not 0 to 265, each once")
    let unknown = TinyTokenizer(tokens: good.tokens, merges: ["l o", "w o"])
    #expect(reason(unknown.json) == "merge 1 has a token that is not in the vocabulary")
    let joined = TinyTokenizer(tokens: good.tokens, merges: ["lo"])
    #expect(reason(joined.json) == "merge 0 is not two tokens with a space between")
  }
}
