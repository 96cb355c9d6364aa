/// Which style stands for which name, in rows above a plot.
struct Legend: Sendable {
  enum Swatch: Sendable {
    case line, area, mark
    /// A dashed rule in grey.
    case rule
    /// The two kinds of interval.
    case bar, whisker
  }
  struct Entry: Sendable {
    var name: String
    var style: SeriesStyle
    var swatch: Swatch
  }

  private let entries: [Entry]
  private let labels: [String]
  /// Where each begins: from the legend's left and top.
  private let corners: [Spot]
  let height: Double

  private static let lineHeight = 19.0
  private static let indent = 33.0
  private static let line = 27.0

  /// Flows the entries into rows; into columns of one width where there are more than two rows.
  init(_ entries: [Entry], width: Double) {
    self.entries = entries
    let limit = (entries.count <= 4 ? width : max(150, width * 0.45)) - Self.indent
    labels = entries.map { TextMeasure.shortened($0.name, to: limit) }
    let widths = labels.map { Self.indent + TextMeasure.width($0) + 14 }
    var corners: [Spot] = []
    var cursor = Spot(x: 0, y: 0)
    for each in widths {
      if cursor.x > 0, cursor.x + each - 14 > width { cursor = Spot(x: 0, y: cursor.y + Self.lineHeight) }
      corners.append(cursor)
      cursor.x += each
    }
    if cursor.y > 2 * Self.lineHeight, let widest = widths.max() {
      let columns = max(1, Int((width + 14) / widest))
      let rows = (entries.count + columns - 1) / columns
      corners = entries.indices.map {
        Spot(x: Double($0 / rows) * widest, y: Double($0 % rows) * Self.lineHeight)
      }
      cursor.y = Double(rows - 1) * Self.lineHeight
    }
    self.corners = corners
    height = entries.isEmpty ? 0 : cursor.y + Self.lineHeight + 6
  }

  func draw(on drawing: inout Drawing, at origin: Spot) {
    for (index, entry) in entries.enumerated() {
      let left = origin.x + corners[index].x
      let middle = origin.y + corners[index].y + 8
      drawing.group(entry.style.kind) { drawing in
        switch entry.swatch {
        case .line:
          drawing.path(Outline([Spot(x: left, y: middle), Spot(x: left + Self.line, y: middle)]), "line")
          drawing.marker(
            entry.style.marker, at: Spot(x: left + Self.line / 2, y: middle), radius: 3.5, "mark")
        case .area: drawing.rectangle(Spot(x: left + 6, y: middle - 6), width: 20, height: 12, "layer")
        case .mark:
          drawing.marker(
            entry.style.marker, at: Spot(x: left + Self.line / 2, y: middle), radius: 4.5, "mark")
        case .rule: drawing.line(Spot(x: left, y: middle), Spot(x: left + Self.line, y: middle), "rule")
        case .bar: drawing.line(Spot(x: left, y: middle), Spot(x: left + Self.line, y: middle), "bar")
        case .whisker:
          drawing.line(Spot(x: left, y: middle), Spot(x: left + Self.line, y: middle), "whisker")
          for end in [left, left + Self.line] {
            drawing.line(Spot(x: end, y: middle - 4), Spot(x: end, y: middle + 4), "whisker")
          }
        }
        drawing.text(labels[index], at: Spot(x: left + Self.indent, y: middle + 4), "name", whole: entry.name)
      }
    }
  }
}
