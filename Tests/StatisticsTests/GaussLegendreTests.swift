import Testing

@testable import Statistics

@Suite("Gauss–Legendre rule")
struct GaussLegendreTests {
  let rule = GaussLegendre.eight

  @Test("nodes and weights agree with numpy.polynomial.legendre.leggauss(8)")
  func nodes() {
    #expect((rule.nodes[7] - 0.960_289_856_497_536_3).magnitude < 1e-15)
    #expect((rule.nodes[0] + 0.960_289_856_497_536_3).magnitude < 1e-15)
    #expect((rule.weights[7] - 0.101_228_536_290_376_26).magnitude < 1e-15)
    #expect((rule.nodes[4] - 0.183_434_642_495_649_8).magnitude < 1e-15)
    #expect((rule.weights[4] - 0.362_683_783_378_362).magnitude < 1e-15)
  }

  @Test("powers up to 15 are integrated exactly")
  func exactness() {
    var power = Lanes(repeating: 1)
    for degree in 0...15 {
      let exact = degree % 2 == 0 ? 2 / Double(degree + 1) : 0
      #expect((total(rule.weights * power) - exact).magnitude < 1e-14)
      power *= rule.nodes
    }
  }

  @Test("cumulative integrals of powers up to 7 are exact at every node")
  func cumulative() {
    var power = Lanes(repeating: 1)
    for degree in 0...7 {
      let value = rule.cumulative(power)
      power *= rule.nodes
      for lane in 0..<8 {
        #expect((value[lane] - (1 - power[lane]) / Double(degree + 1)).magnitude < 1e-14)
      }
    }
  }

  @Test("the top coefficient of x⁷ is 16/429 and that of lower powers 0")
  func top() {
    // P₇ = (429x⁷ − …)/16
    var power = Lanes(repeating: 1)
    for degree in 0...7 {
      let expected = degree == 7 ? 16.0 / 429 : 0
      #expect((total(rule.top * power) - expected).magnitude < 1e-14)
      power *= rule.nodes
    }
  }
}
