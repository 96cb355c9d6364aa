import Routing
import Statistics
import TestSupport
import Testing

@Suite("Knowledge")
struct KnowledgeTests {
  @Test(
    "under the moving averages Q̃ is Q from 20 observations on, and the posterior mean until then",
    arguments: [EMA.confidence, .literal])
  func quality(ema: EMA) {
    let candidates = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    let evidence = [Evidence("a/x", mass: 20, sum: 15), Evidence("b/y", mass: 19, sum: 15)]
    let knowledge = RoutingSamples.snapshot(candidates, [("ema", .text(ema.rawValue))])
      .learning(evidence)[.textToVideo]
    #expect(knowledge.quality[0] == 0.75)
    // q̄ = 31/41; (15 + 62/41) / 21.
    #expect((knowledge.quality[1] - (15 + 62.0 / 41) / 21).magnitude < 1e-14)
    #expect(knowledge.quality[1] == knowledge.posteriors[1].mean)
    // By default it is the posterior mean throughout: (15 + 62/41) / 22.
    let usual = RoutingSamples.snapshot(candidates).learning(evidence)[.textToVideo]
    #expect((usual.quality[0] - (15 + 62.0 / 41) / 22).magnitude < 1e-14)
    #expect(usual.cells[0].quality == 0.75)
  }

  @Test("the root row holds the sum over all regions, those that no region claims included")
  func root() {
    let snapshot = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 2)
    let knowledge = snapshot.learning([
      Evidence("a/x", row: 0, mass: 3, sum: 1), Evidence("a/x", row: 1, mass: 4, sum: 2),
      Evidence("a/x", row: 2, mass: 5, sum: 5),
    ])[.textToVideo]
    #expect(knowledge.cells.map(\.observations) == [3, 4, 12])
    #expect(knowledge.cells.map(\.rewards) == [1, 2, 8])
  }

  @Test("a candidate that leaves is remembered, and knows all again when it comes back")
  func departure() throws {
    let all = ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }
    var snapshot = RoutingSamples.snapshot(all, regions: 1).learning([
      Evidence("a/x", mass: 8, sum: 4), Evidence("b/y", mass: 6, sum: 3), Evidence("c/z", mass: 4, sum: 4),
    ])
    let known = snapshot[.textToVideo].cells[1].observations
    var index = EpochIndex()
    index.append(through: 0, governance: Governance())
    func reopen(_ candidates: [Candidate]) {
      index.append(through: 0, governance: Governance())
      snapshot = Epoch.fold(
        snapshot, Epoch.Input(tallies: EpochTallies(epoch: snapshot.epoch)),
        Epoch.Terms(
          opened: snapshot.opened + .minutes(15), catalogue: RoutingSamples.catalogue(candidates),
          governance: snapshot.governance), index)
    }
    // b/y goes, and two come whose ids sort before everybody's and between them.
    reopen([all[0], all[2]] + ["a/a", "b/z"].map { RoutingSamples.candidate($0) })
    let roster = snapshot[.textToVideo].roster
    #expect(roster.candidates.map(\.id) == ["a/a", "a/x", "b/y", "b/z", "c/z"])
    #expect(roster.closed == [nil, nil, .removed, nil, nil])
    #expect(roster.open.positions == [0, 1, 3, 4])
    #expect(roster.ordinals.map { snapshot.roll.id(of: $0) } == roster.candidates.map(\.id))
    #expect(roster.ordinals == [3, 0, 1, 4, 2])
    let gamma = Rules().discount
    #expect(snapshot[.textToVideo].cells[2].observations == gamma * known)
    #expect(snapshot[.textToVideo].cells[0].observations == 0)
    #expect(snapshot.check() == [])
    reopen(all)
    #expect(snapshot[.textToVideo].roster.closed == [.removed, nil, nil, .removed, nil])
    #expect(snapshot[.textToVideo].cells[2].observations == gamma * (gamma * known))
    #expect(snapshot[.textToVideo].cells[2].quality == 0.5)
  }

  @Test("arrivals: the first epoch's decisions, then half of the new and half of what was expected")
  func arrivals() {
    var snapshot = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 1)
    func traffic(_ first: Int, _ root: Int) -> [Epoch.Traffic] {
      [
        .init(capability: .textToVideo, row: 0, decisions: first, explored: 1),
        .init(capability: .textToVideo, row: 1, decisions: root, explored: 2),
      ]
    }
    snapshot = snapshot.learning([], traffic: traffic(100, 0))
    #expect(snapshot[.textToVideo].arrivals == [100, 0])
    snapshot = snapshot.learning([], traffic: traffic(50, 20))
    #expect(snapshot[.textToVideo].arrivals == [75, 20])
    #expect(snapshot[.textToVideo].account.spent == 6)
    #expect(snapshot[.textToVideo].account.earned == 0.05 * 100 + 0.05 * 70)
    #expect(snapshot[.imageToVideo].arrivals == [0, 0])
  }
}
