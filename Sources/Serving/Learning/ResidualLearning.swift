import Routing

/// What intents' own directions say beyond their regions, learned from the ledger as epochs close.
struct ResidualLearning {
  /// Observations since the last fit, by capability.
  private var observations: [Double]

  /// After a start, nothing is known of when the last fits were: all that is known may have come since.
  init(_ snapshot: Snapshot) {
    observations = snapshot.knowledge.map { knowledge in
      (0..<knowledge.columns).reduce(0) {
        $0 + knowledge.cells[knowledge.rootRow * knowledge.columns + $1].observations
      }
    }
  }

  /// The models that are due once an epoch is closed, to be in force from the next one on.
  ///
  /// - Parameters:
  ///   - next: the snapshot with which that one begins; residuals are taken against what it knows.
  ///   - tallies: what counted in the closed one.
  ///   - isRebuilt: whether regions are others now, and with them what residuals are taken against.
  mutating func due(
    _ ledger: any Ledger, _ next: Snapshot, _ tallies: EpochTallies, through: Int64, _ index: EpochIndex,
    isRebuilt: Bool
  ) throws -> [(capability: Capability, model: ResidualModel)] {
    for tally in tallies.tallies {
      observations[tally.cell.capability.index] += Double(tally.mass) / Tally.unit
    }
    var models: [(capability: Capability, model: ResidualModel)] = []
    for capability in Capability.allCases {
      let isMoved = isRebuilt && next[capability].learnsResiduals && next[capability].residuals != nil
      guard isMoved || ResidualFit.isDue(next, capability, after: observations[capability.index]) else {
        continue
      }
      observations[capability.index] = 0
      let model = try ResidualFit.model(ledger, next, capability, through: through, index)
      if let model { models.append((capability, model)) }
    }
    return models
  }
}

extension ResidualFit {
  /// The model of a capability by everything said up to a judgement.
  ///
  /// - Parameters:
  ///   - snapshot: that of the first epoch in which the model is in force.
  ///   - through: the last judgement that counts.
  static func model(
    _ ledger: any Ledger, _ snapshot: Snapshot, _ capability: Capability, through: Int64, _ index: EpochIndex
  ) throws -> ResidualModel? {
    var fit = ResidualFit(snapshot, capability)
    try ledger.lessons(
      capability, limit: ResidualFit.maximumDecisions, through: through, map: snapshot.map
    ) { judged, embedding in
      if let reward = judged.reward(through: through, index) { fit.add(judged, reward, embedding) }
    }
    return fit.model()
  }
}
