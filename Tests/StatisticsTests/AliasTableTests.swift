import Testing

@testable import Statistics

/// Counts what it gives out.
private struct Counting<Base: RandomNumberGenerator>: RandomNumberGenerator {
  var base: Base
  var taken = 0
  mutating func next() -> UInt64 {
    taken += 1
    return base.next()
  }
}

@Suite("Alias table")
struct AliasTableTests {
  @Test("columns of (½, ¼, ¼, 0) by hand")
  func byHand() {
    // Shares 2, 1, 1, 0: column 3 stays never and goes to 0, which then keeps 1.
    let table = AliasTable(probabilities: [0.5, 0.25, 0.25, 0])
    #expect(table.count == 4)
    #expect(table.thresholds[3] == 0)
    #expect(table.thresholds[0] == .max)
    #expect(table.thresholds[1] == .max && table.aliases[1] == 1)
  }

  @Test("the columns add up to the probabilities they were made from")
  func columnSums() {
    var generator = Xoshiro256(seed: 8)
    for count in [1, 2, 3, 10, 100, 1024] {
      let weights = (0..<count).map { _ in
        let u = generator.uniform()
        return u < 0.2 ? 0 : u * u * u * u
      }
      guard weights.contains(where: { $0 > 0 }) else { continue }
      let table = AliasTable(probabilities: weights)
      var masses = [Double](repeating: 0, count: count)
      for column in 0..<count {
        let stay = table.thresholds[column] == .max ? 1 : Double(table.thresholds[column]) / 0x1p64
        masses[column] += stay / Double(count)
        masses[Int(table.aliases[column])] += (1 - stay) / Double(count)
      }
      let sum = weights.reduce(0, +)
      for index in 0..<count {
        #expect((masses[index] - weights[index] / sum).magnitude < 1e-14)
        if weights[index] == 0 { #expect(masses[index] == 0) }
      }
    }
  }

  @Test(
    "draws follow the probabilities",
    arguments: [
      [1.0], [0.5, 0.5], [0.9, 0.05, 0.03, 0.02], [0.0, 1, 2, 0, 3, 4, 0], [Double](repeating: 1, count: 37),
      (1...64).map { 1 / Double($0) },
    ])
  func draws(weights: [Double]) {
    let table = AliasTable(probabilities: weights)
    var generator = Xoshiro256(seed: 31)
    var counts = [Int](repeating: 0, count: weights.count)
    for _ in 0..<100_000 { counts[table.draw(using: &generator)] += 1 }
    let sum = weights.reduce(0, +)
    let test = GoodnessOfFit.chiSquare(observed: counts, expected: weights.map { $0 / sum * 100_000 })
    #expect(test.pValue > 1e-3)
    for (count, weight) in zip(counts, weights) where weight == 0 { #expect(count == 0) }
  }

  @Test("a draw takes exactly one number of the generator")
  func economy() {
    let table = AliasTable(probabilities: [0.2, 0.3, 0.5])
    var generator = Counting(base: Xoshiro256(seed: 1))
    for _ in 0..<100 { _ = table.draw(using: &generator) }
    #expect(generator.taken == 100)
  }

  @Test("the same probabilities give the same table")
  func deterministic() {
    let weights = (0..<200).map { Double(($0 * 37) % 101) }
    #expect(AliasTable(probabilities: weights) == AliasTable(probabilities: weights))
  }
}
