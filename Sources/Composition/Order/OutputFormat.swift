/// The kind of file that comes out.
public enum OutputFormat: String, CaseIterable, Hashable, Sendable {
  case mp4, mov, mkv, webm, gif

  public var contentType: String {
    switch self {
    case .mp4: "video/mp4"
    case .mov: "video/quicktime"
    case .mkv: "video/x-matroska"
    case .webm: "video/webm"
    case .gif: "image/gif"
    }
  }

  /// Of the file in the composition's folder.
  public var fileName: String { "output.\(rawValue)" }

  var hasSound: Bool { self != .gif }

  /// ffmpeg's options for picture and container.
  var picture: [String] {
    switch self {
    case .mp4, .mov, .mkv:
      let faststart = self == .mkv ? [] : ["-movflags", "+faststart"]
      return ["-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p"] + faststart
    case .webm:
      return [
        "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-crf", "33", "-b:v",
        "0", "-pix_fmt", "yuv420p",
      ]
    case .gif: return ["-c:v", "gif"]
    }
  }

  var sound: [String] {
    self == .webm ? ["-c:a", "libopus", "-b:a", "128k"] : ["-c:a", "aac", "-b:a", "160k"]
  }

  /// How ffmpeg calls the container.
  var muxer: String { self == .mkv ? "matroska" : rawValue }
}

/// A number for ffmpeg: no exponent, at most six digits behind the point.
func decimal(_ value: Double) -> String {
  let millionths = Int64((value * 1e6).rounded())
  var fraction = String(millionths.magnitude % 1_000_000)
  fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
  while fraction.hasSuffix("0") { fraction.removeLast() }
  let whole = (millionths < 0 ? "-" : "") + String(millionths.magnitude / 1_000_000)
  return fraction.isEmpty ? whole : whole + "." + fraction
}
