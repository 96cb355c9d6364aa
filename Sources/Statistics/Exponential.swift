import RealModule

/// Powers and logarithms, for targets that compute with them and know nothing else of mathematics.
public enum Exponential {
  /// 2ˣ.
  public static func two(to exponent: Double) -> Double { Double.exp2(exponent) }

  /// bˣ for b ≥ 0.
  public static func power(_ base: Double, _ exponent: Double) -> Double { Double.pow(base, exponent) }

  /// The natural logarithm, of a number > 0.
  public static func logarithm(_ x: Double) -> Double { Double.log(x) }
}
