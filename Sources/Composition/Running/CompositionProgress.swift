/// Reads what ffmpeg writes under `-progress`: blocks of `key=value` lines, the newest last.
public enum CompositionProgress {
  /// - Parameters:
  ///   - text: the end of the file; its first line may be cut.
  ///   - duration: of the film, in seconds.
  /// - Returns: 0…1; nil before the first block.
  public static func fraction(_ text: String, of duration: Double) -> Double? {
    var fraction: Double?
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      if parts[0] == "progress", parts[1] == "end" { return 1 }
      // Before the first frame the time is N/A, or far below zero.
      if parts[0] == "out_time_us", let time = Double(parts[1]), duration > 0 {
        fraction = min(max(time / 1e6 / duration, 0), 1)
      }
    }
    return fraction
  }
}
