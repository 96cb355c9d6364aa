import Recipes
import Testing

@Suite("Texts as lists")
struct TextSplitTests {
  @Test("Lines that say something are parts")
  func lines() {
    #expect(TextSplit.lines.parts(of: "one\n\n  two \r\nthree\n") == ["one", "two", "three"])
    #expect(TextSplit.lines.parts(of: " \n").isEmpty)
  }

  @Test("Whole sentences fill a part; what closes a sentence stays with it")
  func sentences() {
    let text = "He said \u{201C}no.\u{201D} She left! Version 1.5 came… And then? The end"
    #expect(
      TextSplit.characters(25).parts(of: text) == [
        "He said \u{201C}no.\u{201D} She left!", "Version 1.5 came…", "And then? The end",
      ])
    #expect(TextSplit.characters(200).parts(of: "One. Two.\nThree.") == ["One. Two. Three."])
  }

  @Test("A long sentence is parted between words, a long word wherever it must be, and nothing is lost")
  func longOnes() {
    let words = "a quiet harbour at the northern end of the bay where nobody goes"
    let parts = TextSplit.characters(20).parts(of: words)
    #expect(parts == ["a quiet harbour at", "the northern end of", "the bay where nobody", "goes"])
    let word = String(repeating: "x", count: 45)
    #expect(TextSplit.characters(20).parts(of: word).map(\.count) == [20, 20, 5])
    for limit in [20, 33, 64, 500] {
      for text in [words, word, "\(words). \(word)! \(words)?\n\(word)"] {
        let parts = TextSplit.characters(limit).parts(of: text)
        #expect(parts.allSatisfy { (1...limit).contains($0.count) })
        #expect(parts.joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
      }
    }
  }
}
