import RealModule

/// The quadrature behind `BestArm`: one sweep from the right end of the axis to the left.
///
/// With Yₚ = wₚ θₚ the probability of arm p is ∫ gₚ Πq≠p F_q, gₚ the density of Yₚ and F_q the distribution function
/// of Y_q. The axis is t = ln(x/(1−x)), x = y/W, where W is the smallest weight among the arms that have appeared: in
/// t the density of an arm of weight W is xᵅ (1−x)ᵝ / B(α, β), smooth for every shape, and the arms of larger weight,
/// whose x is multiplied by r = W/w < 1, are smoother still.
///
/// The sweep goes from right to left because the distribution functions then follow from the densities (F = 1 minus
/// what has been passed), an arm costs nothing before its upper end is reached, and the mass still to be found is
/// known exactly: it is P = Π F at the present point. When P is below `remainder` the sweep is over, and the lower
/// tails, where some arm is certain to be exceeded, are never computed.
///
/// One step is a panel of eight Gauss–Legendre nodes. Its own check is Σₚ of what the arms gain = P(right) − P(left),
/// an identity of the product that holds as far as the panel resolves it; a panel that misses it, or in which some
/// density is not resolved by its eight values, is halved, and the step follows the error as in the solution of an
/// ordinary differential equation.
struct BestArmSweep {
  /// What is known about one arm.
  struct Arm {
    let index: Int
    let alpha: Double
    let beta: Double
    /// ln B(α, β).
    let logBeta: Double
    let weight: Double
    /// Above this t (of its own weight) the arm has less than e^−16 of its mass.
    let upperEnd: Double
    /// A step from `upperEnd` to the left over which the density rises by about e⁵.
    let firstStep: Double
    /// ln x at the upper end + ln w: where the arm appears.
    let appearance: Double
    /// W / w and its logarithm; 1 and 0 for the arms of weight W.
    var ratio = 1.0
    var logRatio = 0.0
    /// P(Y > present point), and the same at the left end of the panel under way.
    var passed = 0.0
    var passedNext = 0.0
    /// ∫ gₚ Π F_q so far, and over the panel under way.
    var probability = 0.0
    var gain = 0.0
  }

  /// The sweep ends when less than this much is left to find.
  static let remainder = 1e-7
  /// A panel may miss its identity by this much.
  static let tolerance = 2e-8
  /// The highest Legendre coefficient of a density on a panel, as mass. The integrals converge twice as fast as the
  /// interpolation does, so this may be near the root of `tolerance`.
  static let resolution = 3e-4

  let arms: UnsafeMutableBufferPointer<Arm>
  /// Of each arm on the panel under way: the density times half the panel's width and Π F of the arms before
  /// it, then the distribution function.
  let lanes: UnsafeMutableBufferPointer<Lanes>

  /// The arms before this one have appeared.
  private var active = 0
  /// W.
  private var reference = 1.0
  /// The greatest −ln(1 − r) of the active arms: the real part of their rightmost singularity.
  private var shift = 0.0
  /// The present point.
  private var t = 0.0
  private var step = 0.0
  /// Π F at the present point.
  private var product = 1.0
}

extension BestArmSweep {
  init(arms: UnsafeMutableBufferPointer<Arm>, lanes: UnsafeMutableBufferPointer<Lanes>) {
    self.arms = arms
    self.lanes = lanes
    var order = arms
    order.sort { a, b in
      if a.appearance != b.appearance { return a.appearance > b.appearance }
      if a.upperEnd != b.upperEnd { return a.upperEnd > b.upperEnd }
      return a.index < b.index
    }
    reference = arms[0].weight
    t = arms[0].upperEnd
    step = arms[0].firstStep
    active = 1
  }

  mutating func run() {
    // The bound is far above what any mix of arms takes; past it the sum of the raw probabilities shows the failure.
    for _ in 0..<(1_000 + 20 * arms.count) {
      let planned = nextWidth()
      var width = planned
      var outcome = panel(width)
      var attempts = 0
      while !outcome.accepted && attempts < 40 {
        width *= min(0.7, max(0.2, outcome.factor))
        outcome = panel(width)
        attempts += 1
      }
      let gained = accept(width)
      if product < Self.remainder || (product < 1e-6 && gained < 1e-12) { break }
      let factor = min(3, max(0.3, outcome.factor))
      if width == planned && width < step && factor >= 1 {
        // Cut short only to end where an arm appears.
        step = max(step, width * factor)
      } else {
        step = width * factor
      }
    }
  }

  /// The width of the next panel; lets the arms appear that it reaches.
  private mutating func nextWidth() -> Double {
    var width = min(step, widthLimit())
    while active < arms.count {
      let arm = arms[active]
      let (end, first) = appearance(of: arm)
      let distance = t - end
      if distance >= width { break }
      if arm.weight < reference && arm.upperEnd > 2 && distance > 1e-12 * max(1, t.magnitude) {
        // Its mass may reach up to its own weight, where this axis does not resolve it: stop there.
        width = distance
        break
      }
      if arm.weight < reference && arm.upperEnd > 2 {
        changeReference(to: arm)
        width = min(step, widthLimit())
      } else if distance > first {
        width = distance
        break
      } else if first < width {
        width = first
        step = first
      }
      active += 1
      relate(active - 1)
    }
    return max(width, 1e-10 * max(1, t.magnitude))
  }

  /// The logarithms have singularities at the distance π of the real axis, beside t = 0 and t = −ln(1 − r); eight
  /// nodes resolve a panel that is not much wider than its distance from them.
  private func widthLimit() -> Double {
    if t > shift { return max(5, 0.8 * (t - shift)) }
    return max(5, -4 * t)
  }

  /// Where an arm appears on the present axis, and its first step there.
  private func appearance(of arm: Arm) -> (end: Double, first: Double) {
    if arm.weight == reference { return (arm.upperEnd, arm.firstStep) }
    let ratio = arm.weight / reference
    let e = Double.exp(-arm.upperEnd.magnitude)
    let own = (arm.upperEnd < 0 ? e : 1) / (1 + e)
    let ownComplement = (arm.upperEnd < 0 ? 1 : e) / (1 + e)
    let x = ratio * own
    let y = ratio < 1 ? (1 - ratio) + ratio * ownComplement : 1 - x
    if y <= 0 { return (.infinity, .infinity) }
    return (.log(x) - .log(y), arm.firstStep * ownComplement / y)
  }

  /// Continues on the axis of an arm that appears here.
  private mutating func changeReference(to arm: Arm) {
    let before = 1 / (1 + Double.exp(t))
    let after = 1 / (1 + Double.exp(arm.upperEnd))
    step = after > 0 ? min(step * before / after, arm.firstStep) : arm.firstStep
    reference = arm.weight
    t = arm.upperEnd
    shift = 0
    for index in 0..<active { relate(index) }
  }

  /// Sets the ratio of an arm to the present axis.
  private mutating func relate(_ index: Int) {
    let ratio = reference / arms[index].weight
    arms[index].ratio = ratio
    arms[index].logRatio = ratio == 1 ? 0 : .log(ratio)
    if ratio < 1 { shift = max(shift, -.log(onePlus: -ratio)) }
  }

  /// Integrates the active arms over [t − width, t] without moving yet.
  private func panel(_ width: Double) -> (accepted: Bool, factor: Double) {
    let rule = GaussLegendre.eight
    let half = 0.5 * width
    let points = (t - half) + half * rule.nodes
    let zero = Lanes(repeating: 0)
    let negative = points .< zero
    let e = exponential(points.replacing(with: -points, where: .!negative))
    let one = 1 + e
    let softened = logarithm(one)
    // ln x, ln(1 − x) and 1 − x.
    let logX = points.replacing(with: zero, where: .!negative) - softened
    let logY = (-points).replacing(with: zero, where: negative) - softened
    let y = e.replacing(with: 1, where: negative) / one
    let logHalf = Double.log(half)

    let resolved = resolve(logX: logX, logY: logY, y: y, logHalf: logHalf)
    let gained = distribute(rule.weights)
    let missed = (gained - (product - resolved.left)).magnitude
    let roughness = resolved.roughness / Self.resolution
    let error = missed / Self.tolerance
    let factor = 0.8 * min(Self.power(roughness + 1e-9, -1.0 / 7), Self.power(error + 1e-12, -1.0 / 14))
    return (roughness <= 1 && error <= 1, factor)
  }

  /// xᵃ for x > 0 and |a| < 1, to a few per cent, which is enough to choose a step: the bits of a number are nearly its
  /// logarithm.
  private static func power(_ x: Double, _ a: Double) -> Double {
    let one = Double((1.0).bitPattern)
    return Double(bitPattern: UInt64(one + a * (Double(x.bitPattern) - one)))
  }

  /// Densities and distribution functions of the active arms on a panel.
  /// - Returns: Π F at the left end, and the largest unresolved part of a density.
  private func resolve(
    logX: Lanes, logY: Lanes, y: Lanes, logHalf: Double
  ) -> (left: Double, roughness: Double) {
    let rule = GaussLegendre.eight
    var product = Lanes(repeating: 1)
    var left = 1.0
    var roughness = 0.0
    for index in 0..<active {
      let arm = arms.baseAddress! + index
      let constant = logHalf - arm.pointee.logBeta
      var exponent: Lanes
      if arm.pointee.ratio == 1 {
        exponent = arm.pointee.alpha * logX + arm.pointee.beta * logY
      } else {
        // x f(x) (1 − x₀) with x = r x₀: dx/dt is r x₀ (1 − x₀).
        let ratio = arm.pointee.ratio
        var complement = (1 - ratio) + ratio * y
        complement.replace(with: 1e-300, where: complement .< 1e-300)
        exponent = arm.pointee.alpha * (logX + arm.pointee.logRatio) + logY
        exponent += (arm.pointee.beta - 1) * logarithm(complement)
      }
      exponent += constant
      let density = exponential(exponent)
      var distribution = (1 - arm.pointee.passed) - rule.cumulative(density)
      // A distribution function that rounding takes to 0 or below must still divide its own product.
      distribution.replace(with: 1e-30, where: distribution .< 1e-30)
      let passed = arm.pointee.passed + total(rule.weights * density)
      arm.pointee.passedNext = passed
      roughness = max(roughness, total(rule.top * density).magnitude)
      // Π F over the arms before this one is all that its own density still needs from them.
      lanes[2 * index] = density * product
      lanes[2 * index + 1] = distribution
      product *= distribution
      left *= max(1 - passed, 1e-30)
    }
    return (left, roughness)
  }

  /// ∫ gₚ Π F_q over the panel for each active arm: wⱼ times the density, Π F of the arms before it and Π F of those
  /// after it, for which the arms are gone through backwards.
  /// - Returns: the sum over the arms.
  private func distribute(_ weights: Lanes) -> Double {
    var sum = 0.0
    var weighted = weights
    for index in (0..<active).reversed() {
      let gain = total(weighted * lanes[2 * index])
      weighted *= lanes[2 * index + 1]
      arms[index].gain = gain
      sum += gain
    }
    return sum
  }

  /// Moves to the left end of the panel just integrated.
  private mutating func accept(_ width: Double) -> Double {
    t -= width
    product = 1
    var gained = 0.0
    for index in 0..<active {
      arms[index].passed = arms[index].passedNext
      arms[index].probability += arms[index].gain
      product *= max(1 - arms[index].passed, 1e-30)
      gained += arms[index].gain
    }
    return gained
  }
}
