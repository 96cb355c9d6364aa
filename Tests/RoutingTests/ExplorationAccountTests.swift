import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Exploration account")
struct ExplorationAccountTests {
  @Test("it earns a share of every decision and pays for every explored one")
  func balance() {
    var account = ExplorationAccount()
    #expect(account.balance(grant: 250) == 250)
    account.settle(decisions: 1_000, explored: 120, share: 0.05)
    account.settle(decisions: 200, explored: 0, share: 0.05)
    #expect(account.earned == 60)
    #expect(account.spent == 120)
    #expect(account.balance(grant: 250) == 190)
    #expect(account.balance(grant: 0) == -60)
  }

  @Test("f = min(1, B / demand), and nothing is affordable without a balance")
  func affordable() {
    #expect(ExplorationAccount.affordable(balance: 10, demand: 40) == 0.25)
    #expect(ExplorationAccount.affordable(balance: 40, demand: 40) == 1)
    #expect(ExplorationAccount.affordable(balance: 41, demand: 40) == 1)
    #expect(ExplorationAccount.affordable(balance: 1, demand: 0) == 1)
    #expect(ExplorationAccount.affordable(balance: 0, demand: 40) == 0)
    #expect(ExplorationAccount.affordable(balance: -1, demand: 40) == 0)
  }

  /// Five candidates in two regions with these true qualities, 200 decisions in an epoch, each judged at once; returns
  /// the explored decisions of every epoch.
  private func live(_ truths: [[Double]], epochs: Int, seed: UInt64) -> [Int] {
    let ids = ["a/x", "b/y", "c/z", "d/w", "e/v"]
    var snapshot = RoutingSamples.snapshot(ids.map { RoutingSamples.candidate($0) }, regions: 2)
    var generator = Xoshiro256(seed: seed)
    var explored: [Int] = []
    for _ in 0..<epochs {
      let cache = TableCache(snapshot)
      var evidence: [Evidence] = []
      var traffic = (0..<2).map {
        Epoch.Traffic(capability: .textToVideo, row: $0, decisions: 0, explored: 0)
      }
      for _ in 0..<200 {
        let row = Int.random(in: 0..<2, using: &generator)
        let (decision, choice) = try! cache.decide(
          Intent(capability: .textToVideo), Placement(row: row, similarity: 1), id: generator.identifier(),
          at: snapshot.opened)
        traffic[row].decisions += 1
        if choice.reason == .explore { traffic[row].explored += 1 }
        let candidate = Int(decision.chosen)
        evidence.append(
          Evidence(ids[candidate], row: row, mass: 1, sum: generator.chance(truths[row][candidate]) ? 1 : 0))
      }
      explored.append(traffic[0].explored + traffic[1].explored)
      snapshot = snapshot.learning(evidence, traffic: traffic)
      #expect(snapshot.check() == [])
    }
    return explored
  }

  @Test(
    "exploration falls as evidence grows, in a world where the best is clear",
    arguments: [51, 52, 53] as [UInt64])
  func falling(seed: UInt64) {
    let explored = live([[0.8, 0.5, 0.4, 0.6, 0.3], [0.3, 0.5, 0.85, 0.6, 0.4]], epochs: 60, seed: seed)
    let first = explored[..<5].reduce(0, +)
    let early = explored[1..<16].reduce(0, +)
    let late = explored[45...].reduce(0, +)
    #expect(first > 100)
    #expect(late < early)
    // 2 % of 3,000 decisions.
    #expect(late < 60)
  }

  @Test(
    "in the long run it never exceeds 5 % and the grant, even where nothing can be told apart",
    arguments: [54, 55] as [UInt64])
  func bounded(seed: UInt64) {
    let explored = live(Array(repeating: Array(repeating: 0.5, count: 5), count: 2), epochs: 60, seed: seed)
    var spent = 0
    for (epoch, count) in explored.enumerated() {
      spent += count
      // An epoch plans to spend what there is; chance may spend four standard deviations (√200) more.
      #expect(Double(spent) <= 250 + 0.05 * 200 * Double(epoch + 1) + 57)
    }
    // And what is earned is spent: the account, not certainty, holds it back.
    #expect(Double(spent) > 0.9 * (250 + 0.05 * 200 * 60))
    #expect(explored[30...].reduce(0, +) <= 30 * 10 + 57)
  }
}
