import Statistics

/// |value − reference| ≤ tolerance · |reference|.
func agrees(_ value: Double, _ reference: Double, within tolerance: Double) -> Bool {
  (value - reference).magnitude <= tolerance * reference.magnitude
}

extension Xoshiro256 {
  /// A number between the two, each doubling equally probable.
  mutating func spread(from low: Double, to high: Double) -> Double {
    var octaves = 0
    var value = low
    while value * 2 <= high {
      value *= 2
      octaves += 1
    }
    var result = low
    for _ in 0..<Int.random(in: 0...octaves, using: &self) { result *= 2 }
    return min(high, result * (1 + uniform()))
  }
}
