import Testing

@testable import Reporting

@Suite("Ticks, scales and axes")
struct TicksTests {
  @Test("0 to 0.97 in at most five steps is marked at 0, 0.2, 0.4, 0.6 and 0.8")
  func worked() {
    let ticks = Ticks.linear(0...0.97, atMost: 5)
    #expect(ticks.values == [0, 0.2, 0.4, 0.6, 0.8])
    #expect(ticks.labels(.plain) == ["0.0", "0.2", "0.4", "0.6", "0.8"])
    #expect(ticks.labels(.share) == ["0\u{A0}%", "20\u{A0}%", "40\u{A0}%", "60\u{A0}%", "80\u{A0}%"])
    #expect(Ticks.widened(0...0.97, atMost: 5) == 0...1)
  }

  @Test("Below zero the ticks go through zero, without a sign on it")
  func throughZero() {
    let ticks = Ticks.linear(-12...31, atMost: 5)
    #expect(ticks.values == [-10, 0, 10, 20, 30])
    #expect(ticks.labels(.plain) == ["\u{2212}10", "0", "10", "20", "30"])
    #expect(Ticks.widened(-12...31, atMost: 5) == -20...40)
  }

  @Test("Whole things are not marked at halves")
  func wholeNumbers() {
    #expect(Ticks.linear(0...2, atMost: 5, wholeNumbers: true).values == [0, 1, 2])
    #expect(Ticks.linear(0...2, atMost: 5).values == [0, 0.5, 1, 1.5, 2])
  }

  @Test(
    "On any domain the steps are 1, 2 or 5 times a power of ten, equal, within the domain and not too many")
  func sweep() {
    var chance = SplitMix(seed: 7)
    for _ in 0..<2_000 {
      let size = Numeral.powerOfTen(Int(chance.next() % 19) - 9)
      let lower = (chance.uniform() - 0.5) * size
      let domain = lower...(lower + (0.01 + chance.uniform()) * size)
      let count = 2 + Int(chance.next() % 9)
      let ticks = Ticks.linear(domain, atMost: count)
      let step = ticks.step?.value ?? 0
      #expect(ticks.values.count <= count + 1)
      #expect(ticks.values.count >= count / 3)
      for value in ticks.values {
        #expect(value >= domain.lowerBound - 1e-6 * step && value <= domain.upperBound + 1e-6 * step)
      }
      for (one, next) in zip(ticks.values, ticks.values.dropFirst()) {
        #expect((next - one - step).magnitude < 1e-6 * step)
      }
      let widened = Ticks.widened(domain, atMost: count)
      #expect(widened.lowerBound <= domain.lowerBound + 1e-6 * step)
      #expect(widened.upperBound >= domain.upperBound - 1e-6 * step)
    }
  }

  @Test(
    "A logarithmic axis is marked at powers of ten, at 1, 2 and 5 where it is short, and evenly where it is shorter"
  )
  func logarithmic() {
    #expect(Ticks.logarithmic(0.001...10, atMost: 6).values == [0.001, 0.01, 0.1, 1, 10])
    #expect(Ticks.logarithmic(0.1...2, atMost: 5).values == [0.1, 0.2, 0.5, 1, 2])
    #expect(Ticks.logarithmic(3...4, atMost: 5).values == [3, 3.2, 3.4, 3.6, 3.8, 4])
    #expect(Ticks.logarithmic(1e-12...1e12, atMost: 5).values == [1e-10, 1e-5, 1, 1e5, 1e10])
    #expect(
      Ticks.logarithmic(0.1...2, atMost: 5).labels(.dollars) == ["$0.10", "$0.20", "$0.50", "$1", "$2"])
  }

  @Test("A scale puts 0 to 10 on its pixels, and decades at equal distances")
  func scales() {
    let linear = Scale(kind: .linear, domain: 0...10, start: 100, end: 300)
    #expect(linear(0) == 100)
    #expect(linear(2.5) == 150)
    #expect(linear(10) == 300)
    #expect(linear.clamped(12) == 300)
    let upwards = Scale(kind: .linear, domain: 0...1, start: 236, end: 26)
    #expect(upwards(0.5) == 131)
    let logarithmic = Scale(kind: .logarithmic, domain: 0.01...1, start: 0, end: 200)
    #expect((logarithmic(0.1) - 100).magnitude < 1e-9)
  }

  @Test("An axis of values that are all alike still has a width")
  func domains() {
    let axis = Axis("y")
    #expect(axis.domain([0.7, 0.7], atMost: 4).contains(0.7))
    #expect(axis.domain([0.0], atMost: 4) == 0...1)
    #expect(axis.domain([], atMost: 4) == 0...1)
    #expect(Axis("y", includesZero: true).domain([3, 8], atMost: 4) == 0...8)
    let money = Axis("cost", unit: .dollars, kind: .logarithmic).domain([0.5], atMost: 4)
    #expect(money.lowerBound > 0 && money.lowerBound < 0.5 && money.upperBound > 0.5)
  }

  @Test("Numbers under an axis keep clear of each other")
  func horizontalRoom() {
    let scale = Scale(kind: .linear, domain: 0...1_000_000, start: 0, end: 200)
    let ticks = scale.horizontalTicks(.count)
    #expect(ticks.values == [0, 500_000, 1_000_000])
  }
}

/// Steele, Lea and Flood 2014.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
