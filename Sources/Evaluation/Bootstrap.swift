import Statistics

/// Sums of columns over resamples of their rows, drawn with replacement (Efron, "Bootstrap methods: another look at
/// the jackknife", Annals of Statistics 7, 1979).
///
/// A resample is a multinomial count per row, so every estimator that is made of sums sees the same resample for one
/// pass over its columns.
enum Bootstrap {
  /// Rows per pass: counts and one column of a chunk stay in the first-level cache.
  private static let chunk = 2_048

  /// - Parameters:
  ///   - columns: each of n numbers, n ≥ 1.
  ///   - progress: told the number of resamples that are done, after each.
  /// - Returns: resamples × columns, row-major: Σ_i c_i column_i with c ~ Multinomial(n; 1/n, …, 1/n).
  static func sums(
    of columns: [[Double]], rows: Int, resamples: Int, seed: UInt64, progress: ((Int) -> Void)? = nil
  ) -> [Double] {
    var rng = Xoshiro256(seed: seed)
    var counts = [UInt16](repeating: 0, count: rows)
    var buffer = [Double](repeating: 0, count: min(rows, chunk))
    var result = [Double](repeating: 0, count: resamples * columns.count)
    for resample in 0..<resamples {
      counts.withUnsafeMutableBufferPointer { draw(into: $0, using: &rng) }
      var start = 0
      while start < rows {
        let length = min(chunk, rows - start)
        for index in 0..<length { buffer[index] = Double(counts[start + index]) }
        for (index, column) in columns.enumerated() {
          result[resample * columns.count + index] += dot(buffer, column, from: start, count: length)
        }
        start += length
      }
      progress?(resample + 1)
    }
    return result
  }

  /// n draws from n rows. The upper half of a 64-bit number times n: a row's probability is off by less than n/2⁶⁴.
  private static func draw(into counts: UnsafeMutableBufferPointer<UInt16>, using rng: inout Xoshiro256) {
    counts.update(repeating: 0)
    let rows = UInt64(counts.count)
    for _ in 0..<counts.count {
      counts[Int(truncatingIfNeeded: rng.next().multipliedFullWidth(by: rows).high)] += 1
    }
  }

  /// Σ a_i b_(start + i), in two partial sums of four, which the processor can do at once; always in this order.
  private static func dot(_ a: [Double], _ b: [Double], from start: Int, count: Int) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var even = SIMD4<Double>.zero
        var odd = SIMD4<Double>.zero
        var index = 0
        while index + 8 <= count {
          even += four(a, index) * four(b, start + index)
          odd += four(a, index + 4) * four(b, start + index + 4)
          index += 8
        }
        var sum = (even + odd).sum()
        while index < count {
          sum += a[index] * b[start + index]
          index += 1
        }
        return sum
      }
    }
  }

  private static func four(_ values: UnsafeBufferPointer<Double>, _ at: Int) -> SIMD4<Double> {
    SIMD4(values[at], values[at + 1], values[at + 2], values[at + 3])
  }

  /// The central interval of a level by linear interpolation between order statistics (Hyndman & Fan's type 7); nil
  /// for no values.
  static func percentiles(_ values: [Double], level: Double) -> ClosedRange<Double>? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    func quantile(_ p: Double) -> Double {
      let place = p * Double(sorted.count - 1)
      let lower = Int(place)
      let upper = min(lower + 1, sorted.count - 1)
      return sorted[lower] + (place - Double(lower)) * (sorted[upper] - sorted[lower])
    }
    let tail = (1 - level) / 2
    let low = quantile(tail)
    return low...max(low, quantile(1 - tail))
  }
}
