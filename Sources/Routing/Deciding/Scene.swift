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
    /// AgentRank = bid × Q̃ × (c_min / c)^λ.
    public var agentRank: Double
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
  /// The arm with the highest AgentRank: ties go to the larger posterior variance, then to the first id.
  public let exploit: Int

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
    var arms: [Arm] = []
    arms.reserveCapacity(positions.count)
    for (index, position) in positions.enumerated() {
      let candidate = knowledge.roster.candidates[position]
      let quality = knowledge.quality[base + position]
      let weight = candidate.bid * factors[index]
      arms.append(
        Arm(
          position: position, id: candidate.id, weight: weight, quality: quality,
          posterior: knowledge.posteriors[base + position],
          observations: knowledge.cells[base + position].observations, agentRank: weight * quality,
          priority: candidate.priority, share: candidate.weight))
    }
    var exploit = 0
    for index in arms.indices.dropFirst() {
      let (best, arm) = (arms[exploit], arms[index])
      if arm.agentRank > best.agentRank
        || (arm.agentRank == best.agentRank && arm.posterior.variance > best.posterior.variance)
      {
        exploit = index
      }
    }
    self.arms = arms
    self.exploit = exploit
    rules = knowledge.rules
    self.allowsExploration = allowsExploration
    affordable = allowsExploration ? knowledge.affordable : 0
  }

  /// π: P(weight·θ of each arm is the largest), θ ~ its posterior: the Thompson sampling allocation, exactly.
  public func bestProbabilities() -> [Double] {
    let weights = arms.map(\.weight)
    let areEqual = weights.allSatisfy { $0 == weights.first }
    return BestArm.probabilities(arms.map(\.posterior), weights: areEqual ? nil : weights)
  }

  /// Arms by falling AgentRank; ties keep the exploit arm first, then the order of ids.
  public func ranking() -> [Int] {
    arms.indices.sorted { left, right in
      let (a, b) = (arms[left], arms[right])
      if a.agentRank != b.agentRank { return a.agentRank > b.agentRank }
      if left == exploit || right == exploit { return left == exploit && right != exploit }
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
