/// Clusters of directions: each point belongs to the centroid with the largest cosine, and each centroid is
/// the normalised sum of its points.
///
/// Dhillon & Modha 2001, "Concept decompositions for large sparse text data using clustering",
/// https://doi.org/10.1023/A:1007612920971: the two steps never lower Q = Σᵢ xᵢ·c(i).
/// Seeds by k-means++ (Arthur & Vassilvitskii 2007, SODA, pp. 1027–1035): the first point uniformly, each
/// further one with a probability in proportion to the squared distance to the nearest seed so far, which for
/// unit vectors is ‖x − c‖² = 2(1 − x·c).
///
/// Changed from the papers: a cluster that loses its last point starts again at the point that fits worst.
/// The same seed gives the same fit on the same processor; products come from BLAS, which rounds differently
/// on others, so a fit is stored rather than made again, or asked for as reproducible.
public enum SphericalKMeans {
  /// What ``SphericalKMeans/fit(_:count:iterations:using:)`` found.
  public struct Fit: Sendable {
    /// K × D, each row a unit vector; K is at most the count asked for.
    public let centroids: Matrix
    /// For each point its cluster in 0 ..< K, or −1 for a point without a direction. Every cluster has a point.
    public let assignment: [Int32]
    /// Q = Σ cosine of a point and its centroid, at most the number of points.
    public let objective: Double
  }

  /// 1 − cosine up to which two points count as one: what single precision leaves of identical directions.
  static let sameDirection: Float = 1e-6

  /// Clusters `points`.
  ///
  /// - Parameters:
  ///   - points: N × D, each row of any length; a row that is zero or not finite has no direction and takes no
  ///     part.
  ///   - count: the number of clusters wanted, 1 or more. Fewer come back when fewer distinct directions are
  ///     there (none for no direction at all).
  ///   - iterations: at most so many updates of the centroids, 0 or more; ends earlier when no point moves.
  ///   - reproducible: products by ``DeterministicDot`` instead of BLAS: the same fit on every processor, about
  ///     four times slower.
  ///   - rng: gives the seeds, one number each.
  public static func fit(
    _ points: Matrix, count: Int, iterations: Int = 50, reproducible: Bool = false,
    using rng: inout some RandomNumberGenerator
  ) -> Fit {
    precondition(count >= 1 && iterations >= 0, "at least one cluster and no negative number of iterations")
    var directions = [Float]()
    directions.reserveCapacity(points.storage.count)
    var origins = [Int]()
    for row in 0..<points.rows {
      guard let unit = UnitVector(normalising: Array(points.row(row))) else { continue }
      directions += unit.elements
      origins.append(row)
    }
    let units = Matrix(rows: origins.count, columns: points.columns, storage: directions)

    var seeding = Seeding(points: units, isReproducible: reproducible)
    while seeding.seeds.count < count, seeding.add(at: unitInterval(rng.next())) {}
    var lloyd = Lloyd(
      points: units, centroids: seeding.seeds.flatMap { units.row($0) }, isReproducible: reproducible)
    lloyd.run(iterations: iterations)

    var assignment = [Int32](repeating: -1, count: points.rows)
    for (point, row) in origins.enumerated() { assignment[row] = lloyd.assignment[point] }
    let centroids = Matrix(rows: lloyd.clusters, columns: points.columns, storage: lloyd.centroids)
    return Fit(centroids: centroids, assignment: assignment, objective: lloyd.objective)
  }

  /// The upper 53 bits as a number in [0, 1).
  private static func unitInterval(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}

/// k-means++: which points to start from.
private struct Seeding {
  let points: Matrix
  /// Point numbers, no two of the same direction.
  private(set) var seeds: [Int] = []
  /// For each point 1 − cosine to the nearest seed, zero where that is rounding.
  private var distance: [Float]
  private var similarity: [Float]
  private let isReproducible: Bool

  init(points: Matrix, isReproducible: Bool) {
    self.points = points
    self.isReproducible = isReproducible
    distance = [Float](repeating: 1, count: points.rows)
    similarity = [Float](repeating: 0, count: points.rows)
  }

  /// Adds the point at `quantile` (in [0, 1)) of the total distance; false when no direction is left.
  mutating func add(at quantile: Double) -> Bool {
    var total = 0.0
    for d in distance { total += Double(d) }
    guard total > 0 else { return false }
    let target = quantile * total
    var sum = 0.0
    var chosen = -1
    for (point, d) in distance.enumerated() where d > 0 {
      sum += Double(d)
      chosen = point
      if sum > target { break }
    }
    seeds.append(chosen)
    points.row(chosen).withUnsafeBufferPointer { seed in
      if isReproducible {
        points.storage.withUnsafeBufferPointer { elements in
          for point in similarity.indices {
            let row = elements[point * points.columns..<(point + 1) * points.columns]
            similarity[point] = DeterministicDot.dot(UnsafeBufferPointer(rebasing: row), seed)
          }
        }
      } else {
        similarity.withUnsafeMutableBufferPointer { points.similarities(of: seed, into: $0) }
      }
    }
    for point in distance.indices {
      let d = 1 - similarity[point]
      distance[point] = d <= SphericalKMeans.sameDirection ? 0 : min(distance[point], d)
    }
    return true
  }
}

/// The alternation: assign each point, move each centroid.
struct Lloyd {
  let points: Matrix
  /// `clusters` × D.
  private(set) var centroids: [Float]
  private(set) var clusters: Int
  private(set) var assignment: [Int32]
  private(set) var objective = 0.0
  /// For each point its cosine to its centroid.
  private var similarity: [Float]
  private let isReproducible: Bool

  init(points: Matrix, centroids: [Float], isReproducible: Bool = false) {
    self.points = points
    self.isReproducible = isReproducible
    self.centroids = centroids
    clusters = points.columns == 0 ? 0 : centroids.count / points.columns
    assignment = [Int32](repeating: -1, count: points.rows)
    similarity = [Float](repeating: 0, count: points.rows)
  }

  mutating func run(iterations: Int) {
    guard clusters > 0 else { return }
    var moved = assign()
    var iteration = 0
    while moved && iteration < iterations {
      update()
      moved = assign()
      iteration += 1
    }
    dropEmpty()
    objective = similarity.reduce(into: 0.0) { $0 += Double($1) }
  }

  /// Gives each point to its nearest centroid (ties: the lowest); true when a point changed its cluster.
  private mutating func assign() -> Bool {
    let nearest = Matrix(rows: clusters, columns: points.columns, storage: centroids)
    if isReproducible { return settle(nearest.nearestDeterministic(toRows: points)) }
    // A block's similarities (512 × K) stay in the cache between the product and the search.
    let block = 512
    var moved = false
    for start in stride(from: 0, to: points.rows, by: block) {
      let end = min(start + block, points.rows)
      let rows = Matrix(
        rows: end - start, columns: points.columns,
        storage: Array(points.storage[start * points.columns..<end * points.columns]))
      let products = nearest.similarities(ofRows: rows)
      products.storage.withUnsafeBufferPointer { products in
        for point in start..<end {
          let offset = (point - start) * clusters
          var best = 0
          for cluster in 1..<max(clusters, 1) where products[offset + cluster] > products[offset + best] {
            best = cluster
          }
          similarity[point] = products[offset + best]
          if assignment[point] != Int32(best) {
            assignment[point] = Int32(best)
            moved = true
          }
        }
      }
    }
    return moved
  }

  private mutating func settle(_ nearest: [(row: Int, similarity: Float)]) -> Bool {
    var moved = false
    for (point, best) in nearest.enumerated() {
      similarity[point] = best.similarity
      if assignment[point] != Int32(best.row) {
        assignment[point] = Int32(best.row)
        moved = true
      }
    }
    return moved
  }

  /// Moves each centroid to the normalised sum of its points.
  private mutating func update() {
    var sizes = [Int](repeating: 0, count: clusters)
    for cluster in assignment { sizes[Int(cluster)] += 1 }
    restart(&sizes)
    let columns = points.columns
    var sums = [Double](repeating: 0, count: clusters * columns)
    sums.withUnsafeMutableBufferPointer { sums in
      points.storage.withUnsafeBufferPointer { elements in
        for point in 0..<points.rows {
          let from = point * columns
          let to = Int(assignment[point]) * columns
          for column in 0..<columns { sums[to + column] += Double(elements[from + column]) }
        }
      }
    }
    for cluster in 0..<clusters where sizes[cluster] > 0 {
      let range = cluster * columns..<(cluster + 1) * columns
      // Points that cancel out have no mean direction: the centroid stays where it was.
      guard let unit = UnitVector(normalising: sums[range].map { Float($0) }) else { continue }
      centroids.replaceSubrange(range, with: unit.elements)
    }
  }

  /// Gives each empty cluster the point that fits its own cluster worst (ties: the lowest), if that leaves a
  /// point behind and does not fit already.
  private mutating func restart(_ sizes: inout [Int]) {
    for empty in 0..<clusters where sizes[empty] == 0 {
      var worst = -1
      for point in 0..<points.rows where sizes[Int(assignment[point])] > 1 {
        if worst < 0 || similarity[point] < similarity[worst] { worst = point }
      }
      guard worst >= 0, 1 - similarity[worst] > SphericalKMeans.sameDirection else { return }
      sizes[Int(assignment[worst])] -= 1
      sizes[empty] = 1
      assignment[worst] = Int32(empty)
      similarity[worst] = 1
    }
  }

  /// Removes the centroids that no point belongs to; the order of the others stays.
  private mutating func dropEmpty() {
    var used = [Bool](repeating: false, count: clusters)
    for cluster in assignment { used[Int(cluster)] = true }
    guard used.contains(false) else { return }
    let columns = points.columns
    var renumbered = [Int32](repeating: -1, count: clusters)
    var kept = [Float]()
    var next: Int32 = 0
    for cluster in 0..<clusters where used[cluster] {
      renumbered[cluster] = next
      next += 1
      kept += centroids[cluster * columns..<(cluster + 1) * columns]
    }
    for point in assignment.indices { assignment[point] = renumbered[Int(assignment[point])] }
    centroids = kept
    clusters = Int(next)
  }
}
