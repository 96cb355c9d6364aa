import RealModule

extension BestArmSweep.Arm {
  /// The depth below its mode, in natural logarithms, at which an arm begins to count.
  private static let depth = 16.5

  init(index: Int, posterior: BetaDistribution, weight: Double, amongEquals: Bool) {
    self.index = index
    self.weight = weight
    // Below this a shape is an atom at its end for every purpose, and its square would underflow.
    alpha = max(posterior.alpha, 1e-12)
    beta = max(posterior.beta, 1e-12)
    logBeta = SpecialFunctions.logBeta(alpha, beta)
    // Over t the density is e^−D(v) times its greatest value, v the distance from the mode ln(α/β):
    // D = βv + (α+β) ln(x₀ + y₀ e^−v), x₀ = α/(α+β), y₀ = β/(α+β). D is convex with D(0) = 0, so the mass above v is at
    // most e^−D(v), and Newton's method for D = `depth` comes, after one step, only from above.
    let x0 = alpha / (alpha + beta)
    let y0 = beta / (alpha + beta)
    var v = (2 * Self.depth * (1 / alpha + 1 / beta)).squareRoot()
    var slope = 0.0
    for _ in 0..<60 {
      let e = Double.exp(-v)
      let mixed = x0 + y0 * e
      slope = beta * x0 * (1 - e) / mixed
      let excess = beta * v + (alpha + beta) * .log(mixed) - Self.depth
      if excess > -0.01 && excess < 2 { break }
      v -= excess / slope
    }
    let end = Double.log(alpha / beta) + v
    upperEnd = end
    firstStep = 5 / slope
    // Among equal weights arms appear in the order of their upper ends.
    appearance =
      amongEquals ? end : .log(weight) + (end < 0 ? end - .log(1 + .exp(end)) : -.log(1 + .exp(-end)))
  }
}
