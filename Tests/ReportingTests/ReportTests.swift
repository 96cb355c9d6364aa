import Testing
import Wire

@testable import Reporting

@Suite("Reports")
struct ReportTests {
  @Test(
    "The page is well-formed, without script, and loads nothing from anywhere",
    arguments: [SampleCharts.candidates, SampleCharts.hostile, []])
  func page(names: [String]) throws {
    let page = try sampleReport(names, title: "<script>alert(1)</script> & co").html
    let read = SVGReader(page)
    #expect(read.isWellFormed)
    #expect(!page.contains("<script") && !page.contains("url(") && !page.contains("@import"))
    // Every address is one that a reader follows by hand, or a number file that lies beside the page.
    for (name, attributes) in read.elements {
      #expect(
        !["img", "link", "iframe", "object", "embed", "base", "form", "image", "use", "source"].contains(name)
      )
      #expect(attributes["src"] == nil && attributes["xlink:href"] == nil)
      #expect(attributes.keys.allSatisfy { !$0.hasPrefix("on") }, "\(name) has a handler")
      if let address = attributes["href"] {
        #expect(name == "a" && (address == "https://example.org/" || address.hasPrefix("data/")))
      }
    }
    let ids = read.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
  }

  @Test("The page is headed by what made it")
  func provenance() throws {
    let page = try sampleReport(["a", "b"]).html
    let head = page.prefix { $0 != "✓" }
    #expect(head.contains("pointsman simulate x --policies `a`,&lt;b&gt;"))
    #expect(head.contains("1–3, 5, 7, 8"))
    #expect(head.contains("3e950a9") && head.contains(String(repeating: "9f3a", count: 16)))
    #expect(head.contains("12,032 rows"))
    #expect(page.contains("✓ Held") && page.contains("✗ Did not hold"))
  }

  @Test("The same report gives the same files, byte for byte")
  func determinism() throws {
    #expect(try sampleReport(SampleCharts.hostile).files() == sampleReport(SampleCharts.hostile).files())
  }

  @Test("Every file that page and Markdown name is there, and the other way round for data")
  func files() throws {
    let report = try sampleReport(SampleCharts.candidates)
    let files = try report.files()
    let paths = files.map(\.path)
    #expect(paths == paths.sorted() && Set(paths).count == paths.count)
    for path in paths where path.hasPrefix("data/") {
      #expect(report.html.contains("href=\"\(path)\""))
      #expect(report.markdown.contains("](\(path))"))
    }
    for path in paths where path.hasPrefix("figures/") { #expect(report.markdown.contains("\"\(path)\"")) }
    #expect(Set(["index.html", "report.md", "report.json"]).isSubset(of: paths))
  }

  @Test("The JSON holds the numbers of every table, and the list of the files")
  func json() throws {
    let report = try sampleReport(SampleCharts.hostile)
    let files = try report.files()
    let bytes = try #require(files.first { $0.path == "report.json" }).bytes
    let json = try JSONValue.parse(bytes)
    #expect(json["files"]?.arrayValue?.compactMap(\.stringValue) == files.map(\.path))
    #expect(json["verdicts"]?[1]?["held"]?.boolValue == false)
    #expect(json["provenance"]?["sources"]?[0]?["count"]?.integerValue == 12_032)
    let tables = try #require(json["tables"]?.arrayValue)
    #expect(tables.count == files.count { $0.path.hasPrefix("data/") })
    let line = try #require(tables.first { $0["path"]?.stringValue == "data/line.csv" })
    let chart = try SampleCharts.line(SampleCharts.hostile)
    let point = chart.series[0].points[3]
    #expect(line["rows"]?[3]?[0]?.stringValue == SampleCharts.hostile[0])
    #expect(line["rows"]?[3]?[2]?.doubleValue == point.y)
  }

  @Test("Markdown holds no markup that a name brought along")
  func markdown() throws {
    let markdown = try sampleReport(SampleCharts.hostile).markdown
    #expect(!markdown.contains("<script"))
    let table = markdown.split(separator: "\n").filter { $0.hasPrefix("| ") }
    #expect(table.count == SampleCharts.hostile.count + 2)
    #expect(table.contains { $0.contains("a\\|b\\`c\\*d\\_e") })
  }

  @Test("Ids name files: other characters, and the same twice, are refused")
  func ids() throws {
    let chart = try LineChart(x: Axis("x"), y: Axis("y"), series: [])
    func report(_ ids: String...) throws -> Report {
      try Report(
        title: "t", lead: "", provenance: Provenance(command: "c", revision: "r"),
        sections: [.init("", ids.map { .figure(.init(id: $0, title: "t", chart)) })])
    }
    #expect(throws: ReportError.badID("../up")) { try report("../up") }
    #expect(throws: ReportError.badID("")) { try report("") }
    #expect(throws: ReportError.duplicateID("a")) { try report("a", "a") }
    #expect(throws: ReportError.badID("a/b/c")) { try ReportFile(path: "a/b/c", bytes: []) }
    #expect(throws: ReportError.duplicateID("index.html")) {
      try report("a").files(with: [ReportFile(path: "index.html", bytes: [])])
    }
  }

  @Test("Tables that are ragged or hold what is no number, and checksums that are none, are refused")
  func refusals() throws {
    #expect(throws: ReportError.raggedRow(listing: "t", row: 1, cells: 1, expected: 2)) {
      try Report.Listing(id: "t", title: "t", columns: [.words("a"), .values("b")], rows: [[.text("x")]])
    }
    #expect(throws: ReportError.self) {
      try Report.Listing(id: "t", title: "t", columns: [.values("b")], rows: [[.number(.nan)]])
    }
    #expect(throws: ReportError.badChecksum(source: "s", "abc")) {
      try Provenance.Source("s", sha256: "abc", count: 1)
    }
  }
}
