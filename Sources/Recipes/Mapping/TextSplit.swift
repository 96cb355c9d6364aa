/// How a text becomes a list.
public enum TextSplit: Hashable, Sendable {
  /// A part for each line that says something.
  case lines
  /// As many whole sentences to a part as fit into so many characters, ≥ 20. A longer sentence is parted between words,
  /// a longer word wherever it must be. Nothing but white space is lost.
  case characters(Int)

  public static let leastCharacters = 20

  public func parts(of text: String) -> [String] {
    switch self {
    case .lines:
      text.split(whereSeparator: \.isNewline).map { TextSplit.trimmed($0) }.filter { !$0.isEmpty }
        .map(String.init)
    case .characters(let limit): TextSplit.packed(TextSplit.sentences(of: text), limit)
    }
  }

  /// A sentence ends behind `.`, `!`, `?` or `…` and what closes it, where white space follows; and at the end of a line.
  private static func sentences(of text: String) -> [Substring] {
    var sentences: [Substring] = []
    var start = text.startIndex
    var isEnding = false
    for place in text.indices {
      let sign = text[place]
      if sign.isNewline || isEnding && sign.isWhitespace {
        sentences.append(text[start..<place])
        start = text.index(after: place)
        isEnding = false
      } else if ".!?…。！？".contains(sign) {
        isEnding = true
      } else if !"\"'”’»)]".contains(sign) {
        isEnding = false
      }
    }
    sentences.append(text[start...])
    return sentences.map { trimmed($0) }.filter { !$0.isEmpty }
  }

  private static func packed(_ sentences: [Substring], _ limit: Int) -> [String] {
    var parts: [String] = []
    var part = ""
    func close() {
      if !part.isEmpty { parts.append(part) }
      part = ""
    }
    func add(_ piece: Substring) {
      if !part.isEmpty, part.count + 1 + piece.count > limit { close() }
      part += part.isEmpty ? String(piece) : " \(piece)"
    }
    for sentence in sentences {
      if sentence.count <= limit {
        add(sentence)
        continue
      }
      close()
      for word in sentence.split(whereSeparator: \.isWhitespace) {
        var rest = word
        while rest.count > limit {
          close()
          parts.append(String(rest.prefix(limit)))
          rest = rest.dropFirst(limit)
        }
        if !rest.isEmpty { add(rest) }
      }
      close()
    }
    close()
    return parts
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
