import Wire

/// A picture or a text over the film, at a place, for a time.
public struct Overlay: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// A picture. A width or height that is nil follows from the other, or is the picture's own.
    case picture(InputSource, width: Int?, height: Int?, opacity: Double)
    case text(TextStyle)
  }

  public var content: Content
  public var place: Placement
  /// In seconds of the film.
  public var from: Double
  /// Nil to the film's end.
  public var until: Double?

  public init(_ content: Content, at place: Placement, from: Double = 0, until: Double? = nil) {
    self.content = content
    self.place = place
    self.from = from
    self.until = until
  }

  public var source: InputSource? {
    if case .picture(let source, _, _, _) = content { source } else { nil }
  }

  init(_ json: JSONValue, limits: CompositionLimits) throws(FieldErrors) {
    var reader = try FieldReader(json)
    let isText = reader.has("text")
    if isText == reader.has("url") { reader.fail("must have either 'url', a picture's, or 'text'") }
    if isText {
      content = .text(
        TextStyle(
          text: reader.string("text", length: 1...limits.textCharacters),
          size: Int(reader.optionalInteger("size", in: 4...1_000) ?? 48),
          font: reader.optionalChoice("font", TextStyle.Font.self) ?? .sans,
          colour: reader.colour("colour") ?? Colour("#ffffff")!,
          box: reader.colour("box")))
    } else {
      let source = reader.has("url") ? reader.source() : nil
      content = .picture(
        source ?? .nothing, width: reader.optionalInteger("width", in: 1...8_192).map { Int($0) },
        height: reader.optionalInteger("height", in: 1...8_192).map { Int($0) },
        opacity: reader.optionalDouble("opacity", in: 0...1) ?? 1)
    }
    place = Placement(&reader)
    from = reader.optionalDouble("from_s", in: 0...86_400) ?? 0
    until = reader.optionalDouble("until_s", in: 0...86_400)
    if let until, until <= from { reader.fail("until_s", "must be after from_s (\(from)), got \(until)") }
    try reader.finish()
  }
}

/// A text, and how it looks.
public struct TextStyle: Hashable, Sendable {
  public enum Font: String, CaseIterable, Hashable, Sendable {
    case sans, serif, mono

    /// How fontconfig calls the machine's font of that kind.
    var family: String {
      switch self {
      case .sans: "Sans"
      case .serif: "Serif"
      case .mono: "Monospace"
      }
    }
  }

  public var text: String
  /// In pixels.
  public var size: Int
  public var font: Font
  public var colour: Colour
  /// Behind the text; nil is nothing.
  public var box: Colour?

  public init(text: String, size: Int = 48, font: Font = .sans, colour: Colour, box: Colour? = nil) {
    self.text = text
    self.size = size
    self.font = font
    self.colour = colour
    self.box = box
  }
}

/// Where on the film something stands.
public enum Placement: Hashable, Sendable {
  public enum Anchor: String, CaseIterable, Hashable, Sendable {
    case topLeft = "top_left"
    case top
    case topRight = "top_right"
    case left, center, right
    case bottomLeft = "bottom_left"
    case bottom
    case bottomRight = "bottom_right"
  }

  /// The upper left corner in pixels from the film's; what stands partly outside is cut.
  case at(x: Int, y: Int)
  /// With so many pixels to the edge.
  case anchored(Anchor, margin: Int)

  init(_ reader: inout FieldReader) {
    let anchor = reader.optionalChoice("position", Anchor.self)
    let margin = reader.optionalInteger("margin", in: 0...4_096).map { Int($0) }
    let x = reader.optionalInteger("x", in: -8_192...8_192)
    let y = reader.optionalInteger("y", in: -8_192...8_192)
    if (x == nil) != (y == nil) { reader.fail(x == nil ? "x" : "y", "is required where the other is given") }
    if x != nil, anchor != nil { reader.fail("position", "says the same as x and y: give one of them") }
    if margin != nil, x != nil { reader.fail("margin", "belongs to position, not to x and y") }
    if let x, let y {
      self = .at(x: Int(x), y: Int(y))
    } else {
      self = .anchored(anchor ?? .center, margin: margin ?? 16)
    }
  }

  /// As ffmpeg's expressions.
  ///
  /// - Parameter names: of the film's width and height, and of the thing's.
  func expressions(_ names: (width: String, height: String, ownWidth: String, ownHeight: String))
    -> (x: String, y: String)
  {
    switch self {
    case .at(let x, let y): return ("\(x)", "\(y)")
    case .anchored(let anchor, let margin):
      let x =
        switch anchor {
        case .topLeft, .left, .bottomLeft: "\(margin)"
        case .top, .center, .bottom: "(\(names.width)-\(names.ownWidth))/2"
        case .topRight, .right, .bottomRight: "\(names.width)-\(names.ownWidth)-\(margin)"
        }
      let y =
        switch anchor {
        case .topLeft, .top, .topRight: "\(margin)"
        case .left, .center, .right: "(\(names.height)-\(names.ownHeight))/2"
        case .bottomLeft, .bottom, .bottomRight: "\(names.height)-\(names.ownHeight)-\(margin)"
        }
      return (x, y)
    }
  }
}
