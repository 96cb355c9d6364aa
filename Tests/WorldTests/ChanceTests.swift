import Statistics
import Testing
import World

@Suite("Streams of chance")
struct ChanceTests {
  @Test("A purpose, a seed and an index always give the same draws, and each of the three matters")
  func reproducible() {
    func first(_ chance: Chance, _ seed: UInt64, _ index: UInt64) -> UInt64 {
      var generator = chance.generator(seed: seed, index: index)
      return generator.next()
    }
    #expect(first(.outcome, 7, 3) == first(.outcome, 7, 3))
    let all = [first(.outcome, 7, 3), first(.outcome, 7, 4), first(.outcome, 8, 3), first(.delay, 7, 3)]
    #expect(Set(all).count == 4)
  }

  @Test(
    "Neighbouring indices of one purpose are uniform: the mean of 20,000 is ½ within five standard errors")
  func uniform() {
    let draws = (0..<20_000).map { index in
      var generator = Chance.arrival.generator(seed: 1, index: UInt64(index))
      return generator.uniform()
    }
    // σ of a mean of n uniforms is 1/√(12n) = 0.00204.
    #expect((draws.reduce(0, +) / 20_000 - 0.5).magnitude < 0.0102)
  }
}
