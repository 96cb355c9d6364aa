/// How wide a text will be, near enough: the reader's font is not known, so the estimate is of a wide sans-serif.
enum TextMeasure {
  /// Pixels at a font size in pixels.
  static func width(_ text: some StringProtocol, size: Double = 12) -> Double {
    var ems = 0.0
    for character in text { ems += width(of: character) }
    return ems * size
  }

  /// The text, or its beginning and its end around an ellipsis where it is wider than `limit`: names of models differ
  /// at both ends.
  static func shortened(_ text: String, to limit: Double, size: Double = 12) -> String {
    guard width(text, size: size) > limit else { return text }
    let characters = Array(text)
    var room = limit / size - width(of: "…")
    var head = 0
    var tail = 0
    // Two characters of the beginning for each of the end.
    while head + tail < characters.count {
      let takesHead = head <= 2 * tail
      let next = takesHead ? characters[head] : characters[characters.count - 1 - tail]
      room -= width(of: next)
      if room < 0 { break }
      if takesHead { head += 1 } else { tail += 1 }
    }
    return String(characters[..<head]) + "…" + String(characters[(characters.count - tail)...])
  }

  /// Lines of whole words, each within `limit` where its words are; the last of `lines` is cut if there is more.
  static func wrapped(_ text: String, to limit: Double, size: Double = 12, lines most: Int = .max) -> [String]
  {
    var lines: [String] = []
    for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
      if let last = lines.last, width(last + " " + word, size: size) <= limit {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    if lines.count > most {
      let rest = lines[(most - 1)...].joined(separator: " ")
      lines = lines[..<(most - 1)] + [cut(rest, to: limit, size: size)]
    }
    return lines.map { shortened($0, to: limit, size: size) }
  }

  private static func cut(_ text: String, to limit: Double, size: Double) -> String {
    var kept = Substring(text)
    while !kept.isEmpty, width(kept, size: size) + width(of: "…") * size > limit { kept = kept.dropLast() }
    return kept + "…"
  }

  private static func width(of character: Character) -> Double {
    guard let ascii = character.asciiValue else {
      guard let scalar = character.unicodeScalars.first else { return 0 }
      switch scalar.value {
      case 0xA0: return 0.32
      case 0x2026: return 1
      // East Asian scripts and pictures are square.
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
        0xFF00...0xFF60, 0x1F000...0x1FAFF, 0x20000...0x3FFFD:
        return 1.3
      default: return 0.66
      }
    }
    switch ascii {
    case UInt8(ascii: "i"), UInt8(ascii: "j"), UInt8(ascii: "l"), UInt8(ascii: "'"), UInt8(ascii: "|"),
      UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "I"):
      return 0.33
    case UInt8(ascii: " "), UInt8(ascii: "f"), UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "-"),
      UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"):
      return 0.4
    case UInt8(ascii: "m"), UInt8(ascii: "w"), UInt8(ascii: "M"), UInt8(ascii: "W"), UInt8(ascii: "@"),
      UInt8(ascii: "%"):
      return 0.95
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return 0.73
    default: return 0.61
    }
  }
}
