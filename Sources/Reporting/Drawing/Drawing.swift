/// A piece of SVG with its size in pixels, without the element around it.
public struct Drawing: Sendable {
  public let width: Double
  public internal(set) var height: Double
  /// The elements, one a line.
  public private(set) var body = ""

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  enum Anchor: String {
    case start
    case middle
    case end
  }

  // MARK: Shapes

  mutating func line(_ from: Spot, _ to: Spot, _ kind: String) {
    append(
      "<line class=\"\(kind)\" x1=\"\(Numeral.coordinate(from.x))\" y1=\"\(Numeral.coordinate(from.y))\" "
        + "x2=\"\(Numeral.coordinate(to.x))\" y2=\"\(Numeral.coordinate(to.y))\"/>")
  }

  mutating func path(_ outline: Outline, _ kind: String) {
    guard !outline.data.isEmpty else { return }
    append("<path class=\"\(kind)\" d=\"\(outline.data)\"/>")
  }

  mutating func rectangle(_ corner: Spot, width: Double, height: Double, _ kind: String) {
    append(
      "<rect class=\"\(kind)\" x=\"\(Numeral.coordinate(corner.x))\" y=\"\(Numeral.coordinate(corner.y))\" "
        + "width=\"\(Numeral.coordinate(max(0, width)))\" height=\"\(Numeral.coordinate(max(0, height)))\"/>")
  }

  /// A mark of the style's shape. `hint` is shown by a pointer that rests on it.
  mutating func marker(_ shape: Marker, at spot: Spot, radius: Double, _ kind: String, hint: String? = nil) {
    let outline = shape.outline(at: spot, radius: radius)
    guard let hint else { return append("<path class=\"\(kind)\" d=\"\(outline.data)\"/>") }
    append(
      "<path class=\"\(kind)\" d=\"\(outline.data)\"><title>\(Escaping.escaped(hint))</title></path>")
  }

  // MARK: Words

  /// A line of text on its baseline. `whole` is what was shortened to it, shown by a pointer that rests on it.
  mutating func text(
    _ text: String, at spot: Spot, anchor: Anchor = .start, _ kind: String = "", whole: String? = nil
  ) {
    let anchoring = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    let kinds = kind.isEmpty ? "" : " class=\"\(kind)\""
    let hint = whole.flatMap { $0 == text ? nil : "<title>\(Escaping.escaped($0))</title>" } ?? ""
    append(
      "<text\(kinds) x=\"\(Numeral.coordinate(spot.x))\" y=\"\(Numeral.coordinate(spot.y))\"\(anchoring)>"
        + hint + Escaping.escaped(text) + "</text>")
  }

  // MARK: Groups

  /// What `content` draws, inside a group of these classes.
  mutating func group(_ kind: String, _ content: (inout Drawing) -> Void) {
    append("<g class=\"\(kind)\">")
    content(&self)
    append("</g>")
  }

  /// Another drawing with its corner here.
  mutating func place(_ drawing: Drawing, at corner: Spot) {
    append(
      "<g transform=\"translate(\(Numeral.coordinate(corner.x)) \(Numeral.coordinate(corner.y)))\">")
    body += drawing.body
    append("</g>")
  }

  private mutating func append(_ element: String) { body += element + "\n" }
}
