import Statistics
import Vectors

/// Fits a ``ResidualModel`` to judged decisions, one after the other in the order in which they were made.
///
/// With residuals r = y − q̃ against what is known now, masses m, and weights w = 2^(−age / half_life):
///
///     θ = Σ w m r u / (Σ w m / d + λ)
///
/// which is ridge regression where Σ u uᵀ is taken for what it is on the average: directions spread evenly over d
/// effective dimensions, of which the embeddings themselves tell how many: for independent intents E (uᵢ·uⱼ)² = 1/d, the
/// participation ratio of their covariance (70 to 110 on the public tables). No matrix has to be kept or solved, and nothing is gained by one: on the public tables the whole
/// D × D matrix does no better at any λ. λ = σ²/τ²: rewards scatter by σ² ≈ 0.2, and τ ≈ 0.045 is how far the quality of
/// a candidate is believed to vary with the direction beforehand.
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

  private let mean: [Float]?
  private let dimension: Int
  private let knowledge: Knowledge
  private let now: Instant
  /// ln 2 / half_life, per second.
  private let decay: Double
  private let cap: (share: Double, from: Double)

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
  private var raters: [Rater: Double] = [:]
  private var masses: [Double]

  private struct Rater: Hashable {
    let column: Int
    let rater: UInt64
  }

  /// Whether it is time for a fit.
  ///
  /// - Parameters:
  ///   - observations: that came since the last fit.
  ///   - last: the model of the last one.
  public static func isDue(after observations: Double, last: ResidualModel?) -> Bool {
    guard let last else { return observations >= minimum }
    // A quarter more, so that all fits together cost no more than five times the last one.
    return observations >= max(minimum, last.observations / 4)
  }

  /// - Parameter snapshot: whose estimates residuals are taken against.
  public init(_ snapshot: Snapshot, _ capability: Capability) {
    knowledge = snapshot[capability]
    mean = snapshot.map.plan.mean(of: capability)?.vector
    dimension = snapshot.map.plan.dimension
    now = snapshot.opened
    decay = 0.693_147_180_559_945_3 / knowledge.rules.halfLife.seconds
    cap = (knowledge.rules.raterCap, knowledge.rules.raterCapFrom)
    sums = Array(repeating: 0, count: knowledge.columns * dimension)
    counts = Array(repeating: 0, count: knowledge.columns)
    masses = Array(repeating: 0, count: knowledge.columns)
  }

  /// One decision's reward.
  ///
  /// - Parameter embedding: D floats.
  public mutating func add(_ judged: Judged, _ reward: Reward, _ embedding: ArraySlice<Float>) {
    for part in reward.parts {
      add(
        embedding, row: judged.row, ordinal: part.ordinal, rater: part.rater, mass: part.mass, sum: part.sum,
        decided: judged.decided)
    }
  }

  /// A part of one decision's reward, in the units of a ``Tally``.
  public mutating func add(
    _ embedding: ArraySlice<Float>, row: Int, ordinal: UInt32, rater: UInt64, mass: Int64, sum: Int64,
    decided: Instant
  ) {
    guard row < knowledge.rootRow, embedding.count == dimension,
      let column = knowledge.roster.position(of: ordinal)
    else { return }
    let own = Double(mass) / Tally.unit
    guard admits(rater, column, own) else { return }
    observations += own
    let weight = Exponential.natural(
      -decay * Span(microseconds: max(0, now.microseconds - decided.microseconds)).seconds)
    let estimate = knowledge.posteriors[row * knowledge.columns + column].mean
    let surplus = weight * (Double(sum) / Tally.unit - own * estimate)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension) { direction in
      let isDirected = embedding.withUnsafeBufferPointer {
        CentredDirection.write(of: $0, from: mean, into: direction)
      }
      guard isDirected else { return }
      learn(column, UnsafeBufferPointer(direction), mass: weight * own, surplus: surplus)
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
    if former.isEmpty {
      former = Array(direction)
      return
    }
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

  /// Whether a rater has not yet brought more than its share of what is known of a candidate.
  private mutating func admits(_ rater: UInt64, _ column: Int, _ mass: Double) -> Bool {
    let total = masses[column] + mass
    if rater != 0 {
      let key = Rater(column: column, rater: rater)
      let own = raters[key, default: 0] + mass
      guard total < cap.from || own <= cap.share * total else { return false }
      raters[key] = own
    }
    masses[column] = total
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
      mean: mean, ordinals: knowledge.roster.ordinals,
      weights: Matrix(rows: knowledge.columns, columns: dimension, storage: weights), confidence: confidence,
      observations: observations)
  }
}
