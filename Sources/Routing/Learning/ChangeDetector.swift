/// Notices that a candidate is no longer what it was: a two-sided CUSUM over the rewards of all its regions.
///
/// Each epoch, before its sums are taken in, they are compared with what the cells expected,
/// μ_r = (S_r + k q_p) / (N_r + k) with k = 10:
///
///     O = Σ_r h_r (S_e,r − N_e,r μ_r)     n = Σ_r h_r N_e,r     v = Σ_r h_r N_e,r μ_r (1 − μ_r) / n
///     G⁺ ← max(0, G⁺ + (δO − δ²n/2)/φv)   G⁻ ← max(0, G⁻ + (−δO − δ²n/2)/φv)
///
/// where φ is the candidate's ``Dispersion`` and h_r = 1 / (1 + N_e,r/(N_r + k)) discounts what was expected on little evidence. G is the logarithm of the
/// likelihood ratio of a shift by δ since the likeliest moment against none (Page 1954; Lorden 1971); beyond the
/// threshold the candidate has changed, and what is known of it is reduced to `remainder` observations, in all regions
/// in the same proportion, so that it is learned again while its profile over the regions is still a hint. A steady
/// drift slower than δ/2 is left to γ.
///
/// Because region and candidate are compared with themselves, neither a change of traffic nor the router's own
/// learning sets it off: no false alarm in the stationary runs at threshold 15, few at 6.
///
/// Measured (three best models × 0.6 at mid-stream, captured gain of the last quarter): 0.56 → 0.81, 0.66 → 0.81,
/// 0.56 → 0.99; stationary runs unchanged.
public struct ChangeDetector: Hashable, Sendable {
  /// G⁺, ≥ 0.
  public var rise = 0.0
  /// G⁻, ≥ 0.
  public var fall = 0.0
  /// The epoch in which it last changed; 0 where it never did.
  public var changed = 0
  /// How widely rewards scattered about what was expected.
  public var dispersion = Dispersion()

  public init() {}

  /// δ: the shift that is looked for, in reward.
  static let shift = 0.15
  /// Observations that are left of a candidate that changed.
  static let remainder = 10.0
  /// Observations of a candidate before it is watched.
  static let minimum = 20.0
  /// k.
  static let lean = 10.0

  /// Takes in one epoch of one candidate; true when the candidate has changed.
  ///
  /// - Parameters:
  ///   - regions: what each region's cell knew, with its new mass and sum.
  ///   - root: what the candidate's root cell knew.
  ///   - epoch: its number.
  ///   - pace: the threshold of G, and the discount of what is kept of the scatter.
  mutating func watch(
    _ regions: some Sequence<(cell: Cell, mass: Double, sum: Double)>, root: Cell, _ pace: Pace, epoch: Int
  ) -> Bool {
    guard root.observations >= ChangeDetector.minimum else { return false }
    dispersion.fade(by: pace.discount)
    let overall = (root.rewards + 1) / (root.observations + 2)
    var surplus = 0.0
    var count = 0.0
    var variance = 0.0
    for (cell, mass, sum) in regions where mass > 0 {
      let base = cell.observations + ChangeDetector.lean
      let expected = min(max((cell.rewards + ChangeDetector.lean * overall) / base, 0.02), 0.98)
      let weight = 1 / (1 + mass / base)
      surplus += weight * (sum - mass * expected)
      count += weight * mass
      variance += weight * mass * expected * (1 - expected)
      // What a cell of few observations expects is too far from the truth to measure scatter by.
      if cell.observations >= ChangeDetector.lean {
        dispersion.add(
          sum - mass * expected, variance: mass * expected * (1 - expected) * (1 + mass / base))
      }
    }
    guard count > 0 else { return false }
    variance *= Dispersion.pooled([dispersion]) / count
    let shift = ChangeDetector.shift
    rise = max(0, rise + (shift * surplus - shift * shift / 2 * count) / variance)
    fall = max(0, fall + (-shift * surplus - shift * shift / 2 * count) / variance)
    guard max(rise, fall) > pace.changeThreshold else { return false }
    (rise, fall, changed) = (0, 0, epoch)
    return true
  }
}
