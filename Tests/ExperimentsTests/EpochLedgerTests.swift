import Routing
import Statistics
import Testing
import World

@testable import Experiments

@Suite("An epoch's ledger")
struct EpochLedgerTests {
  @Test("The tally of a single signal is the one that the production judging makes, for any value and weight")
  func single() throws {
    var chance = Xoshiro256(seed: 12)
    for round in 0..<300 {
      let weight = round % 3 == 0 ? 1 : (3 * chance.uniform() * 100).rounded() / 100
      let value = chance.uniform()
      let governance = try Governance([("weight.score", .number(weight))])
      var index = EpochIndex()
      index.append(through: 1, governance: governance)
      let now = Instant(microseconds: 1_000)
      let judged = Judged(
        capability: .textGeneration, row: 2, ordinal: 3, decided: now,
        judgements: [
          Judgement(sequence: 1, origin: 1, kind: .score, reward: value, rater: 5, at: now, received: now)
        ])
      let changes = judged.changes(after: 0, through: 1, index)
      let tally = SingleSignal.tally(value: value, weight: weight)
      #expect(changes.map(\.tally.mass) == (tally.mass > 0 ? [tally.mass] : []))
      #expect(changes.map(\.tally.sum) == (tally.mass > 0 ? [tally.sum] : []))
    }
  }

  @Test("Masses add up by row, ordinal and rater; traffic counts decisions and the explored ones")
  func input() {
    var ledger = EpochLedger(capability: .textGeneration, rows: 2, ordinals: 3)
    ledger.add(row: 1, ordinal: 2, rater: 0, mass: 10, sum: 4)
    ledger.add(row: 1, ordinal: 2, rater: 0, mass: 10, sum: 6)
    ledger.add(row: 1, ordinal: 2, rater: 7, mass: 5, sum: 5)
    ledger.add(row: 0, ordinal: 0, rater: 7, mass: 5, sum: 0)
    ledger.count(row: 1, explored: true)
    ledger.count(rows: [1, 1, 0], explored: [0])
    let input = ledger.input(epoch: 4)
    let cell = { (row: Int, ordinal: UInt32) in
      CellKey(capability: .textGeneration, row: row, ordinal: ordinal)
    }
    #expect(
      input.tallies.tallies == [
        Tally(cell: cell(0, 0), rater: 7, mass: 5, sum: 0),
        Tally(cell: cell(1, 2), rater: 0, mass: 20, sum: 10),
        Tally(cell: cell(1, 2), rater: 7, mass: 5, sum: 5),
      ])
    #expect(
      input.traffic == [
        .init(capability: .textGeneration, row: 0, decisions: 1, explored: 1),
        .init(capability: .textGeneration, row: 1, decisions: 3, explored: 1),
      ])
  }

  @Test("The post gives back what has arrived, by arrival and then by decision")
  func post() {
    var post = Post()
    var chance = Xoshiro256(seed: 3)
    var expected: [(Int, Int)] = []
    for decision in 0..<500 {
      let arrives = decision + Int(200 * chance.uniform())
      expected.append((arrives, decision))
      post.put(
        Sent(
          decision: decision, intent: 0, chosen: 0, served: 0,
          rating: .init(value: 1, rater: 0, arrives: arrives, signals: 1)))
    }
    expected.sort { $0 < $1 }
    var found: [(Int, Int)] = []
    while let sent = post.take(before: 300) { found.append((sent.rating.arrives, sent.decision)) }
    #expect(found.map(\.0) == expected.prefix { $0.0 < 300 }.map(\.0))
    #expect(found.map(\.1) == expected.prefix { $0.0 < 300 }.map(\.1))
    #expect(post.count == 500 - found.count)
  }
}
