import RealModule

/// Powers and logarithms, for targets that compute with them and know nothing else of mathematics.
public enum Exponential {
  /// 2ˣ.
  public static func two(to exponent: Double) -> Double { Double.exp2(exponent) }

  /// bˣ for b ≥ 0.
  public static func power(_ base: Double, _ exponent: Double) -> Double { Double.pow(base, exponent) }

  /// eˣ in each lane for x ≤ 700, those below −700 taken as −700; relative error below 1e-12. Plain arithmetic, with the
  /// same bits on every processor.
  public static func natural(_ x: SIMD8<Double>) -> SIMD8<Double> { exponential(x) }

  /// The same of one number.
  public static func natural(_ x: Double) -> Double { exponential(SIMD8(repeating: x))[0] }

  /// The natural logarithm, of a number > 0.
  public static func logarithm(_ x: Double) -> Double { Double.log(x) }
}
