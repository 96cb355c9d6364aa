import Foundation

@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an XML parser finds in a picture or a page: whether it is well-formed, its elements, and where its words stand.
final class SVGReader: NSObject, XMLParserDelegate {
  struct Word {
    var text: String
    /// In pixels of the whole drawing, by the estimate that the charts themselves use.
    var box: Box
  }

  private(set) var isWellFormed = false
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var words: [Word] = []
  private(set) var viewBox: [Double] = []

  private var offsets: [Spot] = [Spot(x: 0, y: 0)]
  private var open: (attributes: [String: String], text: String)?
  private var isInHint = false

  init(_ markup: String) {
    super.init()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = self
    isWellFormed = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.append((name, attributes))
    if name == "svg", let box = attributes["viewBox"] {
      viewBox = box.split(separator: " ").compactMap { Double($0) }
    }
    var offset = offsets[offsets.count - 1]
    if let move = attributes["transform"], move.hasPrefix("translate(") {
      let numbers = move.dropFirst(10).dropLast().split(separator: " ").compactMap { Double($0) }
      offset = Spot(x: offset.x + numbers[0], y: offset.y + numbers[1])
    }
    offsets.append(offset)
    if name == "text" { open = (attributes, "") }
    if name == "title" { isInHint = true }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !isInHint { open?.text += string }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?)
  {
    let offset = offsets.removeLast()
    if name == "title" { isInHint = false }
    guard name == "text", let (attributes, text) = open else { return }
    open = nil
    let kinds = (attributes["class"] ?? "").split(separator: " ")
    let size =
      kinds.contains("title") ? 16.0 : kinds.contains("subtitle") ? 13 : kinds.contains("small") ? 11 : 12
    let width = TextMeasure.width(text, size: size)
    var left = (Double(attributes["x"] ?? "") ?? .nan) + offset.x
    let baseline = (Double(attributes["y"] ?? "") ?? .nan) + offset.y
    switch attributes["text-anchor"] {
    case "middle": left -= width / 2
    case "end": left -= width
    default: break
    }
    words.append(
      Word(
        text: text,
        box: Box(left: left, top: baseline - 0.75 * size, right: left + width, bottom: baseline + 0.15 * size)
      ))
  }

  /// Pairs of words of which one lies over the other.
  var collisions: [(String, String)] {
    words.indices.flatMap { one in
      words[..<one].filter { $0.box.overlap(words[one].box) > 1 }.map { ($0.text, words[one].text) }
    }
  }

  /// Words that leave the picture.
  var clipped: [String] {
    guard viewBox.count == 4 else { return ["no viewBox"] }
    let whole = Box(left: -0.5, top: 0, right: viewBox[2] + 0.5, bottom: viewBox[3])
    return words.filter { !whole.contains($0.box) }.map(\.text)
  }
}
