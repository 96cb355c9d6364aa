import Statistics
public import Vectors

/// A world made of regions: intents lie around region centres on the unit sphere, and each candidate has a true quality
/// in each region.
///
/// A centre is a uniform direction; an intent of region r is (c_r + s·z/√D) / ‖·‖ with z standard normal, so that s is
/// about the tangent of the angle between an intent and its centre, and the cosine about 1/√(1 + s²).
public struct SyntheticWorld: WorldModel {
  public let candidates: [String]
  public let groups: [String]
  public let embeddings: Matrix
  public let groupOfIntent: [Int]
  public var lineOfIntent: [Int] { groupOfIntent }
  public let qualities: [Double]
  public let costs: [Double?]
  public let scatter: Scatter
  /// One unit vector a region.
  public let centres: Matrix

  /// How the intents lie.
  public struct Shape: Hashable, Sendable {
    /// D ≥ 2.
    public var dimension: Int
    /// s ≥ 0.
    public var spread: Double
    /// N ≥ the number of regions; region r has the intents r, r + R, r + 2R, ….
    public var intents: Int

    public init(dimension: Int, spread: Double, intents: Int) {
      self.dimension = dimension
      self.spread = spread
      self.intents = intents
    }
  }

  /// - Parameters:
  ///   - candidates: ids, sorted.
  ///   - regions: ids.
  ///   - qualities: regions × candidates, 0…1.
  ///   - costs: by candidate, dollars a decision.
  ///   - seed: of centres and intents; the same in every run of a scenario, as a table is.
  public init(
    candidates: [String], regions: [String], qualities: [Double], costs: [Double?], shape: Shape,
    scatter: Scatter, seed: UInt64
  ) {
    precondition(
      qualities.count == candidates.count * regions.count, "a quality for each region and candidate")
    self.candidates = candidates
    groups = regions
    self.qualities = qualities
    self.costs = regions.flatMap { _ in costs }
    self.scatter = scatter
    let dimension = shape.dimension
    let centres = regions.indices.map { region in
      var generator = Chance.centre.generator(seed: seed, index: UInt64(region))
      return SyntheticWorld.unit((0..<dimension).map { _ in Normal.sample(using: &generator) })
    }
    self.centres = Matrix(rows: regions.count, columns: dimension, storage: centres.flatMap { $0 })
    groupOfIntent = (0..<shape.intents).map { $0 % regions.count }
    let scale = shape.spread / Double(dimension).squareRoot()
    var storage: [Float] = []
    storage.reserveCapacity(shape.intents * dimension)
    for intent in 0..<shape.intents {
      var generator = Chance.intent.generator(seed: seed, index: UInt64(intent))
      let centre = centres[intent % regions.count]
      storage += SyntheticWorld.unit(
        centre.map { Double($0) + scale * Normal.sample(using: &generator) })
    }
    embeddings = Matrix(rows: shape.intents, columns: dimension, storage: storage)
  }

  private static func unit(_ vector: [Double]) -> [Float] {
    UnitVector(normalising: vector.map { Float($0) })?.elements ?? vector.map { Float($0) }
  }
}
