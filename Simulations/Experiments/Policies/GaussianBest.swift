import Foundation

/// Which of several independent normal variables is the largest.
enum GaussianBest {
  /// P(X_a is the largest), X_a ~ N(μ_a, σ_a²), as
  ///
  ///     ∫ φ(z) Π_{b≠a} Φ((μ_a + σ_a z − μ_b)/σ_b) dz
  ///
  /// by the trapezoidal rule on −6…6 in steps of ⅛: for a smooth integrand exact to many digits, and to about a
  /// thousandth where one σ is a hundred times another.
  ///
  /// - Parameter arms: one at least; σ ≥ 0.
  /// - Returns: of sum 1.
  static func probabilities(_ arms: [(mean: Double, deviation: Double)]) -> [Double] {
    guard arms.count > 1 else { return arms.map { _ in 1 } }
    let top = arms.map { $0.mean - 6 * $0.deviation }.max() ?? 0
    var result = arms.indices.map { arm -> Double in
      let own = arms[arm]
      // Nobody whose best is below another's worst needs an integral.
      guard own.mean + 6 * own.deviation >= top else { return 0 }
      var sum = 0.0
      for step in -48...48 {
        let z = Double(step) / 8
        let x = own.mean + own.deviation * z
        var density = exp(-z * z / 2)
        for other in arms.indices where other != arm {
          let deviation = max(arms[other].deviation, 1e-12)
          density *= erfc((arms[other].mean - x) / (deviation * 2.0.squareRoot())) / 2
          if density < 1e-16 { break }
        }
        sum += density
      }
      return sum
    }
    let total = result.reduce(0, +)
    guard total > 0 else {
      let best = arms.indices.max { (arms[$0].mean, $1) < (arms[$1].mean, $0) } ?? 0
      return arms.indices.map { $0 == best ? 1 : 0 }
    }
    for index in result.indices { result[index] /= total }
    return result
  }
}
