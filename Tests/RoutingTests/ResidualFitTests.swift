import Statistics
import TestSupport
import Testing
import Vectors

@testable import Routing

@Suite("Residual fit")
struct ResidualFitTests {
  private static let opened = RoutingSamples.opened

  private static func lesson(
    _ ordinal: UInt32 = 0, row: Int = 0, rater: UInt64 = 0, mass: Double = 1, reward: Double,
    age: Span = .seconds(0), epoch: Int = 0
  ) -> ResidualFit.Lesson {
    ResidualFit.Lesson(
      row: row, ordinal: ordinal, rater: rater, mass: Int64((mass * Tally.unit).rounded()),
      sum: Int64((mass * reward * Tally.unit).rounded()),
      decided: Instant(microseconds: opened.microseconds - age.microseconds), epoch: epoch)
  }

  @Test(
    "θ = Σ w m r u / (Σ w m/d + λ), by hand: rewards 1 and 0 where ½ was expected, the second half a life old"
  )
  func worked() throws {
    let snapshot = ResidualModelTests.snapshot()
    let estimate = snapshot[.textToVideo].posteriors[0].mean
    #expect(estimate == 0.5)
    var fit = ResidualFit(snapshot, .textToVideo)
    fit.add(Self.lesson(reward: 1), along: [1, 0])
    // Another direction, half the mass, and 14 days old: w = ½.
    fit.add(Self.lesson(mass: 0.5, reward: 0, age: .days(14)), along: [0.6, 0.8])
    let model = try #require(fit.model())
    // Σ w m r u = ½ (1, 0) − ½·½·½ (0.6, 0.8) = (0.425, −0.1); Σ w m = 1.25.
    // One pair of intents with (u·u')² = 0.36 beside 20 pairs of 1/60: d = 21/(0.36 + 1/3) = 30.29.
    // The second was foretold by ½ (1, 0)·(0.6, 0.8) / (1/60 + 100) = 0.0029995, and held against −½·½·½ = −0.125, so
    // that the proof is negative: nothing is believed.
    #expect(model.confidence == 0 && model.observations == 1.5)
    #expect(model.weights.storage == [0, 0, 0, 0])

    // The same direction again, and the same reward: foretold 0.5/(1/60 + 100), came 0.5.
    var same = ResidualFit(snapshot, .textToVideo)
    same.add(Self.lesson(reward: 1), along: [1, 0])
    same.add(Self.lesson(reward: 1), along: [1, 0])
    let proven = try #require(same.model())
    let foretold = 0.5 / (1.0 / 60 + 100)
    let confidence = foretold * 0.5 / (foretold * foretold + 1)
    #expect(abs(proven.confidence - confidence) < 1e-9)
    // The same text again is no pair of intents: d stays 60.
    let weight = confidence * 1.0 / (2.0 / 60 + 100)
    #expect(abs(Double(proven.weights.storage[0]) - weight) < 1e-9)
    #expect(proven.weights.storage[1...] == [0, 0, 0])
    #expect(proven.ordinals == [0, 1] && proven.mean == nil)
  }

  /// A fit to 4,000 lessons of two candidates in two regions of eight dimensions: rewards by `quality` of candidate and
  /// direction, in 0…1.
  private static func fitted(
    seed: UInt64, _ quality: (UInt32, [Float]) -> Double
  ) -> (model: ResidualModel?, generator: Xoshiro256) {
    var generator = Xoshiro256(seed: seed)
    let snapshot = RoutingSamples.snapshot(
      ["a/x", "b/y"].map { RoutingSamples.candidate($0) }, regions: 2
    ).learning(
      (0..<2).flatMap { row in
        ["a/x", "b/y"].map { Evidence($0, row: row, mass: 1_000, sum: 500) }
      })
    var fit = ResidualFit(snapshot, .textToVideo)
    for _ in 0..<4_000 {
      let direction = generator.direction(of: 8)
      let ordinal: UInt32 = generator.chance(0.5) ? 1 : 0
      let reward = generator.uniform() < quality(ordinal, direction) ? 1.0 : 0
      fit.add(
        lesson(ordinal, row: generator.chance(0.5) ? 1 : 0, reward: reward, epoch: 1), along: direction[...])
    }
    return (fit.model(), generator)
  }

  @Test(
    "what directions say is found, for the candidate of which it is true: ½ + 0.3 u₀ for one, ½ for the other"
  )
  func planted() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let model = try #require(Self.fitted(seed: seed) { 0.5 + ($0 == 0 ? 0.3 * Double($1[0]) : 0) }.model)
      #expect(model.confidence > 0.8, "\(model.confidence)")
      let (first, second) = (model.weights.row(0), model.weights.row(1))
      // λ = 100 against 2,000/8 of evidence: 250/350 of 0.3; each with a standard error of √(2,000/8 · ¼)/350 = 0.023.
      #expect(abs(first.first! - 0.214) < 0.1, "\(first)")
      #expect(first.dropFirst().allSatisfy { abs($0) < 0.1 } && second.allSatisfy { abs($0) < 0.1 })
    }
  }

  @Test(
    "of chance next to nothing is believed: where rewards are coins, ‖S θ‖ is 0.01 on the mean, and unproven 0.06"
  )
  func nothing() throws {
    // √8 standard errors as above: what θ is long by chance.
    let unproven = 0.064
    var believed = 0.0
    for seed in 11...30 as ClosedRange<UInt64> {
      let model = try #require(Self.fitted(seed: seed) { _, _ in 0.5 }.model)
      let norm = model.weights.row(0).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      believed += norm / 20
    }
    #expect(believed < unproven / 4, "\(believed)")
  }

  @Test(
    "one rater brings a fifth of what was said of a candidate at most, once there are ten; nobody in particular, all"
  )
  func raterCap() throws {
    let snapshot = ResidualModelTests.snapshot()
    func observations(_ raters: [UInt64]) throws -> Double {
      var fit = ResidualFit(snapshot, .textToVideo)
      for rater in raters { fit.add(Self.lesson(rater: rater, reward: 1), along: [1, 0]) }
      return try #require(fit.model()).observations
    }
    #expect(try observations(Array(repeating: 0, count: 100)) == 100)
    #expect(try observations(Array(repeating: 7, count: 9)) == 9)
    #expect(try observations(Array(repeating: 7, count: 100)) == 20)
    // 50 of nobody, then one rater: a fifth of 100.
    #expect(try observations(Array(repeating: 0, count: 50) + Array(repeating: 7, count: 50)) == 70)
    // Five raters in turns: each is a step ahead of its fifth now and then.
    #expect(try observations((0..<100).map { UInt64($0 % 5) + 1 }) >= 90)
  }

  @Test(
    "what counted before a candidate changed, intents that no region claims and strangers are passed over")
  func passedOver() throws {
    var snapshot = ResidualModelTests.snapshot()
    snapshot.knowledge[Capability.textToVideo.index].detectors[0].changed = 3
    var fit = ResidualFit(snapshot, .textToVideo)
    fit.add(Self.lesson(reward: 1, epoch: 2), along: [1, 0])
    fit.add(Self.lesson(row: 2, reward: 1, epoch: 3), along: [1, 0])
    fit.add(Self.lesson(9, reward: 1, epoch: 3), along: [1, 0])
    #expect(fit.model() == nil)
    fit.add(Self.lesson(reward: 1, epoch: 3), along: [1, 0])
    fit.add(Self.lesson(1, reward: 1, epoch: 0), along: [1, 0])
    #expect(try #require(fit.model()).observations == 2)
  }

  @Test(
    "a fit is due from 200 observations on, then with half as many more, and at once when a candidate has changed"
  )
  func due() {
    let snapshot = ResidualModelTests.snapshot()
    func isDue(_ observations: Double, last: Double? = nil, _ snapshot: Snapshot) -> Bool {
      let model = last.map { observations in
        ResidualModel(
          mean: nil, ordinals: [], weights: Matrix(rows: 0, columns: 2, storage: []), confidence: 1,
          observations: observations)
      }
      return ResidualFit.isDue(
        snapshot.adopting(model, .textToVideo), .textToVideo, after: observations)
    }
    #expect(!isDue(199, snapshot) && isDue(200, snapshot))
    #expect(!isDue(199, last: 300, snapshot) && isDue(200, last: 300, snapshot))
    #expect(!isDue(4_999, last: 10_000, snapshot) && isDue(5_000, last: 10_000, snapshot))
    #expect(!isDue(9_999, ResidualModelTests.snapshot([("residual_weight", .number(0))])))
    #expect(!isDue(9_999, ResidualModelTests.snapshot([("policy", .text("ucb1"))])))
    #expect(!isDue(9_999, RoutingSamples.snapshot([RoutingSamples.candidate("a/x")])), "there is no region")
    var changed = snapshot.learning([])
    changed.knowledge[Capability.textToVideo.index].detectors[1].changed = 5
    #expect(!isDue(1, last: 300, changed))
    for _ in 0..<5 { changed = changed.learning([]) }
    #expect(changed.epoch == 6)
    #expect(isDue(1, last: 300, changed) && !isDue(1, last: 300, changed.learning([])))
  }
}
