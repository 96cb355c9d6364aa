import Testing

@testable import Embedding

struct JSONScannerTests {
  private func scan<Result>(_ json: String, _ body: (inout JSONScanner) throws -> Result) rethrows -> Result {
    try Array(json.utf8).withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes)
      return try body(&scanner)
    }
  }

  @Test("members, elements and numbers come in their order, past values of every kind")
  func walks() throws {
    let json = #" { "a" : [1, 20,300] , "skip":{"x":[-1.5e3,true,null,"]}"],"y":{}}, "b":[] } "#
    var found: [String: [Int]] = [:]
    try scan(json) { scanner in
      try scanner.object { scanner, key in
        if key == Array("skip".utf8) { return try scanner.skipValue() }
        var numbers: [Int] = []
        try scanner.array { try numbers.append($0.count()) }
        found[String(decoding: key, as: UTF8.self)] = numbers
      }
    }
    #expect(found == ["a": [1, 20, 300], "b": []])
  }

  @Test(
    "escapes are resolved",
    arguments: [
      (#""a\"b\\c\/""#, #"a"b\c/"#),
      (#""\n\r\t\b\f""#, "\n\r\t\u{8}\u{c}"),
      (#""\u0041\u00e9\u2581""#, "Aé\u{2581}"),
      (#""\ud83d\uDE00""#, "😀"),
    ])
  func unescapes(_ json: String, _ text: String) throws {
    var bytes: [UInt8] = []
    try scan(json) { try $0.string(into: &bytes) }
    #expect(bytes == Array(text.utf8))
  }

  @Test(
    "what is not JSON is refused, and where",
    arguments: [
      ("{", 1), (#"{"a""#, 4), (#"{"a":1"#, 6), (#"{"a":}"#, 5), (#"{"a":1;}"#, 6), (#"{"\x":1}"#, 3),
      (#"{"\ud800":1}"#, 8), (#"{"a":[1}"#, 8), ("[]", 0), ("", 0),
    ])
  func refuses(_ json: String, _ offset: Int) {
    let error = #expect(throws: JSONScanError.self) {
      try scan(json) { scanner in try scanner.object { scanner, _ in try scanner.skipValue() } }
    }
    #expect(error?.offset == offset)
  }

  @Test("a count has no sign, no fraction and at most 18 digits")
  func limitsCounts() throws {
    #expect(try scan("123456789012345678") { try $0.count() } == 123_456_789_012_345_678)
    #expect(throws: JSONScanError.self) { try scan("-1") { try $0.count() } }
    #expect(throws: JSONScanError.self) {
      try scan("[1234567890123456789]") { scanner in try scanner.array { _ = try $0.count() } }
    }
  }
}
