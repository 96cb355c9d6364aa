import Statistics

/// The candidates of a region that no other beats in both expected cost and quality (Pareto).
public enum Frontier {
  public struct Point: Hashable, Sendable {
    public let candidate: String
    /// Expected dollars of a typical request.
    public let dollars: Double
    /// Q̃, 0…1.
    public let quality: Double
    /// The posterior's 90 % credible interval.
    public let interval: ClosedRange<Double>
    /// Whether no other candidate is both at least as cheap and at least as good, and better in one of the two.
    public let isEfficient: Bool
  }

  /// All open candidates with a known price, by rising cost, then falling quality.
  ///
  /// - Parameter work: what a typical request is; ``Work/assumed(intentBytes:)`` of nothing unless said.
  public static func points(
    _ knowledge: Knowledge, row: Int, work: Work = Work().assumed(intentBytes: 256)
  ) -> [Point] {
    var points: [(candidate: String, dollars: Double, quality: Double, posterior: BetaDistribution)] = []
    for position in knowledge.roster.open.positions {
      let candidate = knowledge.roster.candidates[position]
      guard let dollars = candidate.price?.dollars(for: work) else { continue }
      let place = row * knowledge.columns + position
      points.append((candidate.id, dollars, knowledge.quality[place], knowledge.posteriors[place]))
    }
    points.sort { ($0.dollars, -$0.quality, $0.candidate) < ($1.dollars, -$1.quality, $1.candidate) }
    var best = (quality: -Double.infinity, dollars: 0.0)
    return points.map { point in
      // Two that are equal in both do not dominate each other.
      let isEfficient = point.quality > best.quality || (point.quality, point.dollars) == best
      if point.quality > best.quality { best = (point.quality, point.dollars) }
      return Point(
        candidate: point.candidate, dollars: point.dollars, quality: point.quality,
        interval: point.posterior.quantile(0.05)...point.posterior.quantile(0.95), isEfficient: isEfficient)
    }
  }
}
