public import Wire

/// What somebody wants composed: clips one after the other, pictures and texts over them, sound under them.
///
/// Nothing in it reaches ffmpeg as it was written: names of files are ours, numbers are read and written again, and what
/// a filter does is chosen from ``Filter``.
public struct CompositionOrder: Hashable, Sendable {
  /// In the order in which they are shown; at least one.
  public var clips: [Clip]
  /// The first lies lowest.
  public var overlays: [Overlay]
  public var audio: AudioTrack?
  /// Over the whole, clips and overlays together.
  public var filters: [Filter]
  public var frame: FrameRequest
  public var format: OutputFormat
  /// The film ends here at the latest, in seconds; nil where its clips end.
  public var duration: Double?

  public init(
    clips: [Clip], overlays: [Overlay] = [], audio: AudioTrack? = nil, filters: [Filter] = [],
    frame: FrameRequest = FrameRequest(), format: OutputFormat = .mp4, duration: Double? = nil
  ) {
    self.clips = clips
    self.overlays = overlays
    self.audio = audio
    self.filters = filters
    self.frame = frame
    self.format = format
    self.duration = duration
  }

  /// Reads and checks a request as far as its text tells.
  ///
  /// - Throws: every field that is unknown, missing, of the wrong kind or beyond a limit.
  public init(_ json: JSONValue, limits: CompositionLimits) throws(FieldErrors) {
    var reader = try FieldReader(json)
    if !reader.has("clips") { reader.fail("clips", "is required: a list of URLs, or of objects with a url") }
    clips = reader.each("clips", 1...limits.inputs) { value throws(FieldErrors) in try Clip(value) }
    overlays = reader.each("overlays", 0...limits.inputs) { value throws(FieldErrors) in
      try Overlay(value, limits: limits)
    }
    audio = reader.part("audio") { value throws(FieldErrors) in try AudioTrack(value) }
    filters = Filter.read(&reader, among: FilterName.allCases.filter { $0.fitsTheWhole })
    frame = FrameRequest(&reader, limits: limits)
    format = reader.optionalChoice("format", OutputFormat.self) ?? .mp4
    duration = reader.optionalDouble("duration_s", in: 0.1...limits.duration)
    let count = clips.count + overlays.count { $0.source != nil } + (audio == nil ? 0 : 1)
    if count > limits.inputs {
      reader.fail(
        "clips", "with overlays and audio make \(count) files, and at most \(limits.inputs) are taken")
    }
    if format == .gif, audio != nil {
      reader.fail("audio", "has no place in a gif; leave it out or take mp4")
    }
    try reader.finish()
  }

  /// Everything that must be fetched, in the order of ffmpeg's inputs: clips, pictures over them, sound.
  public var sources: [NamedSource] {
    var sources = clips.enumerated().map {
      NamedSource(pointer: "/clips/\($0.offset)", source: $0.element.source)
    }
    for (place, overlay) in overlays.enumerated() {
      if let source = overlay.source {
        sources.append(NamedSource(pointer: "/overlays/\(place)", source: source))
      }
    }
    if let audio { sources.append(NamedSource(pointer: "/audio", source: audio.source)) }
    return sources
  }
}

/// A file that goes in, and the place in the request that names it.
public struct NamedSource: Hashable, Sendable {
  public var pointer: String
  public var source: InputSource

  public init(pointer: String, source: InputSource) {
    self.pointer = pointer
    self.source = source
  }
}

extension FieldReader {
  /// The elements of an optional list, each read by `read`; those that are wrong are missing.
  mutating func each<Element>(
    _ name: String, _ count: ClosedRange<Int>, _ read: (JSONValue) throws(FieldErrors) -> Element
  ) -> [Element] {
    var elements: [Element] = []
    for (place, value) in (optionalArray(name, count: count) ?? []).enumerated() {
      do throws(FieldErrors) {
        elements.append(try read(value))
      } catch {
        absorb(error, under: JSONPointer.step(name) + JSONPointer.step(place))
      }
    }
    return elements
  }

  /// An optional part that `read` understands; nil when it is missing or wrong.
  mutating func part<Part>(_ name: String, _ read: (JSONValue) throws(FieldErrors) -> Part) -> Part? {
    guard let value = json(name), !value.isNull else { return nil }
    do throws(FieldErrors) {
      return try read(value)
    } catch {
      absorb(error, under: JSONPointer.step(name))
      return nil
    }
  }

  /// A required address of a file.
  mutating func source(_ name: String = "url") -> InputSource? {
    parsed(name, as: InputSource.wanted) { InputSource($0) }
  }
}

extension JSONValue {
  /// A plain string as the object with that URL: `"https://…"` for `{"url": "https://…"}`.
  var withURL: JSONValue { stringValue == nil ? self : ["url": self] }
}
