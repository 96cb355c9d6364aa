import Statistics
import Vectors

/// Fits a ``ResidualModel`` to judged decisions, one after the other in the order in which they were made.
///
/// With residuals r = y − q̃ against what is known now, masses m, and weights w = 2^(−age / half_life):
///
///     θ = Σ w m r u / (Σ w m / d + λ)
///
/// which is ridge regression where Σ u uᵀ is taken for what it is on the average: directions spread evenly over d
/// effective dimensions. The embeddings themselves tell how many: for independent intents E (uᵢ·uⱼ)² = 1/d, with d the
/// participation ratio of their covariance (70 to 110 on the public tables). Next to nothing is gained by keeping the
/// whole D × D matrix (captured gain on three tables 0.876, 0.854, 0.936 with it at its best λ, 0.875, 0.847, 0.931
/// without), which would have to be solved, stored and discounted. λ = σ²/τ²: rewards scatter by σ² ≈ 0.2, and τ ≈ 0.045
/// is how far the quality of a candidate is believed to vary with the direction beforehand.
///
/// S keeps what does not help from doing harm. Each decision's shift x is foretold from those before it, and then held
/// against its residual (prequential validation; Dawid 1984):
///
///     S = Σ w m x r / (Σ w m x² + 1)      within 0…1
///
/// the slope of the regression of what came on what was foretold.
public struct ResidualFit {
  /// λ.
  static let ridge: Float = 100
  /// d and n of pairs that are taken for seen beforehand.
  static let usual = (dimension: 60.0, pairs: 20.0)
  /// Decisions that a fit looks at, the latest ones.
  public static let maximumDecisions = 20_000
  /// Observations before the first fit.
  static let minimum = 200.0
  /// Pairs of intents that d is estimated from.
  static let maximumPairs = 500.0

  /// What one rater, or nobody in particular, brought by one decision to what is known of a candidate.
  public struct Lesson: Sendable {
    /// Row of the region map in force.
    public var row: Int
    public var ordinal: UInt32
    /// As in a ``Tally``, and in its units.
    public var rater: UInt64
    public var mass: Int64
    public var sum: Int64
    public var decided: Instant
    /// The epoch that it counts in.
    public var epoch: Int

    public init(
      row: Int, ordinal: UInt32, rater: UInt64, mass: Int64, sum: Int64, decided: Instant, epoch: Int
    ) {
      self.row = row
      self.ordinal = ordinal
      self.rater = rater
      self.mass = mass
      self.sum = sum
      self.decided = decided
      self.epoch = epoch
    }
  }

  private let mean: [Float]?
  private let dimension: Int
  private let now: Instant
  /// ln 2 / half_life, per second.
  private let decay: Double
  private let cap: (share: Double, from: Double)
  private let roster: Roster
  private let rootRow: Int
  /// q̃ of each cell.
  private let estimates: [Double]
  /// By column: the epoch in which the candidate changed last.
  private let changed: [Int]

  private var observations = 0.0
  /// Σ w m x r and Σ w m x².
  private var (proof, squares) = (0.0, 0.0)
  /// Pairs of successive intents, and Σ (uᵢ·uⱼ)² over them.
  private var (pairs, overlaps) = (0.0, 0.0)
  private var former: [Float] = []
  /// By column: Σ w m r u, one after the other.
  private var sums: [Float]
  /// By column: Σ w m.
  private var counts: [Float]
  /// By column: all that was said; and what was taken in of each rater.
  private var masses: [Double]
  private var raters: [Rater: Double] = [:]

  private struct Rater: Hashable {
    let column: Int
    let rater: UInt64
  }

  /// Whether it is time for a fit: when half as much again was said (so that all fits together cost no more than three
  /// times the last one), and when a candidate has changed.
  ///
  /// - Parameters:
  ///   - snapshot: that of the epoch in which the model would be in force first.
  ///   - observations: that came since the last fit.
  public static func isDue(_ snapshot: Snapshot, _ capability: Capability, after observations: Double) -> Bool
  {
    let knowledge = snapshot[capability]
    guard knowledge.learnsResiduals else { return false }
    guard let last = knowledge.residuals else { return observations >= minimum }
    return observations >= max(minimum, last.observations / 2)
      || knowledge.detectors.contains { $0.changed > 0 && $0.changed == snapshot.epoch - 1 }
  }

  /// - Parameter snapshot: whose estimates residuals are taken against.
  public init(_ snapshot: Snapshot, _ capability: Capability) {
    let knowledge = snapshot[capability]
    mean = snapshot.map.plan.mean(of: capability)?.vector
    dimension = snapshot.map.plan.dimension
    now = snapshot.opened
    decay = 0.693_147_180_559_945_3 / knowledge.rules.halfLife.seconds
    cap = (knowledge.rules.raterCap, knowledge.rules.raterCapFrom)
    roster = knowledge.roster
    rootRow = knowledge.rootRow
    estimates = knowledge.posteriors.map(\.mean)
    changed = knowledge.detectors.map(\.changed)
    sums = Array(repeating: 0, count: knowledge.columns * dimension)
    counts = Array(repeating: 0, count: knowledge.columns)
    masses = Array(repeating: 0, count: knowledge.columns)
  }

  /// One decision's reward.
  ///
  /// - Parameter embedding: D floats.
  public mutating func add(_ judged: Judged, _ reward: Reward, _ embedding: [Float]) {
    guard embedding.count == dimension else { return }
    var direction = embedding
    let isDirected = embedding.withUnsafeBufferPointer { embedding in
      direction.withUnsafeMutableBufferPointer {
        CentredDirection.write(of: embedding, from: mean, into: $0)
      }
    }
    guard isDirected else { return }
    for part in reward.parts {
      let lesson = Lesson(
        row: judged.row, ordinal: part.ordinal, rater: part.rater, mass: part.mass, sum: part.sum,
        decided: judged.decided, epoch: reward.epoch)
      add(lesson, along: direction[...])
    }
  }

  /// A lesson of one candidate. Passed over are intents that no region claims, what counted before the candidate changed,
  /// and what one rater says beyond its share.
  ///
  /// - Parameter direction: u of the intent, D floats, a unit vector.
  public mutating func add(_ lesson: Lesson, along direction: ArraySlice<Float>) {
    guard lesson.row < rootRow, let column = roster.position(of: lesson.ordinal),
      lesson.epoch >= changed[column]
    else { return }
    let mass = Double(lesson.mass) / Tally.unit
    guard admits(lesson.rater, column, mass) else { return }
    observations += mass
    let age = Span(microseconds: max(0, now.microseconds - lesson.decided.microseconds))
    let weight = Exponential.natural(-decay * age.seconds)
    let residual = Double(lesson.sum) / Tally.unit - mass * estimates[lesson.row * changed.count + column]
    direction.withUnsafeBufferPointer {
      learn(column, $0, mass: weight * mass, surplus: weight * residual)
    }
  }

  /// Foretells, compares, and takes in.
  private mutating func learn(
    _ column: Int, _ direction: UnsafeBufferPointer<Float>, mass: Double, surplus: Double
  ) {
    compare(direction)
    let divisor = self.divisor(column)
    let dimension = dimension
    let foretold = sums.withUnsafeMutableBufferPointer { sums in
      let own = UnsafeMutableBufferPointer(rebasing: sums[column * dimension..<(column + 1) * dimension])
      let foretold = DeterministicDot.dot(UnsafeBufferPointer(own), direction) / divisor
      let step = Float(surplus)
      for index in 0..<dimension { own[index] += step * direction[index] }
      return Double(foretold)
    }
    counts[column] += Float(mass)
    proof += surplus * foretold
    squares += mass * foretold * foretold
  }

  /// Counts how far the direction agrees with the one before it.
  private mutating func compare(_ direction: UnsafeBufferPointer<Float>) {
    guard pairs < ResidualFit.maximumPairs else { return }
    guard !former.isEmpty else { return former = Array(direction) }
    former.withUnsafeMutableBufferPointer { former in
      let cosine = Double(DeterministicDot.dot(UnsafeBufferPointer(former), direction))
      // The same text again is no independent intent.
      if cosine < 0.9999 {
        pairs += 1
        overlaps += cosine * cosine
      }
      for index in former.indices { former[index] = direction[index] }
    }
  }

  private func divisor(_ column: Int) -> Float {
    let usual = ResidualFit.usual
    let dimension = (pairs + usual.pairs) / (overlaps + usual.pairs / usual.dimension)
    return counts[column] / Float(dimension) + ResidualFit.ridge
  }

  /// Whether a rater stays within its share of all that was said of a candidate so far.
  private mutating func admits(_ rater: UInt64, _ column: Int, _ mass: Double) -> Bool {
    masses[column] += mass
    guard rater != 0 else { return true }
    let key = Rater(column: column, rater: rater)
    let own = raters[key, default: 0] + mass
    guard masses[column] < cap.from || own <= cap.share * masses[column] else { return false }
    raters[key] = own
    return true
  }

  /// The model; nil where nothing was learned.
  public func model() -> ResidualModel? {
    let confidence = min(max(proof / (squares + 1), 0), 1)
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    let weights = sums.indices.map { place in
      Float(confidence) / divisor(place / dimension) * sums[place]
    }
    return ResidualModel(
      mean: mean, ordinals: roster.ordinals,
      weights: Matrix(rows: roster.count, columns: dimension, storage: weights), confidence: confidence,
      observations: observations)
  }
}
