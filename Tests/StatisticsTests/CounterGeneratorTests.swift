import Statistics
import Testing

@Suite("Philox4x32-10")
struct CounterGeneratorTests {
  /// The known-answer file of Random123 (`kat_vectors`, lines "philox4x32 10"): counter words c0…c3, key words
  /// k0 k1, result words r0…r3. The pairs here are (r1 r0) and (r3 r2), counter low = (c1 c0), high = (c3 c2).
  @Test(
    "agrees with the published known answers",
    arguments: [
      // 00000000 ×4, 00000000 ×2 → 6627e8d5 e169c58d bc57ac4c 9b00dbd8
      (UInt64(0), UInt64(0), UInt64(0), UInt64(0xe169_c58d_6627_e8d5), UInt64(0x9b00_dbd8_bc57_ac4c)),
      // ffffffff ×4, ffffffff ×2 → 408f276d 41c83b0e a20bc7c6 6d5451fd
      (.max, .max, .max, 0x41c8_3b0e_408f_276d, 0x6d54_51fd_a20b_c7c6),
      // 243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0 → d16cfe09 94fdcceb 5001e420 24126ea1
      (
        0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88, 0x94fd_cceb_d16c_fe09,
        0x2412_6ea1_5001_e420
      ),
    ])
  func knownAnswers(key: UInt64, high: UInt64, low: UInt64, first: UInt64, second: UInt64) {
    var generator = CounterGenerator(key: key, high: high, low: low)
    #expect(generator.next() == first)
    #expect(generator.next() == second)
  }

  @Test("block b is keyed by key + b, modulo 2⁶⁴")
  func blocks() {
    // Counter 0, key words (1, 0): e3e80670 e50a0ebc 95f222c0… by an independent Python implementation.
    var generator = CounterGenerator(key: 0, high: 0, low: 0)
    for _ in 0..<2 { _ = generator.next() }
    #expect(generator.next() == 0xe50a_0ebc_e3e8_0670)
    #expect(generator.next() == 0xb615_aa27_95f2_22c0)

    var last = CounterGenerator(key: .max, high: 0, low: 0)
    for _ in 0..<2 { _ = last.next() }
    #expect(last.next() == 0xe169_c58d_6627_e8d5)
  }

  @Test("the same three numbers give the same stream, another counter another one")
  func streams() {
    var a = CounterGenerator(key: 7, high: 1, low: 2)
    var b = CounterGenerator(key: 7, high: 1, low: 2)
    var c = CounterGenerator(key: 7, high: 2, low: 1)
    let first = (0..<9).map { _ in a.next() }
    #expect(first == (0..<9).map { _ in b.next() })
    #expect(first != (0..<9).map { _ in c.next() })
  }

  @Test("uniform is the upper 53 bits as a fraction")
  func uniform() {
    // 0xe169c58d6627e8d5 >> 11 = 0x1c2d38b1acc4fd, over 2⁵³ = 0.880520198…
    var generator = CounterGenerator(key: 0, high: 0, low: 0)
    #expect(generator.uniform() == Double(0x1c2d_38b1_acc4_fd) / 9_007_199_254_740_992)
  }

  @Test("first draws under consecutive counters are uniform")
  func firstDrawsAreUniform() {
    let samples = (0..<20_000).map { index in
      var generator = CounterGenerator(key: 0x9E37, high: 5, low: UInt64(index))
      return generator.uniform()
    }
    #expect(samples.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(GoodnessOfFit.kolmogorovSmirnov(samples: samples) { $0 }.pValue > 1e-3)
  }
}
