import ArgumentParser
import Foundation
import Testing
import Wire

@testable import pointsman

@Suite struct EvaluationReportTests {
  @Test("an evaluation as a report: every file, the same bytes twice, and never over another report unasked")
  func report() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "evaluation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let log = folder.appending(path: "log.ndjson")
    // Two contexts, two candidates, every second reward: 200 rows.
    let lines = (0..<200).map { row in
      #"{"context": "\#(row % 4 < 2 ? "x" : "y")", "candidate": "\#(row % 2 == 0 ? "a" : "b")", "#
        + #""reward": \#(row % 3 == 0 ? 1 : 0), "propensity": 0.5}"#
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: log)
    let out = folder.appending(path: "report")
    func evaluate(_ more: String...) async throws {
      var command = try EvaluateCommand.parse(
        ["--log", log.path, "--policy", "fixed:a", "--resamples", "50", "--json", "--out", out.path] + more)
      try await command.run()
    }
    try await evaluate()
    let names = try FileManager.default.subpathsOfDirectory(atPath: out.path).sorted()
    #expect(
      names == [
        "data", "data/estimates.csv", "data/figures.csv", "figures", "figures/estimates-narrow.svg",
        "figures/estimates.svg", "index.html", "report.json", "report.md",
      ])
    let page = try Data(contentsOf: out.appending(path: "index.html"))
    let json = try JSONValue.parse(Array(Data(contentsOf: out.appending(path: "report.json"))))
    #expect(json.serialized().count > 500)
    await #expect(throws: (any Error).self) { try await evaluate() }
    try await evaluate("--force")
    #expect(try Data(contentsOf: out.appending(path: "index.html")) == page)
    #expect(!String(decoding: page, as: UTF8.self).contains(folder.path), "no path of a machine")
  }

  @Test("the command of a report names files, not where they lay, nor where the report goes")
  func command() {
    let typed = [
      "/usr/bin/pointsman", "simulate", "/home/me/Simulations/table.yaml", "--table", "a/b c.jsonl", "--out",
      "reports/x", "--force", "--seeds", "3", "--set", "fixed=a/one", "--revision=abc",
    ]
    let files = ["/home/me/Simulations/table.yaml", "a/b c.jsonl"]
    #expect(
      ReportOptions.command(typed, isFile: files.contains)
        == "pointsman simulate table.yaml --table 'b c.jsonl' --seeds 3 --set fixed=a/one")
  }
}
