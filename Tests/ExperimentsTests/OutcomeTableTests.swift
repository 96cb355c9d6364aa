import Experiments
import Foundation
import Testing

@Suite("Outcome tables")
struct OutcomeTableTests {
  @Test("Lines are read, other members and blank lines passed over, models sorted")
  func lines() {
    let table = OutcomeTable(
      text: """
        {"id":"1","intent":"add 2 and 2","domain":"maths","source":"x","outcomes":{"b":{"quality":1,"cost_usd":0.5},"a":{"quality":0.25}}}

        {"id":"2","intent":"name a tree","outcomes":{"b":{"quality":0,"cost_usd":null}}}
        """)
    #expect(table.faults == [])
    #expect(table.models == ["a", "b"])
    #expect(table.lines[0].qualities == [0.25, 1])
    #expect(table.lines[0].costs == [nil, 0.5])
    #expect(table.lines[0].mean == 0.625)
    #expect(table.lines[1].domain == "")
    #expect(table.lines[1].qualities == [nil, 0])
    #expect(table.lines[1].quality(orMeanFor: 0) == 0)
    #expect(table.meanCost(of: 0) == nil)
    #expect(table.meanCost(of: 1) == 0.5)
  }

  @Test(
    "A malformed line is skipped, with its number and the reason, and the rest still loads",
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
    #expect(table.lines.count == 2)
    let fault = try #require(table.faults.first)
    #expect(table.faults.count == 1)
    #expect(fault.line == 2)
    #expect(fault.reason.hasPrefix(reason), "\(fault)")
    #expect(fault.description == "line 2: \(fault.reason)")
  }

  @Test("A file without a single line is an error, and so is one that is not there")
  func files() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("table.jsonl")
    #expect(throws: TableError("there is no file \(path)")) { try OutcomeTable(path: path) }
    try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: TableError.self) { try OutcomeTable(path: path) }
  }

  @Test(
    "A packed file gives the same table as a plain one, however its lines end; the checksum is the file's own"
  )
  func packed() throws {
    let folder = try TemporaryFolder()
    let plain = folder.path("table.jsonl")
    let lines = (0..<3_000).map { index in
      #"{"id":"\#(index)","intent":"intent \#(index) äöü","outcomes":{"a":{"quality":0.5},"b":{"quality":1}}}"#
    }
    try Data(lines.joined(separator: "\r\n").utf8).write(to: URL(fileURLWithPath: plain))
    let table = try OutcomeTable(path: plain)
    #expect(table.lines.count == 3_000)
    #expect(table.lines[2_999].intent == "intent 2999 äöü")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
    process.arguments = ["-k", plain]
    try process.run()
    process.waitUntilExit()
    let packed = try OutcomeTable(path: plain + ".gz")
    #expect(packed.lines == table.lines)
    #expect(packed.checksum != table.checksum)
    // printf '' | sha256sum
    #expect(
      OutcomeTable(text: "").checksum == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("A file that is called .gz and is none is refused with what gzip says")
  func notPacked() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("table.jsonl.gz")
    try Data("plain".utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: TableError.self) { try OutcomeTable(path: path) }
    #expect(error?.description.contains("cannot be unpacked") == true)
  }
}
