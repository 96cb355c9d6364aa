import Testing
import Wire

@testable import pointsman

@Suite struct PlayRunTests {
  @Test("every pass plays every row once, in an order that the seed decides")
  func order() {
    let first = PlayRun.order(100, seed: 1, pass: 0)
    #expect(first.sorted() == Array(0..<100))
    #expect(first == PlayRun.order(100, seed: 1, pass: 0))
    #expect(first != PlayRun.order(100, seed: 1, pass: 1))
    #expect(first != PlayRun.order(100, seed: 2, pass: 0))
  }

  @Test("a batch holds what one request may, and always something")
  func batches() {
    #expect(Array(PlayRun.batch([7, 8, 9][...]) { _ in 10 }) == [7, 8, 9])
    #expect(PlayRun.batch(Array(0..<5_000)[...]) { _ in 1 }.count == PlayRun.batchCount)
    #expect(PlayRun.batch(Array(0..<10)[...]) { _ in PlayRun.batchBytes / 3 }.count == 3)
    #expect(PlayRun.batch(Array(0..<10)[...]) { _ in PlayRun.batchBytes + 1 }.count == 1)
  }

  @Test("receipts add up")
  func tally() {
    var tally = PlayRun.Tally()
    tally.add(["accepted": 98, "duplicates": 1, "parked": 1, "rejected": []])
    tally.add([
      "accepted": 99, "duplicates": 0, "parked": 0, "rejected": [["index": 3, "error": "no such signal"]],
    ])
    let json = JSONValue.object(tally.json)
    #expect(json["feedback"] == ["accepted": 197, "duplicates": 1, "parked": 1, "rejected": 1])
    #expect(tally.text.contains("1 waiting for decisions that the router lost"))
    #expect(tally.text.contains("1 scores rejected (no such signal)"))
  }
}
