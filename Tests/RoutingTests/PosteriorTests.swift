import Statistics
import TestSupport
import Testing

@testable import Routing

/// The worked example has three regions, whose centroids have the cosines ½ (r0, r1), ½ (r1, r2) and 0 (r0, r2), and two
/// candidates:
///
///     N = [[30, 40], [60, 25], [20, 35]]      S = [[21, 14], [39, 13], [8, 14]]
///
/// and was computed with NumPy and SciPy by the formulas as they stand in ``Shrinkage``, ``AdditiveQuality`` and
/// ``RegionKernel``, the fit and κ taking turns until nothing moved (brentq for κ; the prediction for each region by
/// solving without it, instead of by the leave-one-out identity).
@Suite("Posterior")
struct PosteriorTests {
  private static let evidence = [
    Evidence("a/x", row: 0, mass: 30, sum: 21), Evidence("b/y", row: 0, mass: 40, sum: 14),
    Evidence("a/x", row: 1, mass: 60, sum: 39), Evidence("b/y", row: 1, mass: 25, sum: 13),
    Evidence("a/x", row: 2, mass: 20, sum: 8), Evidence("b/y", row: 2, mass: 35, sum: 14),
  ]

  private static let map: RegionMap = {
    let vectors: [[Float]] = [[1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], [0, 0, 1, 0]]
    let regions = vectors.enumerated().map { number, vector in
      Region(id: "r\(number)", capability: nil, origin: .named, vector: vector)
    }
    return RegionMap(
      version: 1,
      plan: RegionMap.Plan(embedding: "sample", dimension: 4, noveltyFloor: 0.1, regions: regions))
  }()

  private func knowledge(prior: Prior? = nil) -> Knowledge {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y", prior: prior)]
    let empty = Snapshot(
      opened: RoutingSamples.opened, catalogue: RoutingSamples.catalogue(candidates),
      governance: RoutingSamples.governance([]), map: Self.map)
    return empty.learning(Self.evidence)[.textToVideo]
  }

  private func expect(_ posteriors: [BetaDistribution], _ alphas: [Double], _ betas: [Double]) {
    #expect(posteriors.count == alphas.count)
    for (posterior, (alpha, beta)) in zip(posteriors, zip(alphas, betas)) {
      // What the fixed number of turns leaves of the way to the limit.
      #expect((posterior.alpha - alpha).magnitude < 3e-3)
      #expect((posterior.beta - beta).magnitude < 3e-3)
    }
  }

  @Test("q̄ = 110/212, κ = 29.011, and each cell leans on candidate, region and what the other regions say")
  func posterior() {
    let knowledge = knowledge()
    #expect((knowledge.meanReward - 110.0 / 212).magnitude < 1e-14)
    #expect((knowledge.shrinkage - 29.010_640).magnitude < 3e-3)
    expect(
      Array(knowledge.posteriors.prefix(6)),
      [33.153_749_220, 22.678_421_485, 52.358_782_781, 23.124_834_728, 18.295_471_504, 21.279_011_704],
      [17.004_690_395, 36.922_757_237, 28.337_721_682, 23.140_842_771, 21.886_359_375, 33.325_515_223])
    // The root: S + 2q̄ and N − S + 2(1 − q̄).
    #expect((knowledge.posteriors[6].alpha - (68 + 220.0 / 212)).magnitude < 1e-12)
    #expect((knowledge.posteriors[6].beta - (42 + 204.0 / 212)).magnitude < 1e-12)
  }

  @Test("a prior of quality 0.9 and mass 10, with 0.2 in region r1, enters as ten observations at each")
  func prior() {
    let prior = Prior(quality: 0.9, mass: 10, regions: [.init(region: "r1", quality: 0.2)])
    let knowledge = knowledge(prior: prior)
    // Here κ is still on its way after the turns that there are, so they were counted in NumPy too.
    #expect((knowledge.shrinkage - 7.316_906).magnitude < 3e-3)
    expect(
      Array(knowledge.posteriors.prefix(6)),
      [24.975_426_554, 17.740_450_260, 43.492_598_740, 18.968_206_839, 11.326_912_413, 17.386_833_367],
      [11.627_687_975, 29.234_262_395, 23.729_337_978, 24.117_106_223, 15.290_669_252, 24.590_921_474])
    // The root: S + 2q̄ + 9 and N − S + 2(1 − q̄) + 1.
    #expect((knowledge.posteriors[7].alpha - (41 + 220.0 / 212 + 9)).magnitude < 1e-12)
    #expect((knowledge.posteriors[7].beta - (59 + 204.0 / 212 + 1)).magnitude < 1e-12)
  }

  @Test("where regions do not differ κ is its upper bound, where they differ entirely its lower")
  func extremes() {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    let snapshot = RoutingSamples.snapshot(candidates, regions: 4)
    let alike = (0..<4).flatMap {
      [Evidence("a/x", row: $0, mass: 50, sum: 35), Evidence("b/y", row: $0, mass: 50, sum: 10)]
    }
    #expect((snapshot.learning(alike)[.textToVideo].shrinkage - 400).magnitude < 0.01)
    // Each candidate is perfect in two regions and useless in the others: no sum of candidate and region says that.
    let opposite = (0..<4).flatMap {
      [
        Evidence("a/x", row: $0, mass: 50, sum: $0 < 2 ? 50 : 0),
        Evidence("b/y", row: $0, mass: 50, sum: $0 < 2 ? 0 : 50),
      ]
    }
    #expect((snapshot.learning(opposite)[.textToVideo].shrinkage - 2).magnitude < 1e-4)
    // For want of evidence it is what it begins with.
    #expect(snapshot[.textToVideo].shrinkage == 20)
    #expect(snapshot.learning([Evidence("a/x", row: 0, mass: 1.9, sum: 1)])[.textToVideo].shrinkage == 20)
  }

  @Test("a region that is only harder for everybody says nothing about who is best: κ stays high")
  func difficulty() {
    let ids = ["a/x", "b/y", "c/z"]
    let snapshot = RoutingSamples.snapshot(ids.map { RoutingSamples.candidate($0) }, regions: 4)
    // σ(a_p + b_r) with a = (1, 0, −½), b = (−1½, −½, ½, 1½), 200 observations each and no noise.
    let evidence = ids.indices.flatMap { candidate in
      (0..<4).map { row in
        let logit = [1, 0, -0.5][candidate] + Double(row) - 1.5
        return Evidence(
          ids[candidate], row: row, mass: 200, sum: 200 / (1 + Exponential.two(to: -logit * 1.442_695)))
      }
    }
    #expect((snapshot.learning(evidence)[.textToVideo].shrinkage - 400).magnitude < 0.01)
  }

  @Test("before anything is known every posterior of the root is uniform, and a region's is spread about ½")
  func ignorance() {
    let knowledge = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 2)[.textToVideo]
    #expect(knowledge.posteriors[2] == BetaDistribution(alpha: 1, beta: 1))
    // 1/κ_rp = 1/20 + 1/5: four observations of ½.
    #expect((knowledge.posteriors[0].alpha - 2).magnitude < 1e-12)
    #expect((knowledge.posteriors[0].beta - 2).magnitude < 1e-12)
  }

  @Test("either parameter is at least 10⁻³")
  func floor() {
    #expect(Shrinkage.posterior(successes: 0, failures: 7) == BetaDistribution(alpha: 1e-3, beta: 7))
    #expect(Shrinkage.posterior(successes: 7, failures: -1e-12) == BetaDistribution(alpha: 7, beta: 1e-3))
    // A million successes on a prior of nothing but: no posterior of the capability is anything but a Beta.
    let candidates = [RoutingSamples.candidate("a/x", prior: Prior(quality: 1, mass: 50))]
    let snapshot = RoutingSamples.snapshot(candidates, regions: 2, [("kappa_minimum", .number(0.1))])
      .learning([Evidence("a/x", mass: 1e6, sum: 1e6), Evidence("a/x", row: 1, mass: 1e6, sum: 0)])
    #expect(snapshot.check() == [])
    #expect(snapshot[.textToVideo].posteriors[0].alpha > 1e6)
  }
}
