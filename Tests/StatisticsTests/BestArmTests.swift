import Testing

@testable import Statistics

@Suite("Best arm")
struct BestArmTests {
  /// Arms of mixed widths from exact arithmetic: total mass 1 + u³/20 (1 to 50001), u = 37k mod 101, and mean
  /// ½ + 0.2 v/96, v = 53k mod 97.
  static func mixed(_ count: Int) -> [BetaDistribution] {
    (0..<count).map { k in
      let u = Double(k * 37 % 101)
      let v = Double(k * 53 % 97)
      let mass = 1 + u * u * u / 20
      let mean = 0.5 + 0.2 * v / 96
      return BetaDistribution(alpha: mass * mean, beta: mass * (1 - mean))
    }
  }

  /// A tenth of the error that is promised: the quadrature stops at a few 1e-8.
  static let close = 1e-7

  static func beta(_ alpha: Double, _ beta: Double) -> BetaDistribution { .init(alpha: alpha, beta: beta) }

  static func sum(_ values: [Double]) -> Double { values.reduce(0, +) }

  /// Reference for `mixed(count)`: the few largest probabilities. numpy: composite eight-point Gauss–Legendre in
  /// ln(x/(1−x)) over panels of at most 0.35 of the sharpest arm's width, every F_q at every node by
  /// scipy.special.betainc, the product in logarithms.
  struct Reference: Sendable {
    let count: Int
    let largest: [(arm: Int, probability: Double)]
  }

  @Test(
    "arms of mixed widths agree with an independent quadrature",
    arguments: [
      // Also mpmath.quad with mpmath.betainc at 20 digits: 0.429108092014, 0.570891907986.
      Reference(count: 2, largest: [(1, 0.570_891_908), (0, 0.429_108_092)]),
      Reference(
        count: 8,
        largest: [
          (7, 0.427_668_723), (0, 0.383_571_909), (3, 0.188_586_442), (5, 0.000_171_313), (6, 1.583e-6),
          (1, 2.9e-8), (2, 0), (4, 0),
        ]),
      Reference(
        count: 32,
        largest: [
          (0, 0.330_997_552), (11, 0.207_064_92), (31, 0.121_719_254), (20, 0.099_857_406),
          (9, 0.087_191_494),
          (3, 0.070_595_275),
        ]),
      Reference(
        count: 128,
        largest: [
          (71, 0.293_544_635), (101, 0.165_625_612), (41, 0.149_207_472), (0, 0.136_986_748),
          (82, 0.082_177_229),
          (112, 0.063_126_809),
        ]),
      Reference(
        count: 256,
        largest: [
          (172, 0.206_966_335), (71, 0.164_041_582), (243, 0.109_826_672), (202, 0.104_185_46),
          (142, 0.084_661_379), (101, 0.083_149_739),
        ]),
    ])
  func mixedWidths(reference: Reference) {
    let probabilities = BestArm.probabilities(Self.mixed(reference.count))
    for (arm, probability) in reference.largest {
      #expect((probabilities[arm] - probability).magnitude < Self.close, "arm \(arm) of \(reference.count)")
    }
  }

  @Test(
    "two arms agree with mpmath.quad of f F at 20 digits",
    arguments: [
      // 33/52 by the closed form for integers, Σ B(4+i, 12)/((3+i) B(1+i, 3) B(4, 9)), i = 0, 1
      (beta(2, 3), beta(4, 9), 0.634_615_384_615_38),
      (beta(0.5, 0.5), beta(1.5, 1), 0.424_413_181_578_24),
      (beta(8, 2), beta(80, 25), 0.659_602_878_997_44),
      (beta(1, 1), beta(1, 1), 0.5),
    ])
  func twoArms(first: BetaDistribution, second: BetaDistribution, reference: Double) {
    #expect((BestArm.probabilities([first, second])[0] - reference).magnitude < Self.close)
    #expect((BestArm.probabilities([second, first])[1] - reference).magnitude < Self.close)
  }

  @Test("Beta(a, 1) arms share in proportion to a, over seven decades")
  func powers() {
    // F = x^a, so ∫ aₚ x^(Σa − 1) dx = aₚ / Σa.
    for count in [2, 5, 40, 256] {
      let shapes = (0..<count).map { [1e-3, 0.5, 3, 70, 1200, 9000][$0 % 6] + Double($0) }
      let probabilities = BestArm.probabilities(shapes.map { Self.beta($0, 1) })
      let total = Self.sum(shapes)
      for (probability, shape) in zip(probabilities, shapes) {
        #expect((probability - shape / total).magnitude < Self.close)
      }
    }
  }

  @Test("weighted uniforms: P(w θ₁ > θ₂) = 1 − 1/(2w) for w ≥ 1")
  func weightedUniforms() {
    for weight in [1.0, 1.0000001, 1.5, 2, 10, 1e6] {
      let p = BestArm.probabilities([Self.beta(1, 1), Self.beta(1, 1)], weights: [weight, 1])
      #expect((p[0] - (1 - 0.5 / weight)).magnitude < Self.close, "weight \(weight)")
    }
  }

  @Test("identical arms share equally")
  func identical() {
    for arm in [
      Self.beta(1, 1), Self.beta(0.5, 0.5), Self.beta(50000, 3), Self.beta(1e-3, 1e-3), Self.beta(1e-3, 5e4),
    ] {
      for count in [1, 2, 3, 17, 256] {
        let probabilities = BestArm.probabilities([BetaDistribution](repeating: arm, count: count))
        for probability in probabilities { #expect((probability - 1 / Double(count)).magnitude < 1e-9) }
      }
    }
  }

  @Test("very narrow, very wide, U-shaped and nearly atomic arms together")
  func extremes() {
    // The same independent quadrature as above.
    let five = BestArm.probabilities([
      Self.beta(0.5, 0.5), Self.beta(50000, 3), Self.beta(50000, 3), Self.beta(1, 1), Self.beta(20, 0.5),
    ])
    for (value, reference) in zip(
      five, [0.003_880_381, 0.482_534_694, 0.482_534_694, 0.000_040_153, 0.031_010_079])
    {
      #expect((value - reference).magnitude < Self.close)
    }
    let eight = BestArm.probabilities([
      Self.beta(0.5, 0.5), Self.beta(50000, 3), Self.beta(1e-3, 1e-3), Self.beta(1, 1), Self.beta(20, 0.5),
      Self.beta(0.5, 0.5), Self.beta(3, 50000), Self.beta(1000, 1e-3),
    ])
    let references = [
      9.998e-6, 0.001_192_944, 0.248_134_773, 9.2e-8, 7.9768e-5, 9.998e-6, 0, 0.750_572_426,
    ]
    for (value, reference) in zip(eight, references) { #expect((value - reference).magnitude < Self.close) }
  }

  @Test("shapes far outside the useful range still give probabilities")
  func absurdShapes() {
    let shapes = [1e-300, 1e-100, 1e-9, 1, 1e9, 1e12]
    for first in shapes {
      for second in shapes {
        let arms = [
          Self.beta(first, second), Self.beta(second, first), Self.beta(1, 2), Self.beta(first, first),
        ]
        for weights in [nil, [1, 2, 1, 0.5]] {
          let probabilities = BestArm.probabilities(arms, weights: weights)
          #expect(probabilities.allSatisfy { $0 >= 0 && $0 <= 1 }, "\(first), \(second)")
        }
      }
    }
  }

  @Test("weights agree with mpmath.quad and with the independent quadrature")
  func weights() {
    // mpmath.quad of f_p(x) Π F_q(w_p x / w_q) with mpmath.betainc, at 20 digits
    let doubled = BestArm.probabilities(
      [Self.beta(2, 3), Self.beta(4, 9), Self.beta(30, 20), Self.beta(3, 8)], weights: [1, 2, 1, 2])
    for (value, reference) in zip(
      doubled, [0.086_800_861_075_2, 0.376_928_796_286, 0.267_114_605_036, 0.269_155_737_604])
    {
      #expect((value - reference).magnitude < Self.close)
    }
    // Densities that are infinite at three different ends.
    let ends = BestArm.probabilities(
      [Self.beta(0.5, 0.5), Self.beta(3, 0.5), Self.beta(20, 4)], weights: [1, 0.75, 1.1])
    for (value, reference) in zip(ends, [0.164_405_171_441, 0.009_465_411_078_26, 0.826_129_417_481]) {
      #expect((value - reference).magnitude < Self.close)
    }
    // Per-arm Gauss–Legendre on the arm's own axis with scipy.special.betainc; weights 1 + (3k mod 8)/16
    let mixed = BestArm.probabilities(
      Self.mixed(32), weights: (0..<32).map { 1 + 0.0625 * Double($0 * 3 % 8) })
    let references = [
      29: 0.812_975_655, 0: 0.113_968_271, 11: 0.070_851_615, 22: 0.002_195_981, 31: 6.096e-6,
    ]
    for (arm, reference) in references { #expect((mixed[arm] - reference).magnitude < Self.close) }
  }

  @Test("only the proportions of the weights count, and equal weights are no weights")
  func scaling() {
    let arms = Self.mixed(12)
    let plain = BestArm.probabilities(arms)
    #expect(BestArm.probabilities(arms, weights: [Double](repeating: 3, count: 12)) == plain)
    let weights = (0..<12).map { 1 + 0.01 * Double($0) }
    let scaled = BestArm.probabilities(arms, weights: weights.map { $0 * 1e-200 })
    for (a, b) in zip(BestArm.probabilities(arms, weights: weights), scaled) {
      #expect((a - b).magnitude < 1e-9)
    }
  }

  @Test("nearly equal weights approach equal weights")
  func continuity() {
    let arms = [Self.beta(0.5, 0.5), Self.beta(2, 0.1), Self.beta(300, 2), Self.beta(40, 40)]
    let equal = BestArm.probabilities(arms)
    let nearly = BestArm.probabilities(arms, weights: [1, 1 + 1e-13, 1 - 1e-13, 1 + 3e-14])
    // (1 − x)^0.1 at 1e-13 is 0.05: the arm Beta(2, 0.1) has that much mass above 1 − 1e-13, all of which gains.
    #expect((nearly[2] - equal[2]).magnitude < 1e-6)
    #expect((nearly[3] - equal[3]).magnitude < 1e-6)
    #expect(nearly[1] >= equal[1] - 1e-8)
  }

  @Test("an arm of weight 0 never wins, unless all have weight 0")
  func zeroWeights() {
    let arms = [Self.beta(9, 1), Self.beta(1, 1), Self.beta(1, 1)]
    #expect(BestArm.probabilities(arms, weights: [0, 1, 1])[0] == 0)
    #expect((BestArm.probabilities(arms, weights: [0, 1, 1])[1] - 0.5).magnitude < 1e-9)
    #expect(BestArm.probabilities(arms, weights: [0, 0, 2]) == [0, 0, 1])
    #expect(BestArm.probabilities(arms, weights: [1e300, 1e-300, 0]) == [1, 0, 0])
    let third = 1.0 / 3
    #expect(BestArm.probabilities(arms, weights: [0, 0, 0]) == [third, third, third])
    #expect(BestArm.probabilities([]) == [])
    #expect(BestArm.probabilities([Self.beta(2, 5)]) == [1])
  }

  @Test("the raw sum is 1 within 1e-6 and nothing is negative or NaN, for random mixes of every kind")
  func rawSums() {
    var generator = Xoshiro256(seed: 2024)
    for round in 0..<600 {
      let count = [2, 3, 4, 8, 16, 32, 64, 128, 256][round % 9]
      let kind = round % 5
      let arms = (0..<count).map { _ in Self.random(kind, &generator) }
      let weights: [Double]? =
        switch round % 4 {
        case 0: (0..<count).map { _ in 0.5 + generator.uniform() }
        case 1: (0..<count).map { _ in [1, 2, 1.0001, 0, 0.3][Int.random(in: 0..<5, using: &generator)] }
        default: nil
        }
      if let weights, !weights.contains(where: { $0 > 0 }) { continue }
      let raw = BestArm.rawProbabilities(arms, weights: weights)
      #expect((Self.sum(raw) - 1).magnitude < 1e-6, "round \(round)")
      #expect(raw.allSatisfy { $0 >= 0 }, "round \(round)")
      let probabilities = BestArm.probabilities(arms, weights: weights)
      #expect((Self.sum(probabilities) - 1).magnitude < 1e-14 * Double(count))
    }
  }

  /// Wide and narrow; close together; U-shaped and atomic; any shapes at all; one of four fixed extremes.
  static func random(_ kind: Int, _ generator: inout Xoshiro256) -> BetaDistribution {
    let mass = generator.spread(from: 1, to: 6e4)
    switch kind {
    case 0:
      let mean = 0.02 + 0.96 * generator.uniform()
      return beta(mass * mean, mass * (1 - mean))
    case 1:
      let mean = 0.55 + 0.1 * generator.uniform()
      return beta(mass * mean, mass * (1 - mean))
    case 2:
      return beta(
        generator.spread(from: 1e-3, to: 1),
        generator.spread(from: 1e-3, to: 1))
    case 3:
      return beta(
        generator.spread(from: 1e-3, to: 6e4),
        generator.spread(from: 1e-3, to: 6e4))
    default:
      return [beta(0.5, 0.5), beta(50000, 3), beta(1e-3, 1), beta(1, 1e-3)][
        Int.random(in: 0..<4, using: &generator)]
    }
  }

  @Test("agrees with counting the winners of 200000 joint draws")
  func simulation() {
    // Another route to the same number: Thompson sampling itself.
    let arms = [
      Self.beta(0.5, 0.5), Self.beta(30, 10), Self.beta(3, 1.5), Self.beta(400, 150), Self.beta(1, 0.2),
    ]
    let weights = [1, 1.2, 0.9, 1.1, 0.8]
    var generator = Xoshiro256(seed: 77)
    for weights in [nil, weights] {
      var wins = [Int](repeating: 0, count: arms.count)
      for _ in 0..<200_000 {
        var best = (arm: 0, value: -1.0)
        for (index, arm) in arms.enumerated() {
          let value = (weights?[index] ?? 1) * arm.sample(using: &generator)
          if value > best.value { best = (index, value) }
        }
        wins[best.arm] += 1
      }
      let expected = BestArm.probabilities(arms, weights: weights).map { $0 * 200_000 }
      #expect(GoodnessOfFit.chiSquare(observed: wins, expected: expected).pValue > 1e-3)
    }
  }

  @Test("the same input gives the same bits, and the order of the arms does not matter")
  func deterministic() {
    let arms = Self.mixed(64)
    let once = BestArm.probabilities(arms)
    #expect(once == BestArm.probabilities(arms))
    let reversed = BestArm.probabilities(arms.reversed())
    for (a, b) in zip(once, reversed.reversed()) { #expect((a - b).magnitude < 1e-12) }
  }
}
