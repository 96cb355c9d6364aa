extension IntervalChart {
  /// Where the columns lie, and how many decimals the figures have.
  private struct Sketch {
    var scale: Scale
    var ticks: Ticks
    var width: Double
    /// Names stand on a line of their own, over their marks.
    var isStacked: Bool
    var decimals: Int
    /// Of the widest figures.
    var figureWidth: Double
  }

  public func draw(width: Double, palette: Palette) -> Drawing {
    let sketch = sketch(width: width)
    let legend = Legend(legendEntries, width: width)
    var drawing = Drawing(width: width, height: 0)
    legend.draw(on: &drawing, at: Spot(x: 0, y: 0))
    let labels = EventMarks(
      references.map { ChartEvent($0.name, at: $0.value) }, width: width, place: { sketch.scale.clamped($0) })
    let top = legend.height + labels.headroom + 8
    let lines = groups.map { group in group.entries.map { reason(of: $0, sketch) } }
    let bottom = top + contentHeight(lines, sketch) + 4

    for value in sketch.ticks.values {
      drawing.line(
        Spot(x: sketch.scale(value), y: top - 4), Spot(x: sketch.scale(value), y: bottom), "grid")
    }
    drawReferences(top: top, bottom: bottom, labels: labels, sketch, on: &drawing)

    var y = top
    for (group, reasons) in zip(groups, lines) {
      if !group.title.isEmpty {
        drawing.text(
          TextMeasure.shortened(group.title, to: width), at: Spot(x: 0, y: y + 16), "strong halo",
          whole: group.title)
        y += 24
      }
      for (entry, reason) in zip(group.entries, reasons) {
        let height = rowHeight(reason, sketch)
        draw(entry, reason: reason, top: y, sketch, palette, on: &drawing)
        y += height
      }
      if !group.title.isEmpty { y += 8 }
    }
    if groups.allSatisfy(\.entries.isEmpty) {
      drawing.text("no data", at: Spot(x: width / 2, y: top + 14), anchor: .middle, "muted")
    }
    drawing.line(Spot(x: sketch.scale.start, y: bottom), Spot(x: sketch.scale.end, y: bottom), "axis")
    for (value, label) in zip(sketch.ticks.values, sketch.ticks.labels(axis.unit)) {
      drawing.text(label, at: Spot(x: sketch.scale(value), y: bottom + 16), anchor: .middle, "muted")
    }
    drawing.text(
      TextMeasure.shortened(axis.title, to: width),
      at: Spot(x: min(width, sketch.scale.end + 20), y: bottom + 33),
      anchor: .end, "muted", whole: axis.title)
    drawing.height = bottom + PlotFrame.footing
    return drawing
  }

  // MARK: Measures

  private var values: [(value: Double, intervals: [Spread?])] {
    groups.flatMap { group in
      group.entries.compactMap { entry in
        if case .value(let value, let intervals) = entry.outcome { (value, intervals) } else { nil }
      }
    }
  }

  private func sketch(width: Double) -> Sketch {
    let values = values
    let ends = values.flatMap { each in
      [each.value] + each.intervals.compactMap { $0 }.flatMap { [$0.lower, $0.upper] }
    }
    let isStacked = width < ChartLayout.narrowBelow
    let domain = axis.domain(ends + references.map(\.value), atMost: 6)
    let span = domain.upperBound - domain.lowerBound
    // The figures resolve a hundredth of the axis, in the unit's own decimals.
    let unitScale = axis.unit == .share ? 100.0 : 1
    let decimals = min(6, Numeral.decimals(of: span * unitScale / 100, significant: 1))
    let names = groups.flatMap {
      $0.entries.map { TextMeasure.width($0.name) * ($0.isEmphasised ? 1.08 : 1) }
    }
    // Bold is wider.
    let figureWidth =
      values.map { each in
        1.08 * TextMeasure.width(figure(each.value, Self.shownInterval(each.intervals), decimals: decimals))
      }.max() ?? 0
    let left = isStacked ? 16 : min(names.max() ?? 0, width * 0.3) + 18
    let right = isStacked ? width - 16 : width - figureWidth - 18
    let scale = Scale(kind: axis.kind, domain: domain, start: left, end: max(right, left + 80))
    return Sketch(
      scale: scale, ticks: scale.horizontalTicks(axis.unit), width: width, isStacked: isStacked,
      decimals: decimals, figureWidth: figureWidth)
  }

  private func figure(_ value: Double, _ interval: Spread?, decimals: Int) -> String {
    let shown = axis.unit.text(value, decimals: decimals)
    guard let interval else { return shown }
    return shown + "  [" + axis.unit.text(interval.lower, decimals: decimals) + ", "
      + axis.unit.text(interval.upper, decimals: decimals) + "]"
  }

  /// The lines that say why there is no number; none where there is one.
  private func reason(of entry: Entry, _ sketch: Sketch) -> [String] {
    guard case .refused(let reason) = entry.outcome else { return [] }
    let left = sketch.isStacked ? sketch.scale.start + 8 : sketch.scale.start + 4
    return TextMeasure.wrapped("refused: " + reason, to: sketch.width - left, lines: 4)
  }

  private func rowHeight(_ reason: [String], _ sketch: Sketch) -> Double {
    let words = Double(max(1, reason.count)) * 16
    return sketch.isStacked ? words + 26 : words + 10
  }

  private func contentHeight(_ reasons: [[[String]]], _ sketch: Sketch) -> Double {
    var height = 0.0
    for (group, lines) in zip(groups, reasons) {
      height += lines.reduce(0) { $0 + rowHeight($1, sketch) } + (group.title.isEmpty ? 0 : 32)
    }
    return max(height, 24)
  }

  private var legendEntries: [Legend.Entry] {
    guard !intervalNames.isEmpty else { return [] }
    let style = SeriesStyle(colour: isColoured ? nil : 0, place: 0)
    let swatches: [Legend.Swatch] = [.bar, .whisker]
    return [Legend.Entry(name: "estimate", style: style, swatch: .mark)]
      + zip(intervalNames, swatches).map { Legend.Entry(name: $0, style: style, swatch: $1) }
  }

  // MARK: Marks

  private func drawReferences(
    top: Double, bottom: Double, labels: EventMarks, _ sketch: Sketch, on drawing: inout Drawing
  ) {
    for reference in references where sketch.scale.domain.contains(reference.value) {
      let x = sketch.scale(reference.value)
      drawing.line(Spot(x: x, y: top - 4), Spot(x: x, y: bottom), "rule")
    }
    labels.drawLabels(on: &drawing, above: top - 6) {
      sketch.scale.domain.contains($0) ? sketch.scale($0) : nil
    }
  }

  private func draw(
    _ entry: Entry, reason: [String], top: Double, _ sketch: Sketch, _ palette: Palette,
    on drawing: inout Drawing
  ) {
    let baseline = top + 17
    let middle = sketch.isStacked ? baseline + 14 : baseline - 4
    let kind = entry.isEmphasised ? "strong halo" : "halo"
    let nameRoom = sketch.isStacked ? sketch.width - sketch.figureWidth - 12 : sketch.scale.start - 12
    let name = TextMeasure.shortened(entry.name, to: nameRoom)
    if sketch.isStacked {
      // Words stand on a line of their own, without the grid.
      drawing.rectangle(Spot(x: 0, y: top + 4), width: sketch.width, height: 17, "paper")
    }
    drawing.text(name, at: Spot(x: 0, y: baseline), kind, whole: entry.name)
    switch entry.outcome {
    case .refused:
      let left = sketch.isStacked ? sketch.scale.start + 8 : sketch.scale.start + 4
      let first = sketch.isStacked ? baseline + 17 : baseline
      for (index, line) in reason.enumerated() {
        let y = first + Double(index) * 16
        // Over the grid, as there is nothing to read off here.
        drawing.rectangle(
          Spot(x: left - 3, y: y - 12), width: TextMeasure.width(line) + 6, height: 16, "paper")
        drawing.text(line, at: Spot(x: left, y: y), "muted")
      }
    case .value(let value, let intervals):
      drawing.text(
        figure(value, Self.shownInterval(intervals), decimals: sketch.decimals),
        at: Spot(x: sketch.width, y: baseline), anchor: .end, kind)
      let style = isColoured ? palette.style(of: entry.name) : SeriesStyle(colour: 0, place: 0)
      drawing.group(style.kind) { drawing in
        if let second = intervals.dropFirst().first ?? nil {
          drawWhisker(second, middle, sketch.scale, on: &drawing)
        }
        if let first = intervals.first ?? nil {
          drawing.line(
            Spot(x: sketch.scale.clamped(first.lower), y: middle),
            Spot(x: sketch.scale.clamped(first.upper), y: middle), "bar")
        }
        if sketch.scale.domain.contains(value) {
          drawing.marker(style.marker, at: Spot(x: sketch.scale(value), y: middle), radius: 4.5, "mark")
        }
      }
    }
  }

  /// A thin line with ticks at its ends, or arrowheads where it goes on beyond the axis.
  private func drawWhisker(
    _ interval: Spread, _ y: Double, _ scale: Scale, on drawing: inout Drawing
  ) {
    let ends = [interval.lower, interval.upper]
    let spots = ends.map { Spot(x: scale.clamped($0), y: y) }
    drawing.line(spots[0], spots[1], "whisker")
    for (end, (spot, outwards)) in zip(ends, zip(spots, [-1.0, 1])) {
      if scale.domain.contains(end) {
        drawing.line(Spot(x: spot.x, y: y - 4), Spot(x: spot.x, y: y + 4), "whisker")
      } else {
        drawing.path(
          Outline([
            Spot(x: spot.x - outwards * 5, y: y - 4), spot, Spot(x: spot.x - outwards * 5, y: y + 4),
          ]), "whisker")
      }
    }
  }
}
