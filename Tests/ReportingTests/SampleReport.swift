@testable import Reporting

/// A report with one of everything over given names.
func sampleReport(_ names: [String], title: String = "A report") throws -> Report {
  let checksum = String(repeating: "9f3a", count: 16)
  var blocks: [Report.Block] = [
    .verdict(.init("The reward recovers.", held: true, figure: "\(0.981, .share); at least 97 %")),
    .verdict(.init("Exploring stops.", held: false, figure: "1,340 decisions; at most 1,000")),
    .paragraph("About \(names.first ?? "nobody"), see [the source](https://example.org/)."),
    .list(["one", "`two`"]),
  ]
  for (kind, chart) in try SampleCharts.all(names) {
    let id = kind.replacing(" ", with: "-")
    blocks.append(.figure(.init(id: id, title: "The \(kind) chart", subtitle: "of `names`", chart)))
  }
  blocks.append(
    .listing(
      try .init(
        id: "table", title: "Names | and <numbers>",
        columns: [.words("name"), .values("value", decimals: 2), .values("share", .share)],
        rows: names.enumerated().map {
          [.text($1), .number(Double($0) * 1_234.5), $0 == 1 ? .missing : .number(0.25)]
        },
        emphasised: [0])))
  return try Report(
    title: title, lead: "Made for `tests`.",
    provenance: Provenance(
      command: "pointsman simulate x --policies `a`,<b>", seeds: [1, 2, 3, 5, 7, 8], revision: "3e950a9",
      sources: [try .init("<data>.jsonl", sha256: checksum, count: 12_032)],
      facts: [.init("Epoch", "100 decisions")]),
    sections: [.init("", Array(blocks.prefix(2))), .init("What <happened>", Array(blocks.dropFirst(2)))])
}
