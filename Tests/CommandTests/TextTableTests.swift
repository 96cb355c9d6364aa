import Testing

@testable import pointsman

@Suite struct TextTableTests {
  @Test("words stand to the left, numbers to the right, and no line ends in a space")
  func layout() {
    var table = TextTable(.text("model"), .number("n"), .text("note"))
    table.add("a", "7", "x")
    table.add("longer", "1200", "")
    #expect(
      table.text == """
        model      n  note
        a          7  x
        longer  1200
        """)
  }

  @Test("a cell beyond its limit ends in an ellipsis, and missing cells are empty")
  func limits() {
    var table = TextTable(.text("a", limit: 4), .number("b"))
    table.add("abcdef")
    #expect(table.rows == [["abc…", ""]])
    #expect(table.text == "a     b\nabc…")
  }

  @Test("what others wrote cannot steer the terminal or break a line")
  func control() {
    #expect(TextTable.shown("red\u{1B}[31m\r\nnext\ttab") == "red [31m next tab")
    #expect(TextTable.shown("right-to-left \u{202E}gnp") == "right-to-left gnp")
    #expect(TextTable.shown("日本語", limit: 2) == "日…")
  }
}
