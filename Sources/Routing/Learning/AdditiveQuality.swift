import Statistics

/// What a candidate is expected to be worth in a region before its own record there is read: how good the candidate
/// is, plus how easy the region is, on the logit scale.
///
///     logit m_rp = a_p + b_r
///
/// The plain mean of a candidate confounds the two, because a router asks each candidate mostly where it is good: a
/// candidate used in easy regions looks good everywhere. Leaning on q_p alone also books the difference between hard
/// and easy regions as disagreement between candidates, so that κ comes out far too small.
///
/// a_p and b_r solve the score equations of the penalised fit, both by Newton steps of length at most 1:
///
///     Σ_r n_rp (q̂_rp − m_rp) + k_p (s_p − σ(a_p)) = 0       n_rp = N_rp κ / (N_rp + κ)
///     Σ_p n_rp (q̂_rp − m_rp) + k_b (½ − σ(b_r)) = 0
///
/// with k_b = 10 and k_p, s_p the candidate's prior: 5 observations of q̄ and those of its catalogue entry. n_rp is
/// the evidence of a cell about the two: it saturates at κ, because however often a cell is observed it is one region
/// out of many.
/// (Weights of inverse total variance, as in a random-effects meta-analysis: DerSimonian & Laird 1986.)
///
/// κ is Paule & Mandel's estimate (1982, "Consensus values and weighting factors"): the one under which the
/// standardised residuals have the variance that they should have, over the C cells with N ≥ 2,
///
///     Σ (q̂ − m)² / (m (1 − m) (1/N + 1/κ)) = max(1, C − (P + R − 1))
///
/// The left side rises with κ. Fit and κ take turns a fixed number of times (``AdditiveFit``).
///
/// Measured (three public tables, 20 runs each, captured gain): 0.72 → 0.76, 0.82 → 0.84, 0.90 → 0.89 against cells
/// leaning on q_p.
struct AdditiveQuality {
  /// m of each cell, row by row, 0…1.
  private(set) var means: [Double]
  /// F_p = k_p + Σ_r n_rp: the evidence behind a_p, in observations.
  private(set) var foundations: [Double]
  /// κ.
  private(set) var strength: Double

  /// A candidate's prior: `mass` observations of mean `mean`.
  struct Anchor {
    var mean: Double
    var mass: Double
  }

  /// Observations of q̄ that a candidate brings.
  static let candidateMass = 5.0
  private static let rounds = 4
  private static let sweeps = 4
  /// k_b: observations of a region of ordinary difficulty.
  private static let regionMass = 10.0
  /// κ while fewer cells have two observations than there are candidates.
  static let initialStrength = 20.0

  /// - Parameters:
  ///   - cells: N and S of each cell of the regions, row by row, `anchors.count` to a row.
  ///   - anchors: of each candidate.
  ///   - bounds: of κ.
  init(cells: ArraySlice<Cell>, anchors: [Anchor], bounds: ClosedRange<Double>) {
    var fit = AdditiveFit(cells: cells, anchors: anchors)
    strength = AdditiveQuality.initialStrength
    for _ in 0..<AdditiveQuality.rounds {
      fit.weigh(strength: strength)
      for _ in 0..<AdditiveQuality.sweeps {
        fit.moveCandidates(anchors)
        fit.moveRegions(mass: AdditiveQuality.regionMass)
      }
      strength = fit.strength(from: strength, bounds: bounds)
    }
    means = fit.means
    foundations = fit.foundations(anchors)
  }
}

/// The logit scale, kept off its ends.
enum Logit {
  /// ln(p / (1 − p)), p held to 0.01…0.99.
  static func of(_ p: Double) -> Double {
    let held = min(max(p, 0.01), 0.99)
    return Exponential.logarithm(held / (1 - held))
  }

  /// A Newton step, never longer than 1.
  static func step(_ score: Double, _ information: Double) -> Double {
    min(max(score / information, -1), 1)
  }
}
