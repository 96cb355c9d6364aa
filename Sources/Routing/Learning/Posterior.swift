import Statistics

/// Turns a capability's cells into Beta posteriors by empirical-Bayes shrinkage (Efron & Morris 1975).
///
/// A cell leans on what its candidate does elsewhere with the strength of κ_rp observations. N and S are the cell's
/// evidence over φ (``Dispersion``), that is, in observations of 0 or 1:
///
///     q̄    = (ΣS + 1) / (ΣN + 2)                                     over all candidates
///     m_rp  : candidate + region on the logit scale, with κ and F_p  ``AdditiveQuality``
///     (z_rp, V_rp): what the other regions say about the deviation   ``RegionKernel``
///     c_rp = m_rp + z_rp √(m_rp (1 − m_rp))                           held to 0.005…0.995
///     α_rp = κ_rp·c_rp + S_rp      β_rp = κ_rp·(1 − c_rp) + N_rp − S_rp      1/κ_rp = V_rp + 1/F_p
///
/// κ treats m as known, though: what a cell can lean on is not worth more than the evidence behind a_p, hence the two
/// uncertainties added. The region's b_r is shared by all candidates and does not matter to who is best. When regions
/// really differ for a candidate, κ falls and cells stand on their own; when they do not, it rises. The root row,
/// for intents that no region claims, leans on q̄ with 2 observations.
public enum Shrinkage {
  /// The least value of either parameter of a posterior.
  public static let floor = 1e-3

  static func posterior(successes: Double, failures: Double) -> BetaDistribution {
    BetaDistribution(alpha: max(successes, floor), beta: max(failures, floor))
  }
}
