/// Parts of a whole over time, stacked: the share of traffic of each candidate.
public struct AreaChart: Chart, Hashable {
  public struct Layer: Hashable, Sendable {
    public var name: String
    /// One for each of the chart's times, at least 0.
    public var values: [Double]

    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  let x: Axis
  let y: Axis
  let times: [Double]
  let layers: [Layer]
  let events: [ChartEvent]
  let limit: Int

  /// - Parameters:
  ///   - times: ascending.
  ///   - layers: with the unit ``ValueUnit/share`` they make at most 1 together at each time.
  ///   - limit: of clearly more layers than this (at least 1) the smallest are drawn as one, grey; the data keep them apart.
  /// - Throws: ``ChartError`` for values that are not finite or below 0, lengths that differ, two layers of one name.
  public init(
    x: Axis, y: Axis, times: [Double], layers: [Layer], events: [ChartEvent] = [], limit: Int = 8
  ) throws(ChartError) {
    precondition(limit >= 1, "at least one layer is drawn for itself")
    try x.checkRange()
    try y.checkRange()
    try ChartError.checkDistinct(layers.map(\.name))
    for (index, time) in times.enumerated() {
      try x.check(time, "time \(index + 1)")
      guard index == 0 || times[index - 1] <= time else { throw .notAscending("time \(index + 1)") }
    }
    for layer in layers {
      guard layer.values.count == times.count else {
        throw .unequalLengths("“\(layer.name)”", layer.values.count, expected: times.count)
      }
      for (index, value) in layer.values.enumerated() {
        try y.check(value, "value \(index + 1) of “\(layer.name)”")
        guard value >= 0 else { throw .negative("value \(index + 1) of “\(layer.name)”", value) }
      }
    }
    if y.unit == .share {
      for index in times.indices {
        let sum = layers.reduce(0) { $0 + $1.values[index] }
        guard sum <= 1 + 1e-6 else { throw .aboveOne("the shares at time \(index + 1)", sum) }
      }
    }
    for event in events { try event.check() }
    self.x = x
    self.y = y
    self.times = times
    self.layers = layers
    self.events = events
    self.limit = limit
  }

  public var names: [String] { layers.map(\.name) }

  public var summary: String {
    let ends = ranked.prefix(limit).compactMap { layer in
      layer.values.last.map { "\(layer.name) ends at \(y.unit.text($0))" }
    }
    return "Stacked areas of \(y.title) over \(x.title): "
      + (ends.isEmpty ? "no data" : ends.joined(separator: "; ")) + "."
  }

  public var sheets: [Sheet] {
    let rows = times.indices.map { index -> [Sheet.Cell] in
      [.number(times[index])] + layers.map { .number($0.values[index]) }
    }
    return [Sheet(columns: ["x"] + layers.map(\.name), rows: rows)]
  }

  /// Largest first, by the sum over all times; then as given.
  private var ranked: [Layer] {
    let sums = layers.map { $0.values.reduce(0, +) }
    return layers.indices.sorted { (-sums[$0], $0) < (-sums[$1], $1) }.map { layers[$0] }
  }

  struct DrawnLayer {
    var name: String
    var values: [Double]
    var style: SeriesStyle
  }

  /// From the bottom: the largest, and at the top what is left together.
  func drawnLayers(_ palette: Palette) -> [DrawnLayer] {
    let ranked = ranked
    // A single one left over is drawn for itself.
    let own = ranked.count > limit + 1 ? Array(ranked.prefix(limit)) : ranked
    var drawn = own.map { DrawnLayer(name: $0.name, values: $0.values, style: palette.style(of: $0.name)) }
    let rest = ranked.dropFirst(own.count)
    if !rest.isEmpty {
      var values = [Double](repeating: 0, count: times.count)
      for layer in rest {
        for index in values.indices { values[index] += layer.values[index] }
      }
      drawn.append(DrawnLayer(name: "\(rest.count) others", values: values, style: .neutral))
    }
    return drawn
  }
}
