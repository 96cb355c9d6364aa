import Wire

/// What the film's frame shall be, as far as the request says.
public struct FrameRequest: Hashable, Sendable {
  public enum Fit: String, CaseIterable, Hashable, Sendable {
    /// The whole clip is seen, with the background beside it.
    case contain
    /// The whole frame is filled, and what does not fit is cut.
    case cover
    case stretch
  }

  /// In pixels; nil follows from the other and the first clip's shape, or is the first clip's own.
  public var width: Int?
  public var height: Int?
  public var framesPerSecond: Double
  public var fit: Fit
  public var background: Colour

  public init(
    width: Int? = nil, height: Int? = nil, framesPerSecond: Double = 30, fit: Fit = .contain,
    background: Colour = Colour("#000000")!
  ) {
    self.width = width
    self.height = height
    self.framesPerSecond = framesPerSecond
    self.fit = fit
    self.background = background
  }

  init(_ reader: inout FieldReader, limits: CompositionLimits) {
    width = reader.optionalInteger("width", in: 16...8_192).map { Int($0) }
    height = reader.optionalInteger("height", in: 16...8_192).map { Int($0) }
    framesPerSecond = reader.optionalDouble("fps", in: 1...limits.framesPerSecond) ?? 30
    fit = reader.optionalChoice("fit", Fit.self) ?? .contain
    background = reader.colour("background") ?? Colour("#000000")!
    if let width, let height, width * height > limits.pixels {
      reader.fail("width", "and height make \(width * height) pixels, and at most \(limits.pixels) are made")
    }
    // Video formats halve the colour's resolution, so a frame has even sides.
    for (name, side) in [("width", width), ("height", height)] {
      if let side, side % 2 != 0 { reader.fail(name, "must be even, got \(side)") }
    }
  }
}

/// A colour with its opacity, `#rrggbb` or `#rrggbbaa`.
public struct Colour: Hashable, Sendable {
  /// Six hexadecimal digits in lower case.
  let digits: String
  /// 0 is invisible, 1 hides what is behind.
  let opacity: Double

  public init?(_ text: String) {
    let bytes = text.lowercased().utf8.dropFirst()
    let isHexadecimal = bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    guard text.hasPrefix("#"), isHexadecimal, bytes.count == 6 || bytes.count == 8 else { return nil }
    let all = String(text.lowercased().dropFirst())
    digits = String(all.prefix(6))
    opacity = all.count == 8 ? Double(Int(all.suffix(2), radix: 16) ?? 255) / 255 : 1
  }

  /// As ffmpeg writes it.
  var ffmpeg: String { "0x\(digits)@\(decimal(opacity))" }
}

extension FieldReader {
  mutating func colour(_ name: String) -> Colour? {
    optionalParsed(name, as: "a colour such as #ff8800 or, half transparent, #ff880080") { Colour($0) }
  }
}
