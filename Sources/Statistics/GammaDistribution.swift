import RealModule

/// The standard normal distribution.
public enum Normal {
  /// One draw from N(0, 1) by the polar method (Marsaglia & Bray 1964). The second value of the pair is dropped so
  /// that a draw depends on the generator alone. Takes two `UInt64` per attempt; 79 % of attempts succeed.
  @inlinable
  public static func sample(using rng: inout some RandomNumberGenerator) -> Double {
    while true {
      let u = Double(Int64(bitPattern: rng.next()) &>> 11) * 0x1p-52
      let v = Double(Int64(bitPattern: rng.next()) &>> 11) * 0x1p-52
      let square = u * u + v * v
      if square > 0 && square < 1 {
        return u * (-2 * naturalLogarithm(square) / square).squareRoot()
      }
    }
  }
}

/// The Gamma distribution with density x^(shape−1) e^(−x) / Γ(shape), scale 1.
public struct GammaDistribution: Sendable, Hashable {
  public let shape: Double

  /// - Parameter shape: finite and above 0.
  public init(shape: Double) {
    precondition(shape > 0 && shape.isFinite, "the shape of a Gamma distribution is finite and above 0")
    self.shape = shape
  }

  public var mean: Double { shape }
  public var variance: Double { shape }

  /// P(X ≤ x); 0 for x ≤ 0.
  public func cdf(_ x: Double) -> Double {
    x <= 0 ? 0 : SpecialFunctions.incompleteGamma(shape, x)
  }

  /// One draw, ≥ 0. For shapes below about 0.01 most of the mass lies below the smallest positive `Double` and the
  /// draw is then 0; `sampleLogarithm` keeps it.
  @inlinable
  public func sample(using rng: inout some RandomNumberGenerator) -> Double {
    shape < 1 ? exponential(sampleLogarithm(using: &rng)) : Self.sampleDirectly(shape, using: &rng)
  }

  /// The logarithm of one draw, finite for every shape down to 1e-300.
  ///
  /// For shape < 1 the boost X(shape) = X(shape + 1) · U^(1/shape) is a sum here, so it cannot underflow.
  @inlinable
  public func sampleLogarithm(using rng: inout some RandomNumberGenerator) -> Double {
    if shape >= 1 { return naturalLogarithm(Self.sampleDirectly(shape, using: &rng)) }
    let boosted = naturalLogarithm(Self.sampleDirectly(shape + 1, using: &rng))
    return boosted + naturalLogarithm(positiveUniform(using: &rng)) / shape
  }

  /// Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000, for shape ≥ 1:
  /// d = shape − 1/3, c = 1/sqrt(9d), v = (1 + cx)³ with x normal; accept if u < 1 − 0.0331x⁴ (squeeze) or
  /// ln u < x²/2 + d(1 − v + ln v); the draw is dv > 0.
  @inlinable
  static func sampleDirectly(_ shape: Double, using rng: inout some RandomNumberGenerator) -> Double {
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = Normal.sample(using: &rng)
      let root = 1 + c * x
      if root <= 0 { continue }
      let v = root * root * root
      let u = positiveUniform(using: &rng)
      let square = x * x
      if u < 1 - 0.0331 * square * square { return d * v }
      if naturalLogarithm(u) < 0.5 * square + d * (1 - v + naturalLogarithm(v)) { return d * v }
    }
  }
}

/// Uniform in (0, 1]: never 0, so its logarithm is finite.
@inlinable
func positiveUniform(using rng: inout some RandomNumberGenerator) -> Double {
  Double((rng.next() &>> 11) &+ 1) * 0x1p-53
}

// The samplers are generic and inlinable; these two keep the import of RealModule out of the public interface.

@usableFromInline
func naturalLogarithm(_ x: Double) -> Double { .log(x) }

@usableFromInline
func exponential(_ x: Double) -> Double { .exp(x) }
