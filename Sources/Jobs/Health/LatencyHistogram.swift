public import Routing
import Statistics

/// Quantiles of latencies that fade with time, in a fixed space: a histogram whose classes grow by 12 % from 10 ms to
/// some three hours, each count halved after each half-life (forward decay: Cormode, Shkapenyuk, Srivastava & Xu, ICDE
/// 2009: a new entry weighs 2^((t − landmark)/half_life), and all are scaled together when they are read).
///
/// A quantile is off by at most one class: 12 %, or less where it lies inside a class.
public struct LatencyHistogram: Hashable, Sendable {
  public let halfLife: Span
  private var weights = [Double](repeating: 0, count: LatencyHistogram.classes)
  private var landmark: Instant?

  private static let classes = 124
  private static let first = 10_000.0
  private static let growth = 1.12
  private static let logarithmOfGrowth = Exponential.logarithm(growth)

  public init(halfLife: Span = .hours(6)) { self.halfLife = halfLife }

  public mutating func record(_ latency: Span, at now: Instant) {
    let start = landmark ?? now
    landmark = start
    var exponent = halvings(from: start, to: now)
    // Long before a weight overflows, all move to a new landmark.
    if exponent > 100 {
      let scale = Exponential.two(to: -exponent)
      for index in weights.indices { weights[index] *= scale }
      landmark = now
      exponent = 0
    }
    weights[LatencyHistogram.position(of: latency)] += Exponential.two(to: exponent)
  }

  /// How many recent entries it amounts to.
  public func evidence(at now: Instant) -> Double {
    guard let landmark else { return 0 }
    return weights.reduce(0, +) * Exponential.two(to: -halvings(from: landmark, to: now))
  }

  /// The latency below which a share `probability` of entries lies (linear inside a class); nil before the first.
  public func quantile(_ probability: Double) -> Span? {
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    var rest = min(max(probability, 0), 1) * total
    var last = 0
    for index in weights.indices where weights[index] > 0 {
      last = index
      if rest <= weights[index] {
        let low = LatencyHistogram.lowerEnd(index)
        let high = LatencyHistogram.lowerEnd(index + 1)
        return Span(microseconds: Int64((low + (high - low) * rest / weights[index]).rounded()))
      }
      rest -= weights[index]
    }
    return Span(microseconds: Int64(LatencyHistogram.lowerEnd(last + 1).rounded()))
  }

  private func halvings(from start: Instant, to end: Instant) -> Double {
    Double((end - start).microseconds) / Double(max(halfLife.microseconds, 1))
  }

  /// Class 0 holds everything under 10 ms, class i ≥ 1 what lies between 10 ms · 1.12^(i−1) and 10 ms · 1.12^i.
  private static func position(of latency: Span) -> Int {
    let ratio = Double(latency.microseconds) / first
    guard ratio > 1 else { return 0 }
    return min(1 + Int(Exponential.logarithm(ratio) / logarithmOfGrowth), classes - 1)
  }

  private static func lowerEnd(_ index: Int) -> Double {
    index == 0 ? 0 : first * Exponential.power(growth, Double(index - 1))
  }
}
