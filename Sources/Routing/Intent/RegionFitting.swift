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

  /// How many times as many distinct intents there must be for the next fit as there were for the last.
  ///
  /// The first regions are found among so few intents that they cut the space badly, and what is learned under them is
  /// counted again under the next: new regions come soon, and all fits together cost no more than twice the last one.
  static let growth = 2

  /// How many distinct intents of a capability there must be before the router fits regions by itself:
  /// `learned_regions_from` at first, then ``growth`` times as many as the last fit saw. Nil when it never will.
  ///
  /// - Parameter fitted: of the map in force, if the capability has learned regions.
  public static func intentsWanted(after fitted: RegionMap.Plan.Mean?, _ rules: Rules) -> Int? {
    guard rules.learnedRegions >= 1, fitted?.isAutomatic ?? true else { return nil }
    let wanted = fitted.map { $0.intents * growth } ?? Int(rules.learnedRegionsFrom)
    return wanted <= maximumIntents ? wanted : nil
  }

  /// How many regions the router fits by itself to so many distinct intents n: R follows the evidence, slowly.
  ///
  ///     R = R₀ (n / n₀)^¼      never fewer than R₀, and no growth beyond what ``RegionKernel`` can relate to each other
  ///
  /// R₀ is `learned_regions`, n₀ `learned_regions_from`. More regions cut closer to what intents really are, and each
  /// holds less evidence; the kernel lends them their neighbours'.
  ///
  /// Measured together with ``growth`` (2 against 4, and R that stays 24) on seeds that nothing was chosen by, captured
  /// gain: on three public tables (60 runs each) 0.805 ± 0.068 → 0.803 ± 0.056, 0.855 → 0.860, 0.916 → 0.920; on eight
  /// tables cut from them (part of the models and domains, 30 runs each) 0.833 → 0.842 on the mean, none worse by more
  /// than 0.001. The square root in the place of the fourth does no better on these, with twice the regions.
  ///
  /// - Parameter intents: n ≥ 0; n₀ or more when it is time for a fit.
  public static func regionsWanted(intents: Int, _ rules: Rules) -> Int {
    let least = Int(rules.learnedRegions)
    let ratio = max(1, Double(intents) / rules.learnedRegionsFrom)
    let grown = Int(rules.learnedRegions * ratio.squareRoot().squareRoot())
    return max(least, min(grown, RegionKernel.limit))
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
