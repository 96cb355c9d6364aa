extension FrontierChart {
  public func draw(width: Double, palette: Palette) -> Drawing {
    let isNarrow = width < ChartLayout.narrowBelow
    let height = isNarrow ? 250.0 : 350
    let all = points.flatMap { $0.path + [$0.position] } + earlier.flatMap(\.positions)
    let xDomain = cost.domain(all.map(\.cost), atMost: PlotFrame.horizontalTicks(width))
    let levels =
      all.map(\.quality) + points.flatMap { [$0.interval?.lower, $0.interval?.upper] }.compactMap { $0 }
    let yDomain = quality.domain(levels, atMost: PlotFrame.verticalTicks(height))

    // Where the names do not fit beside the points, numbers stand there and the legend says whose they are.
    var plan = plan(width: width, height: height, top: 0, xDomain, yDomain, labels: points.map(\.name))
    var key: Legend?
    if plan.overlap > 0 {
      let numbered = points.enumerated().map { "\($0.offset + 1) \($0.element.name)" }
      let legend = Legend(
        zip(points, numbered).map {
          Legend.Entry(name: $1, style: palette.style(of: $0.name), swatch: .mark)
        },
        width: width)
      key = legend
      plan = self.plan(
        width: width, height: height, top: legend.height, xDomain, yDomain,
        labels: points.indices.map { String($0 + 1) })
    }

    let frame = plan.frame
    var drawing = Drawing(width: width, height: frame.height)
    key?.draw(on: &drawing, at: Spot(x: 0, y: 0))
    frame.draw(on: &drawing, verticalGrid: true)
    for frontier in earlier {
      drawing.path(Outline(Self.steps(frontier.positions, frame)), "past")
    }
    drawing.path(Outline(Self.steps(points.map(\.position), frame)), "steps")
    drawTimes(frame, on: &drawing)
    let efficient = Self.frontier(of: points.map(\.position))
    for point in points {
      drawing.group(palette.style(of: point.name).kind) { drawing in
        draw(point, frame, isEfficient: efficient.contains(point.position), palette, on: &drawing)
      }
    }
    for (point, label) in zip(points, plan.labels) {
      drawing.group(palette.style(of: point.name).kind) {
        $0.text(label.text, at: label.baseline, "name halo", whole: point.name)
      }
    }
    if points.isEmpty {
      drawing.text(
        "no data", at: Spot(x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2),
        anchor: .middle, "muted")
    }
    return drawing
  }

  private struct Plan {
    var frame: PlotFrame
    var labels: [PointLabels.Label]
    var overlap: Double
  }

  private func plan(
    width: Double, height: Double, top: Double, _ xDomain: ClosedRange<Double>,
    _ yDomain: ClosedRange<Double>, labels: [String]
  ) -> Plan {
    let frame = PlotFrame(
      width: width, top: top, height: height,
      rightMargin: EdgeLabels.margin(for: times.map(\.name), width: width, most: .max) ?? 14, x: cost,
      in: xDomain, y: quality, in: yDomain)
    var layout = PointLabels(
      within: Box(left: frame.left, top: frame.top - 4, right: frame.right, bottom: frame.bottom))
    for point in points {
      let spot = frame.spot(point.position.cost, point.position.quality)
      layout.avoid(Box(around: spot, radius: 6))
      if let interval = point.interval {
        layout.avoid(
          Box(
            left: spot.x - 3, top: frame.y.clamped(interval.upper), right: spot.x + 3,
            bottom: frame.y.clamped(interval.lower)))
      }
      for position in point.path {
        layout.avoid(Box(around: frame.spot(position.cost, position.quality), radius: 3))
      }
    }
    layout.avoid(lineThrough: Self.steps(points.map(\.position), frame))
    for frontier in earlier { layout.avoid(lineThrough: Self.steps(frontier.positions, frame)) }
    let spots = points.map { frame.spot($0.position.cost, $0.position.quality) }
    let placed = layout.place(labels, at: spots)
    return Plan(frame: frame, labels: placed, overlap: layout.overlap)
  }

  /// A quality can be had from its cost on: level to the next candidate's cost, then up to its quality.
  private static func steps(_ positions: [Position], _ frame: PlotFrame) -> [Spot] {
    var spots: [Spot] = []
    for position in frontier(of: positions) {
      let spot = frame.spot(position.cost, position.quality)
      spots.append(Spot(x: spot.x, y: spots.last?.y ?? frame.bottom))
      spots.append(spot)
    }
    if let last = spots.last { spots.append(Spot(x: frame.right, y: last.y)) }
    return spots
  }

  private func draw(
    _ point: Point, _ frame: PlotFrame, isEfficient: Bool, _ palette: Palette, on drawing: inout Drawing
  ) {
    let spot = frame.spot(point.position.cost, point.position.quality)
    let path = point.path.map { frame.spot($0.cost, $0.quality) }
    if !path.isEmpty {
      drawing.path(Outline(path + [spot]), "trail")
      for earlier in path { drawing.marker(.circle, at: earlier, radius: 2, "mark") }
    }
    if let interval = point.interval {
      drawing.line(
        Spot(x: spot.x, y: frame.y.clamped(interval.lower)),
        Spot(x: spot.x, y: frame.y.clamped(interval.upper)), "whisker")
    }
    drawing.marker(
      palette.style(of: point.name).marker, at: spot, radius: 5, isEfficient ? "mark" : "mark hollow",
      hint:
        "\(point.name): \(cost.unit.text(point.position.cost)), \(quality.unit.text(point.position.quality))")
  }

  /// The times' names at the right ends of their steps; nothing where there is only the present.
  private var times: [(name: String, positions: [Position])] {
    guard !points.isEmpty, !earlier.isEmpty else { return [] }
    return earlier.map { (TextMeasure.shortened($0.label, to: 78), $0.positions) }
      + [("now", points.map(\.position))]
  }

  private func drawTimes(_ frame: PlotFrame, on drawing: inout Drawing) {
    let entries = times.compactMap { time in
      Self.steps(time.positions, frame).last.map {
        EdgeLabels.Entry(name: time.name, style: .neutral, end: $0)
      }
    }
    EdgeLabels.draw(entries, on: &drawing, frame: frame)
  }
}
