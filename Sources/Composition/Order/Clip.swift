import Wire

/// A film, or a picture that stands for a while.
public struct Clip: Hashable, Sendable {
  public var source: InputSource
  /// Where in the file it begins, in seconds.
  public var start: Double
  /// How long it is shown before ``Filter/speed(_:)``, in seconds; nil to the file's end, and of a picture its share of
  /// the sound, or ``pictureDuration``.
  public var duration: Double?
  public var filters: [Filter]

  /// 2 is twice as fast.
  var speed: Double {
    filters.lazy.compactMap { if case .speed(let factor) = $0 { factor } else { nil } }.first ?? 1
  }

  /// How long a picture stands that says nothing, in a film without sound of its own, in seconds.
  public static let pictureDuration = 5.0

  public init(_ source: InputSource, start: Double = 0, duration: Double? = nil, filters: [Filter] = []) {
    self.source = source
    self.start = start
    self.duration = duration
    self.filters = filters
  }

  /// Reads an object, or a string that is its URL.
  init(_ json: JSONValue) throws(FieldErrors) {
    var reader = try FieldReader(json.withURL)
    source = reader.source() ?? .nothing
    start = reader.optionalDouble("start_s", in: 0...86_400) ?? 0
    duration = reader.optionalDouble("duration_s", in: 0.1...86_400)
    let end = reader.optionalDouble("end_s", in: 0...86_400)
    filters = Filter.read(&reader, among: FilterName.allCases)
    if let end {
      if duration != nil {
        reader.fail("end_s", "says the same as duration_s: give one of them")
      } else if end - start < 0.1 {
        reader.fail("end_s", "must be at least 0.1 s after start_s (\(start)), got \(end)")
      }
      duration = end - start
    }
    try reader.finish()
  }
}

/// Sound for the whole film.
public struct AudioTrack: Hashable, Sendable {
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// Instead of the clips' own sound.
    case replace
    /// Together with it.
    case mix
  }

  public var source: InputSource
  /// Where in the file it begins, in seconds.
  public var start: Double
  public var mode: Mode
  /// Whether it begins anew until the film is over; else silence follows.
  public var loops: Bool
  /// Only those of sound.
  public var filters: [Filter]

  public init(
    _ source: InputSource, start: Double = 0, mode: Mode = .replace, loops: Bool = false,
    filters: [Filter] = []
  ) {
    self.source = source
    self.start = start
    self.mode = mode
    self.loops = loops
    self.filters = filters
  }

  /// Reads an object, or a string that is its URL.
  init(_ json: JSONValue) throws(FieldErrors) {
    var reader = try FieldReader(json.withURL)
    source = reader.source() ?? .nothing
    start = reader.optionalDouble("start_s", in: 0...86_400) ?? 0
    mode = reader.optionalChoice("mode", Mode.self) ?? .replace
    loops = reader.optionalBool("loop") ?? false
    filters = Filter.read(&reader, among: FilterName.allCases.filter { $0.fitsSound })
    if loops, start > 0 { reader.fail("start_s", "cannot be given together with loop") }
    try reader.finish()
  }
}
