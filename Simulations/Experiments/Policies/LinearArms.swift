/// A ridge regression of the reward on the context for each candidate, apart from all others ("disjoint").
///
///     A_a = ρI + Σ xxᵀ      b_a = Σ yx      θ_a = A_a⁻¹ b_a
///
/// x is the embedding with a 1 behind it, so d = D + 1 (257 for the router's embeddings). An update costs d² operations
/// at the fold, a decision d²/2 a candidate: some tens of microseconds each.
struct LinearArms: Sendable {
  struct Arm: Sendable {
    var inverse: PackedInverse
    /// b.
    var moments: [Double]
    /// θ.
    var coefficients: [Double]
  }

  let ridge: Double
  private var ids: [String] = []
  private var arms: [Arm] = []

  init(ridge: Double) { self.ridge = ridge }

  mutating func learn(_ lessons: [Lesson]) {
    var touched = Set<Int>()
    for lesson in lessons {
      let x = LinearArms.features(lesson.context)
      let place = place(of: lesson.candidate, dimension: x.count)
      arms[place].inverse.add(x)
      for index in x.indices { arms[place].moments[index] += lesson.reward * x[index] }
      touched.insert(place)
    }
    for place in touched.sorted() {
      arms[place].coefficients = arms[place].inverse.times(arms[place].moments)
    }
  }

  private mutating func place(of id: String, dimension: Int) -> Int {
    if let place = ids.firstIndex(of: id) { return place }
    ids.append(id)
    let zeros = [Double](repeating: 0, count: dimension)
    arms.append(
      Arm(inverse: PackedInverse(dimension: dimension, ridge: ridge), moments: zeros, coefficients: zeros))
    return ids.count - 1
  }

  /// θᵀx and √(xᵀA⁻¹x) of a candidate; of one that was never observed 0 and ‖x‖/√ρ.
  func estimate(_ id: String, _ x: [Double]) -> (mean: Double, width: Double) {
    guard let place = ids.firstIndex(of: id) else {
      return (0, (x.reduce(0) { $0 + $1 * $1 } / ridge).squareRoot())
    }
    let arm = arms[place]
    let mean = zip(arm.coefficients, x).reduce(0) { $0 + $1.0 * $1.1 }
    return (mean, max(arm.inverse.quadratic(x), 0).squareRoot())
  }

  static func features(_ context: [Float]) -> [Double] { context.map(Double.init) + [1] }
}
