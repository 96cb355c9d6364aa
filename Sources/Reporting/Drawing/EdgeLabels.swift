/// Names at the right edge of a plot, each beside the end of what it names.
struct EdgeLabels: Sendable {
  struct Entry: Sendable {
    var name: String
    var style: SeriesStyle
    /// Where what it names ends.
    var end: Spot
  }

  private static let indent = 13.0

  /// The room that the names take to the right of the plot, or nil where they are too many or too long for the width
  /// and a legend is better.
  static func margin(for names: [String], width: Double, most: Int = 6) -> Double? {
    guard (1...most).contains(names.count) else { return nil }
    let room = width * (width < ChartLayout.narrowBelow ? 0.26 : 0.24)
    let widest = names.map { TextMeasure.width($0) }.max() ?? 0
    return widest <= room ? widest + indent + 2 : nil
  }

  /// Writes the names, and thin lines to those that had to make way.
  static func draw(_ entries: [Entry], on drawing: inout Drawing, frame: PlotFrame) {
    let places = LabelSpread.spread(
      entries.map(\.end.y), gap: 14.5, in: (frame.top + 2)...max(frame.top + 2, frame.bottom - 4))
    for (entry, place) in zip(entries, places) {
      let start = Spot(x: frame.right + indent, y: place)
      drawing.group(entry.style.kind) { drawing in
        if (place - entry.end.y).magnitude > 6 || frame.right - entry.end.x > 6 {
          drawing.line(
            Spot(x: entry.end.x + 3, y: entry.end.y), Spot(x: start.x - 2, y: place), "leader")
        }
        drawing.text(entry.name, at: Spot(x: start.x, y: place + 4), "name")
      }
    }
  }
}
