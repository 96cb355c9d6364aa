import Embedding
import Foundation
import Routing
import Statistics
import Vectors

/// Deciding and folding inside one process, at R = 64, D = 256, P = 32.
enum InProcessBenchmarks {
  static let regions = 64
  static let dimension = 256
  static let candidates = 32

  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    var generator = Xoshiro256(seed: 7)
    let map = randomMap(&generator)
    let (snapshot, index) = try learned(map, &generator)
    let cache = TableCache(snapshot)
    let vectors = (0..<512).map { _ in unit(&generator) }
    let ids = (0..<4_096).map {
      Identifier(at: Instant(microseconds: Int64($0) * 1_000), random: generator.next(), generator.next())
    }
    let intent = Intent(capability: .textGeneration, text: "a question of some length about something")
    var turn = 0

    report.section("Place and decide (R = 64, D = 256, P = 32)")
    let matrix = Matrix(rowVectors: (0..<regions).map { _ in unit(&generator) })
    var similarities = [Float](repeating: 0, count: regions)
    let sgemv = Measurement("one sgemv, 64 × 256 (the reference)", batch: 1_000) {
      turn &+= 1
      vectors[turn & 511].withUnsafeBufferPointer { x in
        similarities.withUnsafeMutableBufferPointer { matrix.similarities(of: x, into: $0) }
      }
    }
    report.row(sgemv, reference: sgemv)
    let place = Measurement("place", batch: 1_000) {
      turn &+= 1
      use(map.place(vectors[turn & 511], .textGeneration))
    }
    report.row(place, reference: sgemv)
    let decide = Measurement("place + decide, tables warm", batch: 1_000, warmUp: 60) {
      turn &+= 1
      let placement = map.place(vectors[turn & 511], .textGeneration)
      use(try? cache.decide(intent, placement, id: ids[turn & 4_095], at: Instant(microseconds: Int64(turn))))
    }
    report.row(decide, reference: sgemv, target: 3_000)
    let hearing = TableCache(snapshot.adopting(residuals(snapshot, &generator), .textGeneration))
    let heard = Measurement("the same, the intent heard beside its region", batch: 1_000, warmUp: 60) {
      turn &+= 1
      let vector = vectors[turn & 511]
      let placement = map.place(vector, .textGeneration)
      let direction = hearing.snapshot.direction(
        of: QuantisedVector(vector).elements, row: placement.row, .textGeneration)
      use(
        try? hearing.decide(
          intent, placement, direction: direction, id: ids[turn & 4_095],
          at: Instant(microseconds: Int64(turn))))
    }
    report.row(heard, reference: sgemv, target: 3_000)
    var row = 0
    let open = snapshot[.textGeneration].roster.open
    let cold = Measurement("first table of an epoch for a region", samples: 400, batch: 1) {
      row = (row + 1) % regions
      use(
        snapshot.table(
          TableKey(
            capability: .textGeneration, row: row, eligible: open, allowsExploration: true, costWeight: 0,
            work: nil)))
    }
    report.row(cold, reference: sgemv, target: 100_000)

    embed(&report, setting, sgemv)

    report.section("Fold (R = 64, P = 32)")
    let input = epoch(1_000_000, snapshot, &generator)
    let terms = Epoch.Terms(
      opened: Instant(microseconds: 1), catalogue: snapshot.catalogue, governance: snapshot.governance)
    var next = index
    next.append(through: 2_000_000, governance: snapshot.governance.value)
    let fold = Measurement("tally and fold 1,000,000 observations", samples: 5, batch: 1, warmUp: 1) {
      let tallies = EpochTallies(epoch: snapshot.epoch, tallies: input.tallies)
      use(Epoch.fold(snapshot, Epoch.Input(tallies: tallies, traffic: input.traffic), terms, next))
    }
    report.row(fold, target: 500_000_000)
    let small = EpochTallies(epoch: snapshot.epoch, tallies: Array(input.tallies.prefix(100)))
    report.row(
      Measurement("fold 100 observations", samples: 50, batch: 1) {
        use(Epoch.fold(snapshot, Epoch.Input(tallies: small, traffic: input.traffic), terms, next))
      })
  }

  /// Texts to vectors, each text another one, against one product with the regions.
  private static func embed(_ report: inout BenchReport, _ setting: Setting, _ sgemv: Measurement) {
    let workload = Workload(candidates: 1, regions: 64)
    let texts = (0..<4_096).map { workload.newText($0) }
    var turn = 0
    report.section("Embed an intent of 200 characters, nothing cached")
    do {
      let embedding = try StaticEmbedding(directory: setting.embeddingTable)
      let tokens = texts.prefix(64).reduce(0) { $0 + embedding.tokens(of: $1).count } / 64
      let measured = Measurement("static token embedding (\(tokens) tokens)", batch: 100) {
        turn &+= 1
        use(embedding.vector(of: texts[turn & 4_095]))
      }
      report.row(measured, reference: sgemv, target: 60_000)
    } catch {
      report.skip("static embedding", "\(error); `make setup` fetches it")
    }
    let hashing = HashingEmbedding()
    let measured = Measurement("hashing embedding", batch: 100) {
      turn &+= 1
      use(hashing.vector(of: texts[turn & 4_095]))
    }
    report.row(measured, reference: sgemv)
  }

  static func unit(_ generator: inout Xoshiro256) -> [Float] {
    UnitVector(normalising: (0..<dimension).map { _ in Float(Normal.sample(using: &generator)) })!.elements
  }

  /// A model whose shifts are a few hundredths, as on real tables.
  private static func residuals(_ snapshot: Snapshot, _ generator: inout Xoshiro256) -> ResidualModel {
    let weights = (0..<candidates).map { _ in unit(&generator).map { 0.2 * $0 } }
    return ResidualModel(
      mean: snapshot.map.plan.mean(of: .textGeneration)?.vector,
      ordinals: snapshot[.textGeneration].roster.ordinals, weights: Matrix(rowVectors: weights),
      confidence: 1,
      observations: 20_000)
  }

  static func randomMap(_ generator: inout Xoshiro256) -> RegionMap {
    let regions = (0..<regions).map { index in
      Region(id: "r\(index)", capability: .textGeneration, origin: .learned, vector: unit(&generator))
    }
    let mean = unit(&generator).map { $0 * 0.3 }
    return RegionMap(
      version: 1,
      plan: RegionMap.Plan(
        embedding: "bench", dimension: dimension, noveltyFloor: 0, regions: regions,
        means: [.init(capability: .textGeneration, vector: mean, intents: 1, isAutomatic: false)]))
  }

  /// A router after one epoch of 20,000 observations.
  static func learned(_ map: RegionMap, _ generator: inout Xoshiro256) throws -> (Snapshot, EpochIndex) {
    let catalogue = try Catalogue(
      providers: [Provider(id: "p", name: "p")],
      candidates: (0..<candidates).map { number in
        Candidate(
          id: "p/m\(number < 10 ? "0" : "")\(number)", provider: "p", model: "m\(number)",
          capabilities: [.textGeneration], price: Price())
      })
    let stocked = Versioned(version: 1, value: catalogue)
    let governed = Versioned(version: 0, value: Governance())
    let empty = Snapshot(opened: Instant(microseconds: 0), catalogue: stocked, governance: governed, map: map)
    var index = EpochIndex()
    index.append(through: 1, governance: governed.value)
    let first = epoch(20_000, empty, &generator)
    let terms = Epoch.Terms(opened: Instant(microseconds: 1), catalogue: stocked, governance: governed)
    let input = Epoch.Input(tallies: EpochTallies(epoch: 0, tallies: first.tallies), traffic: first.traffic)
    return (Epoch.fold(empty, input, terms, index), index)
  }

  static func epoch(
    _ count: Int, _ snapshot: Snapshot, _ generator: inout Xoshiro256
  ) -> (tallies: [Tally], traffic: [Epoch.Traffic]) {
    let tallies = (0..<count).map { _ -> Tally in
      let row = Int.random(in: 0..<regions, using: &generator)
      let candidate = Int.random(in: 0..<candidates, using: &generator)
      let quality = 0.4 + 0.5 * Double((row * 7 + candidate * 13) % 32) / 32
      let reward = generator.uniform() < quality ? 1.0 : 0
      return Tally(
        cell: CellKey(capability: .textGeneration, row: row, ordinal: UInt32(candidate)), rater: 0,
        mass: Int64(Tally.unit), sum: Int64(Tally.unit * reward))
    }
    let traffic = (0..<regions).map {
      Epoch.Traffic(
        capability: .textGeneration, row: $0, decisions: count / regions, explored: count / regions / 20)
    }
    return (tallies, traffic)
  }
}
