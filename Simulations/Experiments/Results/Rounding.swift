/// Numbers as results show them.
///
/// The C library and the processor may differ in the last bits of a logarithm or a sum; ten significant digits are the
/// same on all of them, and more than anybody needs.
enum Rounding {
  /// To ten significant digits.
  static func rounded(_ x: Double) -> Double {
    guard x != 0, x.isFinite else { return x }
    // Through a power of ten chosen by the exponent, so that the result is the double nearest to a short decimal.
    var scale = 1.0
    var magnitude = x.magnitude
    while magnitude < 1e9 && scale < 1e300 {
      magnitude *= 10
      scale *= 10
    }
    if magnitude >= 1e10 { return x }
    return (x * scale).rounded() / scale
  }

  static func rounded(_ bucket: RunResult.Bucket) -> RunResult.Bucket {
    var bucket = bucket
    for path in [
      \RunResult.Bucket.reward, \.uniform, \.best, \.cost, \.subsidy, \.forgone,
    ] { bucket[keyPath: path] = rounded(bucket[keyPath: path]) }
    bucket.potential = bucket.potential.map(rounded)
    bucket.potentialCost = bucket.potentialCost.map(rounded)
    return bucket
  }
}
