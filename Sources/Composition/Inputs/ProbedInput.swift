public import Wire

/// What ffprobe says of a file that goes in.
public struct ProbedInput: Hashable, Sendable {
  /// One of ``formats``, as ffmpeg's `-f` takes it.
  public var format: String
  /// Of the picture as it is shown, in pixels; nil for sound alone.
  public var size: FrameSize?
  public var hasSound: Bool
  /// In seconds; nil for a picture, and for a film that does not say.
  public var duration: Double?

  public var isPicture: Bool { format.hasSuffix("_pipe") }

  public init(format: String, size: FrameSize?, hasSound: Bool, duration: Double?) {
    self.format = format
    self.size = size
    self.hasSound = hasSound
    self.duration = duration
  }

  /// The kinds of files that are read: those that hold what they show. Playlists and descriptions (HLS, concat, DASH, SVG)
  /// name other files, and would let whoever wrote one read this machine's.
  public static let formats = [
    "mov", "matroska", "avi", "mpegts", "mpeg", "flv", "gif", "png_pipe", "jpeg_pipe", "webp_pipe",
    "bmp_pipe",
    "wav", "mp3", "flac", "ogg", "aac",
  ]

  /// ffmpeg's and ffprobe's options before every input: the kinds of files, this machine's files only, and no picture that
  /// is larger in memory than the limits allow.
  static func guardOptions(_ limits: CompositionLimits) -> [String] {
    [
      "-protocol_whitelist", "file", "-format_whitelist", formats.joined(separator: ","), "-max_pixels",
      "\(limits.inputPixels)",
    ]
  }

  /// ffprobe's arguments for a file.
  public static func arguments(file: String, limits: CompositionLimits) -> [String] {
    ["-v", "error"] + guardOptions(limits) + [
      "-show_entries",
      "stream=codec_type,width,height,duration:stream_disposition=attached_pic:stream_side_data=rotation:"
        + "format=format_name,duration",
      "-print_format", "json", "-i", file,
    ]
  }

  /// Reads what ffprobe wrote for those arguments.
  ///
  /// - Throws: why the file is of no use.
  public init(ffprobe json: JSONValue) throws(ProbeRefusal) {
    let names = json["format"]?["format_name"]?.stringValue?.split(separator: ",").map(String.init) ?? []
    guard let format = names.first(where: { Self.formats.contains($0) }) else { throw .format(names.first) }
    let streams = json["streams"]?.arrayValue ?? []
    let picture = streams.first {
      // The cover of an album is no film.
      $0["codec_type"] == "video" && $0["disposition"]?["attached_pic"]?.integerValue != 1
    }
    var size: FrameSize?
    if let picture, let width = picture["width"]?.integerValue, let height = picture["height"]?.integerValue,
      width > 0, height > 0
    {
      let turned = picture["side_data_list"]?.arrayValue?.lazy.compactMap { $0["rotation"]?.integerValue }
        .first
      let isTurned = (turned ?? 0) % 180 != 0
      size =
        isTurned
        ? FrameSize(width: Int(height), height: Int(width))
        : FrameSize(width: Int(width), height: Int(height))
    }
    let hasSound = streams.contains { $0["codec_type"] == "audio" }
    guard size != nil || hasSound else { throw .nothingInside }
    let texts = [json["format"]?["duration"]] + streams.map { $0["duration"] }
    let durations = texts.compactMap { $0?.stringValue.flatMap { Double($0) } }
    self.init(
      format: format, size: size, hasSound: hasSound,
      duration: format.hasSuffix("_pipe") ? nil : durations.first { $0 > 0 && $0 < 1e7 })
  }
}

/// Why a file cannot go in.
public enum ProbeRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  case format(String?)
  case nothingInside

  public var description: String {
    switch self {
    case .format(let name):
      "is no file that can go in\(name.map { " (\($0))" } ?? ""); films, pictures (png, jpeg, webp, gif, bmp) and "
        + "sound (wav, mp3, flac, ogg, aac, m4a) can"
    case .nothingInside: "has neither picture nor sound"
    }
  }
}

/// Width and height in pixels.
public struct FrameSize: Hashable, Sendable {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}
