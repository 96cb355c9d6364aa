import Statistics

/// What is said about one decision: by whom, when, and what value.
public struct Rating: Hashable, Sendable {
  /// 0…1.
  public var value: Double
  /// A number for the rater; 0 for nobody named.
  public var rater: UInt64
  /// The decision during which it arrives; itself for at once.
  public var arrives: Int
  /// How many times it is said.
  public var signals: Int

  public init(value: Double, rater: UInt64, arrives: Int, signals: Int) {
    self.value = value
    self.rater = rater
    self.arrives = arrives
    self.signals = signals
  }
}

extension FeedbackConditions {
  /// Honest raters have the numbers from 1 on, ring members those from here on.
  public static let firstRingRater: UInt64 = 1 << 32

  /// What is said about a decision; nil when nothing is.
  ///
  /// - Parameters:
  ///   - outcome: 0…1, as it truly was.
  ///   - candidate: who served.
  ///   - seed: of the run; each fault has a stream of its own.
  public func rating(of decision: Int, outcome: Double, candidate: Int, seed: UInt64) -> Rating? {
    let index = UInt64(decision)
    if missing > 0 {
      var chance = Chance.missing.generator(seed: seed, index: index)
      if chance.uniform() < missing { return nil }
    }
    var rating = Rating(value: outcome, rater: 0, arrives: decision, signals: signals)
    if let ring, let said = ring.word(on: candidate) {
      var chance = Chance.ring.generator(seed: seed, index: index)
      if chance.uniform() < ring.share {
        let member = chance.next().multipliedFullWidth(by: UInt64(ring.raters)).high
        rating.rater = FeedbackConditions.firstRingRater + member
        rating.value = said
        rating.arrives = arrival(of: decision, seed: seed)
        return rating
      }
    }
    if raters > 0 {
      var chance = Chance.rater.generator(seed: seed, index: index)
      rating.rater = 1 + chance.next().multipliedFullWidth(by: UInt64(raters)).high
    }
    if noise.flip > 0 || noise.deviation > 0 {
      var chance = Chance.noise.generator(seed: seed, index: index)
      if chance.uniform() < noise.flip { rating.value = 1 - rating.value }
      if noise.deviation > 0 {
        rating.value = min(max(rating.value + noise.deviation * Normal.sample(using: &chance), 0), 1)
      }
    }
    rating.arrives = arrival(of: decision, seed: seed)
    return rating
  }

  private func arrival(of decision: Int, seed: UInt64) -> Int {
    var arrival = decision
    switch delay {
    case .constant(let count): arrival += count
    case .uniform(let least, let most):
      var chance = Chance.delay.generator(seed: seed, index: UInt64(decision))
      arrival += least + Int(chance.next().multipliedFullWidth(by: UInt64(most - least + 1)).high)
    case .exponential(let mean):
      var chance = Chance.delay.generator(seed: seed, index: UInt64(decision))
      arrival += Int(-mean * Exponential.logarithm(1 - chance.uniform()))
    }
    return max(arrival, heldUntil ?? arrival)
  }
}

extension RaterRing {
  /// What the ring says about a candidate; nil when it does not care.
  func word(on candidate: Int) -> Double? {
    if lifts.contains(candidate) { return 1 }
    return sinks.contains(candidate) ? 0 : nil
  }
}
