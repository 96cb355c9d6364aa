import Wire

/// What a template may name: `request.prompt`, `steps.script.text`, `steps.picture.urls[i]`, `intent`, `item`, `index`.
public struct ReferencePath: Hashable, Sendable, CustomStringConvertible {
  public enum Root: Hashable, Sendable {
    /// The request's input.
    case request
    /// The result of an earlier step.
    case step(String)
    /// What the caller wants, in words.
    case intent
    /// The element of the list that a step is done for.
    case item
    /// Its place, from 1.
    case index
  }

  public enum Segment: Hashable, Sendable {
    case name(String)
    /// From 0.
    case place(Int)
    /// `[i]`: the place of the element that the step is done for.
    case current
  }

  public var root: Root
  public var segments: [Segment]

  /// Reads a path; nil when it is none.
  init?(_ text: Substring) {
    var rest = text
    guard let first = ReferencePath.word(&rest) else { return nil }
    switch first {
    case "request": root = .request
    case "intent": root = .intent
    case "item": root = .item
    case "index": root = .index
    case "steps":
      guard rest.popFirst() == ".", let name = ReferencePath.word(&rest) else { return nil }
      root = .step(name)
    default: return nil
    }
    segments = []
    while let sign = rest.popFirst() {
      switch sign {
      case ".":
        guard let name = ReferencePath.word(&rest) else { return nil }
        segments.append(.name(name))
      case "[":
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inside = rest[..<end]
        rest = rest[rest.index(after: end)...]
        if inside == "i" {
          segments.append(.current)
        } else if let place = Int(inside), place >= 0 {
          segments.append(.place(place))
        } else {
          return nil
        }
      default: return nil
      }
    }
    if root == .intent || root == .index, !segments.isEmpty { return nil }
  }

  /// Letters, digits, `_` and `-`.
  private static func word(_ rest: inout Substring) -> String? {
    let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    guard !word.isEmpty else { return nil }
    rest = rest[word.endIndex...]
    return String(word)
  }

  /// Whether it is about the element that a step is done for.
  var needsElement: Bool { root == .item || root == .index || segments.contains(.current) }

  public var description: String {
    let start =
      switch root {
      case .request: "request"
      case .step(let name): "steps.\(name)"
      case .intent: "intent"
      case .item: "item"
      case .index: "index"
      }
    return segments.reduce(start) { text, segment in
      switch segment {
      case .name(let name): "\(text).\(name)"
      case .place(let place): "\(text)[\(place)]"
      case .current: "\(text)[i]"
      }
    }
  }
}

/// What stands between braces: paths of which the first that has a value counts, `{request.image_url|steps.picture.url}`.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
  public var paths: [ReferencePath]
  /// `{request.seed?}`: where there is no value, what it stands for is left out.
  public var isOptional: Bool

  /// - Parameter text: what stands between the braces.
  init?(_ text: Substring) {
    isOptional = text.last == "?"
    let parts = (isOptional ? text.dropLast() : text).split(separator: "|", omittingEmptySubsequences: false)
    paths = parts.compactMap { ReferencePath($0) }
    guard paths.count == parts.count, !paths.isEmpty else { return nil }
  }

  /// Whether it says what to do where its first path has no value.
  var isCovered: Bool { isOptional || paths.count > 1 }

  public var description: String {
    "{\(paths.map(\.description).joined(separator: "|"))\(isOptional ? "?" : "")}"
  }
}
