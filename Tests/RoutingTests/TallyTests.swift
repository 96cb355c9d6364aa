import Routing
import Statistics
import TestSupport
import Testing

@Suite("Tally")
struct TallyTests {
  private static let cell = CellKey(capability: .textToVideo, row: 3, ordinal: 7)

  private func tally(_ mass: Double, _ sum: Double, rater: UInt64, cell: CellKey = cell) -> Tally {
    Tally(cell: cell, rater: rater, mass: Int64(mass * Tally.unit), sum: Int64(sum * Tally.unit))
  }

  private func sums(_ tallies: [Tally], _ settings: [(key: String, value: Setting)] = []) throws -> [CellSum]
  {
    let governance = try Governance(settings)
    return EpochTallies(epoch: 0, tallies: tallies).sums { governance.rules(for: $0) }
  }

  @Test("a key holds its parts and orders by capability, row, ordinal")
  func keys() {
    var generator = Xoshiro256(seed: 7)
    var last: (Capability, Int, UInt32, CellKey)?
    for _ in 0..<500 {
      let capability = Capability.allCases.randomElement(using: &generator)!
      let row = Int.random(in: 0...65_535, using: &generator)
      let ordinal = UInt32.random(in: 0 ... .max, using: &generator)
      let key = CellKey(capability: capability, row: row, ordinal: ordinal)
      #expect(key.capability == capability && key.row == row && key.ordinal == ordinal)
      #expect(CellKey(packed: key.packed) == key)
      if let last { #expect((last.3 < key) == ((last.0, last.1, last.2) < (capability, row, ordinal))) }
      last = (capability, row, ordinal, key)
    }
  }

  @Test("one rater with 8 of 12 observations counts as 0.2 × 12 = 2.4, at its own mean")
  func raterCap() throws {
    // Four others with one observation each stay below the cap of 2.4; their rewards are 1. The rater's are all 0.25.
    let others = (2...5).map { tally(1, 1, rater: $0) }
    let sum = try #require(try sums([tally(8, 2, rater: 1)] + others).first)
    #expect((sum.mass - 6.4).magnitude < 1e-12)
    #expect((sum.sum - 4.6).magnitude < 1e-12)
  }

  @Test("the cap is not active below 10 observations, and is at 10")
  func raterCapFrom() throws {
    let few = try #require(try sums([tally(8, 2, rater: 1), tally(1.5, 1, rater: 2)]).first)
    #expect(few.mass == 9.5)
    #expect(few.sum == 3)
    // 0.2 × 10 = 2 each.
    let ten = try #require(try sums([tally(7, 7, rater: 1), tally(3, 0, rater: 2)]).first)
    #expect(ten.mass == 4)
    #expect(ten.sum == 2)
    // Governance can move both.
    let moved = try #require(
      try sums(
        [tally(8, 2, rater: 1), tally(1.5, 1, rater: 2)],
        [("rater_cap_from", .number(5)), ("rater_cap", .number(0.5))]
      ).first)
    #expect((moved.mass - 6.25).magnitude < 1e-12)
  }

  @Test("signals that name no rater are never capped")
  func anonymous() throws {
    let sum = try #require(try sums([tally(100, 60, rater: 0), tally(10, 5, rater: 9)]).first)
    #expect(sum.mass == 110)
    #expect(sum.sum == 65)
  }

  @Test("the cap is per cell")
  func perCell() throws {
    let other = CellKey(capability: .textToVideo, row: 4, ordinal: 7)
    let sums = try sums([tally(8, 8, rater: 1), tally(8, 8, rater: 1, cell: other)])
    #expect(sums.map(\.mass) == [8, 8])
    #expect(sums.map(\.cell) == [Self.cell, other])
  }

  @Test("tallies add in any order to the same, and what is taken out leaves nothing behind")
  func addition() {
    var generator = Xoshiro256(seed: 8)
    let all = (0..<400).map { _ in
      Tally(
        cell: CellKey(
          capability: Bool.random(using: &generator) ? .textToVideo : .textGeneration,
          row: Int.random(in: 0..<3, using: &generator), ordinal: UInt32.random(in: 0..<3, using: &generator)),
        rater: UInt64.random(in: 0..<3, using: &generator),
        mass: Int64.random(in: 1...1 << 30, using: &generator),
        sum: Int64.random(in: 0...1 << 30, using: &generator))
    }
    let reference = EpochTallies(epoch: 4, tallies: all)
    #expect(
      zip(reference.tallies, reference.tallies.dropFirst()).allSatisfy {
        ($0.cell.packed, $0.rater) < ($1.cell.packed, $1.rater)
      })
    for _ in 0..<20 {
      let shuffled = all.shuffled(using: &generator)
      let cut = Int.random(in: 0...400, using: &generator)
      var built = EpochTallies(epoch: 4, tallies: Array(shuffled[..<cut]))
      built.add(Array(shuffled[cut...]))
      #expect(built == reference)
      let out = shuffled.prefix(150).map {
        Tally(cell: $0.cell, rater: $0.rater, mass: -$0.mass, sum: -$0.sum)
      }
      built.add(out)
      #expect(built == EpochTallies(epoch: 4, tallies: Array(shuffled.dropFirst(150))))
    }
    var emptied = reference
    emptied.add(all.map { Tally(cell: $0.cell, rater: $0.rater, mass: -$0.mass, sum: -$0.sum) })
    #expect(emptied.tallies.isEmpty)
  }

  @Test("an ordinal keeps its meaning when candidates come")
  func roll() {
    let first = Roll().including(RoutingSamples.catalogue([RoutingSamples.candidate("b/x")]).value)
    let second = first.including(
      RoutingSamples.catalogue([RoutingSamples.candidate("c/x"), RoutingSamples.candidate("a/x")]).value)
    #expect(first.ids == ["b/x"])
    #expect(second.ids == ["b/x", "a/x", "c/x"])
    #expect(second.ordinal(of: "a/x") == 1)
    #expect(second.id(of: 2) == "c/x")
    #expect(second.ordinal(of: "d/x") == nil)
    #expect(second.including(RoutingSamples.catalogue([RoutingSamples.candidate("a/x")]).value) == second)
  }
}
