import Testing
import Vectors

@Suite("Centred direction")
struct CentredDirectionTests {
  private func direction(of vector: [Float], from centre: [Float]?) -> [Float]? {
    var result = vector
    let isDirected = vector.withUnsafeBufferPointer { vector in
      result.withUnsafeMutableBufferPointer { CentredDirection.write(of: vector, from: centre, into: $0) }
    }
    return isDirected ? result : nil
  }

  @Test(
    "(x − μ)/‖x − μ‖: (3, 4) from the origin is (0.6, 0.8), from (3, 3) it is (0, 1), from (0, 8) (0.6, −0.8)"
  )
  func worked() {
    #expect(direction(of: [3, 4], from: nil) == [0.6, 0.8])
    #expect(direction(of: [3, 4], from: [3, 3]) == [0, 1])
    #expect(direction(of: [3, 4], from: [0, 8]) == [0.6, -0.8])
  }

  @Test("neither a zero vector nor the centre itself has a direction")
  func none() {
    #expect(direction(of: [0, 0, 0], from: nil) == nil)
    #expect(direction(of: [0, 0, 0], from: [1, 0, 0]) == nil)
    #expect(direction(of: [0.5, -2, 0], from: [0.5, -2, 0]) == nil)
  }

  @Test("whatever the dimension, what comes out has length 1", arguments: [1, 7, 8, 9, 16, 255, 256, 1_024])
  func length(dimension: Int) throws {
    var generator = SplitMix(state: UInt64(dimension))
    let vector = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
    let centre = (0..<dimension).map { _ in Float.random(in: -0.1...0.1, using: &generator) }
    let found = try #require(direction(of: vector, from: centre))
    var squares = 0.0
    for x in found { squares += Double(x) * Double(x) }
    #expect(abs(squares - 1) < 1e-5)
    // It points where x − μ points.
    var (along, norm) = (0.0, 0.0)
    for index in vector.indices {
      let difference = Double(vector[index]) - Double(centre[index])
      along += difference * Double(found[index])
      norm += difference * difference
    }
    norm = norm.squareRoot()
    #expect(abs(along - norm) < 1e-4 * norm)
  }
}
