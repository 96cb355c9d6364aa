import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Additive quality")
struct AdditiveQualityTests {
  private static func cell(_ observations: Double, _ rewards: Double) -> Cell {
    var cell = Cell()
    cell.observations = observations
    cell.rewards = rewards
    return cell
  }

  private static let bounds = 2.0...400

  @Test("three regions and two candidates, against NumPy: m, F and κ")
  func worked() {
    let cells = zip([30.0, 40, 60, 25, 20, 35], [21.0, 14, 39, 13, 8, 14]).map { Self.cell($0, $1) }
    let anchor = AdditiveQuality.Anchor(mean: 110.0 / 212, mass: 5)
    let fit = AdditiveQuality(cells: cells[...], anchors: [anchor, anchor], bounds: Self.bounds)
    // The limit of alternating scipy.optimize.brentq for κ and Newton steps for a and b.
    let means = [0.594_647_506, 0.438_251_017, 0.642_327_420, 0.488_503_319, 0.514_768_826, 0.360_687_252]
    for (mean, expected) in zip(fit.means, means) { #expect((mean - expected).magnitude < 1e-4) }
    for (foundation, expected) in zip(fit.foundations, [51.142_417, 51.105_932]) {
      #expect((foundation - expected).magnitude < 0.02)
    }
    #expect((fit.strength - 29.010_640).magnitude < 3e-3)
  }

  @Test(
    "without evidence a candidate is its anchor, drawn towards the usual by nothing, and κ what it begins with"
  )
  func ignorance() {
    let anchors = [0.3, 0.5, 0.9].map { AdditiveQuality.Anchor(mean: $0, mass: 5) }
    let cells = Array(repeating: Cell(), count: 6)
    let fit = AdditiveQuality(cells: cells[...], anchors: anchors, bounds: Self.bounds)
    for (mean, expected) in zip(fit.means, [0.3, 0.5, 0.9, 0.3, 0.5, 0.9]) {
      #expect((mean - expected).magnitude < 1e-12)
    }
    #expect(fit.foundations == [5, 5, 5])
    #expect(fit.strength == 20)
    #expect(AdditiveQuality(cells: cells[...], anchors: anchors, bounds: 30...40).strength == 30)
    #expect(AdditiveQuality(cells: [], anchors: anchors, bounds: Self.bounds).means == [])
  }

  @Test(
    "in random worlds the fit solves its score equations, and κ gives the residuals the variance they should have",
    arguments: 81...100)
  func equations(seed: Int) {
    var generator = Xoshiro256(seed: UInt64(seed))
    let (rows, columns) = (
      Int.random(in: 2...30, using: &generator), Int.random(in: 2...12, using: &generator)
    )
    let spread = 0.1 + 0.8 * generator.uniform()
    let candidates = (0..<columns).map { _ in Normal.sample(using: &generator) }
    let cells = (0..<rows * columns).map { index -> Cell in
      let observations = generator.chance(0.2) ? 0 : Exponential.two(to: 8 * generator.uniform())
      let quality = Logit.inverse(candidates[index % columns] + spread * Normal.sample(using: &generator))
      return Self.cell(observations, min(max(observations * quality, 0), observations))
    }
    let anchors = candidates.map { _ in AdditiveQuality.Anchor(mean: generator.uniform(), mass: 5) }
    let fit = AdditiveQuality(cells: cells[...], anchors: anchors, bounds: Self.bounds)
    #expect(fit.means.allSatisfy { 0 < $0 && $0 < 1 })
    // σ(a_p) and σ(b_r) are not told, but hold |Σ_r n (q̂ − m)| ≤ k_p = 5 and |Σ_p n (q̂ − m)| ≤ k_b/2 = 5; the last
    // change of κ may leave as much again.
    func surplus(_ index: Int, _ strength: Double) -> Double {
      let cell = cells[index]
      guard cell.observations > 0 else { return 0 }
      let weight = cell.observations * strength / (cell.observations + strength)
      return weight * (cell.rewards / cell.observations - fit.means[index])
    }
    for column in 0..<columns {
      let sum = (0..<rows).reduce(0) { $0 + surplus($1 * columns + column, fit.strength) }
      #expect(sum.magnitude < 10)
    }
    for row in 0..<rows {
      let sum = (0..<columns).reduce(0) { $0 + surplus(row * columns + $1, fit.strength) }
      #expect(sum.magnitude < 10)
    }
    let voting = cells.indices.filter { cells[$0].observations >= 2 }
    var statistic = 0.0
    for index in voting {
      let (cell, mean) = (cells[index], fit.means[index])
      let deviation = cell.rewards / cell.observations - mean
      let variance = mean * (1 - mean) * (1 / cell.observations + 1 / fit.strength)
      statistic += deviation * deviation / variance
    }
    let expected = max(Double(voting.count - (rows + columns - 1)), 1)
    if fit.strength > 2.001, fit.strength < 399 {
      #expect((statistic / expected - 1).magnitude < 1e-4)
    } else if fit.strength < 3 {
      #expect(statistic > expected)
    } else {
      #expect(statistic < expected)
    }
  }

  @Test(
    "κ comes out near the truth: cells drawn as Beta(κm, κ(1 − m)) with κ = 10 and 60", arguments: [10.0, 60])
  func recovery(truth: Double) {
    var generator = Xoshiro256(seed: 101)
    var logarithms = 0.0
    for _ in 0..<20 {
      let (rows, columns) = (24, 8)
      let candidates = (0..<columns).map { _ in 0.5 * Normal.sample(using: &generator) }
      let regions = (0..<rows).map { _ in 0.7 * Normal.sample(using: &generator) }
      let cells = (0..<rows * columns).map { index -> Cell in
        let mean = Logit.inverse(candidates[index % columns] + regions[index / columns])
        let quality = BetaDistribution(alpha: truth * mean, beta: truth * (1 - mean)).sample(
          using: &generator)
        let count = 50
        return Self.cell(Double(count), Double((0..<count).count { _ in generator.chance(quality) }))
      }
      let anchors = candidates.map { _ in AdditiveQuality.Anchor(mean: 0.5, mass: 5) }
      let fit = AdditiveQuality(cells: cells[...], anchors: anchors, bounds: Self.bounds)
      logarithms += Exponential.logarithm(fit.strength / truth)
    }
    // The mean of 20 fits within a fifth, on the logarithmic scale.
    #expect((logarithms / 20).magnitude < 0.2)
  }
}

extension Logit {
  /// σ(x) = 1 / (1 + e^−x).
  fileprivate static func inverse(_ x: Double) -> Double {
    1 / (1 + Exponential.two(to: -x * 1.442_695_040_888_963_4))
  }
}

@Suite("Logit")
struct LogitTests {
  @Test("ln(p/(1 − p)) and back, held off its ends")
  func roundTrip() {
    #expect(Logit.of(0.5) == 0)
    // math.log(3) = 1.0986122886681098
    #expect((Logit.of(0.75) - 1.098_612_288_668_109_8).magnitude < 1e-12)
    for p in stride(from: 0.01, through: 0.99, by: 0.01) {
      #expect((Logit.inverse(Logit.of(p)) - p).magnitude < 1e-12)
    }
    #expect(Logit.of(0) == Logit.of(0.01) && Logit.of(1) == Logit.of(0.99))
    #expect(Logit.step(3, 1) == 1 && Logit.step(-3, 1) == -1 && Logit.step(1, 4) == 0.25)
  }
}
