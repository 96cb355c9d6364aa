extension AreaChart {
  public func draw(width: Double, palette: Palette) -> Drawing {
    let isNarrow = width < ChartLayout.narrowBelow
    let height = isNarrow ? 210.0 : 300
    let stack = drawnLayers(palette)
    var levels = [[Double](repeating: 0, count: times.count)]
    for layer in stack {
      levels.append(zip(levels[levels.count - 1], layer.values).map { $0 + $1 })
    }
    let xDomain = x.domain(times, atMost: PlotFrame.horizontalTicks(width), exact: true)
    let yDomain =
      y.range
      ?? (y.unit == .share ? 0...1 : y.domain([0] + levels.joined(), atMost: PlotFrame.verticalTicks(height)))
    let edge = EdgeLabels.margin(for: stack.map(\.name), width: width, most: 9)
    let legend = Legend(
      edge == nil ? stack.map { Legend.Entry(name: $0.name, style: $0.style, swatch: .area) } : [],
      width: width)
    let rough = Scale(kind: x.kind, domain: xDomain, start: 40, end: width - (edge ?? 14))
    let marks = EventMarks(events, width: width) { rough.clamped($0) }
    let frame = PlotFrame(
      width: width, top: legend.height, height: height, headroom: marks.headroom, rightMargin: edge ?? 14,
      x: x,
      in: xDomain, y: y, in: yDomain)

    var drawing = Drawing(width: width, height: frame.height)
    legend.draw(on: &drawing, at: Spot(x: 0, y: 0))
    frame.draw(on: &drawing)
    if times.isEmpty || layers.isEmpty {
      drawing.text(
        "no data", at: Spot(x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2),
        anchor: .middle, "muted")
    }
    for (index, layer) in stack.enumerated() where !times.isEmpty {
      let lower = zip(times, levels[index]).map { frame.spot($0, $1) }
      let upper = zip(times, levels[index + 1]).map { frame.spot($0, $1) }
      var outline = Outline(Self.withWidth(upper) + Self.withWidth(lower).reversed())
      outline.close()
      drawing.group(layer.style.kind) { $0.path(outline, "layer") }
    }
    marks.draw(on: &drawing, frame: frame)
    if edge != nil { label(stack, levels, frame, on: &drawing) }
    return drawing
  }

  /// An area over a single time still has a width.
  private static func withWidth(_ spots: [Spot]) -> [Spot] {
    guard spots.count == 1, let only = spots.first else { return Thinning.thinned(spots) }
    return [Spot(x: only.x - 3, y: only.y), Spot(x: only.x + 3, y: only.y)]
  }

  /// Names at the right edge, from the top of the stack, as the eye reads. A layer that has ended by then is named
  /// where it was widest, if there is room.
  private func label(
    _ stack: [DrawnLayer], _ levels: [[Double]], _ frame: PlotFrame, on drawing: inout Drawing
  ) {
    var entries: [EdgeLabels.Entry] = []
    for (index, layer) in stack.enumerated().reversed() {
      func height(_ time: Int) -> Double {
        frame.y.clamped(levels[index][time]) - frame.y.clamped(levels[index + 1][time])
      }
      func middle(_ time: Int) -> Spot {
        frame.spot(times[time], (levels[index][time] + levels[index + 1][time]) / 2)
      }
      guard let last = times.indices.last,
        let widest = times.indices.max(by: { height($0) < height($1) })
      else { continue }
      let reach = TextMeasure.width(layer.name) / 2 + 3
      if height(last) < 1, height(widest) >= 17, frame.right - frame.left > 2 * reach {
        var spot = middle(widest)
        // Not across the line of an event.
        for event in events where (frame.x.clamped(event.at) - spot.x).magnitude < reach {
          spot.x = frame.x.clamped(event.at) - reach - 1
        }
        drawing.group(layer.style.kind) {
          $0.text(
            layer.name, at: Spot(x: min(max(spot.x, frame.left + reach), frame.right - reach), y: spot.y + 4),
            anchor: .middle, "name halo")
        }
      } else {
        entries.append(EdgeLabels.Entry(name: layer.name, style: layer.style, end: middle(last)))
      }
    }
    EdgeLabels.draw(entries, on: &drawing, frame: frame)
  }
}
