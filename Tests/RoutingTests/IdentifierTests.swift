import Routing
import Statistics
import TestSupport
import Testing

@Suite("Identifier")
struct IdentifierTests {
  // RFC 9562, appendix A.6: 2022-02-22T14:22:22-05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
  static let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
  static let instant = Instant(microseconds: 1_645_557_742_000_000)

  @Test("the example of RFC 9562 comes out of its parts")
  func layout() {
    let made = Identifier(at: Self.instant, random: 0xCC3, 0x18C4_DC0C_0C07_398F)
    #expect(made.description == Self.example)
    #expect(made.high == 0x017F_22E2_79B0_7CC3)
    #expect(made.low == 0x98C4_DC0C_0C07_398F)
    #expect(made.instant == Self.instant)
  }

  @Test("version 7 and variant 2 stand whatever the random words are")
  func versionAndVariant() {
    for words in [(UInt64.max, UInt64.max), (0, 0), (0xFFFF_FFFF_FFFF_F000, 0xC000_0000_0000_0000)] {
      let made = Identifier(at: Self.instant, random: words.0, words.1)
      #expect(made.high >> 12 & 0xF == 7)
      #expect(made.low >> 62 == 2)
      #expect(made.instant == Self.instant)
    }
    // Before 1970 there is no Unix millisecond: the field stays 0.
    #expect(Identifier(at: Instant(microseconds: -5), random: 0, 0).high == 0x7000)
  }

  @Test("either case is read, and what is read is printed again")
  func parsing() throws {
    let read = try #require(Identifier(Self.example))
    #expect(Identifier(Self.example.uppercased()) == read)
    #expect(read.description == Self.example)
    #expect(read.bytes.prefix(4) == [0x01, 0x7F, 0x22, 0xE2])
    #expect(read.bytes.suffix(2) == [0x39, 0x8F])
  }

  @Test(
    "anything but the canonical form is refused",
    arguments: [
      "", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
      "017f22e2_79b0-7cc3-98c4-dc0c0c07398f", "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
      "{17f22e2-79b0-7cc3-98c4-dc0c0c07398f", " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398é",
    ])
  func refusals(text: String) {
    #expect(Identifier(text) == nil)
  }

  @Test("random identifiers survive text and bytes, and order as their bytes do")
  func sweep() {
    var generator = Xoshiro256(seed: 1)
    var last: Identifier?
    for _ in 0..<1_000 {
      let one = Identifier(high: generator.next(), low: generator.next())
      #expect(Identifier(one.description) == one)
      #expect(Identifier(bytes: one.bytes) == one)
      if let last {
        #expect((last < one) == last.bytes.lexicographicallyPrecedes(one.bytes))
        #expect((last < one) == (last.description < one.description))
      }
      last = one
    }
    #expect(Identifier(bytes: [UInt8](repeating: 0, count: 15)) == nil)
    #expect(Identifier(bytes: [UInt8](repeating: 0, count: 17)) == nil)
  }

  @Test("a later millisecond is a greater identifier, whatever chance adds")
  func timeOrder() {
    var generator = Xoshiro256(seed: 2)
    var last = generator.identifier(at: Self.instant)
    for step in 1...1_000 {
      let next = generator.identifier(at: Self.instant + .milliseconds(Int64(step)))
      #expect(last < next)
      last = next
    }
  }
}
