public import Statistics

/// What a policy sees of one decision: the eligible candidates in one row, in the order of the roster.
public struct Scene: Sendable {
  public struct Arm: Sendable {
    /// Position in the roster.
    public var position: Int
    public var id: String
    /// bid × (c_min / c)^λ > 0.
    public var weight: Double
    /// Q̃, 0…1.
    public var quality: Double
    public var posterior: BetaDistribution
    /// N: observations in this cell, discounted.
    public var observations: Double
    /// AgentRank = bid × Q̃ × (c_min / c)^λ: what the candidate is worth, as far as is known. Orders the fallbacks.
    public var agentRank: Double
    /// The index that exploiting maximises: bid × (Q̃ + c·σ) × (c_min / c)^λ, with σ the posterior's standard deviation
    /// and c `optimism`; c is 0, and the index AgentRank itself, where exploring is forbidden. What the intent's own
    /// direction adds is not in it (``Scene/preferred(_:along:)``).
    ///
    /// The arm that is exploited is observed far more often than the account can pay for all others together, so a
    /// good arm that had bad luck early must be able to come back without the account: optimism in the face of
    /// uncertainty (Lai & Robbins 1985; Kaufmann 2018, Bayes-UCB). Measured with c = 1 against 0: captured gain
    /// 0.76 → 0.78, 0.84 → 0.85, 0.89 → 0.90, with less difference between runs.
    public var index: Double
    /// The catalogue's figures for the `priority` and `weighted` policies.
    public var priority: Int
    public var share: Double
  }

  public let arms: [Arm]
  public let rules: Rules
  /// Whether the request may be explored on.
  public let allowsExploration: Bool
  /// f of ``ExplorationAccount``; 0 where exploring is forbidden.
  public let affordable: Double
  /// The arm with the highest ``Arm/index``: ties go to the larger posterior variance, then to the first id.
  public let regional: Int
  /// The arm that is exploited: ``regional``, or another that the intent's own direction prefers.
  public private(set) var exploit: Int
  /// The arm with the highest AgentRank, ties likewise.
  public let leader: Int
  /// π at `exploration_sharpness`, where the snapshot has it already.
  private let matching: [Double]
  /// The intent's embedding, for policies that read it: D floats; empty where none was given.
  public var context: [Float] = []

  /// - Parameters:
  ///   - costs: expected dollars by roster position, nil for unknown; empty when cost does not matter.
  ///   - costWeight: λ ≥ 0.
  public init(
    _ knowledge: Knowledge, row: Int, eligible: CandidateSet, costs: [Double?] = [], costWeight: Double = 0,
    allowsExploration: Bool = true
  ) {
    let positions = eligible.positions
    let factors = Scene.costFactors(positions, costs, costWeight)
    let base = row * knowledge.columns
    let optimism = allowsExploration ? knowledge.rules.optimism : 0
    var arms: [Arm] = []
    arms.reserveCapacity(positions.count)
    var (exploit, leader) = (Summit(), Summit())
    for (index, position) in positions.enumerated() {
      // Fields are read one by one: a copy of the candidate would count all its references.
      let quality = knowledge.quality[base + position]
      let posterior = knowledge.posteriors[base + position]
      let weight = knowledge.roster.candidates[position].bid * factors[index]
      let variance = posterior.variance
      let hoped = quality + optimism * variance.squareRoot()
      exploit.meet(index, weight * hoped, variance)
      leader.meet(index, weight * quality, variance)
      arms.append(
        Arm(
          position: position, id: knowledge.roster.candidates[position].id, weight: weight, quality: quality,
          posterior: posterior, observations: knowledge.cells[base + position].observations,
          agentRank: weight * quality, index: weight * hoped,
          priority: knowledge.roster.candidates[position].priority,
          share: knowledge.roster.candidates[position].weight))
    }
    self.arms = arms
    self.exploit = exploit.arm
    regional = exploit.arm
    self.leader = leader.arm
    let isUsual = costWeight == 0 && row < knowledge.matching.count && eligible == knowledge.roster.open
    matching = isUsual ? knowledge.matching[row] : []
    rules = knowledge.rules
    self.allowsExploration = allowsExploration
    affordable = allowsExploration ? knowledge.affordable : 0
  }

  /// π: P(weight·θ of each arm is the largest), θ ~ its posterior: the Thompson sampling allocation, exactly.
  ///
  /// - Parameter sharpness: what the posteriors' evidence is multiplied by first, > 0.
  public func bestProbabilities(sharpness: Double = 1) -> [Double] {
    if sharpness == rules.explorationSharpness, !matching.isEmpty { return matching }
    let weights = arms.map { $0.weight }
    let areEqual = weights.allSatisfy { $0 == weights[0] }
    let posteriors = arms.map { arm in
      BetaDistribution(alpha: sharpness * arm.posterior.alpha, beta: sharpness * arm.posterior.beta)
    }
    return BestArm.probabilities(posteriors, weights: areEqual ? nil : weights)
  }

  /// The arm that exploiting prefers where the intent's own direction has a say too: the highest index + weight × shift;
  /// ties go to ``regional``, then to the first.
  ///
  /// - Parameter direction: D floats, a unit vector.
  public func preferred(_ scorer: ResidualScorer, along direction: ArraySlice<Float>) -> Int {
    func value(_ arm: Int) -> Double {
      arms[arm].index + arms[arm].weight * scorer.shift(of: arms[arm].position, along: direction)
    }
    var best = regional
    var highest = value(regional)
    for arm in arms.indices where arm != regional {
      // Most are too far behind for any direction, and need not be asked.
      guard arms[arm].index + arms[arm].weight * scorer.bound(of: arms[arm].position) > highest else {
        continue
      }
      let value = value(arm)
      if value > highest { (best, highest) = (arm, value) }
    }
    return best
  }

  /// The same scene where another arm is exploited.
  func preferring(_ arm: Int) -> Scene {
    var scene = self
    scene.exploit = arm
    return scene
  }

  /// Arms by falling AgentRank; ties keep the leader first, then the order of ids.
  public func ranking() -> [Int] {
    arms.indices.sorted { left, right in
      let (a, b) = (arms[left].agentRank, arms[right].agentRank)
      if a != b { return a > b }
      if left == leader || right == leader { return left == leader && right != leader }
      return left < right
    }
  }

  /// (c_min / c)^λ of each arm, where c_min is the cheapest eligible one's cost.
  ///
  /// An unknown cost counts as the dearest known one. A billionth of a dollar is the least, so that a free candidate
  /// does not make all others worthless.
  static func costFactors(_ positions: [Int], _ costs: [Double?], _ costWeight: Double) -> [Double] {
    guard costWeight > 0, !costs.isEmpty else { return Array(repeating: 1, count: positions.count) }
    let known = positions.compactMap { costs[$0] }.map { max($0, 1e-9) }
    guard let cheapest = known.min(), let dearest = known.max() else {
      return Array(repeating: 1, count: positions.count)
    }
    return positions.map { position in
      let cost = costs[position].map { max($0, 1e-9) } ?? dearest
      return Exponential.power(cheapest / cost, costWeight)
    }
  }
}

/// The arm with the highest value so far: ties go to the larger variance, then to the first.
private struct Summit {
  private(set) var arm = 0
  private var value = -Double.infinity
  private var variance = 0.0

  mutating func meet(_ arm: Int, _ value: Double, _ variance: Double) {
    guard value > self.value || (value == self.value && variance > self.variance) else { return }
    (self.arm, self.value, self.variance) = (arm, value, variance)
  }
}
