import Testing
import World

@Suite("Ratings")
struct RatingTests {
  static func ratings(
    _ change: (inout FeedbackConditions) -> Void, candidate: Int = 0, outcome: Double = 1, count: Int = 10_000
  ) -> [Rating] {
    var conditions = FeedbackConditions()
    change(&conditions)
    return (0..<count).compactMap {
      conditions.rating(of: $0, outcome: outcome, candidate: candidate, seed: 2)
    }
  }

  @Test("Without faults every decision is rated at once, as it was, by nobody named")
  func plain() {
    let ratings = Self.ratings({ _ in }, outcome: 0.7, count: 5)
    #expect(ratings == (0..<5).map { Rating(value: 0.7, rater: 0, arrives: $0, signals: 1) })
  }

  @Test("A share of ratings is missing: 30 % of 10,000 within five standard errors (229)")
  func missing() {
    #expect((Self.ratings { $0.missing = 0.3 }.count - 7_000).magnitude < 229)
  }

  @Test("Delays have the mean of their distribution, in whole decisions")
  func delay() {
    func delays(_ delay: Delay) -> [Int] {
      Self.ratings { $0.delay = delay }.enumerated().map { $1.arrives - $0 }
    }
    #expect(Set(delays(.constant(40))) == [40])
    let even = delays(.uniform(10, 30))
    #expect(even.min() == 10 && even.max() == 30)
    // Mean 20, σ = √((21² − 1)/12) = 6.06: five standard errors are 0.303.
    #expect((Double(even.reduce(0, +)) / 10_000 - 20).magnitude < 0.303)
    // Cut to whole numbers an exponential of mean 100 has the mean 1/(e^0.01 − 1) = 99.50; σ = 100.
    let late = delays(.exponential(mean: 100))
    #expect((Double(late.reduce(0, +)) / 10_000 - 99.5).magnitude < 5)
  }

  @Test("A turned rating is one less itself; noise keeps to 0…1")
  func noise() {
    let turned = Self.ratings({ $0.noise = RaterNoise(flip: 0.2) }, outcome: 0.9)
    let count = turned.count { ($0.value - 0.1).magnitude < 1e-12 }
    // Five standard errors of a fifth of 10,000 are 200.
    #expect((count - 2_000).magnitude < 200)
    #expect(turned.allSatisfy { ($0.value - 0.1).magnitude < 1e-12 || $0.value == 0.9 })
    let noisy = Self.ratings({ $0.noise = RaterNoise(deviation: 0.1) }, outcome: 0.5).map(\.value)
    #expect(noisy.allSatisfy { (0...1).contains($0) })
    // Five standard errors of a mean of 10,000 with σ = 0.1 are 0.005.
    #expect((noisy.reduce(0, +) / 10_000 - 0.5).magnitude < 0.005)
  }

  @Test("A ring praises whom it lifts, damns whom it sinks, and is silent about all others")
  func ring() {
    let ring = RaterRing(raters: 3, share: 0.4, lifts: [1], sinks: [2])
    let lifted = Self.ratings({ $0.ring = ring }, candidate: 1, outcome: 0)
    let theirs = lifted.filter { $0.rater >= FeedbackConditions.firstRingRater }
    #expect((theirs.count - 4_000).magnitude < 245)
    #expect(theirs.allSatisfy { $0.value == 1 })
    #expect(Set(theirs.map(\.rater)).count == 3)
    #expect(lifted.filter { $0.rater == 0 }.allSatisfy { $0.value == 0 })
    let sunk = Self.ratings({ $0.ring = ring }, candidate: 2, outcome: 1)
    #expect(sunk.filter { $0.rater != 0 }.allSatisfy { $0.value == 0 })
    #expect(Self.ratings({ $0.ring = ring }, candidate: 0).allSatisfy { $0.rater == 0 && $0.value == 1 })
  }

  @Test("Of a hundred honest raters everybody rates, each about as often")
  func raters() {
    let ratings = Self.ratings { $0.raters = 100 }
    #expect(Set(ratings.map(\.rater)) == Set(1...100))
    // 100 each, σ ≈ 10.
    let most = Dictionary(grouping: ratings, by: \.rater).values.map(\.count).max() ?? 0
    #expect(most < 150)
  }

  @Test("A burst holds everything back until its end, but nothing longer than it takes anyway")
  func burst() {
    let ratings = Self.ratings(
      {
        $0.heldUntil = 60
        $0.signals = 20
        $0.delay = .constant(15)
      }, count: 60)
    #expect(ratings.map(\.arrives) == (0..<60).map { max(60, $0 + 15) })
    #expect(ratings.allSatisfy { $0.signals == 20 })
  }

  @Test(
    "One fault more does not shift the chance of another: delays stay, whoever rates and whatever is missing")
  func independent() {
    let alone = Self.ratings { $0.delay = .uniform(0, 1_000) }
    let mixed = Self.ratings {
      $0.delay = .uniform(0, 1_000)
      $0.raters = 50
      $0.noise = RaterNoise(flip: 0.5)
      $0.ring = RaterRing(raters: 2, share: 0.3, lifts: [0], sinks: [])
    }
    #expect(alone.map(\.arrives) == mixed.map(\.arrives))
  }
}
