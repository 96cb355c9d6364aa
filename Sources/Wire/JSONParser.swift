extension JSONValue {
  /// Reads one JSON text, strictly by RFC 8259.
  ///
  /// Stricter than many readers: names within one object are unique (compared as Swift compares strings,
  /// so canonically equivalent spellings are one name), `\u` escapes pair their surrogates, a byte-order
  /// mark and anything after the value are refused, and so is a number beyond the largest finite binary64.
  /// A number too small for binary64 becomes the nearest one, which may be zero.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8; checked.
  ///   - maximumDepth: how many arrays and objects may be open at once. Guards the stack.
  /// - Throws: the first fault, with its place.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 64
  ) throws(JSONError) -> JSONValue {
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
      throw JSONError(offset: 0, line: 1, message: "expected a value, found the end of the text")
    }
    var parser = JSONParser(
      start: start.assumingMemoryBound(to: UInt8.self), end: bytes.count, maximumDepth: maximumDepth)
    return try parser.document()
  }

  /// Reads one JSON text in which a member of the outermost object is likely to be a long array of numbers, such as an
  /// embedding: they go into an array of floats at once, and not through a value for each.
  ///
  /// - Returns: the value, and the numbers under `name`, each as the nearest binary32; in the value an empty array stands
  ///   for them. Without floats the value is whole: there is no such member, or it is something else than an array of
  ///   one and more numbers that are finite as binary32.
  /// - Throws: the first fault, with its place.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, packing name: String, maximumDepth: Int = 64
  ) throws(JSONError) -> (value: JSONValue, floats: [Float]?) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
      return (try parse(bytes, maximumDepth: maximumDepth), nil)
    }
    var parser = JSONParser(
      start: start.assumingMemoryBound(to: UInt8.self), end: bytes.count, maximumDepth: maximumDepth)
    parser.packing = name
    return (try parser.document(), parser.packed)
  }

  /// Reads one JSON text from an array of UTF-8 bytes; see ``parse(_:maximumDepth:)-(UnsafeRawBufferPointer,_)``.
  public static func parse(_ bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) -> JSONValue {
    // withUnsafeBytes does not carry a typed error, so the result crosses as a value.
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(JSONError) in try parse(buffer, maximumDepth: maximumDepth) }
    }.get()
  }

  /// Reads one JSON text from a string.
  public static func parse(_ text: String, maximumDepth: Int = 64) throws(JSONError) -> JSONValue {
    var text = text
    return try text.withUTF8 { buffer in
      Result { () throws(JSONError) in
        try parse(UnsafeRawBufferPointer(buffer), maximumDepth: maximumDepth)
      }
    }.get()
  }
}

/// A recursive-descent reader over bytes that it does not own; `at` is the next byte to read.
struct JSONParser {
  let start: UnsafePointer<UInt8>
  let end: Int
  let maximumDepth: Int
  var at = 0
  /// The member of the outermost object whose numbers are kept apart.
  var packing: String?
  private(set) var packed: [Float]?

  init(start: UnsafePointer<UInt8>, end: Int, maximumDepth: Int) {
    self.start = start
    self.end = end
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if end >= 3, start[0] == 0xEF, start[1] == 0xBB, start[2] == 0xBF {
      throw error("expected a value, found a byte-order mark", at: 0)
    }
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard at == end else { throw expected("the end of the text") }
    return value
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard at < end else { throw expected("a value") }
    switch start[at] {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "t"): return try keyword("true", .bool(true))
    case UInt8(ascii: "f"): return try keyword("false", .bool(false))
    case UInt8(ascii: "n"): return try keyword("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw expected("a value")
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    try open(depth)
    if take(UInt8(ascii: "]")) { return .array([]) }
    var elements: [JSONValue] = []
    elements.reserveCapacity(8)
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if take(UInt8(ascii: ",")) {
        skipSpace()
      } else if take(UInt8(ascii: "]")) {
        return .array(elements)
      } else {
        throw expected("',' or ']'")
      }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    try open(depth)
    if take(UInt8(ascii: "}")) { return .object([]) }
    var members: [JSONValue.Member] = []
    members.reserveCapacity(8)
    var names: Set<String> = []
    while true {
      guard at < end, start[at] == UInt8(ascii: "\"") else { throw expected("a name in quotes") }
      let nameAt = at
      let name = try string()
      if isKnown(name, in: members, &names) {
        throw error("the name \(JSONValue.string(name).summary) stands twice in one object", at: nameAt)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw expected("':'") }
      skipSpace()
      if depth == 1, name == packing, let floats = floats() {
        packed = floats
        members.append(JSONValue.Member(name, .array([])))
      } else {
        members.append(JSONValue.Member(name, try value(depth: depth)))
      }
      skipSpace()
      if take(UInt8(ascii: ",")) {
        skipSpace()
      } else if take(UInt8(ascii: "}")) {
        return .object(members)
      } else {
        throw expected("',' or '}'")
      }
    }
  }

  /// An array of numbers; nil, and nothing is read, where it is anything else. Faults are left to ``value(depth:)``.
  private mutating func floats() -> [Float]? {
    let first = at
    guard take(UInt8(ascii: "[")) else { return nil }
    var floats: [Float] = []
    floats.reserveCapacity(256)
    while true {
      skipSpace()
      guard at < end, start[at] == UInt8(ascii: "-") || start[at] &- UInt8(ascii: "0") <= 9,
        let number = try? number().doubleValue, Float(number).isFinite
      else { break }
      floats.append(Float(number))
      skipSpace()
      if take(UInt8(ascii: "]")) { return floats }
      guard take(UInt8(ascii: ",")) else { break }
    }
    at = first
    return nil
  }

  /// Small objects are searched in place; from 24 members on a set keeps the reading linear, so that a
  /// hostile object of a million names costs no more than its bytes.
  @inline(__always) private func isKnown(
    _ name: String, in members: [JSONValue.Member], _ names: inout Set<String>
  ) -> Bool {
    if members.count < 24 {
      for member in members where member.name == name { return true }
      return false
    }
    if names.isEmpty { for member in members { names.insert(member.name) } }
    return !names.insert(name).inserted
  }

  @inline(__always) private mutating func open(_ depth: Int) throws(JSONError) {
    guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth) levels", at: at) }
    at += 1
    skipSpace()
  }

  private mutating func keyword(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let length = word.utf8CodeUnitCount
    for index in 0..<length {
      guard at + index < end, start[at + index] == word.utf8Start[index] else {
        throw error("expected '\(word)'", at: at)
      }
    }
    at += length
    return value
  }

  @inline(__always) mutating func skipSpace() {
    while at < end {
      switch start[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  @inline(__always) private mutating func take(_ byte: UInt8) -> Bool {
    guard at < end, start[at] == byte else { return false }
    at += 1
    return true
  }

  /// "expected X, found Y" at the next byte.
  func expected(_ what: String) -> JSONError {
    guard at < end else { return error("expected \(what), found the end of the text", at: end) }
    let byte = start[at]
    let found =
      byte > 0x20 && byte < 0x7F
      ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x" + String(byte, radix: 16, uppercase: true)
    return error("expected \(what), found \(found)", at: at)
  }

  func error(_ message: String, at offset: Int) -> JSONError {
    var line = 1
    for index in 0..<min(offset, end) where start[index] == 0x0A { line += 1 }
    return JSONError(offset: offset, line: line, message: message)
  }
}
