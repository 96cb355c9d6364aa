/// The straight line through samples, by least squares: y = intercept + slope × x.
struct Trend {
  let slope: Double
  let mean: Double

  /// Nil for fewer than two different x.
  init?(_ samples: [(x: Double, y: Double)]) {
    let count = Double(samples.count)
    guard samples.count > 1 else { return nil }
    let meanX = samples.reduce(0) { $0 + $1.x } / count
    let meanY = samples.reduce(0) { $0 + $1.y } / count
    let spread = samples.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    guard spread > 0 else { return nil }
    slope = samples.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    mean = meanY
  }

  /// By how much of its mean the line rises over the second half of the samples' time; nil for too few.
  static func growth(ofSecondHalf samples: [(x: Double, y: Double)]) -> Double? {
    guard let first = samples.first, let last = samples.last else { return nil }
    let middle = (first.x + last.x) / 2
    guard let trend = Trend(samples.filter { $0.x >= middle }), trend.mean > 0 else { return nil }
    return trend.slope * (last.x - middle) / trend.mean
  }
}

/// Values below which a share of others lies.
enum Quantile {
  /// By the nearest rank: the smallest value that at least `share` of all are not above; nil without values.
  static func of(_ values: [Double], _ share: Double) -> Double? {
    guard !values.isEmpty else { return nil }
    let rank = (share * Double(values.count)).rounded(.up)
    return values.sorted()[min(values.count, max(1, Int(rank))) - 1]
  }
}

/// SplitMix64, for moments that are random and the same for a seed.
struct SoakChance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// When to kill, in seconds, ascending: within the first 60 % of a run, so that the last life is long enough to see
  /// whether its memory grows; each in a stretch of its own.
  static func kills(_ count: Int, seconds: Double, seed: UInt64) -> [Double] {
    var chance = SoakChance(seed: seed)
    let stretch = 0.55 * seconds / Double(max(count, 1))
    return (0..<count).map { index in
      0.05 * seconds + stretch * (Double(index) + Double.random(in: 0.1..<0.9, using: &chance))
    }
  }
}
