import Routing
import Statistics
import Testing

@Suite("CandidateSet")
struct CandidateSetTests {
  @Test("it holds what a Set of the same positions holds, through 20,000 random changes")
  func sweep() {
    var generator = Xoshiro256(seed: 5)
    var set = CandidateSet()
    var reference: Set<Int> = []
    for step in 0..<20_000 {
      let position = Int.random(in: 0...255, using: &generator)
      if Bool.random(using: &generator) {
        set.insert(position)
        reference.insert(position)
      } else {
        set.remove(position)
        reference.remove(position)
      }
      #expect(set.contains(position) == reference.contains(position))
      if step % 100 == 0 {
        #expect(set.positions == reference.sorted())
        #expect(set.count == reference.count)
        #expect(set.isEmpty == reference.isEmpty)
        #expect(CandidateSet(words: set.words) == set)
      }
    }
  }

  @Test("the first n positions", arguments: [0, 1, 63, 64, 65, 128, 200, 256])
  func first(count: Int) {
    let set = CandidateSet(first: count)
    #expect(set.positions == Array(0..<count))
    #expect(set.isEmpty == (count == 0))
  }

  @Test("bits sit where the ledger expects them")
  func layout() {
    var set = CandidateSet()
    set.insert(0)
    set.insert(65)
    set.insert(255)
    #expect(set.words == SIMD4(1, 2, 0, 1 << 63))
  }
}
