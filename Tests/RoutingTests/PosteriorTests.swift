import Routing
import Statistics
import TestSupport
import Testing

/// The worked example has three regions and two candidates:
///
///     N = [[10, 20], [30, 8], [1, 12]]      S = [[8, 6], [15, 6], [1, 3]]
///
/// and was computed with NumPy by the formulas as they stand in ``Shrinkage``.
@Suite("Posterior")
struct PosteriorTests {
  private static let evidence = [
    Evidence("a/x", row: 0, mass: 10, sum: 8), Evidence("b/y", row: 0, mass: 20, sum: 6),
    Evidence("a/x", row: 1, mass: 30, sum: 15), Evidence("b/y", row: 1, mass: 8, sum: 6),
    Evidence("a/x", row: 2, mass: 1, sum: 1), Evidence("b/y", row: 2, mass: 12, sum: 3),
  ]

  private func knowledge(prior: Prior? = nil) -> Knowledge {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y", prior: prior)]
    return RoutingSamples.snapshot(candidates, regions: 3).learning(Self.evidence)[.textToVideo]
  }

  private func expect(_ posteriors: [BetaDistribution], _ alphas: [Double], _ betas: [Double]) {
    for (posterior, (alpha, beta)) in zip(posteriors, zip(alphas, betas)) {
      #expect((posterior.alpha - alpha).magnitude < 1e-10)
      #expect((posterior.beta - beta).magnitude < 1e-10)
    }
  }

  @Test("the moments formula: q̄ = 40/83, τ² = 0.0113548, v = 0.2395665, κ = 20.0982708")
  func strength() {
    let knowledge = knowledge()
    #expect((knowledge.meanReward - 40.0 / 83).magnitude < 1e-14)
    #expect((knowledge.shrinkage - 20.098_270_826_576_808).magnitude < 1e-10)
    // The same by hand: q_p = (24 + 2q̄)/43 and (15 + 2q̄)/42; the cell with one observation has no vote.
    var cells = Array(repeating: Cell(), count: 6)
    for item in Self.evidence {
      let place = item.row * 2 + (item.candidate == "a/x" ? 0 : 1)
      cells[place].observations = item.mass
      cells[place].rewards = item.sum
    }
    let means = [(24 + 80.0 / 83) / 43, (15 + 80.0 / 83) / 42]
    let strength = Shrinkage.strength(cells: cells[...], means: means, bounds: 0.001...1e6)
    #expect((strength - 20.098_270_826_576_808).magnitude < 1e-10)
    #expect(Shrinkage.strength(cells: cells[...], means: means, bounds: 2...10) == 10)
    #expect(Shrinkage.strength(cells: cells[...], means: means, bounds: 30...40) == 30)
  }

  @Test("α = κ_p·q_p + S and β = κ_p·(1 − q_p) + N − S, with 1/κ_p = 1/κ + 1/(N_p + 2)")
  func posterior() {
    expect(
      knowledge().posteriors,
      [
        15.951_570_155_061_06, 11.166_744_346_189_768, 22.951_570_155_061_06, 11.166_744_346_189_768,
        8.951_570_155_061_06, 8.166_744_346_189_768, 24.963_855_421_686_75, 15.963_855_421_686_747,
      ],
      [
        7.744_932_684_423_94, 22.426_667_571_408_37, 20.744_932_684_423_944, 10.426_667_571_408_37,
        5.744_932_684_423_941, 17.426_667_571_408_37, 18.036_144_578_313_25, 26.036_144_578_313_255,
      ])
  }

  @Test("a prior of quality 0.9 and mass 10, with 0.2 in region r1, enters as ten observations at each")
  func prior() {
    let prior = Prior(quality: 0.9, mass: 10, regions: [.init(region: "r1", quality: 0.2)])
    let knowledge = knowledge(prior: prior)
    #expect((knowledge.shrinkage - 14.091_167_207_552_274).magnitude < 1e-10)
    expect(
      Array(knowledge.posteriors.prefix(6)),
      [
        14.161_546_139_235_61, 11.322_494_302_263_607, 21.161_546_139_235_61, 13.322_494_302_263_607,
        7.161_546_139_235_609, 8.322_494_302_263_607,
      ],
      [
        6.451_657_611_214_145, 19.764_322_979_864_64, 19.451_657_611_214_145, 15.764_322_979_864_641,
        4.451_657_611_214_145, 14.764_322_979_864_641,
      ])
    // The root: S + 2q̄ + 9 and N − S + 2(1 − q̄) + 1.
    #expect((knowledge.posteriors[7].alpha - 24.963_855_421_686_747).magnitude < 1e-10)
    #expect((knowledge.posteriors[7].beta - 27.036_144_578_313_255).magnitude < 1e-10)
  }

  @Test("where regions do not differ κ is its upper bound, where they differ entirely its lower")
  func extremes() {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    let snapshot = RoutingSamples.snapshot(candidates, regions: 4)
    let alike = (0..<4).flatMap {
      [Evidence("a/x", row: $0, mass: 50, sum: 35), Evidence("b/y", row: $0, mass: 50, sum: 10)]
    }
    #expect(snapshot.learning(alike)[.textToVideo].shrinkage == 400)
    // Each candidate is perfect in two regions and useless in the others: q_p = ½, τ² = v up to the noise.
    let opposite = (0..<4).flatMap {
      [
        Evidence("a/x", row: $0, mass: 50, sum: $0 < 2 ? 50 : 0),
        Evidence("b/y", row: $0, mass: 50, sum: $0 < 2 ? 0 : 50),
      ]
    }
    #expect(snapshot.learning(opposite)[.textToVideo].shrinkage == 2)
    // For want of evidence, too.
    #expect(snapshot[.textToVideo].shrinkage == 2)
    #expect(snapshot.learning([Evidence("a/x", row: 0, mass: 1.9, sum: 1)])[.textToVideo].shrinkage == 2)
  }

  @Test("before anything is known every posterior of the root is uniform")
  func ignorance() {
    let knowledge = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 2)[.textToVideo]
    #expect(knowledge.posteriors[2] == BetaDistribution(alpha: 1, beta: 1))
    // 1/κ_p = 1/2 + 1/2, so a region leans with the strength of one observation on a mean of ½.
    #expect(knowledge.posteriors[0] == BetaDistribution(alpha: 0.5, beta: 0.5))
  }

  @Test("either parameter is at least 10⁻³")
  func floor() {
    let candidates = [RoutingSamples.candidate("a/x", prior: Prior(quality: 1, mass: 50))]
    let snapshot = RoutingSamples.snapshot(
      candidates, regions: 1,
      [("half_life", .text("1m")), ("kappa_minimum", .number(0.1)), ("kappa_maximum", .number(1))])
    let posterior = snapshot.learning([Evidence("a/x", mass: 1e6, sum: 1e6)])[.textToVideo].posteriors[0]
    #expect(posterior.beta == Shrinkage.floor)
    #expect(posterior.alpha > 1e6)
  }
}
