/// Something that happened at a place of the x axis: a price change, an outage.
public struct ChartEvent: Hashable, Sendable {
  public var label: String
  public var at: Double
  /// The end of something that lasted.
  public var until: Double?

  public init(_ label: String, at: Double, until: Double? = nil) {
    self.label = label
    self.at = at
    self.until = until
  }

  func check() throws(ChartError) {
    guard at.isFinite else { throw .notFinite("the event “\(label)”", at) }
    if let until {
      guard until.isFinite else { throw .notFinite("the end of the event “\(label)”", until) }
      guard at <= until else { throw .reversed("the event “\(label)”") }
    }
  }
}

/// Events with their labels in as many rows above the plot as keep them apart.
struct EventMarks: Sendable {
  private let events: [ChartEvent]
  private let rows: [Int]
  private let labels: [String]
  static let rowHeight = 15.0
  let headroom: Double

  /// - Parameter place: from a value to its pixel, roughly: the final margins are not known yet.
  init(_ events: [ChartEvent], width: Double, place: (Double) -> Double) {
    self.events = events.sorted { ($0.at, $0.label) < ($1.at, $1.label) }
    labels = self.events.map { TextMeasure.shortened($0.label, to: width * 0.5) }
    var ends: [Double] = []
    rows = zip(self.events, labels).map { event, label in
      let span = EventMarks.span(label, at: place(event.at), width: width)
      let row = ends.firstIndex { $0 + 8 < span.lowerBound } ?? ends.count
      if row == ends.count { ends.append(span.upperBound) } else { ends[row] = span.upperBound }
      return row
    }
    headroom = Double(ends.count) * Self.rowHeight
  }

  /// To the right of the event, or to its left where it would leave the drawing.
  private static func span(_ label: String, at x: Double, width: Double) -> ClosedRange<Double> {
    let length = TextMeasure.width(label) + 4
    return x + length <= width ? x...(x + length) : (x - length)...x
  }

  func draw(on drawing: inout Drawing, frame: PlotFrame) {
    for (index, event) in events.enumerated() where frame.x.domain.contains(event.at) {
      let x = frame.x(event.at)
      if let until = event.until {
        drawing.rectangle(
          Spot(x: x, y: frame.top), width: frame.x.clamped(until) - x, height: frame.bottom - frame.top,
          "shade")
      }
      let line = baseline(of: index, above: frame.top - 4)
      drawing.line(Spot(x: x, y: line - 9), Spot(x: x, y: frame.bottom), "event")
    }
    drawLabels(on: &drawing, above: frame.top - 4) { frame.x.domain.contains($0) ? frame.x($0) : nil }
  }

  /// The labels alone, the lowest row's baseline at `bottom`.
  ///
  /// - Parameter place: from a value to its pixel; nil where it is not on the axis.
  func drawLabels(on drawing: inout Drawing, above bottom: Double, place: (Double) -> Double?) {
    for (index, event) in events.enumerated() {
      guard let x = place(event.at) else { continue }
      let goesRight = x + TextMeasure.width(labels[index]) + 4 <= drawing.width
      drawing.text(
        labels[index], at: Spot(x: goesRight ? x + 4 : x - 4, y: baseline(of: index, above: bottom)),
        anchor: goesRight ? .start : .end, "muted", whole: event.label)
    }
  }

  private func baseline(of index: Int, above bottom: Double) -> Double {
    bottom - (headroom / Self.rowHeight - 1 - Double(rows[index])) * Self.rowHeight
  }
}
