/// Quantities over time or over anything else that ascends: reward, regret, shares; with bands for the spread between
/// seeds.
public struct LineChart: Chart, Hashable {
  public struct Point: Hashable, Sendable {
    public var x: Double
    public var y: Double
    /// The spread around y, lower to upper; nil for none.
    public var band: Spread?

    public init(_ x: Double, _ y: Double, band: Spread? = nil) {
      self.x = x
      self.y = y
      self.band = band
    }
  }

  public struct Series: Hashable, Sendable {
    public var name: String
    /// x ascends. A series may be empty, begin late and end early.
    public var points: [Point]

    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// A level to compare with, drawn as a dashed rule over the whole width.
  public struct Reference: Hashable, Sendable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  let x: Axis
  let y: Axis
  let series: [Series]
  let references: [Reference]
  let events: [ChartEvent]
  /// What the bands are: "10th to 90th percentile of 20 seeds"; part of the picture's description.
  let bandName: String

  /// - Throws: ``ChartError`` for what cannot be drawn: values that are not finite (or not above 0 on a logarithmic
  ///   axis), x that does not ascend, two series of one name.
  public init(
    x: Axis, y: Axis, series: [Series], bandName: String = "spread", references: [Reference] = [],
    events: [ChartEvent] = []
  ) throws(ChartError) {
    try x.checkRange()
    try y.checkRange()
    try ChartError.checkDistinct(series.map(\.name) + references.map(\.name))
    for line in series {
      var previous = -Double.infinity
      for (index, point) in line.points.enumerated() {
        let place = "point \(index + 1) of “\(line.name)”"
        try x.check(point.x, "x of \(place)")
        try y.check(point.y, "y of \(place)")
        guard point.x >= previous else { throw .notAscending(place) }
        previous = point.x
        try point.band?.check(on: y, "the band at \(place)")
      }
    }
    for reference in references { try y.check(reference.value, "the reference “\(reference.name)”") }
    for event in events { try event.check() }
    self.x = x
    self.y = y
    self.series = series
    self.bandName = bandName
    self.references = references
    self.events = events
  }

  public var names: [String] { series.map(\.name) }

  public var summary: String {
    let ends = series.compactMap { line in
      line.points.last.map { "\(line.name) ends at \(y.unit.text($0.y))" }
    }
    let levels = references.map { "\($0.name) is at \(y.unit.text($0.value))" }
    let bands = hasBands ? " Bands: \(bandName)." : ""
    return "Line chart of \(y.title) over \(x.title): "
      + (ends.isEmpty ? "no data" : (ends + levels).joined(separator: "; ")) + "." + bands
  }

  private var hasBands: Bool { series.contains { $0.points.contains { $0.band != nil } } }

  public var sheets: [Sheet] {
    let hasBands = hasBands
    var sheet = Sheet(columns: ["series", "x", "y"] + (hasBands ? ["lower", "upper"] : []))
    for line in series {
      for point in line.points {
        var row: [Sheet.Cell] = [.text(line.name), .number(point.x), .number(point.y)]
        if hasBands {
          row.append(point.band.map { .number($0.lower) } ?? .missing)
          row.append(point.band.map { .number($0.upper) } ?? .missing)
        }
        sheet.rows.append(row)
      }
    }
    return [sheet]
  }
}
