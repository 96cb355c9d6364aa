/// A straight map from values to pixels, or from their logarithms.
struct Scale: Hashable, Sendable {
  var kind: Axis.Kind
  var domain: ClosedRange<Double>
  /// The pixel of the domain's lower bound, and of its upper.
  var start: Double
  var end: Double

  func callAsFunction(_ value: Double) -> Double {
    let share: Double
    switch kind {
    case .linear:
      share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    case .logarithmic:
      let lower = Numeral.logarithm(domain.lowerBound)
      share = (Numeral.logarithm(value) - lower) / (Numeral.logarithm(domain.upperBound) - lower)
    }
    return start + share * (end - start)
  }

  /// As the map itself, with what lies outside the domain put on its bounds.
  func clamped(_ value: Double) -> Double {
    self(min(max(value, domain.lowerBound), domain.upperBound))
  }

  /// As many ticks as their numbers have room beside each other, at most seven apart.
  func horizontalTicks(_ unit: ValueUnit) -> Ticks {
    var count = 7
    while count > 2 {
      let ticks = ticks(atMost: count, unit: unit)
      let places = ticks.values.map { self($0) }
      let widths = ticks.labels(unit).map { TextMeasure.width($0) }
      let fits = places.indices.dropFirst().allSatisfy {
        places[$0] - places[$0 - 1] >= (widths[$0] + widths[$0 - 1]) / 2 + 16
      }
      if fits { return ticks }
      count -= 1
    }
    return ticks(atMost: count, unit: unit)
  }

  func ticks(atMost count: Int, unit: ValueUnit) -> Ticks {
    switch kind {
    case .linear: .linear(domain, atMost: count, wholeNumbers: unit == .count)
    case .logarithmic: .logarithmic(domain, atMost: count)
    }
  }
}
