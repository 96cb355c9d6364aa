/// Cost against quality: who is worth the money, and how that has moved.
///
/// The steps run through the candidates that no other beats in both: to the left of them nothing costs less and is as
/// good.
public struct FrontierChart: Chart, Hashable {
  public struct Position: Hashable, Sendable {
    public var cost: Double
    public var quality: Double

    public init(cost: Double, quality: Double) {
      self.cost = cost
      self.quality = quality
    }
  }

  public struct Point: Hashable, Sendable {
    public var name: String
    public var position: Position
    /// Of the quality, such as 90 % credible; nil for none.
    public var interval: Spread?
    /// Where it stood before, oldest first: drawn as a path to where it is.
    public var path: [Position]

    public init(
      _ name: String, cost: Double, quality: Double, interval: Spread? = nil, path: [Position] = []
    ) {
      self.name = name
      position = Position(cost: cost, quality: quality)
      self.interval = interval
      self.path = path
    }
  }

  /// The frontier of another time: its label and all positions of that time (the dominated ones are left out here).
  public struct Earlier: Hashable, Sendable {
    public var label: String
    public var positions: [Position]

    public init(_ label: String, _ positions: [Position]) {
      self.label = label
      self.positions = positions
    }
  }

  let cost: Axis
  let quality: Axis
  let points: [Point]
  let earlier: [Earlier]
  /// What the whiskers are: "90 % credible interval"; part of the picture's description.
  let intervalName: String

  /// - Parameters:
  ///   - cost: logarithmic as a rule.
  ///   - earlier: at most two, oldest first, drawn as dashed steps.
  /// - Throws: ``ChartError`` for values that the axes cannot show, two points of one name.
  public init(
    cost: Axis, quality: Axis, points: [Point], earlier: [Earlier] = [], intervalName: String = "interval"
  ) throws(ChartError) {
    try cost.checkRange()
    try quality.checkRange()
    try ChartError.checkDistinct(points.map(\.name))
    func check(_ position: Position, _ place: String) throws(ChartError) {
      try cost.check(position.cost, "the cost of \(place)")
      try quality.check(position.quality, "the quality of \(place)")
    }
    for point in points {
      try check(point.position, "“\(point.name)”")
      for position in point.path { try check(position, "“\(point.name)”, earlier") }
      try point.interval?.check(on: quality, "the interval of “\(point.name)”")
    }
    for frontier in earlier {
      for position in frontier.positions { try check(position, "a point of “\(frontier.label)”") }
    }
    self.cost = cost
    self.quality = quality
    self.points = points
    self.earlier = earlier
    self.intervalName = intervalName
  }

  /// Those that no other beats in both, cheapest first. Of equals all but one are left out.
  static func frontier(of positions: [Position]) -> [Position] {
    var best = -Double.infinity
    return positions.sorted { ($0.cost, -$0.quality) < ($1.cost, -$1.quality) }.filter { position in
      guard position.quality > best else { return false }
      best = position.quality
      return true
    }
  }

  public var names: [String] { points.map(\.name) }

  public var summary: String {
    let frontier = Self.frontier(of: points.map(\.position))
    let named = frontier.compactMap { position in
      points.first { $0.position == position }.map {
        "\($0.name) (\(cost.unit.text(position.cost)), \(quality.unit.text(position.quality)))"
      }
    }
    return
      "\(quality.title) against \(cost.title) of \(points.count) candidates. On the frontier, cheapest first: "
      + (named.isEmpty ? "none" : named.joined(separator: ", ")) + "."
      + (points.contains { $0.interval != nil } ? " Whiskers: \(intervalName)." : "")
  }

  public var sheets: [Sheet] {
    let frontier = Self.frontier(of: points.map(\.position))
    let rows = points.map { point -> [Sheet.Cell] in
      [
        .text(point.name), .number(point.position.cost), .number(point.position.quality),
        point.interval.map { .number($0.lower) } ?? .missing,
        point.interval.map { .number($0.upper) } ?? .missing,
        .text(frontier.contains(point.position) ? "yes" : "no"),
      ]
    }
    var sheets = [
      Sheet(columns: ["name", "cost", "quality", "lower", "upper", "on_frontier"], rows: rows)
    ]
    let path = points.flatMap { point in
      (point.path + [point.position]).enumerated().map { step, position -> [Sheet.Cell] in
        [.text(point.name), .number(Double(step)), .number(position.cost), .number(position.quality)]
      }
    }
    if points.contains(where: { !$0.path.isEmpty }) {
      sheets.append(Sheet(name: "path", columns: ["name", "step", "cost", "quality"], rows: path))
    }
    if !earlier.isEmpty {
      let rows = earlier.flatMap { frontier in
        frontier.positions.map { position -> [Sheet.Cell] in
          [.text(frontier.label), .number(position.cost), .number(position.quality)]
        }
      }
      sheets.append(Sheet(name: "earlier", columns: ["when", "cost", "quality"], rows: rows))
    }
    return sheets
  }
}
