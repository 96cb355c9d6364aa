import Foundation
import Testing

@testable import Reporting

@Suite("Numbers as text")
struct NumeralTests {
  @Test("A fixed number rounds halves away from zero and never shows a negative zero")
  func fixed() {
    #expect(Numeral.fixed(2.5, 0) == "3")
    #expect(Numeral.fixed(-2.5, 0) == "\u{2212}3")
    #expect(Numeral.fixed(0.125, 2) == "0.13")
    #expect(Numeral.fixed(-0.001, 2) == "0.00")
    #expect(Numeral.fixed(0.05, 1) == "0.1")
    #expect(Numeral.fixed(1_234_567.891, 1, grouped: true) == "1,234,567.9")
    #expect(Numeral.fixed(999, 0, grouped: true) == "999")
    #expect(Numeral.fixed(1e30, 2) == "1e+30")
  }

  @Test("A coordinate has at most two decimals and no trailing zero")
  func coordinates() {
    #expect(Numeral.coordinate(12) == "12")
    #expect(Numeral.coordinate(12.3) == "12.3")
    #expect(Numeral.coordinate(12.345) == "12.35")
    #expect(Numeral.coordinate(12.004) == "12")
    #expect(Numeral.coordinate(12.05) == "12.05")
    #expect(Numeral.coordinate(-0.004) == "0")
    #expect(Numeral.coordinate(-0.5) == "-0.5")
  }

  @Test("The decimal exponent is right on both sides of every power of ten")
  func exponents() {
    for e in -30...30 {
      let power = Numeral.powerOfTen(e)
      #expect(Numeral.exponent(of: power) == e)
      #expect(Numeral.exponent(of: power.nextDown) == e - 1)
      #expect(Numeral.exponent(of: power * 9.99) == e)
    }
  }

  @Test("The logarithm agrees with the C library's to 1e-13 and is exact at 1")
  func logarithm() {
    #expect(Numeral.logarithm(1) == 0)
    var x = 1e-90
    while x < 1e90 {
      #expect((Numeral.logarithm(x) - log10(x)).magnitude < 1e-13)
      x *= 1.37
    }
  }

  @Test("Every unit writes its numbers as people do")
  func units() {
    #expect(ValueUnit.plain.text(0.8312) == "0.831")
    #expect(ValueUnit.plain.text(-12.345) == "\u{2212}12.3")
    #expect(ValueUnit.share.text(0.25) == "25.0\u{A0}%")
    #expect(ValueUnit.share.text(0.25, decimals: 0) == "25\u{A0}%")
    #expect(ValueUnit.dollars.text(0.00123) == "$0.00123")
    #expect(ValueUnit.dollars.text(0.5, decimals: 1) == "$0.50")
    #expect(ValueUnit.dollars.text(-3) == "\u{2212}$3.00")
    #expect(ValueUnit.count.text(10_000) == "10,000")
    #expect(ValueUnit.named("ms").text(12, decimals: 0) == "12\u{A0}ms")
    #expect(ValueUnit.plain.text(.nan) == "–")
  }

  @Test("A column shows as many decimals as its smallest number needs, and none where all are whole")
  func columns() {
    #expect(ValueUnit.plain.decimals(for: [20, 3], digits: 3) == 0)
    #expect(ValueUnit.plain.decimals(for: [0.5, 12], digits: 3) == 3)
    #expect(ValueUnit.share.decimals(for: [0.001], digits: 3) == 2)
  }
}
