/// What a scanner refuses, and where.
struct JSONScanError: Error, CustomStringConvertible {
  /// The byte, from 0.
  let offset: Int
  let expected: String

  var description: String { "expected \(expected) at byte \(offset)" }
}

/// Walks through JSON in place: a tokenizer has 93,000 strings and needs three numbers from each.
///
/// Strings are compared as bytes, on purpose: `String` counts canonically equivalent texts as equal, and a
/// vocabulary holds both "é" as one scalar and "é" as two, each with its own token.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var offset = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Calls `member` for each key of an object; it must walk over the value.
  mutating func object(_ member: (inout JSONScanner, [UInt8]) throws -> Void) throws {
    try expect(UInt8(ascii: "{"), "an object")
    if skip(UInt8(ascii: "}")) { return }
    var key: [UInt8] = []
    repeat {
      try string(into: &key)
      try expect(UInt8(ascii: ":"), "':'")
      try member(&self, key)
    } while skip(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"), "',' or '}'")
  }

  /// Calls `element` for each element of an array; it must walk over it.
  mutating func array(_ element: (inout JSONScanner) throws -> Void) throws {
    try expect(UInt8(ascii: "["), "an array")
    if skip(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while skip(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"), "',' or ']'")
  }

  /// A number without sign, fraction or exponent, below 10¹⁸.
  mutating func count() throws -> Int {
    skipSpace()
    let start = offset
    var value = 0
    while offset < bytes.count, offset - start < 18, bytes[offset] &- 48 < 10 {
      value = value * 10 + Int(bytes[offset] - 48)
      offset += 1
    }
    guard offset > start else { throw error("a number") }
    return value
  }

  /// A string as UTF-8, its escapes resolved, in place of what `text` held.
  mutating func string(into text: inout [UInt8]) throws {
    try expect(UInt8(ascii: "\""), "a string")
    text.removeAll(keepingCapacity: true)
    while offset < bytes.count {
      let start = offset
      while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
        offset += 1
      }
      text.append(contentsOf: bytes[start..<offset])
      guard offset < bytes.count else { break }
      offset += 1
      if bytes[offset - 1] == UInt8(ascii: "\"") { return }
      try escape(into: &text)
    }
    throw error("the end of the string")
  }

  /// Walks over a value of any kind. Brackets are counted, not matched: only its end is wanted.
  mutating func skipValue() throws {
    var depth = 0
    var ignored: [UInt8] = []
    repeat {
      skipSpace()
      guard offset < bytes.count else { throw error("a value") }
      switch bytes[offset] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        offset += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw error("a value") }
        depth -= 1
        offset += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw error("a value") }
        offset += 1
      case UInt8(ascii: "\""):
        try string(into: &ignored)
      default:
        let start = offset
        while offset < bytes.count, isPartOfWord(bytes[offset]) { offset += 1 }
        guard offset > start else { throw error("a value") }
      }
    } while depth > 0
  }

  private func isPartOfWord(_ byte: UInt8) -> Bool {
    byte | 0x20 &- 97 < 26 || byte &- 48 < 10 || byte == 43 || byte == 45 || byte == 46
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard offset < bytes.count else { throw error("an escape") }
    offset += 1
    switch bytes[offset - 1] {
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case let byte where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/"):
      text.append(byte)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code & 0xFC00 == 0xD800 {
        guard skipRaw(UInt8(ascii: "\\")), skipRaw(UInt8(ascii: "u")) else { throw error("a low surrogate") }
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw error("a low surrogate") }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("a scalar") }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      offset -= 1
      throw error("an escape")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count, let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
        throw error("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  private mutating func expect(_ byte: UInt8, _ what: String) throws {
    guard skip(byte) else { throw error(what) }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    return skipRaw(byte)
  }

  private mutating func skipRaw(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while offset < bytes.count, bytes[offset] == 32 || bytes[offset] &- 9 < 2 || bytes[offset] == 13 {
      offset += 1
    }
  }

  private func error(_ expected: String) -> JSONScanError {
    JSONScanError(offset: offset, expected: expected)
  }
}
