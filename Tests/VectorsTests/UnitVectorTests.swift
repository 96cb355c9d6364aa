import Testing
import Vectors

struct UnitVectorTests {
  @Test("a 3-4-5 triangle becomes a direction")
  func normalises() throws {
    let unit = try #require(UnitVector(normalising: [3, 0, -4]))
    #expect(unit.elements == [0.6, 0, -0.8])
    #expect(unit.dimension == 3)
  }

  @Test("nothing without a direction becomes one")
  func refusesWhatHasNoDirection() {
    #expect(UnitVector(normalising: []) == nil)
    #expect(UnitVector(normalising: [0, -0.0]) == nil)
    #expect(UnitVector(normalising: [1, .nan]) == nil)
    #expect(UnitVector(normalising: [1, -.infinity]) == nil)
  }

  @Test(
    "the largest and the smallest numbers have a direction, though their squares have no Float",
    arguments: [Float.greatestFiniteMagnitude, .leastNonzeroMagnitude])
  func survivesExtremes(_ x: Float) throws {
    let unit = try #require(UnitVector(normalising: [x, x, x, x]))
    #expect(unit.elements == [0.5, 0.5, 0.5, 0.5])
  }
}
