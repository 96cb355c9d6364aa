import Routing
import Statistics
import Testing
import Vectors
import World

@testable import Experiments

/// Reference numbers by NumPy:
///
///     A = I + Σ xxᵀ, b = Σ yx over the lessons of an arm, x = (context, 1)
///     θ = np.linalg.solve(A, b);  θ @ x;  np.sqrt(x @ np.linalg.solve(A, x))
@Suite("Policies for comparison")
struct PolicyTests {
  static let lessons: [Lesson] = [
    Lesson(context: [1, 0], candidate: "a", reward: 1), Lesson(context: [0, 1], candidate: "a", reward: 0),
    Lesson(context: [1, 0], candidate: "b", reward: 0),
    Lesson(context: [0.6, 0.8], candidate: "b", reward: 1),
    Lesson(context: [0.8, 0.6], candidate: "a", reward: 0.5),
  ]

  /// A scene of three candidates, of whom nothing is known.
  static func scene(_ context: [Float]) throws -> Scene {
    let candidates = ["a", "b", "c"].map {
      Candidate(id: $0, provider: "p", model: $0, capabilities: [.textGeneration])
    }
    let catalogue = try Catalogue(providers: [Provider(id: "p", name: "p")], candidates: candidates)
    let plan = RegionMap.Plan(embedding: "test", dimension: 2, noveltyFloor: 0)
    let snapshot = Snapshot(
      opened: Instant(microseconds: 0), catalogue: Versioned(version: 1, value: catalogue),
      governance: Versioned(version: 1, value: Governance()), map: RegionMap(version: 0, plan: plan))
    let knowledge = snapshot[.textGeneration]
    var scene = Scene(knowledge, row: 0, eligible: knowledge.roster.open)
    scene.context = context
    return scene
  }

  @Test("The ridge regressions agree with NumPy, in two lessons and in one go")
  func ridge() {
    var once = LinearArms(ridge: 1)
    once.learn(Self.lessons)
    var twice = LinearArms(ridge: 1)
    twice.learn(Array(Self.lessons[..<2]))
    twice.learn(Array(Self.lessons[2...]))
    for arms in [once, twice] {
      // The context is single precision, so 0.8 is off by 1e-8.
      let a = arms.estimate("a", LinearArms.features([0.8, 0.6]))
      #expect((a.mean - 0.4838187702265372).magnitude < 1e-7)
      #expect((a.width - 0.5939282861267753).magnitude < 1e-7)
      let b = arms.estimate("b", LinearArms.features([0.8, 0.6]))
      #expect((b.mean - 0.4658385093167702).magnitude < 1e-7)
      #expect((b.width - 0.6739150470817742).magnitude < 1e-7)
      // Never observed: 0, and the length of (0.8, 0.6, 1), √2.
      let c = arms.estimate("c", LinearArms.features([0.8, 0.6]))
      #expect(c.mean == 0 && (c.width - 2.0.squareRoot()).magnitude < 1e-7)
    }
  }

  @Test(
    "After many updates the packed inverse is still the inverse: A⁻¹(Ax) = x, and xᵀA⁻¹x as computed from it")
  func packed() {
    let dimension = 11
    var inverse = PackedInverse(dimension: dimension, ridge: 2)
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: dimension), count: dimension)
    for row in 0..<dimension { matrix[row][row] = 2 }
    var chance = Xoshiro256(seed: 5)
    for _ in 0..<200 {
      let x = (0..<dimension).map { _ in Normal.sample(using: &chance) }
      inverse.add(x)
      for row in 0..<dimension { for column in 0..<dimension { matrix[row][column] += x[row] * x[column] } }
    }
    let x = (0..<dimension).map { _ in Normal.sample(using: &chance) }
    let image = matrix.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
    #expect(zip(inverse.times(image), x).allSatisfy { ($0 - $1).magnitude < 1e-9 })
    let solved = inverse.times(x)
    let product = zip(x, solved).reduce(0) { $0 + $1.0 * $1.1 }
    #expect((inverse.quadratic(x) - product).magnitude < 1e-12)
  }

  @Test("LinUCB takes the largest bound: the unknown one while α is large, the best mean when it is 0")
  func linUCB() throws {
    // Bounds at α = 1: a 0.484 + 0.594 = 1.078, b 0.466 + 0.674 = 1.140, c 0 + 1.414.
    var wide = LinUCBPolicy(width: 1)
    wide.learn(Self.lessons)
    #expect(wide.allocate(try Self.scene([0.8, 0.6])).probabilities == [0, 0, 1])
    var greedy = LinUCBPolicy(width: 0)
    greedy.learn(Self.lessons)
    #expect(greedy.allocate(try Self.scene([0.8, 0.6])).probabilities == [1, 0, 0])
    // At α = 0.25 b's width outweighs a's mean: 0.632 and 0.634, c 0.354.
    var narrow = LinUCBPolicy(width: 0.25)
    narrow.learn(Self.lessons)
    #expect(narrow.allocate(try Self.scene([0.8, 0.6])).preferred == 1)
  }

  @Test("The probability that a normal variable is the largest agrees with SciPy's quadrature")
  func gaussian() {
    // integrate.quad(norm.pdf(z) Π norm.cdf((μ_a + σ_a z − μ_b)/σ_b), −10, 10)
    let found = GaussianBest.probabilities([(0.5, 0.1), (0.6, 0.2), (0.2, 0.3)])
    for (value, expected) in zip(found, [0.28384967291582064, 0.6262367875420009, 0.08991353954217843]) {
      #expect((value - expected).magnitude < 1e-7)
    }
    #expect(GaussianBest.probabilities([(0.5, 0), (0.6, 0)]) == [0, 1])
    #expect(GaussianBest.probabilities([(0.5, 0.1)]) == [1])
  }

  @Test("LinTS allocates by those probabilities, v times the widths of the regression")
  func linTS() throws {
    var policy = LinearThompsonPolicy(width: 0.5)
    policy.learn(Self.lessons)
    let allocation = policy.allocate(try Self.scene([0.8, 0.6]))
    let expected = GaussianBest.probabilities([
      (0.4838187702265372, 0.5 * 0.5939282861267753), (0.4658385093167702, 0.5 * 0.6739150470817742),
      (0, 0.5 * 2.0.squareRoot()),
    ])
    #expect(zip(allocation.probabilities, expected).allSatisfy { ($0 - $1).magnitude < 1e-6 })
    #expect(allocation.preferred == 0)
  }

  @Test("Nearest neighbours: of a's three the two most like the intent count, and the mean of all once more")
  func neighbours() throws {
    var policy = NearestNeighboursPolicy(neighbours: 2, memory: 100)
    policy.learn(Self.lessons)
    // ȳ = 2.5/5 = 0.5. To (1, 0): a has cosines 1, 0, 0.8 → rewards 1, 0.5 → (1.5 + 0.5)/3 = 2/3;
    // b has 1, 0.6 → rewards 0, 1 → (1 + 0.5)/3 = 1/2.
    let estimates = policy.estimates([1, 0])
    #expect((estimates.byOwner[0] - 2.0 / 3).magnitude < 1e-12)
    #expect((estimates.byOwner[1] - 0.5).magnitude < 1e-12)
    #expect(estimates.mean == 0.5)
    // ε = 0.1: a has 0.9 + 0.1/3.
    let allocation = policy.allocate(try Self.scene([1, 0]))
    #expect(allocation.preferred == 0)
    #expect((allocation.probabilities[0] - (0.9 + 0.1 / 3)).magnitude < 1e-12)
    #expect((allocation.probabilities.reduce(0, +) - 1).magnitude < 1e-12)
  }

  @Test("Nearest neighbours forget the oldest when the memory is full")
  func memory() {
    var policy = NearestNeighboursPolicy(neighbours: 5, memory: 3)
    policy.learn(Self.lessons)
    // Left are (1, 0) b 0, (0.6, 0.8) b 1, (0.8, 0.6) a 0.5: ȳ = 0.5, a: (0.5 + 0.5)/2, b: (1 + 0.5)/3.
    let estimates = policy.estimates([1, 0])
    #expect(estimates.mean == 0.5)
    #expect((estimates.byOwner[0] - 0.5).magnitude < 1e-12)
    #expect((estimates.byOwner[1] - 0.5).magnitude < 1e-12)
  }

  @Test("Oracles: the best single one in its order, the best of the group as long as it answers")
  func oracles() throws {
    let order = BestSingleOracle(order: ["z", "c", "a", "b"])
    #expect(order.allocate(try Self.scene([])).probabilities == [0, 0, 1])
    let world = TableWorld(
      models: ["a", "b", "c"],
      lines: [.init(domain: "x", qualities: [0.2, 0.9, 0.5], costs: [nil, nil, nil])],
      embeddings: .init(rows: 1, columns: 2, storage: [1, 0]))
    let start = Conditions(rates: [1], priors: [nil, nil, nil])
    var oracle = BestPerGroupOracle(candidates: world.candidates)
    oracle.see(Truth(world, start))
    #expect(oracle.allocate(try Self.scene([0])).probabilities == [0, 1, 0])
    let outage = Timeline(start: start, events: [WorldEvent(.outage(candidate: 1), during: 0..<5)], length: 5)
    oracle.see(Truth(world, outage.conditions(at: 0)))
    #expect(oracle.allocate(try Self.scene([0])).probabilities == [0, 0, 1])
    #expect(UniformPolicy().allocate(try Self.scene([])).probabilities == [1.0 / 3, 1.0 / 3, 1.0 / 3])
  }
}
