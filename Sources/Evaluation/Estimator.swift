/// An estimator of a policy's value V(π) = E[Σ_a π(a | x) r(a, x)] from the log of another policy.
///
/// With w_i = π(a_i | x_i) / π_b(a_i | x_i), q the reward model and DM_i = Σ_a π(a | x_i) q(a, x_i), over n rows:
///
///     ips          (1/n) Σ w r                                   Horvitz & Thompson, JASA 47, 1952
///     clipped_ips  (1/n) Σ min(w, M) r                           Ionides, JCGS 17, 2008
///     snips        Σ w r / Σ w                                   Swaminathan & Joachims, NIPS 2015
///     dm           (1/n) Σ DM
///     dr           (1/n) Σ [DM + w (r − q)]                      Dudík, Erhan, Langford & Li, Stat. Sci. 29, 2014
///     sndr         (1/n) Σ DM + Σ w (r − q) / Σ w                Thomas & Brunskill, ICML 2016, for one step
///     switch_dr    (1/n) Σ [DM + w 1{w ≤ τ} (r − q)]             Wang, Agarwal & Dudík, ICML 2017
///     dros         (1/n) Σ [DM + λ w / (w² + λ) (r − q)]         Su, Dimakopoulou, Krishnamurthy & Dudík, ICML 2020
///     balanced_ips (1/n) Σ π(a | x) / π̄(a | x) r                 Agarwal, Basu, Schnabel & Joachims, KDD 2017
///
/// where r, q, w are those of row i and π̄ is the mixture of the logging policies, each by its share of the rows.
public enum Estimator: Hashable, Sendable {
  /// Unbiased where the log supports the policy; its variance grows with the weights.
  case ips
  /// M > 0: less variance than `ips`, biased downwards for rewards that are not negative.
  case clippedIPS(cap: Double)
  /// A weighted mean of rewards: within their range, and biased only by order 1/n.
  case snips
  /// As good as the model, whatever the weights.
  case dm
  /// Unbiased if the propensities or the model are right.
  case dr
  case sndr
  /// τ ≥ 0: rows of larger weight leave it to the model.
  case switchDR(threshold: Double)
  /// λ ≥ 0: 0 is `dm`, ∞ is `dr`.
  case drOptimistic(shrinkage: Double)
  /// For rows of several logging policies pooled; `ips` where there was one.
  case balancedIPS

  /// Every estimator, with the parameters that are used when none are given: M = τ = 10, λ = 100, which lets no row
  /// count for more than 10 (√λ / 2 = 5 for `dros`).
  public static let all: [Estimator] = [
    .ips, .clippedIPS(cap: 10), .snips, .dm, .dr, .sndr, .switchDR(threshold: 10),
    .drOptimistic(shrinkage: 100), .balancedIPS,
  ]

  public var name: String {
    switch self {
    case .ips: "ips"
    case .clippedIPS: "clipped_ips"
    case .snips: "snips"
    case .dm: "dm"
    case .dr: "dr"
    case .sndr: "sndr"
    case .switchDR: "switch_dr"
    case .drOptimistic: "dros"
    case .balancedIPS: "balanced_ips"
    }
  }

  /// The parameter, of those that have one.
  public var parameter: Double? {
    switch self {
    case .clippedIPS(let value), .switchDR(let value), .drOptimistic(let value): value
    default: nil
    }
  }

  /// From a name, with a parameter after a colon where there is one: `snips`, `switch_dr:5`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let plain = Estimator.all.first(where: { $0.name == name }) else {
      return nil
    }
    guard parts.count == 2 else {
      self = plain
      return
    }
    guard let value = Double(parts[1]), value >= 0, !value.isNaN else { return nil }
    switch plain {
    case .clippedIPS where value > 0: self = .clippedIPS(cap: value)
    case .switchDR: self = .switchDR(threshold: value)
    case .drOptimistic: self = .drOptimistic(shrinkage: value)
    default: return nil
    }
  }

  /// Whether it asks a reward model.
  public var needsRewardModel: Bool {
    switch self {
    case .ips, .clippedIPS, .snips, .balancedIPS: false
    case .dm, .dr, .sndr, .switchDR, .drOptimistic: true
    }
  }

  /// Whether its value rests on the model where the weights are large; see ``OffPolicyEvaluation``.
  var leansOnModel: Bool {
    switch self {
    case .dm, .switchDR, .drOptimistic: true
    default: false
    }
  }

  /// The plain estimator that has the same terms u.
  var spread: Estimator {
    switch self {
    case .snips: .ips
    case .dm, .sndr, .switchDR, .drOptimistic: .dr
    default: self
    }
  }

  /// What the estimator makes of a weight w ≥ 0; `dm` makes nothing of it.
  func weight(_ w: Double) -> Double {
    switch self {
    case .clippedIPS(let cap): min(w, cap)
    case .switchDR(let threshold): w <= threshold ? w : 0
    // λ w / (w² + λ), without ∞/∞.
    case .drOptimistic(let shrinkage): w == 0 || shrinkage == 0 ? 0 : w / (1 + w * w / shrinkage)
    case .dm: 0
    default: w
    }
  }

  var isSelfNormalised: Bool {
    switch self {
    case .snips, .sndr: true
    default: false
    }
  }
}
