import Testing

@testable import Embedding

struct WordTableTests {
  /// `body` with the word's bytes, and others after them that must not matter.
  private func with<Result>(
    _ word: [UInt8], then rest: UInt8 = 0xFF, _ body: (UnsafeRawPointer) throws -> Result
  ) throws -> Result {
    try (word + [UInt8](repeating: rest, count: WordTable.longest)).withUnsafeBytes {
      try body(#require($0.baseAddress))
    }
  }

  @Test("finds words of every length by exactly their bytes, whatever follows them")
  func finds() throws {
    var table = WordTable(capacity: 2 * WordTable.longest)
    for count in 1...WordTable.longest {
      let word = (0..<count).map { UInt8(97 + $0) }
      try with(word) { table.add($0, count: count, token: Int32(count)) }
      // The same with a zero at its end is another word.
      try with(word.dropLast() + [0]) { table.add($0, count: count, token: Int32(100 + count)) }
    }
    for count in 1...WordTable.longest {
      let word = (0..<count).map { UInt8(97 + $0) }
      for rest in [0, 0x20, 0xFF] as [UInt8] {
        #expect(try with(word, then: rest) { table.token(of: $0, count: count) } == Int32(count))
        let ended: [UInt8] = word.dropLast() + [0]
        #expect(try with(ended, then: rest) { table.token(of: $0, count: count) } == Int32(100 + count))
        let changed: [UInt8] = word.dropLast() + [0x7A]
        #expect(try with(changed, then: rest) { table.token(of: $0, count: count) } == -1)
      }
    }
  }

  @Test("every word of a full table is found, and none of as many others", arguments: [1, 2, 3, 100, 5000])
  func fills(_ count: Int) throws {
    var table = WordTable(capacity: count)
    for index in 0..<count {
      try with(Array("w\(index)".utf8)) { table.add($0, count: "w\(index)".utf8.count, token: Int32(index)) }
    }
    for index in 0..<count {
      let length = "w\(index)".utf8.count
      #expect(try with(Array("w\(index)".utf8)) { table.token(of: $0, count: length) } == Int32(index))
      #expect(try with(Array("v\(index)".utf8)) { table.token(of: $0, count: length) } == -1)
    }
  }

  @Test("a word added twice keeps its first token")
  func keepsFirst() throws {
    var table = WordTable(capacity: 1)
    try with([0x61]) {
      table.add($0, count: 1, token: 7)
      table.add($0, count: 1, token: 8)
      #expect(table.token(of: $0, count: 1) == 7)
    }
  }
}
