import RealModule

/// The Beta distribution on [0, 1] with density x^(α−1) (1−x)^(β−1) / B(α, β).
public struct BetaDistribution: Sendable, Hashable {
  public let alpha: Double
  public let beta: Double

  /// - Parameters: two shapes, finite and above 0. Everything here works down to 1e-3 and up to 1e6 and beyond.
  public init(alpha: Double, beta: Double) {
    precondition(
      alpha > 0 && beta > 0 && alpha.isFinite && beta.isFinite,
      "the shapes of a Beta distribution are finite and above 0")
    self.alpha = alpha
    self.beta = beta
  }

  /// α / (α + β).
  public var mean: Double { alpha / (alpha + beta) }

  /// αβ / ((α + β)² (α + β + 1)).
  public var variance: Double {
    let total = alpha + beta
    return (alpha / total) * (beta / total) / (total + 1)
  }

  /// ln of the density at x in [0, 1]; ±∞ at an end where the density is 0 or unbounded.
  public func logDensity(_ x: Double) -> Double {
    precondition(x >= 0 && x <= 1, "a Beta distribution lives on [0, 1]")
    // 0 · ln 0 is 0 here: a shape of exactly 1 has a finite density at its end.
    let left = alpha == 1 ? 0 : (alpha - 1) * .log(x)
    let right = beta == 1 ? 0 : (beta - 1) * .log(onePlus: -x)
    return left + right - SpecialFunctions.logBeta(alpha, beta)
  }

  /// The density at x in [0, 1].
  public func density(_ x: Double) -> Double { .exp(logDensity(x)) }

  /// P(X ≤ x); 0 below 0 and 1 above 1.
  public func cdf(_ x: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    return SpecialFunctions.incompleteBeta(x, alpha, beta)
  }

  /// The x with P(X ≤ x) = p, for p in [0, 1].
  ///
  /// Newton's method on ln F over t = ln(x/(1−x)) (on ln(1 − F) for p > ½). The density of t is log-concave, hence
  /// so are F and 1 − F, and for a concave function Newton's method converges from every start, after at most one
  /// step to the far side. Quantiles below the smallest positive `Double` are returned as 0, those above 1 − 2⁻⁵⁴
  /// as 1.
  public func quantile(_ p: Double) -> Double {
    precondition(p >= 0 && p <= 1, "a quantile is defined for 0 ≤ p ≤ 1")
    if p == 0 { return 0 }
    if p == 1 { return 1 }
    // The upper half is the mirrored distribution's lower half.
    let t =
      p <= 0.5
      ? Self.logitOfLowerQuantile(p, alpha, beta) : -Self.logitOfLowerQuantile(1 - p, beta, alpha)
    return t < 0 ? .exp(t) / (1 + .exp(t)) : 1 / (1 + .exp(-t))
  }

  /// t with F(t) = p for the Beta(a, b) over t = ln(x/(1−x)).
  private static func logitOfLowerQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    let target = Double.log(p)
    let logBeta = SpecialFunctions.logBeta(a, b)
    var t = Double.log(a / b)
    var known = t
    for _ in 0..<200 {
      let step: Double
      if t < -700 {
        // x underflows; F is its leading term xᵃ/(a B(a, b)), a straight line in t.
        step = (target - (a * t - .log(a) - logBeta)) / a
      } else {
        let e = Double.exp(-t.magnitude)
        let x = (t < 0 ? e : 1) / (1 + e)
        let y = (t < 0 ? 1 : e) / (1 + e)
        let lower = SpecialFunctions.incompleteBeta(x: x, complement: y, a, b).lower
        let slope = SpecialFunctions.betaPowerTerms(x: x, complement: y, a, b)
        // A step overshot to where F underflows: come halfway back.
        if lower <= 0 || slope <= 0 {
          t = 0.5 * (t + known)
          continue
        }
        known = t
        step = (target - .log(lower)) * lower / slope
      }
      t += step
      // Convergence is quadratic: after a step this small the next one is below rounding.
      if step.magnitude <= 1e-10 * max(1, t.magnitude) { break }
    }
    return t
  }

  /// One draw in [0, 1] as X/(X + Y) of two Gamma draws; with a shape below 1 from their logarithms, so that tiny
  /// shapes give 0 or 1 rather than 0/0.
  @inlinable
  public func sample(using rng: inout some RandomNumberGenerator) -> Double {
    if alpha >= 1 && beta >= 1 {
      let x = GammaDistribution.sampleDirectly(alpha, using: &rng)
      let y = GammaDistribution.sampleDirectly(beta, using: &rng)
      return x / (x + y)
    }
    let x = GammaDistribution(shape: alpha).sampleLogarithm(using: &rng)
    let y = GammaDistribution(shape: beta).sampleLogarithm(using: &rng)
    return 1 / (1 + exponential(y - x))
  }
}
