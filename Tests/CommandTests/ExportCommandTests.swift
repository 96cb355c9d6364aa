import Routing
import Serving
import Testing
import Wire

@testable import pointsman

@Suite struct ExportCommandTests {
  @Test("cells are quoted where they must be, and a quotation mark is doubled")
  func csv() {
    let line = CSV.line(["plain", "a,b", "say \"hi\"", "two\nlines", nil, 0.5, 7, true])
    #expect(
      String(decoding: line, as: UTF8.self) == "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",,0.5,7,true\n"
    )
  }

  @Test("a signal is a row of feedback and an outcome one of outcomes, each as long as its heading")
  func rows() throws {
    let id = try #require(Identifier("01938a7e-0000-7000-8000-000000000001"))
    let now = Instant(microseconds: 1_700_000_000_000_000)
    let thumb = RecordedFeedback(
      sequence: 1,
      submission: Submission(
        id: "r:1", decision: id, content: .signal(.thumb, reward: 1, trust: 1, other: nil),
        value: .word("up"), at: now,
        received: now), isSuperseded: false)
    let cells = try #require(ExportRow.feedback(thumb))
    #expect(cells.count == ExportRow.feedbackColumns.count)
    #expect(cells[2...4] == ["user.thumb", "up", 1.0])
    #expect(ExportRow.outcome(thumb) == nil)
    let outcome = RecordedFeedback(
      sequence: 2,
      submission: Submission(
        id: "o:1", decision: id,
        content: .outcome(
          Outcome(
            candidate: "fal/veo-3", state: .badOutput, latency: .milliseconds(1_500),
            cost: Money(micros: 150_000))),
        at: now, received: now), isSuperseded: true)
    #expect(ExportRow.feedback(outcome) == nil)
    #expect(
      ExportRow.outcome(outcome) == [
        .string(id.description), "fal/veo-3", "bad_output", 1500.0, 0.15, "2023-11-14T22:13:20.000Z", true,
      ])
    #expect(ExportRow.outcomeColumns.count == 7)
  }
}
