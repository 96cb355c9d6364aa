public import Vectors

/// A world that plays an outcome table: every intent is a line of it, and its outcomes are the truth.
public struct TableWorld: WorldModel {
  public let candidates: [String]
  public let groups: [String]
  public let embeddings: Matrix
  public let groupOfIntent: [Int]
  public let lineOfIntent: [Int]
  public let qualities: [Double]
  public let costs: [Double?]
  public var scatter: Scatter { .none }

  /// What the table says about one intent.
  public struct Line: Sendable {
    public var domain: String
    /// By position in `models`: 0…1, nil where the model was not tried.
    public var qualities: [Double?]
    /// By position in `models`: dollars ≥ 0, nil where nobody knows.
    public var costs: [Double?]

    public init(domain: String, qualities: [Double?], costs: [Double?]) {
      self.domain = domain
      self.qualities = qualities
      self.costs = costs
    }
  }

  /// - Parameters:
  ///   - models: sorted, two or more.
  ///   - lines: each with at least one known quality. A model that was not tried on an intent is taken to do as well
  ///     as those that were, on the mean.
  ///   - embeddings: one row a line.
  public init(models: [String], lines: [Line], embeddings: Matrix) {
    precondition(lines.count == embeddings.rows, "one embedding a line")
    let domains = Set(lines.map(\.domain)).sorted()
    let positions = Dictionary(uniqueKeysWithValues: domains.enumerated().map { ($1, $0) })
    candidates = models
    groups = domains.map { $0.isEmpty ? "all" : $0 }
    self.embeddings = embeddings
    groupOfIntent = lines.map { positions[$0.domain] ?? 0 }
    lineOfIntent = Array(lines.indices)
    qualities = lines.flatMap { line in
      let known = line.qualities.compactMap { $0 }
      let mean = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
      return line.qualities.map { $0 ?? mean }
    }
    costs = lines.flatMap(\.costs)
  }
}
