import Routing
import Testing
import Vectors

@Suite("Learned regions")
struct RegionFittingTests {
  /// Two bunches of directions around (1, 0, 0) and (0, 1, 0), with (0, 0, 1) in common.
  static let embeddings: [[Float]] = (0..<20).map { index in
    let tilt = 0.05 * Float(index / 2)
    let vector: [Float] = index % 2 == 0 ? [1, tilt, 0.5] : [tilt, 1, 0.5]
    return UnitVector(normalising: vector)?.elements ?? vector
  }

  @Test("Two bunches become two regions in the centred space, reproducibly or not")
  func fit() throws {
    for isReproducible in [false, true] {
      let fit = try #require(
        RegionFitting.fit(
          Self.embeddings + [[0, 0, 0]], .textGeneration, count: 2, seed: 3, isAutomatic: true,
          reproducible: isReproducible))
      #expect(fit.mean.intents == 20)
      #expect(fit.mean.isAutomatic)
      // Without the common part the two bunches lie opposite each other.
      #expect(DeterministicDot.dot(fit.centroids[0], fit.centroids[1]) < -0.9)
      #expect(fit.centroids.allSatisfy { abs(DeterministicDot.dot($0, $0) - 1) < 1e-5 })
    }
  }

  @Test("There must be as many intents as regions")
  func tooFew() {
    let few = Array(Self.embeddings.prefix(3))
    #expect(RegionFitting.fit(few, .textGeneration, count: 4, seed: 1, isAutomatic: true) == nil)
  }

  @Test(
    "The router fits at 500 distinct intents, then at twice as many as last time, and never beyond 50,000"
  )
  func wanted() {
    func mean(_ intents: Int, _ isAutomatic: Bool = true) -> RegionMap.Plan.Mean {
      .init(capability: .textGeneration, vector: [1, 0, 0], intents: intents, isAutomatic: isAutomatic)
    }
    var rules = Rules()
    #expect(RegionFitting.intentsWanted(after: nil, rules) == 500)
    #expect(RegionFitting.intentsWanted(after: mean(530), rules) == 1_060)
    #expect(RegionFitting.intentsWanted(after: mean(25_000), rules) == 50_000)
    #expect(RegionFitting.intentsWanted(after: mean(25_001), rules) == nil)
    #expect(RegionFitting.intentsWanted(after: mean(530, false), rules) == nil)
    rules.learnedRegions = 0
    #expect(RegionFitting.intentsWanted(after: nil, rules) == nil)
  }

  @Test(
    "Sixteen times as many intents are cut into twice as many regions, 128 at most unless more are asked for")
  func growing() {
    var rules = Rules()
    #expect(
      [0, 500, 8_000, 40_500].map { RegionFitting.regionsWanted(intents: $0, rules) } == [24, 24, 48, 72])
    // 24 · 4^¼ = 33.94
    #expect(RegionFitting.regionsWanted(intents: 2_000, rules) == 33)
    rules.learnedRegions = 100
    #expect(RegionFitting.regionsWanted(intents: 8_000, rules) == 128)
    rules.learnedRegions = 300
    #expect(RegionFitting.regionsWanted(intents: 8_000, rules) == 300)
    rules.learnedRegionsFrom = 8_000
    rules.learnedRegions = 5
    #expect(RegionFitting.regionsWanted(intents: 8_000, rules) == 5)
  }

  @Test("A region that resembles a former one keeps its id, another gets a number that was never used")
  func naming() throws {
    var plan = RegionMap.Plan(embedding: "test", dimension: 3, noveltyFloor: 0)
    let first = try #require(
      RegionFitting.fit(Self.embeddings, .textGeneration, count: 2, seed: 3, isAutomatic: true))
    plan.replaceLearned(of: .textGeneration, by: first)
    #expect(plan.regions.map(\.id) == ["text_generation/01", "text_generation/02"])
    let kept = plan.regions[1].vector
    var second = first
    second.centroids = [[0, 0, 1], kept]
    plan.replaceLearned(of: .textGeneration, by: second)
    #expect(plan.regions.map(\.id) == ["text_generation/02", "text_generation/03"])
    #expect(plan.regions[0].vector == kept)
  }
}
