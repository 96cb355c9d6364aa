/// Where an axis is marked: round numbers, 1, 2 or 5 times a power of ten apart.
struct Ticks: Hashable, Sendable {
  /// Ascending, within the domain.
  var values: [Double]
  /// The distance of neighbours on a linear axis; nil on a logarithmic one.
  var step: Step?

  /// `mantissa · 10^exponent`, with a mantissa of 1, 2 or 5.
  struct Step: Hashable, Sendable {
    var mantissa: Int
    var exponent: Int

    var value: Double { Numeral.decimal(Double(mantissa), exponent) }

    /// The smallest of its kind that is at least `distance` (above 0).
    init(atLeast distance: Double) {
      let exponent = Numeral.exponent(of: distance)
      // A hair of tolerance: 0.2 computed as 0.2000000001 is still 0.2.
      let room = distance * (1 - 1e-9)
      for mantissa in [1, 2, 5] where Numeral.decimal(Double(mantissa), exponent) >= room {
        self.mantissa = mantissa
        self.exponent = exponent
        return
      }
      mantissa = 1
      self.exponent = exponent + 1
    }

    func multiple(_ factor: Double) -> Double { Numeral.decimal(factor * Double(mantissa), exponent) }
  }

  /// The round numbers in the domain (of a width above 0), at most `count` intervals apart (at least 1).
  static func linear(_ domain: ClosedRange<Double>, atMost count: Int, wholeNumbers: Bool = false) -> Ticks {
    var step = Step(atLeast: (domain.upperBound - domain.lowerBound) / Double(max(1, count)))
    if wholeNumbers, step.exponent < 0 { step = Step(atLeast: 1) }
    let first = (domain.lowerBound / step.value - 1e-9).rounded(.up)
    let last = (domain.upperBound / step.value + 1e-9).rounded(.down)
    guard first <= last else { return Ticks(values: [], step: step) }
    // Adding zero takes the sign off a negative one.
    return Ticks(
      values: (0...Int(last - first)).map { step.multiple(first + Double($0)) + 0 }, step: step)
  }

  /// The domain, widened to the nearest ticks outside.
  static func widened(_ domain: ClosedRange<Double>, atMost count: Int, wholeNumbers: Bool = false)
    -> ClosedRange<Double>
  {
    var step = Step(atLeast: (domain.upperBound - domain.lowerBound) / Double(max(1, count)))
    if wholeNumbers, step.exponent < 0 { step = Step(atLeast: 1) }
    let first = (domain.lowerBound / step.value + 1e-9).rounded(.down)
    let last = (domain.upperBound / step.value - 1e-9).rounded(.up)
    return step.multiple(first) + 0...step.multiple(max(last, first + 1)) + 0
  }

  /// Powers of ten in the domain (above 0), every n-th where they are more than `count`; with 2 and 5 times each
  /// where they are few; linear ones where not even those make three.
  static func logarithmic(_ domain: ClosedRange<Double>, atMost count: Int) -> Ticks {
    let lowest = Numeral.exponent(of: domain.lowerBound * (1 - 1e-9))
    let highest = Numeral.exponent(of: domain.upperBound * (1 + 1e-9))
    let reach = domain.lowerBound * (1 - 1e-9)...domain.upperBound * (1 + 1e-9)
    func ticks(_ mantissas: [Double], every stride: Int = 1) -> [Double] {
      var values: [Double] = []
      for e in lowest...max(lowest, highest) where e % stride == 0 {
        for mantissa in mantissas {
          let value = Numeral.decimal(mantissa, e)
          if reach.contains(value) { values.append(value) }
        }
      }
      return values
    }
    for mantissas in [[1.0, 2, 5], [1, 3]] {
      let fine = ticks(mantissas)
      if (3...max(3, count + 1)).contains(fine.count) { return Ticks(values: fine) }
    }
    let powers = ticks([1])
    if powers.count >= 3 {
      let stride = (powers.count + count - 1) / max(1, count)
      return Ticks(values: stride > 1 ? ticks([1], every: stride) : powers)
    }
    return linear(domain, atMost: count)
  }

  /// The values as text, all with as many decimals as the step has; on a logarithmic axis each with its own.
  func labels(_ unit: ValueUnit) -> [String] {
    let shift = unit == .share ? 2 : 0
    return values.map { value in
      if let step { return unit.text(value, decimals: max(0, -step.exponent - shift)) }
      let exponent = value > 0 ? Numeral.exponent(of: value * (1 + 1e-9)) : 0
      return unit.text(value, decimals: max(0, -exponent - shift))
    }
  }
}
