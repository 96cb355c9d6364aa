import RealModule

extension SpecialFunctions {
  /// The regularised lower incomplete Gamma function P(s, x) = ∫₀ˣ t^(s−1) e^(−t) dt / Γ(s), for s > 0 and x ≥ 0.
  public static func incompleteGamma(_ s: Double, _ x: Double) -> Double {
    incompleteGammas(s, x).lower
  }

  /// Q(s, x) = 1 − P(s, x), without cancellation where it is small: the tail a test statistic needs.
  public static func incompleteGammaUpper(_ s: Double, _ x: Double) -> Double {
    incompleteGammas(s, x).upper
  }

  /// P and Q: the power series of P below s + 1, the continued fraction of Q above.
  private static func incompleteGammas(_ s: Double, _ x: Double) -> (lower: Double, upper: Double) {
    precondition(s > 0 && x >= 0, "incompleteGamma is defined for s > 0 and x ≥ 0")
    if x == 0 { return (0, 1) }
    if x == .infinity { return (1, 0) }
    let power = gammaPowerTerms(s, x)
    if x < s + 1 {
      let lower = min(1, power / s * gammaSeries(s, x))
      return (lower, 1 - lower)
    }
    let upper = min(1, power * gammaContinuedFraction(s, x))
    return (1 - upper, upper)
  }

  /// xˢ e⁻ˣ / Γ(s). For large s Stirling's formula is taken out on paper: with μ = (x − s)/s it is
  /// sqrt(s/2π) exp(−s(μ − ln(1+μ)) − Δ(s)).
  private static func gammaPowerTerms(_ s: Double, _ x: Double) -> Double {
    if s >= 10 {
      let exponent = -s * excessOverLog((x - s) / s) - stirlingRemainder(s)
      return (s / (2 * .pi)).squareRoot() * .exp(exponent)
    }
    return .exp(s * .log(x) - x - Double.logGamma(s))
  }

  /// 1 + x/(s+1) + x²/((s+1)(s+2)) + … (DLMF 8.7.1).
  private static func gammaSeries(_ s: Double, _ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    var shape = s
    while term > 1e-17 * sum {
      shape += 1
      term *= x / shape
      sum += term
    }
    return sum
  }

  /// 1/(x+1−s − 1(1−s)/(x+3−s − 2(2−s)/(x+5−s − …))) by Lentz's method (DLMF 8.9.2, its even part).
  private static func gammaContinuedFraction(_ s: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    func away(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
    var b = x + 1 - s
    var c = 1 / tiny
    var d = 1 / away(b)
    var value = d
    var n = 1.0
    while n < 1_000_000 {
      let a = -n * (n - s)
      b += 2
      d = 1 / away(a * d + b)
      c = away(b + a / c)
      let factor = d * c
      value *= factor
      if (factor - 1).magnitude < 1e-16 { break }
      n += 1
    }
    return value
  }
}
