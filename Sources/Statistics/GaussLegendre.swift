import RealModule

/// The Gauss–Legendre rule with eight nodes on [−1, 1], exact for polynomials of degree 15, and what a sweep from
/// right to left needs beside its weights.
struct GaussLegendre: Sendable {
  /// The nodes xⱼ, ascending.
  let nodes: Lanes
  /// The weights wⱼ; their sum is 2.
  let weights: Lanes
  /// Lane j of `columns[i]` is ∫ from xⱼ to 1 of the i-th Lagrange polynomial, so that Σᵢ columns[i] · f(xᵢ)
  /// integrates the polynomial through the eight values from each node to the right end.
  let columns: (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
  /// Σⱼ top[j] f(xⱼ) is the coefficient of P₇ in the Legendre series of f: how much the panel still holds at the
  /// highest degree that the nodes can see.
  let top: Lanes

  static let eight = GaussLegendre()

  private init() {
    var nodes = Lanes()
    var weights = Lanes()
    for index in 0..<8 {
      // Newton's method from Tricomi's estimate of the roots of P₈.
      var x = -Double.cos(.pi * (Double(index) + 0.75) / 8.5)
      var derivative = 0.0
      for _ in 0..<8 {
        let p = Self.legendre(x)
        derivative = 8 * (x * p[8] - p[7]) / (x * x - 1)
        x -= p[8] / derivative
      }
      nodes[index] = x
      weights[index] = 2 / ((1 - x * x) * derivative * derivative)
    }
    // The i-th Lagrange polynomial is wᵢ Σₖ (k + ½) Pₖ(xᵢ) Pₖ(x), and ∫ₓ¹ Pₖ = (Pₖ₋₁(x) − Pₖ₊₁(x))/(2k + 1).
    func column(_ i: Int) -> Lanes {
      let atI = Self.legendre(nodes[i])
      var lanes = Lanes()
      for j in 0..<8 {
        let atJ = Self.legendre(nodes[j])
        var sum = 1 - nodes[j]
        for k in 1..<8 { sum += atI[k] * (atJ[k - 1] - atJ[k + 1]) }
        lanes[j] = 0.5 * weights[i] * sum
      }
      return lanes
    }
    var top = Lanes()
    for j in 0..<8 { top[j] = 7.5 * weights[j] * Self.legendre(nodes[j])[7] }
    self.nodes = nodes
    self.weights = weights
    self.top = top
    columns = (column(0), column(1), column(2), column(3), column(4), column(5), column(6), column(7))
  }

  /// P₀(x) … P₈(x).
  private static func legendre(_ x: Double) -> [Double] {
    var values = [1, x]
    for k in 1..<8 {
      let k = Double(k)
      values.append(((2 * k + 1) * x * values[values.count - 1] - k * values[values.count - 2]) / (k + 1))
    }
    return values
  }

  /// ∫ from each node to 1 of the polynomial through `values`.
  @inline(__always)
  func cumulative(_ values: Lanes) -> Lanes {
    let low =
      (columns.0 * values[0] + columns.1 * values[1]) + (columns.2 * values[2] + columns.3 * values[3])
    let high =
      (columns.4 * values[4] + columns.5 * values[5]) + (columns.6 * values[6] + columns.7 * values[7])
    return low + high
  }
}
