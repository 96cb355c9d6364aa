import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Snapshot")
struct SnapshotTests {
  private static func sample() -> Snapshot {
    RoutingSamples.snapshot([RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")], regions: 2)
      .learning([
        Evidence("a/x", row: 0, mass: 10, sum: 8), Evidence("b/y", row: 1, mass: 12, sum: 6),
        Evidence("b/y", row: 2, mass: 4, sum: 3),
      ])
  }

  private static let plants: [(name: String, plant: @Sendable (inout Knowledge) -> Void)] = [
    ("S > N", { $0.cells[0].rewards = 11 }),
    ("S < 0", { $0.cells[0].rewards = -1 }),
    ("N is not a number", { $0.cells[0].observations = .nan }),
    ("N < 0", { $0.cells[3].observations = -1 }),
    ("Q > 1", { $0.cells[0].average = 2 * $0.cells[0].averageWeight }),
    ("Q < 0", { $0.cells[0].average = -1 }),
    ("the regions hold more than the root", { $0.cells[5].observations = 11 }),
    ("a change detector is negative", { $0.detectors[1].rise = -0.1 }),
    ("a change detector is not a number", { $0.detectors[0].fall = .nan }),
    ("a scatter is negative", { $0.detectors[0].dispersion.squares = -1 }),
    ("f > 1", { $0.affordable = 1.1 }),
    ("f is not a number", { $0.affordable = .nan }),
  ]

  @Test("check finds what was planted, and says where")
  func faults() {
    for (name, plant) in Self.plants {
      var snapshot = Self.sample()
      #expect(snapshot.check() == [])
      plant(&snapshot.knowledge[Capability.textToVideo.index])
      let faults = snapshot.check()
      #expect(!faults.isEmpty, "\(name)")
      #expect(faults.allSatisfy { $0.hasPrefix("text_to_video") })
    }
  }

  @Test("a new snapshot knows nothing, and holds")
  func beginning() {
    let snapshot = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 2)
    #expect(snapshot.check() == [])
    #expect(snapshot.epoch == 0)
    #expect(snapshot[.textToVideo].rows == 3)
    #expect(snapshot[.textToVideo].columns == 1)
    #expect(snapshot[.imageGeneration].columns == 0)
    #expect(snapshot[.textToVideo].affordable == 1)
    #expect(snapshot.roll.ids == ["a/x"])
  }

  @Test("f = B / Σ w_r (1 − π) for two rows of demand")
  func affordable() {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    // Nothing is known: every row is even, so 1 − π = ½. Arrivals 60 and 40, a grant of 2 × 5, 0.05 × 100 earned and
    // 3 spent: B = 12, f = 12 / 50.
    let snapshot = RoutingSamples.snapshot(candidates, regions: 1, [("exploration_grant", .number(5))])
      .learning(
        [],
        traffic: [
          .init(capability: .textToVideo, row: 0, decisions: 60, explored: 1),
          .init(capability: .textToVideo, row: 1, decisions: 40, explored: 2),
        ])
    #expect((snapshot[.textToVideo].affordable - 0.24).magnitude < 1e-9)
  }

  @Test("π that working out f took is, bit for bit, the one that a table would compute")
  func matching() {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y", bid: 1.1)]
    let traffic = [Epoch.Traffic(capability: .textToVideo, row: 0, decisions: 100, explored: 9)]
    var snapshot = RoutingSamples.snapshot(candidates, regions: 1, [("exploration_grant", .number(5))])
      .learning([Evidence("a/x", mass: 9, sum: 6), Evidence("b/y", mass: 7, sum: 4)], traffic: traffic)
    let key = TableKey(
      capability: .textToVideo, row: 0, eligible: snapshot[.textToVideo].roster.open, allowsExploration: true,
      costWeight: 0, work: nil)
    #expect(snapshot[.textToVideo].matching.map(\.count) == [2, 0])
    let reused = snapshot.table(key)
    snapshot.knowledge[Capability.textToVideo.index].matching = []
    let computed = snapshot.table(key)
    #expect(reused.allocation == computed.allocation)
    #expect(reused.scene.bestProbabilities(sharpness: 2) == computed.scene.bestProbabilities(sharpness: 2))
    #expect(reused.scene.bestProbabilities() == computed.scene.bestProbabilities())
  }

  @Test("with nothing granted and nothing earned nothing is explored, from the first epoch on")
  func noMoney() {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    let settings: [(key: String, value: Setting)] = [
      ("exploration_grant", .number(0)), ("exploration_share", .number(0)),
    ]
    let snapshot = RoutingSamples.snapshot(candidates, regions: 1, settings)
    #expect(snapshot[.textToVideo].affordable == 0)
    let traffic = [Epoch.Traffic(capability: .textToVideo, row: 0, decisions: 100, explored: 0)]
    #expect(snapshot.learning([], traffic: traffic)[.textToVideo].affordable == 0)
  }

  @Test("an epoch's sum of a cell is found among many")
  func sums() {
    let cells = (0..<50).map { CellSum(cell: CellKey(packed: UInt64($0 * 3)), mass: Double($0) + 1, sum: 1) }
    let sums = EpochSums(epoch: 0, sums: cells)
    for number in 0..<50 {
      #expect(sums.sum(CellKey(packed: UInt64(number * 3))).mass == Double(number) + 1)
      #expect(sums.sum(CellKey(packed: UInt64(number * 3 + 1))).mass == 0)
    }
    #expect(EpochSums(epoch: 0, sums: []).sum(CellKey(packed: 0)).mass == 0)
  }
}
