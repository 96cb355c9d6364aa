extension LineChart {
  public func draw(width: Double, palette: Palette) -> Drawing {
    let isNarrow = width < ChartLayout.narrowBelow
    let height = isNarrow ? 210.0 : 300
    let xDomain = x.domain(
      series.lazy.flatMap(\.points).map(\.x), atMost: PlotFrame.horizontalTicks(width), exact: true)
    let yDomain = y.domain(allLevels, atMost: PlotFrame.verticalTicks(height))
    let named = series.filter { !$0.points.isEmpty }.map(\.name) + references.map(\.name)
    let edge = EdgeLabels.margin(for: named, width: width)
    let legend = Legend(
      edge == nil
        ? series.map { Legend.Entry(name: $0.name, style: palette.style(of: $0.name), swatch: .line) }
          + references.map { Legend.Entry(name: $0.name, style: .neutral, swatch: .rule) } : [],
      width: width)
    let rough = Scale(kind: x.kind, domain: xDomain, start: 40, end: width - (edge ?? 14))
    let marks = EventMarks(events, width: width) { rough.clamped($0) }
    let frame = PlotFrame(
      width: width, top: legend.height, height: height, headroom: marks.headroom,
      rightMargin: edge ?? 14, x: x, in: xDomain, y: y, in: yDomain)

    var drawing = Drawing(width: width, height: frame.height)
    legend.draw(on: &drawing, at: Spot(x: 0, y: 0))
    frame.draw(on: &drawing)
    marks.draw(on: &drawing, frame: frame)
    if series.allSatisfy(\.points.isEmpty) {
      drawing.text(
        "no data", at: Spot(x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2),
        anchor: .middle, "muted")
    }
    for reference in references where frame.y.domain.contains(reference.value) {
      let level = frame.y(reference.value)
      drawing.line(Spot(x: frame.left, y: level), Spot(x: frame.right, y: level), "rule")
    }
    for (index, line) in backToFront(palette) {
      let style = palette.style(of: line.name)
      drawing.group(style.kind) { drawing in
        draw(line, index: index, style: style, withMarkers: edge == nil, on: &drawing, frame: frame)
      }
    }
    if edge != nil {
      let lines = series.compactMap { line in
        line.points.last.map {
          EdgeLabels.Entry(
            name: line.name, style: palette.style(of: line.name), end: frame.spot($0.x, $0.y))
        }
      }
      let levels = references.map {
        EdgeLabels.Entry(
          name: $0.name, style: .neutral, end: Spot(x: frame.right, y: frame.y.clamped($0.value)))
      }
      EdgeLabels.draw(lines + levels, on: &drawing, frame: frame)
    }
    return drawing
  }

  private var allLevels: [Double] {
    series.flatMap { $0.points.flatMap { [$0.y, $0.band?.lower ?? $0.y, $0.band?.upper ?? $0.y] } }
      + references.map(\.value)
  }

  /// Grey lines lie behind coloured ones, and later ones behind earlier ones.
  private func backToFront(_ palette: Palette) -> [(Int, Series)] {
    let numbered = Array(series.enumerated().reversed()).map { ($0.offset, $0.element) }
    return numbered.filter { palette.style(of: $0.1.name).colour == nil }
      + numbered.filter { palette.style(of: $0.1.name).colour != nil }
  }

  private func draw(
    _ line: Series, index: Int, style: SeriesStyle, withMarkers: Bool, on drawing: inout Drawing,
    frame: PlotFrame
  ) {
    // A band is drawn for each stretch of points that have one.
    for stretch in line.points.split(whereSeparator: { $0.band == nil }) where stretch.count > 1 {
      let lower = stretch.map { frame.spot($0.x, $0.band?.lower ?? $0.y) }
      let upper = stretch.map { frame.spot($0.x, $0.band?.upper ?? $0.y) }
      var outline = Outline(Thinning.thinned(upper) + Thinning.thinned(lower).reversed())
      outline.close()
      drawing.path(outline, "band")
    }
    let spots = Thinning.thinned(line.points.map { frame.spot($0.x, $0.y) })
    if spots.count > 1 { drawing.path(Outline(spots), "line") }
    guard let end = spots.last else { return }
    if spots.count == 1, let point = line.points.first, let band = point.band {
      drawing.line(frame.spot(point.x, band.lower), frame.spot(point.x, band.upper), "whisker")
    }
    // Along the line where only a legend names it, staggered so that neighbours' shapes do not meet.
    if withMarkers {
      let distance = 96.0
      let stagger = Double(index) * 0.382
      var next = frame.left + distance * (0.3 + stagger - stagger.rounded(.down))
      for spot in spots.dropLast() where spot.x >= next {
        drawing.marker(style.marker, at: spot, radius: 3.5, "mark")
        while next <= spot.x { next += distance }
      }
    }
    drawing.marker(style.marker, at: end, radius: 3.5, "mark")
  }
}
