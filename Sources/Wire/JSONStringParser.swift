extension JSONParser {
  /// Reads a string from its opening quote to past its closing one.
  mutating func string() throws(JSONError) -> String {
    let opening = at
    var index = at + 1
    var isASCII = true
    while index < end {
      let byte = start[index]
      if byte == UInt8(ascii: "\"") {
        let text = UnsafeBufferPointer(start: start + opening + 1, count: index - opening - 1)
        if !isASCII { try validate(from: opening + 1, to: index) }
        at = index + 1
        return String(decoding: text, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(opening: opening, firstEscape: index) }
      if byte < 0x20 { throw error("a control character must be escaped inside a string", at: index) }
      if byte >= 0x80 { isASCII = false }
      index += 1
    }
    throw error("the string opened at byte \(opening) is never closed", at: end)
  }

  /// The rare string that holds an escape: unescaped into a buffer.
  private mutating func escapedString(opening: Int, firstEscape: Int) throws(JSONError) -> String {
    var text = [UInt8](UnsafeBufferPointer(start: start + opening + 1, count: firstEscape - opening - 1))
    var index = firstEscape
    while index < end {
      let byte = start[index]
      switch byte {
      case UInt8(ascii: "\""):
        try validate(from: opening + 1, to: index)
        at = index + 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        index += 1
        guard index < end else { break }
        switch start[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(start[index])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
          let scalar = try unicodeEscape(&index)
          text.append(contentsOf: UTF8.encode(scalar)!)
          continue
        default: throw error("no such escape: only \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX", at: index)
        }
        index += 1
      case 0..<0x20: throw error("a control character must be escaped inside a string", at: index)
      default:
        text.append(byte)
        index += 1
      }
    }
    throw error("the string opened at byte \(opening) is never closed", at: end)
  }

  /// Reads `uXXXX`, or a surrogate pair `uXXXX\uXXXX`, with `index` on the first `u`; leaves it past the end.
  private func unicodeEscape(_ index: inout Int) throws(JSONError) -> Unicode.Scalar {
    let escapeAt = index - 1
    let unit = try hexadecimal(at: index + 1)
    index += 5
    if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
    guard UTF16.isLeadSurrogate(unit), index + 1 < end, start[index] == UInt8(ascii: "\\"),
      start[index + 1] == UInt8(ascii: "u")
    else { throw error("a surrogate escape without its partner", at: escapeAt) }
    let trail = try hexadecimal(at: index + 2)
    guard UTF16.isTrailSurrogate(trail) else {
      throw error("a surrogate escape without its partner", at: escapeAt)
    }
    index += 6
    let value = 0x10000 + (UInt32(unit & 0x3FF) << 10) + UInt32(trail & 0x3FF)
    return Unicode.Scalar(value)!
  }

  private func hexadecimal(at index: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for place in index..<index + 4 {
      guard place < end else { throw error("a \\u escape needs four hexadecimal digits", at: end) }
      let byte = start[place]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error("a \\u escape needs four hexadecimal digits", at: place)
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// Checks well-formed UTF-8 by table 3-7 of the Unicode Standard: no overlong form, no surrogate, nothing
  /// beyond U+10FFFF.
  private func validate(from first: Int, to last: Int) throws(JSONError) {
    var index = first
    while index < last {
      let byte = start[index]
      if byte < 0x80 {
        index += 1
        continue
      }
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch byte {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      case 0xF1...0xF3: length = 4
      default: throw error("not UTF-8", at: index)
      }
      guard index + length <= last, second.contains(start[index + 1]) else {
        throw error("not UTF-8", at: index)
      }
      for place in index + 2..<max(index + 2, index + length) where start[place] & 0xC0 != 0x80 {
        throw error("not UTF-8", at: index)
      }
      index += length
    }
  }
}
