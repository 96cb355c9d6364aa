import Routing
import Testing

@Suite("Money")
struct MoneyTests {
  @Test("dollars become the nearest millionth")
  func rounding() {
    #expect(Money(dollars: 0.1)?.micros == 100_000)
    #expect(Money(dollars: 0.000_000_4)?.micros == 0)
    #expect(Money(dollars: 0.000_000_6)?.micros == 1)
    #expect(Money(dollars: -1.25)?.micros == -1_250_000)
    #expect(Money(micros: 1_250_000).dollars == 1.25)
  }

  @Test("what is no amount is refused")
  func refusals() {
    for dollars in [Double.nan, .infinity, -.infinity, 9.3e12, -9.3e12] {
      #expect(Money(dollars: dollars) == nil)
    }
    #expect(Money(dollars: 9.1e12) != nil)
  }

  @Test("ten dimes are a dollar, which they are not in floating point")
  func exactness() {
    let dime = Money(dollars: 0.1)!
    #expect((0..<10).reduce(Money.zero) { sum, _ in sum + dime } == Money(dollars: 1))
    #expect((0..<10).reduce(0.0) { sum, _ in sum + 0.1 } != 1)
    #expect(Money(micros: 3) - Money(micros: 5) == Money(micros: -2))
    #expect(Money(micros: -2) < .zero)
  }
}
