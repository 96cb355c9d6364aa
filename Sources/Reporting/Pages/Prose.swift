/// A paragraph's worth of text with a little markup: `` `code` ``, `*emphasis*`, `**strong**`, `[words](address)`.
///
/// In a literal the markup counts, and what is interpolated does not: `"The policy *\(name)* held"` is safe whatever the
/// name. A backslash takes the meaning from the character after it. Marks without a partner stand for themselves, and
/// links lead only to web and mail addresses and to places in the report.
public struct Prose: Hashable, Sendable, ExpressibleByStringInterpolation {
  enum Run: Hashable, Sendable {
    case plain(String)
    case code(String)
    case emphasis(String)
    case strong(String)
    case link(String, address: String)
  }

  let runs: [Run]

  /// Text with markup.
  public init(markup: String) { runs = ProseParser(markup).runs() }

  /// Text as it is.
  public init(verbatim text: String) { runs = text.isEmpty ? [] : [.plain(text)] }

  public init(stringLiteral value: String) { self.init(markup: value) }

  public init(stringInterpolation: StringInterpolation) { self.init(markup: stringInterpolation.markup) }

  public struct StringInterpolation: StringInterpolationProtocol {
    var markup: String

    public init(literalCapacity: Int, interpolationCount: Int) {
      markup = ""
      markup.reserveCapacity(literalCapacity + 8 * interpolationCount)
    }

    public mutating func appendLiteral(_ literal: String) { markup += literal }

    public mutating func appendInterpolation(_ text: String) {
      for scalar in text.unicodeScalars {
        if ProseParser.marks.contains(scalar) { markup += "\\" }
        markup.unicodeScalars.append(scalar)
      }
    }

    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      appendInterpolation(ValueUnit.count.text(Double(number), decimals: 0))
    }

    /// A value in its unit, as ``ValueUnit/text(_:digits:)``.
    public mutating func appendInterpolation(_ value: Double, _ unit: ValueUnit = .plain, digits: Int = 3) {
      appendInterpolation(unit.text(value, digits: digits))
    }
  }

  public var isEmpty: Bool { runs.isEmpty }

  /// The words alone.
  public var text: String {
    runs.map { run in
      switch run {
      case .plain(let text), .code(let text), .emphasis(let text), .strong(let text), .link(let text, _): text
      }
    }.joined()
  }

  var html: String {
    runs.map { run in
      switch run {
      case .plain(let text): Escaping.escaped(text)
      case .code(let text): "<code>\(Escaping.escaped(text))</code>"
      case .emphasis(let text): "<em>\(Escaping.escaped(text))</em>"
      case .strong(let text): "<strong>\(Escaping.escaped(text))</strong>"
      case .link(let text, let address):
        "<a href=\"\(Escaping.escaped(address))\" rel=\"noreferrer\">\(Escaping.escaped(text))</a>"
      }
    }.joined()
  }

  var markdown: String {
    runs.map { run in
      switch run {
      case .plain(let text): Markdown.escaped(text)
      case .code(let text): Markdown.code(text)
      case .emphasis(let text): "*\(Markdown.escaped(text))*"
      case .strong(let text): "**\(Markdown.escaped(text))**"
      case .link(let text, let address): "[\(Markdown.escaped(text))](<\(Markdown.address(address))>)"
      }
    }.joined()
  }
}

/// Reads the markup of ``Prose``; every text is well-formed.
struct ProseParser {
  static let marks: Set<Unicode.Scalar> = ["\\", "`", "*", "[", "]", "(", ")"]

  private let scalars: [Unicode.Scalar]

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  func runs() -> [Prose.Run] {
    var runs: [Prose.Run] = []
    var plain = ""
    var index = 0
    func found(_ run: Prose.Run, before next: Int) {
      if !plain.isEmpty { runs.append(.plain(plain)) }
      plain = ""
      runs.append(run)
      index = next
    }
    while index < scalars.count {
      switch scalars[index] {
      case "`":
        if let (text, next) = span(from: index + 1, to: ["`"]) {
          found(.code(text), before: next)
          continue
        }
      case "*":
        if scalars.dropFirst(index + 1).first == "*" {
          if let (text, next) = span(from: index + 2, to: ["*", "*"]) {
            found(.strong(text), before: next)
            continue
          }
        } else if let (text, next) = span(from: index + 1, to: ["*"]) {
          found(.emphasis(text), before: next)
          continue
        }
      case "[":
        if let (text, next) = span(from: index + 1, to: ["]", "("]),
          let (address, end) = span(from: next, to: [")"]), Self.mayLead(to: address)
        {
          found(.link(text, address: address), before: end)
          continue
        }
      case "\\":
        if let next = scalars.dropFirst(index + 1).first, Self.marks.contains(next) { index += 1 }
      default: break
      }
      plain.unicodeScalars.append(scalars[index])
      index += 1
    }
    if !plain.isEmpty { runs.append(.plain(plain)) }
    return runs
  }

  /// The text up to the closing marks, unescaped, and where to go on; nil without any or with nothing between.
  private func span(from start: Int, to closing: [Unicode.Scalar]) -> (String, Int)? {
    var text = ""
    var index = start
    while index < scalars.count {
      if scalars[index...].starts(with: closing) {
        return text.isEmpty ? nil : (text, index + closing.count)
      }
      if scalars[index] == "\\", index + 1 < scalars.count, Self.marks.contains(scalars[index + 1]) {
        index += 1
      }
      text.unicodeScalars.append(scalars[index])
      index += 1
    }
    return nil
  }

  /// Web and mail addresses, and what is relative: nothing that a browser would run.
  private static func mayLead(to address: String) -> Bool {
    guard !address.unicodeScalars.contains(where: { $0.value <= 0x20 }) else { return false }
    for scheme in ["https://", "http://", "mailto:", "#"] where address.hasPrefix(scheme) { return true }
    return !address.contains(":") && !address.hasPrefix("//")
  }
}
