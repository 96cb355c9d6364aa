/// Several charts as one picture, side by side where there is room: exploration and what it costs.
public struct ChartGrid: Chart {
  public struct Cell: Sendable {
    /// Over the chart; tells its figures apart from the others'.
    public var title: String
    public var chart: any Chart

    public init(_ title: String, _ chart: any Chart) {
      self.title = title
      self.chart = chart
    }
  }

  let cells: [Cell]
  let columns: Int

  /// - Parameter columns: in the wide arrangement, 1 or 2; the narrow one has a single column.
  /// - Throws: ``ChartError/duplicate(_:)`` where two cells have one title.
  public init(columns: Int = 2, _ cells: [Cell]) throws(ChartError) {
    precondition((1...2).contains(columns), "a third column would be too narrow to read")
    try ChartError.checkDistinct(cells.map(\.title))
    self.cells = cells
    self.columns = columns
  }

  public var names: [String] { cells.flatMap(\.chart.names) }

  public var summary: String { cells.map { "\($0.title): \($0.chart.summary)" }.joined(separator: " ") }

  public var sheets: [Sheet] {
    cells.flatMap { cell in
      cell.chart.sheets.map { sheet in
        var named = sheet
        named.name = sheet.name.isEmpty ? cell.title : "\(cell.title), \(sheet.name)"
        return named
      }
    }
  }

  public func draw(width: Double, palette: Palette) -> Drawing {
    let columns = width < ChartLayout.narrowBelow ? 1 : self.columns
    let gap = 28.0
    let each = (width - gap * Double(columns - 1)) / Double(columns)
    var drawing = Drawing(width: width, height: 0)
    var top = 0.0
    for start in stride(from: 0, to: cells.count, by: columns) {
      let row = cells[start..<min(start + columns, cells.count)]
      var tallest = 0.0
      for (column, cell) in row.enumerated() {
        let left = Double(column) * (each + gap)
        drawing.text(
          TextMeasure.shortened(cell.title, to: each), at: Spot(x: left, y: top + 13), "strong",
          whole: cell.title)
        let picture = cell.chart.draw(width: each, palette: palette)
        drawing.place(picture, at: Spot(x: left, y: top + 24))
        tallest = max(tallest, picture.height)
      }
      top += 24 + tallest + 18
    }
    drawing.height = max(top - 18, 1)
    return drawing
  }
}
