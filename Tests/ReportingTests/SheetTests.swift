import Testing

@testable import Reporting

@Suite("Sheets and prose")
struct SheetTests {
  @Test("Commas, quotes and line breaks are quoted by RFC 4180, and numbers come back as they were")
  func csv() {
    let sheet = Sheet(
      columns: ["name", "value, in \"units\""],
      rows: [
        [.text("plain"), .number(0.1)], [.text("a,b"), .number(10_000)], [.text("say \"hi\""), .missing],
        [.text("two\r\nlines"), .number(-1e-7)], [.text("日本語"), .number(1e300)],
      ])
    #expect(
      sheet.csv == "name,\"value, in \"\"units\"\"\"\r\nplain,0.1\r\n\"a,b\",10000\r\n\"say \"\"hi\"\"\",\r\n"
        + "\"two\r\nlines\",-1e-07\r\n日本語,1e+300\r\n")
    #expect(Double("-1e-07") == -1e-7)
  }

  @Test("Markup becomes runs; marks without a partner stand for themselves")
  func markup() {
    let prose: Prose = "Plain, `code`, *soft*, **loud** and [a link](https://example.org/a) * 2"
    #expect(
      prose.runs == [
        .plain("Plain, "), .code("code"), .plain(", "), .emphasis("soft"), .plain(", "), .strong("loud"),
        .plain(" and "), .link("a link", address: "https://example.org/a"), .plain(" * 2"),
      ])
    #expect(prose.text == "Plain, code, soft, loud and a link * 2")
    #expect(
      prose.html == "Plain, <code>code</code>, <em>soft</em>, <strong>loud</strong> and "
        + "<a href=\"https://example.org/a\" rel=\"noreferrer\">a link</a> * 2")
    #expect(Prose(markup: "\\*not soft\\*").runs == [.plain("*not soft*")])
    #expect(Prose(verbatim: "*as is*").html == "*as is*")
  }

  @Test(
    "What is interpolated has no markup, whatever it is",
    arguments: SampleCharts.hostile + ["`", "**", "\\", "*a*"])
  func interpolation(name: String) {
    let prose: Prose = "The policy *\(name)* and `\(name)`, \(name)."
    #expect(prose.runs.contains(.emphasis(name)))
    #expect(prose.runs.contains(.code(name)))
    #expect(prose.text == "The policy \(name) and \(name), \(name).")
  }

  @Test("Numbers in prose are written in their unit")
  func numbers() {
    let prose: Prose = "\(12_032) rows, \(0.0512, .share) explored"
    #expect(prose.text == "12,032 rows, 5.12\u{A0}% explored")
  }

  @Test(
    "A link that a browser would run, or that leaves by another protocol, is no link",
    arguments: [
      "javascript:alert(1)", "data:text/html,x", "//evil.example", "java\u{9}script:x", "vbscript:x",
    ])
  func links(address: String) {
    let prose = Prose(markup: "[x](\(address))")
    #expect(!prose.html.contains("<a "))
    #expect(!prose.markdown.contains("](<"))
  }

  @Test("Markdown shows text as it is, and code in more backticks than it holds")
  func markdown() {
    #expect(Markdown.escaped("a|b *c* _d_ <e> #f") == "a\\|b \\*c\\* \\_d\\_ &lt;e&gt; \\#f")
    #expect(Markdown.escaped("- no list") == "\\- no list")
    #expect(Markdown.code("a`b") == "``a`b``")
    #expect(Markdown.code("`a") == "`` `a ``")
  }
}
