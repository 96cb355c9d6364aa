@testable import API
import Testing

@Suite struct PreferenceTests {
  @Test(
    "wait is read as RFC 7240 has it",
    arguments: [
      (["wait=10"], 10), (["respond-async, wait=100"], 100), (["wait=5; x=1"], 5), (["WAIT = \"7\""], 7),
      (["respond-async", "wait=3"], 3), (["wait=1, wait=2"], 1), (["wait=0"], 0), (["wait=600"], 600),
      (["wait=601"], 600), (["wait=99999999999999999999"], 600),
    ] as [([String], Int)])
  func waits(fields: [String], seconds: Int) {
    #expect(Preference(fields).wait == seconds)
  }

  @Test(
    "what is no wait is passed over",
    arguments: [
      [], [""], ["wait"], ["wait="], ["wait=-1"], ["wait=1.5"], ["wait=ten"], ["waits=1"],
      ["respond-async"], ["wait=x, wait=5"], [",,;="],
    ])
  func none(fields: [String]) {
    #expect(Preference(fields).wait == nil)
  }
}

@Suite struct AcceptedTypesTests {
  @Test(
    "the most exact range decides",
    arguments: [
      ([], true), (["text/event-stream"], true), (["*/*"], true), (["text/*;q=0.5"], true),
      (["application/json"], false), (["application/json, */*;q=0.1"], true), (["Text/Event-Stream"], true),
      (["text/event-stream;q=0, */*"], false), (["text/*;q=0, text/event-stream"], true),
      (["text/event-stream;q=0.0"], false), (["application/json", "text/event-stream"], true),
    ] as [([String], Bool)])
  func eventStream(fields: [String], isAllowed: Bool) {
    #expect(AcceptedTypes(fields).allow("text", "event-stream") == isAllowed)
  }
}

@Suite struct ByteRangeTests {
  @Test(
    "parts of a file of ten bytes",
    arguments: [
      ("bytes=0-0", 0..<1), ("bytes=2-5", 2..<6), ("bytes=2-", 2..<10), ("bytes=-3", 7..<10),
      ("bytes=-99", 0..<10), ("bytes=9-", 9..<10), ("bytes=0-99", 0..<10), ("Bytes=1-1", 1..<2),
      ("bytes=0-99999999999999999999", 0..<10),
    ])
  func parts(field: String, range: Range<Int>) {
    #expect(ByteRange(field, of: 10) == .part(range))
  }

  @Test(
    "what lies beyond the end cannot be had",
    arguments: ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99-"])
  func beyond(field: String) {
    #expect(ByteRange(field, of: 10) == .unsatisfiable)
  }

  @Test(
    "no header, another unit, several ranges and nonsense are the whole",
    arguments: [
      nil, "", "lines=1-2", "bytes=0-1,3-4", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes=1", "bytes=--1",
    ])
  func whole(field: String?) {
    #expect(ByteRange(field, of: 10) == .whole)
  }

  @Test("of an empty file there is no part")
  func empty() {
    #expect(ByteRange("bytes=0-", of: 0) == .unsatisfiable)
    #expect(ByteRange("bytes=-1", of: 0) == .unsatisfiable)
    #expect(ByteRange(nil, of: 0) == .whole)
  }
}
