import Routing
import Statistics
import TestSupport
import Testing

@Suite("Propensity table")
struct PropensityTableTests {
  private func key(_ snapshot: Snapshot, row: Int = 0, costWeight: Double = 0, work: Work? = nil) -> TableKey
  {
    TableKey(
      capability: .textToVideo, row: row, eligible: snapshot[.textToVideo].roster.open,
      allowsExploration: true,
      costWeight: costWeight, work: work)
  }

  @Test("round_robin serves each in turn")
  func turns() {
    let snapshot = RoutingSamples.snapshot(
      ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }, [("policy", .text("round_robin"))])
    let table = snapshot.table(key(snapshot))
    var generator = Xoshiro256(seed: 15)
    #expect((UInt64(0)..<7).map { table.draw(turn: $0, using: &generator) } == [0, 1, 2, 0, 1, 2, 0])
    let arms = (UInt64(0)..<6).map { Draw.choose(table, id: generator.identifier(), turn: $0) }
    #expect(arms.map(\.arm) == [0, 1, 2, 0, 1, 2])
    #expect(arms.allSatisfy { $0.propensity == 1.0 / 3 })
    #expect(table.draw(turn: .max, using: &generator) == 0)
  }

  @Test("the ranking is by falling AgentRank, and positions lead to their arms")
  func ranking() {
    let snapshot = RoutingSamples.snapshot(
      ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }, [("fixed", .text("c/z"))]
    ).learning([
      Evidence("a/x", mass: 30, sum: 12), Evidence("b/y", mass: 30, sum: 24),
      Evidence("c/z", mass: 30, sum: 18),
    ])
    var some = CandidateSet()
    some.insert(1)
    some.insert(2)
    let whole = snapshot.table(key(snapshot))
    #expect(whole.ranking == [1, 2, 0])
    #expect(whole.baseline == 2)
    var narrow = key(snapshot)
    narrow.eligible = some
    let table = snapshot.table(narrow)
    #expect(table.ranking == [0, 1])
    #expect(table.arm(at: 2) == 1)
    #expect(table.arm(at: 0) == nil)
  }

  @Test("the work matters to a key only where cost does")
  func keys() {
    let snapshot = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")])
    #expect(key(snapshot, work: Work(duration: 5)) == key(snapshot, work: Work(duration: 9)))
    #expect(
      key(snapshot, costWeight: 1, work: Work(duration: 5))
        != key(snapshot, costWeight: 1, work: Work(duration: 9)))
  }

  @Test("costs come from the work: the dearer by the second loses on long films only")
  func costs() {
    var bySecond = RoutingSamples.candidate("a/x", dollars: 0)
    bySecond.price?.perSecond = 0.1
    let flat = RoutingSamples.candidate("b/y", dollars: 0.5)
    let snapshot = RoutingSamples.snapshot([bySecond, flat])
    func exploit(_ seconds: Double) -> Int {
      snapshot.table(key(snapshot, costWeight: 1, work: Work(duration: seconds).assumed(intentBytes: 1)))
        .scene.exploit
    }
    #expect(exploit(2) == 0)
    #expect(exploit(10) == 1)
  }

  @Test("a cache computes a table once, holds no more than its capacity, and gives what the snapshot would")
  func cache() {
    let snapshot = RoutingSamples.snapshot(["a/x", "b/y"].map { RoutingSamples.candidate($0) }, regions: 9)
    let cache = TableCache(snapshot, capacity: 4)
    #expect(cache.table(key(snapshot)) === cache.table(key(snapshot)))
    #expect(cache.count == 1)
    for row in 0...9 {
      let table = cache.table(key(snapshot, row: row))
      #expect(table.allocation == snapshot.table(key(snapshot, row: row)).allocation)
      #expect((1...4).contains(cache.count))
    }
  }
}
