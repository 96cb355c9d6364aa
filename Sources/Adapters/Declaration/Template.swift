import Wire

/// A text with places to fill, such as `{api}/models/{model}/predictions`.
struct Template: Hashable, Sendable {
  enum Piece: Hashable, Sendable {
    case text(String)
    case name(String)
  }

  /// What fills a place.
  enum Value: Hashable, Sendable {
    /// Goes into a URL percent-encoded.
    case word(String)
    /// Like a word, but its slashes divide a path: a model's name.
    case path(String)
    /// A URL, or the beginning of one: goes in as it is.
    case address(String)

    var text: String {
      switch self {
      case .word(let text), .path(let text), .address(let text): text
      }
    }
  }

  enum Purpose { case plain, url }

  let pieces: [Piece]

  /// Nil when a brace has no partner or nothing inside.
  init?(_ text: String) {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
      let name = rest[rest.index(after: open)..<close]
      guard !name.isEmpty, !name.contains("{") else { return nil }
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      pieces.append(.name(String(name)))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    self.pieces = pieces
  }

  var names: [String] { pieces.compactMap { if case .name(let name) = $0 { name } else { nil } } }

  /// The text with every place filled; nil when one has nothing to fill it.
  func filled(for purpose: Purpose = .plain, _ value: (String) -> Value?) -> String? {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let fixed): text += fixed
      case .name(let name):
        guard let value = value(name) else { return nil }
        switch (purpose, value) {
        case (.plain, _), (.url, .address): text += value.text
        case (.url, .word(let word)): text += Template.encoded(word, keepingSlashes: false)
        case (.url, .path(let path)): text += Template.encoded(path, keepingSlashes: true)
        }
      }
    }
    return text
  }

  /// Percent-encodes everything but the unreserved characters (RFC 3986, section 2.3). A step of dots alone, which
  /// would climb in a path, is encoded too.
  static func encoded(_ text: String, keepingSlashes: Bool) -> String {
    if keepingSlashes {
      return text.split(separator: "/", omittingEmptySubsequences: false)
        .map { encoded(String($0), keepingSlashes: false) }.joined(separator: "/")
    }
    let isDots = text == "." || text == ".."
    var result = ""
    for byte in text.utf8 {
      let isUnreserved =
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == 0x2D || byte == 0x5F || byte == 0x7E || (byte == 0x2E && !isDots)
      if isUnreserved {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  /// Fills the templates in all strings of a JSON value; what has a place that nothing fills is left out. Nil when that
  /// is the whole value.
  static func filled(_ json: JSONValue, _ value: (String) -> Value?) -> JSONValue? {
    switch json {
    case .string(let text):
      // Every template was read when the declaration was.
      guard let template = Template(text) else { return json }
      return template.filled(value).map { .string($0) }
    case .array(let elements): return .array(elements.compactMap { filled($0, value) })
    case .object(let members):
      return .object(
        members.compactMap { member in filled(member.value, value).map { JSONValue.Member(member.name, $0) } }
      )
    default: return json
    }
  }
}

/// A pattern of a whole text in which `*` stands for anything.
struct Glob: Hashable, Sendable {
  let pattern: String

  init(_ pattern: String) { self.pattern = pattern }

  func matches(_ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
    let text = Array(text.utf8)
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return Array(pattern.utf8) == text
    }
    guard text.count >= first.count + last.count, text.starts(with: first),
      text.suffix(last.count) == last[...]
    else { return false }
    var place = first.count
    let end = text.count - last.count
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard
        let found = (place...max(place, end)).first(where: { start in
          start + part.count <= end && Array(text[start..<start + part.count]) == part
        })
      else { return false }
      place = found + part.count
    }
    return true
  }
}
