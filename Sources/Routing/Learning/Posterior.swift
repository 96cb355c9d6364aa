import Statistics

/// Turns a capability's cells into Beta posteriors by empirical-Bayes shrinkage (Efron & Morris 1975).
///
/// A cell leans on what its candidate does elsewhere with the strength of κ observations:
///
///     q̄    = (ΣS + 1) / (ΣN + 2)                                     over all candidates
///     q_p  = (S_p + 2q̄ + m_p·s_p) / (N_p + 2 + m_p)                  over all regions; (s_p, m_p) the candidate's prior
///     α_rp = κ_p·q_p + S_rp       β_rp = κ_p·(1 − q_p) + N_rp − S_rp
///
/// κ is estimated by the method of moments over the cells with N ≥ 2, q̂ = S/N:
///
///     τ² = [Σ N (q̂ − q_p)² − Σ q_p(1 − q_p)] / ΣN      v = Σ N q_p(1 − q_p) / ΣN      κ = clamp(v/τ² − 1, κ_min, κ_max)
///
/// When regions really differ, κ falls and cells stand on their own; when they do not, it rises. κ treats q_p as
/// known, though: what a cell can lean on is not worth more than what q_p itself rests on, hence
/// 1/κ_p = 1/κ + 1/(N_p + 2 + m_p), the two uncertainties added.
public enum Shrinkage {
  /// The strength with which cells lean on their candidate's mean.
  ///
  /// - Parameters:
  ///   - cells: N and S of each cell, row by row, `candidates` to a row.
  ///   - means: q_p of each candidate, 0…1.
  /// - Returns: κ within `bounds`; the lower bound while no cell has two observations, for want of evidence.
  public static func strength(cells: ArraySlice<Cell>, means: [Double], bounds: ClosedRange<Double>) -> Double
  {
    var spread = 0.0
    var noise = 0.0
    var weighted = 0.0
    var total = 0.0
    for (offset, cell) in cells.enumerated() where cell.observations >= 2 {
      let mean = means[offset % means.count]
      let deviation = cell.rewards / cell.observations - mean
      spread += cell.observations * deviation * deviation
      noise += mean * (1 - mean)
      weighted += cell.observations * mean * (1 - mean)
      total += cell.observations
    }
    guard total > 0 else { return bounds.lowerBound }
    let between = (spread - noise) / total
    guard between > 0 else { return bounds.upperBound }
    return min(max(weighted / total / between - 1, bounds.lowerBound), bounds.upperBound)
  }

  /// The least value of either parameter of a posterior.
  public static let floor = 1e-3

  static func posterior(successes: Double, failures: Double) -> BetaDistribution {
    BetaDistribution(alpha: max(successes, floor), beta: max(failures, floor))
  }
}
