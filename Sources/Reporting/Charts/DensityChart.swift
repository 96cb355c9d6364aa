public import Statistics

/// What is believed about each of several things: Beta densities side by side, a panel for each region.
public struct DensityChart: Chart, Hashable {
  public struct Curve: Hashable, Sendable {
    public var name: String
    public var distribution: BetaDistribution

    public init(_ name: String, _ distribution: BetaDistribution) {
      self.name = name
      self.distribution = distribution
    }
  }

  public struct Panel: Hashable, Sendable {
    public var title: String
    /// A few words beside the title: "2,314 decisions"; may be empty.
    public var note: String
    public var curves: [Curve]

    public init(_ title: String, note: String = "", curves: [Curve]) {
      self.title = title
      self.note = note
      self.curves = curves
    }
  }

  let x: Axis
  let panels: [Panel]

  /// - Parameter x: what is believed about, from 0 to 1; without a range the panels share the one in which 99.8 % of
  ///   each distribution lies. The heights are scaled panel by panel, as a density has no unit to compare.
  /// - Throws: ``ChartError`` where two panels, or two curves of a panel, have one name.
  public init(x: Axis, panels: [Panel]) throws(ChartError) {
    try x.checkRange()
    try ChartError.checkDistinct(panels.map(\.title))
    for panel in panels { try ChartError.checkDistinct(panel.curves.map(\.name)) }
    self.x = x
    self.panels = panels
  }

  public var names: [String] { panels.flatMap { $0.curves.map(\.name) } }

  public var summary: String {
    let parts = panels.compactMap { panel -> String? in
      guard let best = panel.curves.max(by: { $0.distribution.mean < $1.distribution.mean }) else {
        return nil
      }
      return "in \(panel.title) the highest mean is that of \(best.name), "
        + x.unit.text(best.distribution.mean)
    }
    return "Posterior densities of \(x.title): "
      + (parts.isEmpty ? "no data" : parts.joined(separator: "; ")) + "."
  }

  public var sheets: [Sheet] {
    let rows = panels.flatMap { panel in
      panel.curves.map { curve -> [Sheet.Cell] in
        let beta = curve.distribution
        return [
          .text(panel.title), .text(curve.name), .number(beta.alpha), .number(beta.beta), .number(beta.mean),
          .number(beta.quantile(0.05)), .number(beta.quantile(0.95)),
        ]
      }
    }
    return [
      Sheet(
        columns: ["panel", "name", "alpha", "beta", "mean", "quantile_05", "quantile_95"], rows: rows)
    ]
  }

  public func draw(width: Double, palette: Palette) -> Drawing {
    var names: [String] = []
    for name in self.names where !names.contains(name) { names.append(name) }
    let legend = Legend(
      names.map { Legend.Entry(name: $0, style: palette.style(of: $0), swatch: .line) }, width: width)
    let columns = min(max(1, panels.count), width < ChartLayout.narrowBelow ? 2 : 3)
    let gap = 22.0
    let panelWidth = (width - gap * Double(columns - 1)) / Double(columns)
    let panelHeight = panelWidth < 200 ? 92.0 : 112
    let pitch = 40 + panelHeight + 30
    let rowCount = max(1, (panels.count + columns - 1) / columns)
    var drawing = Drawing(width: width, height: legend.height + Double(rowCount) * pitch + 16)
    legend.draw(on: &drawing, at: Spot(x: 0, y: 0))
    let domain = sharedDomain
    for (index, panel) in panels.enumerated() {
      let corner = Spot(
        x: Double(index % columns) * (panelWidth + gap),
        y: legend.height + Double(index / columns) * pitch)
      draw(panel, at: corner, width: panelWidth, height: panelHeight, domain, palette, on: &drawing)
    }
    if panels.isEmpty {
      drawing.text("no data", at: Spot(x: width / 2, y: legend.height + 60), anchor: .middle, "muted")
    }
    drawing.text(
      TextMeasure.shortened(x.title, to: width), at: Spot(x: width, y: drawing.height - 6), anchor: .end,
      "muted", whole: x.title)
    return drawing
  }

  private var sharedDomain: ClosedRange<Double> {
    let ends = panels.flatMap { panel in
      panel.curves.flatMap { [$0.distribution.quantile(0.001), $0.distribution.quantile(0.999)] }
    }
    guard x.range == nil, let low = ends.min(), let high = ends.max(), low < high else {
      return x.range ?? 0...1
    }
    return low...high
  }

  private func draw(
    _ panel: Panel, at corner: Spot, width: Double, height: Double, _ domain: ClosedRange<Double>,
    _ palette: Palette, on drawing: inout Drawing
  ) {
    let title = TextMeasure.shortened(panel.title, to: width)
    drawing.text(title, at: Spot(x: corner.x, y: corner.y + 14), "strong", whole: panel.title)
    let note = TextMeasure.shortened(panel.note, to: width, size: 11)
    drawing.text(note, at: Spot(x: corner.x, y: corner.y + 29), "muted small", whole: panel.note)
    let top = corner.y + 40
    let bottom = top + height
    let scale = Scale(kind: x.kind, domain: domain, start: corner.x, end: corner.x + width)
    let ticks = scale.horizontalTicks(x.unit)
    for (value, label) in zip(ticks.values, ticks.labels(x.unit)) {
      let place = scale(value)
      let reach = TextMeasure.width(label) / 2
      drawing.line(Spot(x: place, y: top), Spot(x: place, y: bottom), "grid")
      // Kept within the panel, where a neighbour may have a number of its own.
      drawing.text(
        label, at: Spot(x: min(max(place, corner.x + reach), corner.x + width - reach), y: bottom + 16),
        anchor: .middle, "muted")
    }
    drawing.line(Spot(x: corner.x, y: bottom), Spot(x: corner.x + width, y: bottom), "axis")
    let curves = panel.curves.map { (curve: $0, points: Self.points($0.distribution, in: domain)) }
    let highest = curves.flatMap { $0.points.map(\.density) }.max() ?? 1
    for (curve, points) in curves {
      let spots = points.map {
        Spot(x: scale.clamped($0.x), y: bottom - $0.density / highest * (height - 8))
      }
      guard let first = spots.first, let last = spots.last else { continue }
      let style = palette.style(of: curve.name)
      drawing.group(style.kind) { drawing in
        var area = Outline([Spot(x: first.x, y: bottom)] + spots + [Spot(x: last.x, y: bottom)])
        area.close()
        drawing.path(area, "band")
        drawing.path(Outline(spots), "line")
        if let peak = spots.min(by: { $0.y < $1.y }) {
          drawing.marker(style.marker, at: peak, radius: 3.5, "mark", hint: curve.name)
        }
      }
    }
    if panel.curves.isEmpty {
      drawing.text(
        "no data", at: Spot(x: corner.x + width / 2, y: top + height / 2), anchor: .middle, "muted")
    }
  }

  /// The density along the 99.9 % in the middle that lies in the domain. Where it has no bound at an end of [0, 1] it
  /// is cut at six times its value at the median.
  private static func points(_ beta: BetaDistribution, in domain: ClosedRange<Double>) -> [(
    x: Double, density: Double
  )] {
    let low = max(beta.quantile(0.0005), domain.lowerBound, 1e-9)
    let high = min(beta.quantile(0.9995), domain.upperBound, 1 - 1e-9)
    guard low < high else { return [] }
    let cap =
      min(beta.alpha, beta.beta) < 1 ? 6 * beta.density(beta.quantile(0.5)) : Double.infinity
    let count = 96
    return (0...count).map { index in
      let x = low + (high - low) * Double(index) / Double(count)
      return (x, min(beta.density(x), cap))
    }
  }
}
