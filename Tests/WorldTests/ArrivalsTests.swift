import Testing
import World

@Suite("Arrivals")
struct ArrivalsTests {
  @Test("A pass has every intent once, and each pass an order of its own")
  func passes() {
    var arrivals = Arrivals(WorldKindTests.synthetic, kind: .passes, seed: 4)
    let count = 1_500
    let first = (0..<count).map { arrivals.intent(of: $0, rates: [1, 1, 1]) }
    let second = (count..<2 * count).map { arrivals.intent(of: $0, rates: [1, 1, 1]) }
    #expect(first.sorted() == Array(0..<count))
    #expect(second.sorted() == Array(0..<count))
    #expect(first != second)
    var again = Arrivals(WorldKindTests.synthetic, kind: .passes, seed: 4)
    #expect((0..<count).map { again.intent(of: $0, rates: [1, 1, 1]) } == first)
  }

  @Test("Drawn arrivals follow the rates: 1 : 3 : 0 gives a quarter, three quarters and nothing")
  func drawn() {
    let world = WorldKindTests.synthetic
    var arrivals = Arrivals(world, kind: .drawn, seed: 4)
    var counts = [0, 0, 0]
    for decision in 0..<20_000 {
      counts[world.groupOfIntent[arrivals.intent(of: decision, rates: [1, 3, 0])]] += 1
    }
    // Five standard errors of a quarter of 20,000 are 306.
    #expect((counts[0] - 5_000).magnitude < 306)
    #expect(counts[2] == 0)
  }

  @Test("Uneven rates turn the passes of a table into draws, a group by its rate and its number of intents")
  func uneven() {
    let world = SmallWorld.table
    var arrivals = Arrivals(world, kind: .passes, seed: 1)
    let drawn = (0..<4_000).map { arrivals.intent(of: $0, rates: [1, 4]) }
    let share = Double(drawn.count { world.groupOfIntent[$0] == 1 }) / 4_000
    // Two intents each: 4/5, with five standard errors of 0.0316.
    #expect((share - 0.8).magnitude < 0.0316)
  }

  @Test("What a decision is about does not depend on what was asked before")
  func independent() {
    var one = Arrivals(WorldKindTests.synthetic, kind: .drawn, seed: 8)
    var other = Arrivals(WorldKindTests.synthetic, kind: .drawn, seed: 8)
    for decision in 0..<100 { _ = one.intent(of: decision, rates: [5, 1, 1]) }
    #expect(one.intent(of: 500, rates: [1, 1, 1]) == other.intent(of: 500, rates: [1, 1, 1]))
  }
}
