import Testing
import Vectors

struct QuantisedVectorTests {
  @Test("the largest magnitude becomes 127")
  func quantises() {
    // scale = 2.54 / 127 = 0.02; 0.5 / 0.02 = 25; −0.011 / 0.02 = −0.55 → −1
    let vector = QuantisedVector([0.5, -2.54, 0, -0.011])
    #expect(abs(vector.scale - 0.02) < 1e-9)
    #expect(vector.codes == [25, -127, 0, -1])
  }

  @Test("bytes are the little-endian scale and the codes, and give the vector back")
  func survivesBytes() throws {
    // 127 / 127 = 1, which is 0x3F800000.
    let vector = QuantisedVector([127, -1, 2])
    #expect(vector.bytes == [0x00, 0x00, 0x80, 0x3F, 127, 0xFF, 2])
    #expect(QuantisedVector(bytes: vector.bytes) == vector)
  }

  @Test(
    "bytes that no vector gives are refused",
    arguments: [
      [], [0, 0, 0x80],  // no scale
      [0, 0, 0x80, 0x3F, 0x80],  // −128
      [0, 0, 0x80, 0xBF, 1],  // scale −1
      [0, 0, 0x80, 0x7F, 1],  // infinity
      [0, 0, 0xC0, 0x7F, 1],  // NaN
      [0, 0, 0, 0, 1],  // scale 0 and a code
    ] as [[UInt8]])
  func refuses(_ bytes: [UInt8]) {
    #expect(QuantisedVector(bytes: bytes) == nil)
  }

  @Test("zero, the empty vector and the smallest numbers have codes too")
  func handlesExtremes() {
    #expect(QuantisedVector([0, -0.0]).elements == [0, 0])
    #expect(QuantisedVector([]).bytes == [0, 0, 0, 0])
    #expect(QuantisedVector([.leastNonzeroMagnitude]).codes == [0])
    // 190 / 127 of the smallest number rounds to 1 of it, and 190 / 1 does not fit.
    let tiny = QuantisedVector([-190 * .leastNonzeroMagnitude, .leastNonzeroMagnitude])
    #expect(tiny.codes == [-127, 1])
    #expect(QuantisedVector([.greatestFiniteMagnitude]).codes == [127])
  }

  @Test("no element is off by more than half the scale", arguments: 1...50)
  func staysClose(_ seed: Int) {
    var rng = SplitMix(state: UInt64(seed))
    let vector = rng.vector(256)
    let quantised = QuantisedVector(vector)
    for (x, y) in zip(vector, quantised.elements) {
      #expect(abs(x - y) <= quantised.scale * 0.5001)
    }
    #expect(QuantisedVector(bytes: quantised.bytes) == quantised)
  }
}
