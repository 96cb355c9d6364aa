import Foundation
import Testing

@testable import pointsman

@Suite struct OutcomeTableTests {
  @Test("rows are read, other members and blank lines passed over, models sorted")
  func rows() {
    let table = OutcomeTable(
      text: """
        {"id":"1","intent":"add 2 and 2","domain":"maths","source":"x","outcomes":{"b":{"quality":1,"cost_usd":0.5},"a":{"quality":0.25}}}

        {"id":"2","intent":"name a tree","outcomes":{"b":{"quality":0,"cost_usd":null}}}
        """)
    #expect(table.faults == [])
    #expect(table.models == ["a", "b"])
    #expect(table.rows[0].qualities == [0.25, 1])
    #expect(table.rows[0].costs == [nil, 0.5])
    #expect(table.rows[0].mean == 0.625)
    #expect(table.rows[1].domain == "")
    #expect(table.rows[1].qualities == [nil, 0])
    #expect(table.rows[1].quality(orMeanFor: 0) == 0)
    #expect(table.meanCost(of: 0) == nil)
    #expect(table.meanCost(of: 1) == 0.5)
  }

  @Test(
    "a malformed line is skipped, with its number and the reason",
    arguments: [
      ("{", "not JSON"), ("[]", "must be an object, got an empty array"),
      (#"{"intent":"x","outcomes":{"a":{"quality":1}}}"#, "id must be a string"),
      (#"{"id":"1","intent":" ","outcomes":{"a":{"quality":1}}}"#, "intent must be a string"),
      (#"{"id":"1","intent":"x","outcomes":{}}"#, "outcomes must be an object with at least one model"),
      (
        #"{"id":"1","intent":"x","outcomes":{"a":{"quality":1.5}}}"#,
        "quality of a must be a number from 0 to 1, got 1.5"
      ),
      (#"{"id":"1","intent":"x","outcomes":{"a":{}}}"#, "quality of a must be a number from 0 to 1"),
      (
        #"{"id":"1","intent":"x","outcomes":{"a":{"quality":1,"cost_usd":-2}}}"#,
        "cost_usd of a must be a number ≥ 0 or null, got -2"
      ),
      (
        #"{"id":"1","intent":"x","domain":7,"outcomes":{"a":{"quality":1}}}"#,
        "domain must be a string, got 7"
      ),
    ])
  func faults(line: String, reason: String) throws {
    let good = #"{"id":"9","intent":"x","outcomes":{"a":{"quality":1}}}"#
    let table = OutcomeTable(text: good + "\n" + line + "\n" + good)
    #expect(table.rows.count == 2)
    let fault = try #require(table.faults.first)
    #expect(table.faults.count == 1)
    #expect(fault.line == 2)
    #expect(fault.reason.hasPrefix(reason), "\(fault)")
    #expect(fault.description == "line 2: \(fault.reason)")
  }

  @Test("a file without a single row is an error, and so is one that is not there")
  func files() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("table-\(UUID()).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: CommandFailure("there is no file \(path)")) { try OutcomeTable(path: path) }
    try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: CommandFailure.self) { try OutcomeTable(path: path) }
  }

  @Test("a file gives the same table as its text, however its lines end and wherever a read ends")
  func reading() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("table-\(UUID()).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Longer than one read of 64 KiB, and the last line without an end.
    let lines = (0..<3_000).map { index in
      #"{"id":"\#(index)","intent":"intent \#(index) äöü","outcomes":{"a":{"quality":0.5},"b":{"quality":1}}}"#
    }
    try Data(lines.joined(separator: "\r\n").utf8).write(to: URL(fileURLWithPath: path))
    let table = try OutcomeTable(path: path)
    #expect(table.faults == [])
    #expect(table.rows == OutcomeTable(text: lines.joined(separator: "\n")).rows)
    #expect(table.rows.count == 3_000)
    #expect(table.rows[2_999].intent == "intent 2999 äöü")
  }
}
