import Statistics

/// Student's t distribution, as far as an interval of a mean needs it.
enum StudentT {
  /// The t with P(T ≤ t) = p for p ≥ ½: with X ~ Beta(ν/2, ½) and P(X ≤ x) = 2(1 − p), t = √(ν (1/x − 1)).
  static func quantile(_ p: Double, degrees: Int) -> Double {
    let x = BetaDistribution(alpha: Double(degrees) / 2, beta: 0.5).quantile(2 * (1 - p))
    return (Double(degrees) * (1 / x - 1)).squareRoot()
  }
}
