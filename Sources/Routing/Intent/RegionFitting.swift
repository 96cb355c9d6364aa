import Statistics
import Vectors

/// Learned regions: spherical k-means over the centred embeddings of past intents (Dhillon & Modha 2001).
public enum RegionFitting {
  /// The most intents that a fit looks at, the latest ones.
  public static let maximumIntents = 50_000

  public struct Fit: Sendable {
    /// Unit centroids in the centred space.
    public var centroids: [[Float]]
    public var mean: RegionMap.Plan.Mean
  }

  /// How many distinct intents of a capability there must be before the router fits regions by itself:
  /// `learned_regions_from` at first, then four times as many as the last fit saw. Nil when it never will.
  ///
  /// - Parameter fitted: of the map in force, if the capability has learned regions.
  public static func intentsWanted(after fitted: RegionMap.Plan.Mean?, _ rules: Rules) -> Int? {
    guard rules.learnedRegions >= 1, fitted?.isAutomatic ?? true else { return nil }
    let wanted = fitted.map { $0.intents * 4 } ?? Int(rules.learnedRegionsFrom)
    return wanted <= maximumIntents ? wanted : nil
  }

  /// Cosine from which a new region is taken for the successor of a former one and keeps its id.
  static let kinship: Float = 0.7

  /// - Parameters:
  ///   - embeddings: of distinct intents, any order; zero vectors are passed over.
  ///   - seed: the same embeddings and seed give the same regions on one kind of processor.
  ///   - reproducible: on every processor, at several times the cost; see ``SphericalKMeans``.
  /// - Returns: nil when there are fewer intents than regions.
  public static func fit(
    _ embeddings: [[Float]], _ capability: Capability, count: Int, seed: UInt64, isAutomatic: Bool,
    reproducible: Bool = false
  ) -> Fit? {
    let points = embeddings.filter { $0.contains { $0 != 0 } }
    guard let dimension = points.first?.count, count > 0, points.count >= count else { return nil }
    var sum = [Double](repeating: 0, count: dimension)
    for point in points { for axis in 0..<dimension { sum[axis] += Double(point[axis]) } }
    let mean = sum.map { Float($0 / Double(points.count)) }
    let centred = points.compactMap { point in
      UnitVector(normalising: zip(point, mean).map { $0 - $1 })?.elements
    }
    guard centred.count >= count else { return nil }
    var generator = Xoshiro256(seed: seed)
    let fit = SphericalKMeans.fit(
      Matrix(rowVectors: centred), count: count, reproducible: reproducible, using: &generator)
    return Fit(
      centroids: (0..<fit.centroids.rows).map { Array(fit.centroids.row($0)) },
      mean: .init(capability: capability, vector: mean, intents: points.count, isAutomatic: isAutomatic))
  }

  /// Gives every centroid the id of the former region it is nearest to, the closest pairs first and each id once;
  /// what resembles none gets a number that was never used.
  static func named(_ centroids: [[Float]], _ capability: Capability, former: [Region], next: inout Int)
    -> [Region]
  {
    var pairs: [(similarity: Float, centroid: Int, region: Int)] = []
    for (centroid, vector) in centroids.enumerated() {
      for (region, old) in former.enumerated() where old.vector.count == vector.count {
        let similarity = DeterministicDot.dot(vector, old.vector)
        if similarity >= kinship { pairs.append((similarity, centroid, region)) }
      }
    }
    pairs.sort { ($1.similarity, $0.centroid, $0.region) < ($0.similarity, $1.centroid, $1.region) }
    var ids = [String?](repeating: nil, count: centroids.count)
    var taken: Set<Int> = []
    for pair in pairs where ids[pair.centroid] == nil && !taken.contains(pair.region) {
      ids[pair.centroid] = former[pair.region].id
      taken.insert(pair.region)
    }
    return centroids.indices.map { centroid in
      if ids[centroid] == nil {
        ids[centroid] = "\(capability.name)/\(next < 10 ? "0" : "")\(next)"
        next += 1
      }
      return Region(id: ids[centroid]!, capability: capability, origin: .learned, vector: centroids[centroid])
    }
  }
}

extension RegionMap.Plan {
  /// Puts newly learned regions in the place of a capability's former ones.
  public mutating func replaceLearned(of capability: Capability, by fit: RegionFitting.Fit) {
    let isFormer = { (region: Region) in region.origin == .learned && region.capability == capability }
    let former = regions.filter(isFormer)
    var mean = fit.mean
    mean.nextNumber = self.mean(of: capability)?.nextNumber ?? 1
    let learned = RegionFitting.named(fit.centroids, capability, former: former, next: &mean.nextNumber)
    regions.removeAll(where: isFormer)
    regions += learned.sorted { $0.id < $1.id }
    means.removeAll { $0.capability == capability }
    means.append(mean)
    means.sort { $0.capability < $1.capability }
  }

  /// Takes over what governance says about novelty floors.
  public mutating func applyFloors(of governance: Governance) {
    noveltyFloors = Capability.allCases.compactMap { capability in
      governance.rules(for: capability).noveltyFloor.map {
        .init(capability: capability, similarity: Float($0))
      }
    }
  }
}
