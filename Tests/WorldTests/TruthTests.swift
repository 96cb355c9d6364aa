import Statistics
import Testing
import World

@Suite("What is true now")
struct TruthTests {
  @Test("Group means and the best of each group are those of the table")
  func plain() {
    let truth = Truth(SmallWorld.table, SmallWorld.start)
    #expect(truth.groupMeans == [0.8, 0.2, 0.5, 0.1, 0.9, 0.5])
    #expect(truth.best == [0, 1])
    #expect(truth.quality(intent: 1, candidate: 0) == 0.6)
  }

  @Test("Quality under a drift is q·factor + shift held to 0…1, and the best of a group changes with it")
  func drifted() {
    var truth = Truth(SmallWorld.table, SmallWorld.start)
    let drift = Drift(.sudden, candidates: [0], groups: [0], factor: 0.5, shift: -0.2)
    truth.move(to: SmallWorld.timeline(WorldEvent(.drift(drift), during: 0..<10)).conditions(at: 0))
    // 1.0 → 0.3 and 0.6 → 0.1: mean 0.2, below c's 0.5; ties of a and b do not matter.
    #expect((truth.quality(intent: 0, candidate: 0) - 0.3).magnitude < 1e-15)
    #expect((truth.groupMeans[0] - 0.2).magnitude < 1e-15)
    #expect(truth.best == [2, 1])
    let rise = Drift(.sudden, candidates: [0], groups: [0], factor: 1.5)
    truth.move(to: SmallWorld.timeline(WorldEvent(.drift(rise), during: 0..<10)).conditions(at: 0))
    // 1.5 is held to 1, 0.9 stays: the mean is 0.95, not 1.2.
    #expect((truth.groupMeans[0] - 0.95).magnitude < 1e-15)
    truth.move(to: SmallWorld.start)
    #expect(truth.groupMeans[0] == 0.8)
  }

  @Test("Who does not answer is best nowhere")
  func absent() {
    let events = SmallWorld.timeline(WorldEvent(.outage(candidate: 0), during: 0..<10))
    #expect(Truth(SmallWorld.table, events.conditions(at: 0)).best == [2, 1])
  }

  @Test("After any sequence of drifts the group means are those of the qualities one by one")
  func sweep() {
    var truth = Truth(SmallWorld.table, SmallWorld.start)
    for seed in 0..<200 {
      var chance = Chance.fit.generator(seed: 5, index: UInt64(seed))
      let drift = Drift(
        .sudden, candidates: [Int(3 * chance.uniform())], groups: [Int(2 * chance.uniform())],
        factor: 2 * chance.uniform(), shift: seed % 3 == 0 ? 0 : chance.uniform() - 0.5)
      truth.move(to: SmallWorld.timeline(WorldEvent(.drift(drift), during: 0..<10)).conditions(at: 0))
      for group in 0..<2 {
        for candidate in 0..<3 {
          let one = truth.quality(intent: 2 * group, candidate: candidate)
          let other = truth.quality(intent: 2 * group + 1, candidate: candidate)
          #expect((truth.groupMeans[3 * group + candidate] - (one + other) / 2).magnitude < 1e-12)
        }
      }
    }
  }
}
