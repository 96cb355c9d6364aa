import Statistics
import TestSupport
import Testing
import Vectors

@testable import Routing

@Suite("Residual model")
struct ResidualModelTests {
  /// Two regions of two dimensions, without a mean: axis 0 and axis 1. `a/x` and `b/y` with ordinals 0 and 1.
  static func snapshot(_ settings: [(key: String, value: Setting)] = []) -> Snapshot {
    let regions = (0..<2).map { axis in
      Region(id: "r\(axis)", capability: nil, origin: .named, vector: [axis == 0 ? 1 : 0, axis == 1 ? 1 : 0])
    }
    return Snapshot(
      opened: RoutingSamples.opened,
      catalogue: RoutingSamples.catalogue(["a/x", "b/y"].map { RoutingSamples.candidate($0) }),
      governance: RoutingSamples.governance(settings),
      map: RegionMap(
        version: 1,
        plan: RegionMap.Plan(embedding: "sample", dimension: 2, noveltyFloor: 0.1, regions: regions)))
  }

  static func model(
    _ weights: [[Float]], ordinals: [UInt32] = [0, 1], mean: [Float]? = nil, confidence: Double = 1
  ) -> ResidualModel {
    ResidualModel(
      mean: mean, ordinals: ordinals, weights: Matrix(rowVectors: weights), confidence: confidence,
      observations: 300)
  }

  @Test("shift = θ·u: along (0.6, 0.8), θ = (0.1, −0.2) shifts by −0.1; whom the model does not know by 0")
  func shifts() throws {
    let snapshot = Self.snapshot().adopting(Self.model([[0.1, -0.2]], ordinals: [1]), .textToVideo)
    let scorer = try #require(snapshot[.textToVideo].scorer)
    let direction = snapshot.direction(of: [3, 4], row: 0, .textToVideo)
    #expect(direction == [0.6, 0.8])
    #expect(abs(scorer.shift(of: snapshot.column("b/y"), along: direction[...]) + 0.1) < 1e-7)
    #expect(scorer.shift(of: snapshot.column("a/x"), along: direction[...]) == 0)
    // From the mean (3, 3) the same embedding lies along axis 1.
    let centred = Self.snapshot().adopting(
      Self.model([[0, 0], [0.1, -0.2]], mean: [3, 3]), .textToVideo)
    #expect(centred.direction(of: [3, 4], row: 0, .textToVideo) == [0, 1])
  }

  @Test("an intent is heard where a model is in force that foretold something, by agentrank, within a region")
  func heard() throws {
    let model = Self.model([[0.1, 0], [0, 0.1]])
    func isHeard(
      _ model: ResidualModel?, row: Int = 0, embedding: [Float] = [1, 0],
      _ settings: [(key: String, value: Setting)] = []
    ) -> Bool {
      let snapshot = Self.snapshot(settings).adopting(model, .textToVideo)
      return !snapshot.direction(of: embedding, row: row, .textToVideo).isEmpty
    }
    #expect(isHeard(model) && isHeard(model, row: 1))
    #expect(!isHeard(nil))
    #expect(!isHeard(Self.model([[0.1, 0], [0, 0.1]], confidence: 0)))
    #expect(!isHeard(model, row: 2), "no region claims it")
    #expect(!isHeard(model, embedding: [0, 0]) && !isHeard(model, embedding: [1, 0, 0]))
    #expect(!isHeard(model, [("residual_weight", .number(0))]))
    #expect(!isHeard(model, [("policy", .text("thompson"))]))
    #expect(isHeard(model, [("text_generation.policy", .text("thompson"))]))
    // Another capability's model says nothing here.
    let other = Self.snapshot().adopting(model, .textGeneration)
    #expect(other.direction(of: [1, 0], row: 0, .textToVideo).isEmpty)
  }

  @Test("residual_weight scales what is heard: half of it, half the shift")
  func weight() throws {
    let snapshot = Self.snapshot([("residual_weight", .number(0.5))])
      .adopting(Self.model([[0.25, 0], [0, 0]]), .textToVideo)
    let scorer = try #require(snapshot[.textToVideo].scorer)
    #expect(scorer.shift(of: 0, along: [1, 0]) == 0.125)
  }

  @Test("a model goes with the knowledge into the next epochs, whoever comes and goes")
  func kept() throws {
    let model = Self.model([[0.1, 0], [0, 0.1]])
    let next = Self.snapshot().adopting(model, .textToVideo).learning([Evidence("a/x", mass: 3, sum: 1)])
    #expect(next[.textToVideo].residuals == model)
    var index = EpochIndex()
    for number in 0...1 { index.append(through: Int64(number), governance: next.governance.value) }
    let grown = Epoch.fold(
      next, Epoch.Input(tallies: EpochTallies(epoch: 1)),
      Epoch.Terms(
        opened: next.opened + .minutes(15),
        catalogue: RoutingSamples.catalogue(
          ["a/a", "a/x", "b/y"].map { RoutingSamples.candidate($0) }, version: 2),
        governance: next.governance), index)
    #expect(grown[.textToVideo].residuals == model)
    // The newcomer stands first in the roster, and nothing is known of it.
    let scorer = try #require(grown[.textToVideo].scorer)
    #expect((0..<3).map { scorer.shift(of: $0, along: [1, 0]) } == [0, Double(Float(0.1)), 0])
  }

  @Test("the same model, the same bytes, and the model back from them; a changed byte is noticed")
  func bytes() throws {
    for mean in [nil, [0.25, -1e-20]] as [[Float]?] {
      let model = Self.model(
        [[0.1, -.leastNormalMagnitude], [1.0 / 3, 3.4e38]], ordinals: [7, 2], mean: mean, confidence: 0.3)
      let bytes = model.bytes
      #expect(ResidualModel(bytes: bytes) == model)
      for place in stride(from: 0, to: bytes.count, by: 5) {
        var changed = bytes
        changed[place] ^= 0x10
        #expect(ResidualModel(bytes: changed) == nil)
      }
      #expect(ResidualModel(bytes: Array(bytes.dropLast())) == nil && ResidualModel(bytes: []) == nil)
    }
  }
}
