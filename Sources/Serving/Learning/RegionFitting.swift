import Routing
import Statistics
import Vectors

/// Learned regions: spherical k-means over the centred embeddings of past intents (Dhillon & Modha 2001).
enum RegionFitting {
  /// The most intents that a fit looks at, the latest ones.
  static let maximumIntents = 50_000

  struct Fit {
    var regions: [Region]
    var mean: RegionMap.Plan.Mean
  }

  /// - Parameters:
  ///   - embeddings: of distinct intents, any order; zero vectors are passed over.
  ///   - seed: the same embeddings and seed give the same regions on one kind of processor.
  /// - Returns: nil when there are fewer intents than regions.
  static func fit(
    _ embeddings: [[Float]], _ capability: Capability, count: Int, seed: UInt64, isAutomatic: Bool
  ) -> Fit? {
    let points = embeddings.filter { $0.contains { $0 != 0 } }
    guard let dimension = points.first?.count, count > 0, points.count >= count else { return nil }
    var sum = [Double](repeating: 0, count: dimension)
    for point in points { for axis in 0..<dimension { sum[axis] += Double(point[axis]) } }
    let mean = sum.map { Float($0 / Double(points.count)) }
    let centred = points.compactMap { point in UnitVector(normalising: zip(point, mean).map { $0 - $1 })?.elements }
    guard centred.count >= count else { return nil }
    var generator = Xoshiro256(seed: seed)
    let fit = SphericalKMeans.fit(Matrix(rowVectors: centred), count: count, using: &generator)
    let regions = (0..<fit.centroids.rows).map { row in
      Region(
        id: "\(capability.name)/\(row < 9 ? "0" : "")\(row + 1)", capability: capability, origin: .learned,
        vector: Array(fit.centroids.row(row)))
    }
    return Fit(
      regions: regions,
      mean: .init(capability: capability, vector: mean, intents: points.count, isAutomatic: isAutomatic))
  }
}

extension RegionMap.Plan {
  /// Puts newly learned regions in the place of a capability's former ones.
  mutating func replaceLearned(of capability: Capability, by fit: RegionFitting.Fit) {
    regions.removeAll { $0.origin == .learned && $0.capability == capability }
    regions += fit.regions
    means.removeAll { $0.capability == capability }
    means.append(fit.mean)
    means.sort { $0.capability < $1.capability }
  }

  /// Takes over what governance says about novelty floors.
  mutating func applyFloors(of governance: Governance) {
    noveltyFloors = Capability.allCases.compactMap { capability in
      governance.rules(for: capability).noveltyFloor.map { .init(capability: capability, similarity: Float($0)) }
    }
  }
}
