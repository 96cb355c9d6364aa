import RealModule

/// Which of several independent Beta variables is the largest.
public enum BestArm {
  /// P(wₚ θₚ is the largest), θₚ ~ Beta(αₚ, βₚ) independent: the allocation of Thompson sampling, computed by
  /// quadrature of ∫ fₚ(x) Πq≠p F_q(x) dx instead of by drawing.
  ///
  /// The error of each probability is below 1e-6 for 1 to 256 arms of any mix of widths with shapes from 1e-3 to 1e6.
  /// Beyond 1e6 accuracy is lost slowly (rounding in α ln x); below 1e-12 a shape is taken as 1e-12. The same input
  /// gives the same bits.
  /// - Parameters:
  ///   - arms: any number; none gives an empty result.
  ///   - weights: one factor per arm, finite and ≥ 0; nil is all ones. An arm of weight 0 has probability 0, unless
  ///     every weight is 0: then all are equally probable.
  /// - Returns: probabilities in the order of `arms`, of sum 1.
  public static func probabilities(_ arms: [BetaDistribution], weights: [Double]? = nil) -> [Double] {
    var result = rawProbabilities(arms, weights: weights)
    var sum = 0.0
    for value in result { sum += value }
    for index in result.indices { result[index] /= sum }
    return result
  }

  /// The integrals as they come out of the quadrature: their sum differs from 1 by its error.
  static func rawProbabilities(_ arms: [BetaDistribution], weights: [Double]? = nil) -> [Double] {
    if let weights {
      precondition(weights.count == arms.count, "one weight per arm")
      var greatest = 0.0
      var competing = 0
      var last = 0
      for (index, weight) in weights.enumerated() {
        precondition(weight >= 0 && weight.isFinite, "a weight is finite and not negative")
        greatest = max(greatest, weight)
        if weight > 0 {
          competing += 1
          last = index
        }
      }
      if competing == 0 { return [Double](repeating: 1 / Double(arms.count), count: arms.count) }
      var result = [Double](repeating: 0, count: arms.count)
      if competing == 1 {
        result[last] = 1
        return result
      }
      sweep(arms, competing: competing, into: &result) { index in
        // A floor far below any effect keeps a positive weight positive.
        weights[index] == 0 ? 0 : max(weights[index] / greatest, 1e-300)
      }
      return result
    }
    if arms.count <= 1 { return arms.map { _ in 1 } }
    var result = [Double](repeating: 0, count: arms.count)
    sweep(arms, competing: arms.count, areEqual: true, into: &result) { _ in 1 }
    return result
  }

  /// Runs a sweep over the arms of positive weight, in two temporary allocations.
  private static func sweep(
    _ arms: [BetaDistribution], competing: Int, areEqual: Bool = false, into result: inout [Double],
    weight: (Int) -> Double
  ) {
    withUnsafeTemporaryAllocation(of: BestArmSweep.Arm.self, capacity: competing) { buffer in
      var count = 0
      for (index, arm) in arms.enumerated() where weight(index) > 0 {
        buffer.initializeElement(
          at: count,
          to: .init(index: index, posterior: arm, weight: weight(index), amongEquals: areEqual))
        count += 1
      }
      withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 2 * count) { lanes in
        lanes.initialize(repeating: Lanes())
        var sweep = BestArmSweep(arms: buffer, lanes: lanes)
        sweep.run()
      }
      for arm in buffer { result[arm.index] = arm.probability }
    }
  }
}
