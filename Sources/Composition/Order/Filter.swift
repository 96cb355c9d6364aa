import Wire

/// What may be done to a clip, to the sound, or to the whole film. There is no other way to a filter of ffmpeg.
public enum Filter: Hashable, Sendable {
  /// From black and silence, in seconds.
  case fadeIn(Double)
  case fadeOut(Double)
  /// 2 is twice as fast.
  case speed(Double)
  /// 1 is as it was.
  case volume(Double)
  case mute
  /// −1…1, 0 is as it was.
  case brightness(Double)
  /// 1 is as it was.
  case contrast(Double)
  case saturation(Double)
  case greyscale
  /// The deviation of a Gaussian, in pixels.
  case blur(Double)
  /// Clockwise: 90, 180 or 270 degrees.
  case rotate(Int)
  case flip(FlipAxis)
  /// In pixels of the clip.
  case crop(x: Int, y: Int, width: Int, height: Int)

  /// The list under `filters`, empty when there is none.
  ///
  /// - Parameter names: those that make sense at this place.
  static func read(_ reader: inout FieldReader, among names: [FilterName]) -> [Filter] {
    reader.each("filters", 0...16) { json throws(FieldErrors) in try Filter(json, among: names) }
  }

  private init(_ json: JSONValue, among names: [FilterName]) throws(FieldErrors) {
    var reader = try FieldReader(json)
    let name = reader.choice("name", FilterName.self)
    if let name, !names.contains(name) {
      let others = names.map(\.rawValue).joined(separator: ", ")
      reader.fail("name", "'\(name.rawValue)' has no place here; allowed: \(others)")
    }
    switch name {
    case .fadeIn: self = .fadeIn(reader.double("seconds", in: 0.05...60))
    case .fadeOut: self = .fadeOut(reader.double("seconds", in: 0.05...60))
    case .speed: self = .speed(reader.double("factor", in: 0.25...4))
    case .volume: self = .volume(reader.double("factor", in: 0...10))
    case .mute, nil: self = .mute
    case .brightness: self = .brightness(reader.double("value", in: -1...1))
    case .contrast: self = .contrast(reader.double("factor", in: 0...4))
    case .saturation: self = .saturation(reader.double("factor", in: 0...3))
    case .greyscale: self = .greyscale
    case .blur: self = .blur(reader.double("radius", in: 0.1...100))
    case .rotate:
      let degrees = reader.integer("degrees", in: 90...270)
      if degrees % 90 != 0 { reader.fail("degrees", "must be 90, 180 or 270, got \(degrees)") }
      self = .rotate(Int(degrees))
    case .flip: self = .flip(reader.choice("axis", FlipAxis.self) ?? .horizontal)
    case .crop:
      self = .crop(
        x: Int(reader.optionalInteger("x", in: 0...16_384) ?? 0),
        y: Int(reader.optionalInteger("y", in: 0...16_384) ?? 0),
        width: Int(reader.integer("width", in: 16...16_384)),
        height: Int(reader.integer("height", in: 16...16_384)))
    }
    // A name that is wrong says nothing about which other fields there may be.
    if name == nil { for field in reader.names { _ = reader.json(field) } }
    try reader.finish()
  }
}

/// As requests call them.
public enum FilterName: String, CaseIterable, Hashable, Sendable {
  case fadeIn = "fade_in"
  case fadeOut = "fade_out"
  case speed, volume, mute, brightness, contrast, saturation, greyscale, blur, rotate, flip, crop

  /// Whether it can be done to a film whose frame and length stand already.
  var fitsTheWhole: Bool { self != .speed && self != .rotate && self != .crop && self != .mute }

  var fitsSound: Bool { self == .fadeIn || self == .fadeOut || self == .volume }
}

public enum FlipAxis: String, CaseIterable, Hashable, Sendable { case horizontal, vertical }
