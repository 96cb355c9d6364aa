import Statistics
import Testing
import Vectors
import World

@Suite("Table worlds and synthetic worlds")
struct WorldKindTests {
  @Test("A model that was not tried counts as the mean of those that were; costs stay unknown")
  func table() {
    let world = TableWorld(
      models: ["a", "b", "c"],
      lines: [.init(domain: "", qualities: [0.2, nil, 0.6], costs: [nil, nil, 0.5])],
      embeddings: Matrix(rows: 1, columns: 2, storage: [1, 0]))
    #expect(world.qualities == [0.2, 0.4, 0.6])
    #expect(world.groups == ["all"])
    #expect(world.meanCost(of: 0) == nil)
    #expect(SmallWorld.table.groups == ["x", "y"])
    #expect((SmallWorld.table.meanCost(of: 0)! - 0.15).magnitude < 1e-15)
    #expect((SmallWorld.table.meanCost(of: 1)! - 0.2).magnitude < 1e-15)
  }

  static let synthetic = SyntheticWorld(
    candidates: ["a", "b"], regions: ["x", "y", "z"], qualities: [0.9, 0.1, 0.2, 0.8, 0.5, 0.5],
    costs: [0.1, nil], shape: .init(dimension: 128, spread: 0.75, intents: 1_500), scatter: .bernoulli,
    seed: 3)

  @Test("Intents are unit vectors at a cosine of about 1/√(1 + s²) from their centre")
  func geometry() {
    let world = Self.synthetic
    var sum = 0.0
    for intent in 0..<world.intentCount {
      let vector = Array(world.embeddings.row(intent))
      #expect((vector.reduce(0) { $0 + $1 * $1 } - 1).magnitude < 1e-5)
      sum += Double(DeterministicDot.dot(vector, Array(world.centres.row(world.groupOfIntent[intent]))))
    }
    // 1/√(1 + 0.75²) = 0.8; the scatter of ‖z‖/√D around 1 costs less than 0.005 at D = 128.
    #expect((sum / Double(world.intentCount) - 0.8).magnitude < 0.005)
    #expect(world.lineOfIntent == world.groupOfIntent)
    #expect(world.costs == [0.1, nil, 0.1, nil, 0.1, nil])
  }

  @Test("The same seed gives the same world, another seed another")
  func seeded() {
    func world(_ seed: UInt64) -> SyntheticWorld {
      SyntheticWorld(
        candidates: ["a", "b"], regions: ["x"], qualities: [1, 0], costs: [nil, nil],
        shape: .init(dimension: 8, spread: 0.5, intents: 10), scatter: .bernoulli, seed: seed)
    }
    #expect(world(1).embeddings == world(1).embeddings)
    #expect(world(1).embeddings != world(2).embeddings)
  }

  @Test("Outcomes scatter around the quality with the variance that they should have")
  func scatter() {
    func moments(_ scatter: Scatter, _ quality: Double) -> (mean: Double, variance: Double) {
      let draws = (0..<20_000).map { index in
        var chance = Chance.outcome.generator(seed: 9, index: UInt64(index))
        return scatter.outcome(quality, using: &chance)
      }
      let mean = draws.reduce(0, +) / 20_000
      return (mean, draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000)
    }
    #expect(moments(.none, 0.3) == (0.3, 0) || moments(.none, 0.3).variance < 1e-20)
    // Bernoulli: q(1 − q) = 0.21, five standard errors of the mean are 0.0162.
    let coin = moments(.bernoulli, 0.3)
    #expect((coin.mean - 0.3).magnitude < 0.0162 && (coin.variance - 0.21).magnitude < 0.01)
    // Beta(3, 7): q(1 − q)/(ν + 1) = 0.21/11 = 0.0191.
    let soft = moments(.beta(concentration: 10), 0.3)
    #expect((soft.mean - 0.3).magnitude < 0.005 && (soft.variance - 0.21 / 11).magnitude < 0.001)
    var chance = Chance.outcome.generator(seed: 1, index: 1)
    #expect(Scatter.beta(concentration: 10).outcome(1, using: &chance) == 1)
  }
}
