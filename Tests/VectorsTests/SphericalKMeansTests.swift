import Testing

@testable import Vectors

struct SphericalKMeansTests {
  /// cos and sin of 0°, 10°, 90° and 100°, of different lengths.
  let fourPoints = Matrix(rowVectors: [[2, 0], [0.9848078, 0.1736482], [0, 0.5], [-0.1736482, 0.9848078]])

  @Test("two bunches of two directions have their bisectors as centroids", arguments: 0..<10)
  func findsBunches(_ seed: Int) {
    var rng = SplitMix(state: UInt64(seed))
    let fit = SphericalKMeans.fit(fourPoints, count: 2, using: &rng)
    #expect(fit.assignment[0] == fit.assignment[1])
    #expect(fit.assignment[2] == fit.assignment[3])
    #expect(fit.assignment[0] != fit.assignment[2])
    // cos 5° = 0.9961947, sin 5° = 0.0871557; each point is 5° from its centroid.
    let first = Array(fit.centroids.row(Int(fit.assignment[0])))
    #expect(abs(first[0] - 0.9961947) < 1e-6 && abs(first[1] - 0.0871557) < 1e-6)
    #expect(abs(fit.objective - 4 * 0.9961947) < 1e-5)
  }

  @Test("fewer directions than clusters wanted give as many clusters as directions")
  func stopsAtDistinctDirections() {
    var rng = SplitMix(state: 3)
    let points = Matrix(rowVectors: [[1, 0], [0, 2], [3, 0], [0, 0], [0, .nan], [0, 1]])
    let fit = SphericalKMeans.fit(points, count: 5, using: &rng)
    #expect(fit.centroids.rows == 2)
    #expect(fit.assignment[3] == -1 && fit.assignment[4] == -1)
    #expect(fit.assignment[0] == fit.assignment[2] && fit.assignment[1] == fit.assignment[5])
    #expect(fit.objective == 4)
  }

  @Test("points without a direction give no cluster")
  func copesWithNothing() {
    var rng = SplitMix(state: 3)
    for points in [Matrix(rows: 2, columns: 3, storage: [0, 0, 0, 0, 0, 0]), Matrix(rowVectors: [])] {
      let fit = SphericalKMeans.fit(points, count: 4, using: &rng)
      #expect(fit.centroids.rows == 0)
      #expect(fit.assignment == Array(repeating: -1, count: points.rows))
      #expect(fit.objective == 0)
    }
  }

  @Test("opposite points in one cluster leave its centroid where it was")
  func copesWithOpposites() {
    var rng = SplitMix(state: 1)
    let fit = SphericalKMeans.fit(Matrix(rowVectors: [[1, 0], [-1, 0]]), count: 1, using: &rng)
    #expect(fit.centroids.rows == 1)
    #expect(abs(fit.centroids.row(0)[0]) == 1)
    #expect(fit.objective == 0)
  }

  @Test("a cluster without a point starts again at the point that fits worst")
  func restartsEmptyClusters() {
    let points = Matrix(rowVectors: [[1, 0], [0.6, 0.8], [0, 1]])
    var lloyd = Lloyd(points: points, centroids: [1, 0, 1, 0])
    lloyd.run(iterations: 10)
    // (0, 1) fits worst and founds the second cluster. The first moves to (1.6, 0.8) / √3.2, where (0.6, 0.8) has
    // cosine 1.6 / √3.2 = 0.894, more than its 0.8 with (0, 1), and stays.
    #expect(lloyd.clusters == 2)
    #expect(lloyd.assignment == [0, 0, 1])
    // The sum of a cluster's cosines is the length of the sum of its points: √3.2 + 1.
    #expect(abs(lloyd.objective - 2.7888544) < 1e-6)
  }

  @Test("clusters that nothing can fill are left out")
  func dropsEmptyClusters() {
    var lloyd = Lloyd(points: Matrix(rowVectors: [[0, 1], [0, 1]]), centroids: [1, 0, 0, 1, -1, 0])
    lloyd.run(iterations: 10)
    #expect(lloyd.clusters == 1)
    #expect(lloyd.centroids == [0, 1])
    #expect(lloyd.assignment == [0, 0])
  }

  @Test("no iteration lowers the objective, and every fit keeps its promises", arguments: 0..<8)
  func keepsItsPromises(_ seed: Int) {
    var source = SplitMix(state: UInt64(seed) &+ 100)
    let points = Matrix(rowVectors: (0..<150).map { _ in source.vector(12) })
    var last = -Double.infinity
    for iterations in 0..<12 {
      var rng = SplitMix(state: UInt64(seed))
      let fit = SphericalKMeans.fit(points, count: 9, iterations: iterations, using: &rng)
      #expect(fit.objective >= last - 1e-3)
      last = fit.objective
      #expect(fit.objective <= 150)
      #expect(Set(fit.assignment) == Set((0..<fit.centroids.rows).map { Int32($0) }))
      for cluster in 0..<fit.centroids.rows {
        let norm = fit.centroids.row(cluster).reduce(0) { $0 + Double($1) * Double($1) }
        #expect(abs(norm - 1) < 1e-6)
      }
      let nearest = fit.centroids.similarities(ofRows: points)
      for (point, cluster) in fit.assignment.enumerated() {
        let similarities = nearest.row(point)
        #expect(similarities[similarities.startIndex + Int(cluster)] >= (similarities.max() ?? 0) - 1e-5)
      }
    }
  }

  @Test("the same seed gives the same fit, bit for bit")
  func repeats() {
    var source = SplitMix(state: 5)
    let points = Matrix(rowVectors: (0..<700).map { _ in source.vector(16) })
    var first = SplitMix(state: 9)
    var second = SplitMix(state: 9)
    let one = SphericalKMeans.fit(points, count: 16, using: &first)
    let two = SphericalKMeans.fit(points, count: 16, using: &second)
    #expect(one.centroids == two.centroids)
    #expect(one.assignment == two.assignment)
    #expect(one.objective == two.objective)
    #expect(one.centroids.rows == 16)
  }

  @Test("a reproducible fit finds the same bunches, and is the same again", arguments: 0..<5)
  func fitsReproducibly(_ seed: Int) {
    func fit(_ points: Matrix, _ isReproducible: Bool) -> SphericalKMeans.Fit {
      var rng = SplitMix(state: UInt64(seed))
      return SphericalKMeans.fit(points, count: 2, reproducible: isReproducible, using: &rng)
    }
    let one = fit(fourPoints, true)
    #expect(one.assignment[0] == one.assignment[1] && one.assignment[2] == one.assignment[3])
    #expect(one.assignment[0] != one.assignment[2])
    #expect(abs(one.objective - fit(fourPoints, false).objective) < 1e-5)
    #expect(one.centroids == fit(fourPoints, true).centroids)
  }
}
