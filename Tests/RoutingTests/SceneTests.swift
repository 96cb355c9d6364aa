import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Scene")
struct SceneTests {
  private func agrees(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
    (a - b).magnitude < tolerance
  }

  @Test("AgentRank = bid × Q̃, its index bid × (Q̃ + σ), and × (c_min/c)^λ where the caller weighs cost")
  func agentRank() {
    let snapshot = RoutingSamples.snapshot([
      RoutingSamples.candidate("a/x", dollars: 1), RoutingSamples.candidate("b/y", dollars: 2, bid: 1.5),
    ]).learning([Evidence("a/x", mass: 30, sum: 24), Evidence("b/y", mass: 20, sum: 12)])
    let knowledge = snapshot[.textToVideo]
    let free = Scene(knowledge, row: 0, eligible: knowledge.roster.open)
    // q̄ = 37/52: 1 × (24 + 2q̄)/32 against 1.5 × (12 + 2q̄)/22; scipy.stats.beta.std for the index.
    #expect(agrees(free.arms[0].agentRank, 0.794_471_153_846_153_9))
    #expect(agrees(free.arms[1].agentRank, 0.915_209_790_209_790_3))
    #expect(agrees(free.arms[0].index, 0.864_813_765_517_479_1))
    #expect(agrees(free.arms[1].index, 1.067_754_256_317_051_7))
    #expect(free.exploit == 1 && free.leader == 1)
    #expect(free.ranking() == [1, 0])
    // λ = 1 halves the dearer one.
    let weighed = Scene(knowledge, row: 0, eligible: knowledge.roster.open, costs: [1, 2], costWeight: 1)
    #expect(agrees(weighed.arms[1].agentRank, 0.457_604_895_104_895_15))
    #expect(agrees(weighed.arms[1].index, 0.533_877_128_158_525_8))
    #expect(agrees(weighed.arms[1].weight, 0.75))
    #expect(weighed.exploit == 0 && weighed.leader == 0)
    // λ = ½: × √½.
    let half = Scene(knowledge, row: 0, eligible: knowledge.roster.open, costs: [1, 2], costWeight: 0.5)
    #expect(agrees(half.arms[1].agentRank, 0.647_151_048_865_660_2))
  }

  @Test(
    "with optimism 3 an arm of two observations is exploited, but stands in AgentRank's order; forbidden, it is not"
  )
  func optimism() {
    let snapshot = RoutingSamples.snapshot(
      ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }, [("optimism", .number(3))]
    ).learning([
      Evidence("a/x", mass: 30, sum: 24), Evidence("b/y", mass: 20, sum: 12),
      Evidence("c/z", mass: 2, sum: 1),
    ])
    let knowledge = snapshot[.textToVideo]
    // Means 0.794, 0.609, 0.602 and standard deviations 0.070, 0.102, 0.219.
    let scene = Scene(knowledge, row: 0, eligible: knowledge.roster.open)
    #expect(scene.exploit == 2 && scene.leader == 0)
    #expect(scene.ranking() == [0, 1, 2])
    #expect(agrees(scene.arms[2].index, 0.601_851_851_851_851_9 + 3 * 0.218_918_341_065_494_98))
    let forbidden = Scene(knowledge, row: 0, eligible: knowledge.roster.open, allowsExploration: false)
    #expect(forbidden.exploit == 0)
    #expect(forbidden.arms.allSatisfy { $0.index == $0.agentRank })
  }

  @Test("cost factors: unknown costs count as the dearest known, free ones as a billionth of a dollar")
  func costFactors() {
    #expect(Scene.costFactors([0, 1, 2], [2, 1, nil], 1) == [0.5, 1, 0.5])
    #expect(Scene.costFactors([0, 2], [2, 1, nil], 1) == [1, 1])
    #expect(Scene.costFactors([0, 1], [0, 1], 1) == [1, 1e-9])
    #expect(Scene.costFactors([0, 1], [nil, nil], 1) == [1, 1])
    #expect(Scene.costFactors([0, 1], [2, 1], 0) == [1, 1])
    #expect(Scene.costFactors([0, 1], [], 3) == [1, 1])
    #expect(Scene.costFactors([0, 1, 2], [4, 1, 2], 2) == [0.0625, 1, 0.25])
  }

  @Test("ties of AgentRank go to the larger variance, then to the first id")
  func ties() {
    let ids = ["a/x", "b/y", "c/z"]
    let snapshot = RoutingSamples.snapshot(ids.map { RoutingSamples.candidate($0) })
    // All at ½; b/y with half the evidence.
    let uneven = snapshot.learning([
      Evidence("a/x", mass: 40, sum: 20), Evidence("b/y", mass: 20, sum: 10),
      Evidence("c/z", mass: 40, sum: 20),
    ])[.textToVideo]
    let scene = Scene(uneven, row: 0, eligible: uneven.roster.open)
    #expect(scene.arms.map(\.agentRank) == [0.5, 0.5, 0.5])
    #expect(scene.exploit == 1)
    #expect(scene.ranking() == [1, 0, 2])
    let even = snapshot.learning(ids.map { Evidence($0, mass: 40, sum: 20) })[.textToVideo]
    #expect(Scene(even, row: 0, eligible: even.roster.open).exploit == 0)
    var last = CandidateSet()
    last.insert(2)
    last.insert(1)
    #expect(Scene(even, row: 0, eligible: last).arms.map(\.position) == [1, 2])
    #expect(Scene(even, row: 0, eligible: last).exploit == 0)
  }

  @Test("π agrees with scipy.integrate.quad over ∏ scipy.stats.beta.cdf, without and with bids")
  func bestProbabilities() {
    let evidence = [
      Evidence("a/x", mass: 30, sum: 24), Evidence("b/y", mass: 20, sum: 12),
      Evidence("c/z", mass: 2, sum: 1),
    ]
    func scene(_ bids: [Double]) -> Scene {
      let candidates = zip(["a/x", "b/y", "c/z"], bids).map { RoutingSamples.candidate($0, bid: $1) }
      let knowledge = RoutingSamples.snapshot(candidates).learning(evidence)[.textToVideo]
      return Scene(knowledge, row: 0, eligible: knowledge.roster.open)
    }
    // Beta(24 + 2q̄, 6 + 2(1 − q̄)) and so on with q̄ = 38/54.
    #expect(agrees(scene([1, 1, 1]).arms[0].posterior.alpha, 25.407_407_407_407_41))
    let plain = [0.728_137_299_540_104_9, 0.047_566_725_252_213_414, 0.224_295_975_207_681_02]
    for (a, b) in zip(scene([1, 1, 1]).bestProbabilities(), plain) { #expect(agrees(a, b, within: 1e-6)) }
    // Equal bids of another size change nothing.
    #expect(scene([2, 2, 2]).bestProbabilities() == scene([1, 1, 1]).bestProbabilities())
    let bids = [0.004_139_680_196_430_002, 0.339_524_427_948_893_54, 0.656_335_891_854_676_4]
    for (a, b) in zip(scene([0.5, 1, 1.2]).bestProbabilities(), bids) { #expect(agrees(a, b, within: 1e-6)) }
    // With the evidence counted twice.
    let sharp = [0.851_672_255_036_998_5, 0.013_788_747_012_236_022, 0.134_538_997_950_765_18]
    for (a, b) in zip(scene([1, 1, 1]).bestProbabilities(sharpness: 2), sharp) {
      #expect(agrees(a, b, within: 1e-6))
    }
  }

  @Test("a request that forbids exploring affords none")
  func affordable() {
    let knowledge = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")])[.textToVideo]
    #expect(Scene(knowledge, row: 0, eligible: knowledge.roster.open).affordable == 1)
    #expect(
      Scene(knowledge, row: 0, eligible: knowledge.roster.open, allowsExploration: false).affordable == 0)
  }
}
