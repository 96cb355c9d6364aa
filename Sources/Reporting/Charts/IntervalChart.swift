/// Estimates with their intervals, one below the other: off-policy estimates (those refused with the reason), or a
/// measure of several policies on several tables.
public struct IntervalChart: Chart, Hashable {
  public struct Entry: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
      /// The intervals in the order of the chart's ``IntervalChart/intervalNames``; nil where there is none.
      case value(Double, intervals: [Spread?])
      /// No number, and why not.
      case refused(String)
    }

    public var name: String
    public var outcome: Outcome
    /// Set in bold: what the chart is about.
    public var isEmphasised: Bool

    public init(_ name: String, _ outcome: Outcome, isEmphasised: Bool = false) {
      self.name = name
      self.outcome = outcome
      self.isEmphasised = isEmphasised
    }
  }

  public struct Group: Hashable, Sendable {
    /// May be empty where there is one group.
    public var title: String
    public var entries: [Entry]

    public init(_ title: String = "", _ entries: [Entry]) {
      self.title = title
      self.entries = entries
    }
  }

  let axis: Axis
  let intervalNames: [String]
  let groups: [Group]
  let references: [LineChart.Reference]
  let isColoured: Bool

  /// - Parameters:
  ///   - intervalNames: one or two, such as "95 % bootstrap", "95 % normal"; none for values alone.
  ///   - references: levels to compare with, drawn as dashed rules.
  ///   - isColoured: whether each entry has the colour of its name; otherwise all have one.
  /// - Throws: ``ChartError`` for values that are not finite, intervals that are not as many as their names, names that
  ///   occur twice in a group.
  public init(
    axis: Axis, intervalNames: [String], groups: [Group], references: [LineChart.Reference] = [],
    isColoured: Bool = false
  ) throws(ChartError) {
    try axis.checkRange()
    precondition(intervalNames.count <= 2, "a chart shows at most two kinds of interval")
    try ChartError.checkDistinct(groups.map(\.title))
    for group in groups {
      try ChartError.checkDistinct(group.entries.map(\.name))
      for entry in group.entries {
        guard case .value(let value, let intervals) = entry.outcome else { continue }
        try axis.check(value, "“\(entry.name)”")
        guard intervals.count == intervalNames.count else {
          throw .unequalLengths("“\(entry.name)”", intervals.count, expected: intervalNames.count)
        }
        for case let interval? in intervals { try interval.check(on: axis, "an interval of “\(entry.name)”") }
      }
    }
    for reference in references { try axis.check(reference.value, "the reference “\(reference.name)”") }
    self.axis = axis
    self.intervalNames = intervalNames
    self.groups = groups
    self.references = references
    self.isColoured = isColoured
  }

  public var names: [String] { isColoured ? groups.flatMap { $0.entries.map(\.name) } : [] }

  public var summary: String {
    let parts = groups.flatMap { group in
      group.entries.map { entry -> String in
        let name = group.title.isEmpty ? entry.name : "\(group.title), \(entry.name)"
        switch entry.outcome {
        case .value(let value, _): return "\(name): \(axis.unit.text(value))"
        case .refused(let reason): return "\(name): refused, \(reason)"
        }
      }
    }
    return "Estimates of \(axis.title). " + (parts.isEmpty ? "No data" : parts.joined(separator: "; ")) + "."
  }

  public var sheets: [Sheet] {
    var columns = ["group", "name", "value"]
    for name in intervalNames { columns += ["\(name) lower", "\(name) upper"] }
    let rows = groups.flatMap { group in
      group.entries.map { entry -> [Sheet.Cell] in
        switch entry.outcome {
        case .value(let value, let intervals):
          let ends = intervals.flatMap { interval -> [Sheet.Cell] in
            interval.map { [.number($0.lower), .number($0.upper)] } ?? [.missing, .missing]
          }
          return [.text(group.title), .text(entry.name), .number(value)] + ends + [.missing]
        case .refused(let reason):
          let ends = [Sheet.Cell](repeating: .missing, count: 2 * intervalNames.count)
          return [.text(group.title), .text(entry.name), .missing] + ends + [.text(reason)]
        }
      }
    }
    return [Sheet(columns: columns + ["refused"], rows: rows)]
  }

  /// The first interval of each value, or the second where it has no first: what the figures beside the chart give.
  static func shownInterval(_ intervals: [Spread?]) -> Spread? {
    intervals.lazy.compactMap { $0 }.first
  }
}
