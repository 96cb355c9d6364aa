import Routing
import Statistics
import TestSupport
import Testing

@Suite("Region map")
struct RegionMapTests {
  private func map(
    _ regions: [Region], dimension: Int = 2, floor: Float = 0.1, floors: [RegionMap.Plan.Floor] = [],
    means: [RegionMap.Plan.Mean] = []
  ) -> RegionMap {
    var plan = RegionMap.Plan(
      embedding: "sample", dimension: dimension, noveltyFloor: floor, regions: regions, means: means)
    plan.noveltyFloors = floors
    return RegionMap(version: 1, plan: plan)
  }

  private func region(
    _ id: String, _ vector: [Float], _ capability: Capability? = nil, _ origin: Region.Origin = .named
  )
    -> Region
  {
    Region(id: id, capability: capability, origin: origin, vector: vector)
  }

  /// All three ways of placing.
  private func places(_ map: RegionMap, _ e: [Float], _ capability: Capability = .textToVideo) -> [Placement]
  {
    [map.place(e, capability), map.placeReproducibly(e, capability), map.place([e], capability)[0]]
  }

  @Test("an intent belongs to the region of the greatest similarity")
  func nearest() {
    let map = map([region("x", [1, 0]), region("y", [0, 1]), region("d", [0.6, 0.8])])
    for placement in places(map, [0.8, 0.6]) {
      // 0.8, 0.6 and 0.48 + 0.48 = 0.96.
      #expect(placement.row == 2)
      #expect((placement.similarity - 0.96).magnitude < 1e-6)
    }
    #expect(places(map, [1, 0]).map(\.row) == [0, 0, 0])
  }

  @Test("below the novelty floor it belongs to the root row, at the floor it does not")
  func novelty() {
    let map = map(
      [region("x", [1, 0])], floor: 0.5, floors: [.init(capability: .imageToVideo, similarity: 0.75)])
    #expect(places(map, [0.5, 0.75.squareRoot()].map { Float($0) }).map(\.row) == [0, 0, 0])
    #expect(places(map, [0.48, 0.877_268_5]).map(\.row) == [1, 1, 1])
    #expect(places(map, [0.6, 0.8], .imageToVideo).map(\.row) == [1, 1, 1])
    #expect(places(map, [0.75, 0.661_437_8], .imageToVideo).map(\.row) == [0, 0, 0])
    for placement in places(map, [-1, 0]) {
      #expect(placement.row == 1)
      #expect(placement.similarity == -1)
    }
  }

  @Test(
    "the mean is taken out of intents and of named regions, learned ones already lie in the centred space")
  func centring() {
    let mean = RegionMap.Plan.Mean(capability: .textToVideo, vector: [0.6, 0], intents: 9, isAutomatic: true)
    let learned = map(
      [region("x", [1, 0], nil, .learned), region("y", [0, 1], nil, .learned)], means: [mean])
    // (0.8, 0.6) − μ = (0.2, 0.6), whose direction is (0.3162, 0.9487).
    for placement in places(learned, [0.8, 0.6]) {
      #expect(placement.row == 1)
      #expect((placement.similarity - 0.948_683_3).magnitude < 1e-6)
    }
    // Another capability has no mean: there x is nearer.
    #expect(places(learned, [0.8, 0.6], .imageToVideo).map(\.row) == [0, 0, 0])
    let named = map([region("x", [1, 0]), region("y", [0.8, 0.6])], means: [mean])
    for placement in places(named, [0.8, 0.6]) {
      #expect(placement.row == 1)
      #expect((placement.similarity - 1).magnitude < 1e-6)
    }
  }

  @Test("an intent without direction belongs to the root")
  func zero() {
    let mean = RegionMap.Plan.Mean(capability: .textToVideo, vector: [0.6, 0], intents: 9, isAutomatic: true)
    for map in [
      map([region("x", [1, 0])], floor: -1), map([region("x", [1, 0])], floor: -1, means: [mean]),
    ] {
      #expect(places(map, [0, 0]) == Array(repeating: Placement(row: 1, similarity: 0), count: 3))
    }
    // An intent that is the mean itself has none either.
    #expect(places(map([region("x", [1, 0])], floor: -1, means: [mean]), [0.6, 0]).map(\.row) == [1, 1, 1])
  }

  @Test("without regions everything is root")
  func empty() {
    let map = map([])
    #expect(places(map, [1, 0]) == Array(repeating: Placement(row: 0, similarity: 0), count: 3))
    #expect(map.rootRow(of: .textToVideo) == 0)
    #expect(map.regionID(.textToVideo, row: 0) == "root")
    #expect(map.place([[Float]](), .textToVideo).isEmpty)
  }

  @Test("rows are the regions of a capability in the order of the plan, and lead back to their ids")
  func rows() {
    let map = map([
      region("a", [1, 0]), region("b", [0, 1], .imageToVideo), region("c", [0, 1], .textToVideo),
      region("d", [0.6, 0.8]),
    ])
    #expect(map.regions(of: .textToVideo).map(\.id) == ["a", "c", "d"])
    #expect(map.regions(of: .imageToVideo).map(\.id) == ["a", "b", "d"])
    #expect(map.regions(of: .embedding).map(\.id) == ["a", "d"])
    #expect(map.row(.textToVideo, regionID: "b") == nil)
    for capability in Capability.allCases {
      #expect(map.rootRow(of: capability) == map.regions(of: capability).count)
      for row in 0...map.rootRow(of: capability) {
        #expect(map.row(capability, regionID: map.regionID(capability, row: row)) == row)
      }
    }
    #expect(places(map, [0, 1]).map(\.row) == [1, 1, 1])
  }

  @Test("one, many and reproducibly: all three place alike in random maps, and as double precision does")
  func sweep() {
    var generator = Xoshiro256(seed: 13)
    var close = 0
    for round in 0..<40 {
      let dimension = [3, 16, 33, 256][round % 4]
      let count = Int.random(in: 1...40, using: &generator)
      let regions = (0..<count).map { number in
        region(
          "r\(number)", generator.direction(of: dimension), nil,
          Bool.random(using: &generator) ? .named : .learned)
      }
      let mean = generator.direction(of: dimension).map { $0 * 0.4 }
      let floor = Float(generator.uniform() * 0.3)
      let map = map(
        regions, dimension: dimension, floor: floor,
        means: round % 2 == 0
          ? [] : [.init(capability: .textToVideo, vector: mean, intents: 9, isAutomatic: false)])
      let embeddings = (0..<50).map { _ in generator.direction(of: dimension) }
      let batch = map.place(embeddings, .textToVideo)
      for (embedding, many) in zip(embeddings, batch) {
        let one = map.place(embedding, .textToVideo)
        let reproducible = map.placeReproducibly(embedding, .textToVideo)
        let centre = round % 2 == 0 ? [Float](repeating: 0, count: dimension) : mean
        let similarities = regions.map { similarity($0, embedding, centre) }
        let best = similarities.indices.max { similarities[$0] < similarities[$1] }!
        let second = similarities.indices.filter { $0 != best }.map { similarities[$0] }.max() ?? -2
        for placement in [one, many, reproducible] {
          #expect((Double(placement.similarity) - similarities[best]).magnitude < 1e-5)
        }
        if similarities[best] - second < 1e-5 || (similarities[best] - Double(floor)).magnitude < 1e-5 {
          close += 1
          continue
        }
        let row = similarities[best] < Double(floor) ? count : best
        #expect([one.row, many.row, reproducible.row] == [row, row, row])
      }
    }
    #expect(close < 20)
  }

  /// Cosine of an embedding to a region, both centred, in double precision.
  private func similarity(_ region: Region, _ embedding: [Float], _ centre: [Float]) -> Double {
    func direction(_ vector: [Float], centred: Bool) -> [Double] {
      let moved = zip(vector, centre).map { Double($0) - (centred ? Double($1) : 0) }
      let norm = moved.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return moved.map { $0 / norm }
    }
    let a = direction(region.vector, centred: region.origin == .named)
    return zip(a, direction(embedding, centred: true)).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
