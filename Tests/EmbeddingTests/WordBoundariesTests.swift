import Testing

@testable import Embedding

struct WordBoundariesTests {
  private func boundaries(_ merges: (left: String, right: String)...) -> WordBoundaries {
    var boundaries = WordBoundaries()
    for merge in merges { boundaries.add(left: Array(merge.left.utf8), right: Array(merge.right.utf8)) }
    return boundaries
  }

  private func divides(_ boundaries: WordBoundaries, _ pair: String) -> Bool {
    let bytes = Array(pair.utf8)
    return boundaries.divides(bytes[0], bytes[1])
  }

  @Test("a merge joins the last character of its left token with the first of its right one, in this order")
  func joinsEdges() {
    let joined = boundaries(("lo", "wer"))
    #expect(!divides(joined, "ow"))
    for pair in ["wo", "lo", "we", "lw", "or", "er"] { #expect(divides(joined, pair), "\(pair)") }
  }

  @Test("U+2581 counts as a space, and only it")
  func countsSpaces() {
    let joined = boundaries(("\u{2581}", "\u{2581}"), ("\u{2581}\u{2581}", "t"), ("a\u{2582}", "b"))
    #expect(!divides(joined, "  "))
    #expect(!divides(joined, " t"))
    #expect(divides(joined, "t "))
    #expect(divides(joined, " b"))
    #expect(!joined.divides(0x82, UInt8(ascii: "b")))
  }

  @Test("bytes outside ASCII are one class, whose members always join: no character is cut")
  func keepsCharactersWhole() {
    let none = boundaries()
    let bytes = Array("é字😀".utf8)
    for (left, right) in zip(bytes, bytes.dropFirst()) { #expect(!none.divides(left, right)) }
    #expect(none.divides(UInt8(ascii: "a"), 0xC3) && none.divides(0xA9, UInt8(ascii: "a")))
    let joined = boundaries(("é", "a"))
    #expect(!joined.divides(0x97, UInt8(ascii: "a")))
    #expect(joined.divides(UInt8(ascii: "a"), 0xC3))
  }

  @Test("a token that is named like a byte joins as the byte and as the letters of its name")
  func joinsBytes() {
    let joined = boundaries(("<0x0A>", "<0xF0>"), ("a", "<0x41>"))
    #expect(!joined.divides(0x0A, 0xF0))
    #expect(!divides(joined, "\n<") && !divides(joined, "><"))
    #expect(!divides(joined, "aA") && !divides(joined, "a<"))
    #expect(divides(joined, "a\n"))
  }
}
