import RealModule

extension SpecialFunctions {
  /// The regularised incomplete Beta function I_x(a, b) = ∫₀ˣ t^(a−1) (1−t)^(b−1) dt / B(a, b), for x in [0, 1] and
  /// a, b > 0: the distribution function of Beta(a, b).
  ///
  /// The continued fraction converges quickly below the mean; above it I_x(a, b) = 1 − I_{1−x}(b, a) is used.
  public static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    precondition(x >= 0 && x <= 1, "incompleteBeta is defined for 0 ≤ x ≤ 1")
    return incompleteBeta(x: x, complement: 1 - x, a, b).lower
  }

  /// I_x(a, b) and 1 − I_x(a, b), the smaller of the two without cancellation. `complement` is 1 − x, given
  /// separately because a caller may know it better than the subtraction does.
  static func incompleteBeta(
    x: Double, complement y: Double, _ a: Double, _ b: Double
  ) -> (lower: Double, upper: Double) {
    precondition(a > 0 && b > 0, "incompleteBeta is defined for a, b > 0")
    if x <= 0 { return (0, 1) }
    if y <= 0 { return (1, 0) }
    let power = betaPowerTerms(x: x, complement: y, a, b)
    if x * (a + b + 2) < a + 1 {
      let lower = min(1, power / a * betaContinuedFraction(x, a, b))
      return (lower, 1 - lower)
    }
    let upper = min(1, power / b * betaContinuedFraction(y, b, a))
    return (1 - upper, upper)
  }

  /// xᵃ (1−x)ᵇ / B(a, b).
  ///
  /// Where both shapes are large the logarithms would cancel: with λ = a(1−x) − bx the exponent is
  /// −a·e(−λ/a) − b·e(λ/b), e(u) = u − ln(1+u), times sqrt(ab/(2π(a+b))) and Stirling's remainders (Algorithm 708).
  static func betaPowerTerms(x: Double, complement y: Double, _ a: Double, _ b: Double) -> Double {
    if min(a, b) >= 10 {
      let lambda = a * y - b * x
      let exponent = -a * excessOverLog(-lambda / a) - b * excessOverLog(lambda / b)
      let remainder = stirlingRemainder(a) + stirlingRemainder(b) - stirlingRemainder(a + b)
      return (a * (b / (a + b)) / (2 * .pi)).squareRoot() * .exp(exponent - remainder)
    }
    let logX = x < 0.5 ? Double.log(x) : .log(onePlus: -y)
    let logY = y < 0.5 ? Double.log(y) : .log(onePlus: -x)
    return .exp(a * logX + b * logY - logBeta(a, b))
  }

  /// The continued fraction 1/(1 + d₁/(1 + d₂/(1 + …))) of a B(a,b) I_x / (xᵃ(1−x)ᵇ), evaluated by Lentz's method:
  ///
  ///     d₂ₘ = m(b−m)x / ((a+2m−1)(a+2m)),   d₂ₘ₊₁ = −(a+m)(a+b+m)x / ((a+2m)(a+2m+1))
  ///
  /// (DLMF 8.17.22). It takes about sqrt(max(a, b)) steps.
  private static func betaContinuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func away(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var value = d
    var m = 1.0
    while m < 1_000_000 {
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + even * d)
      c = away(1 + even / c)
      value *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + odd * d)
      c = away(1 + odd / c)
      let factor = d * c
      value *= factor
      if (factor - 1).magnitude < 1e-16 { break }
      m += 1
    }
    return value
  }
}
