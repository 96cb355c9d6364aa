import Statistics

/// Everything that the decision path reads: immutable, one per epoch, swapped in whole.
public struct Snapshot: Sendable {
  /// The number of the epoch that is open while this snapshot is in force.
  public let epoch: Int
  /// When it began; what is retired by date is judged by this instant, so that an epoch is of one mind.
  public let opened: Instant
  public let catalogue: Versioned<Catalogue>
  public let governance: Versioned<Governance>
  public let roll: Roll
  public let map: RegionMap
  /// By ``Capability/index``.
  public internal(set) var knowledge: [Knowledge]
  /// The sums of the last epochs, oldest first, as far back as a correction may reach.
  public internal(set) var history: [EpochSums]

  /// A router that knows nothing yet, at epoch 0.
  public init(
    opened: Instant, catalogue: Versioned<Catalogue>, governance: Versioned<Governance>, roll: Roll = Roll(),
    map: RegionMap
  ) {
    self.epoch = 0
    self.opened = opened
    self.catalogue = catalogue
    self.governance = governance
    self.roll = roll.including(catalogue.value)
    self.map = map
    history = []
    knowledge = []
    let whole = self.roll
    knowledge = Capability.allCases.map { capability in
      Knowledge(
        capability: capability,
        roster: Roster(capability, catalogue.value, whole, known: [], at: opened),
        rows: map.rootRow(of: capability) + 1)
    }
    derive()
  }

  init(
    epoch: Int, opened: Instant, catalogue: Versioned<Catalogue>, governance: Versioned<Governance>,
    roll: Roll,
    map: RegionMap, knowledge: [Knowledge], history: [EpochSums]
  ) {
    self.epoch = epoch
    self.opened = opened
    self.catalogue = catalogue
    self.governance = governance
    self.roll = roll
    self.map = map
    self.knowledge = knowledge
    self.history = history
  }

  /// Lent, not copied: a copy would count a dozen references up and down for every decision.
  public subscript(capability: Capability) -> Knowledge {
    _read { yield knowledge[capability.index] }
  }

  /// The same knowledge with another residual model of a capability.
  public func adopting(_ residuals: ResidualModel?, _ capability: Capability) -> Snapshot {
    var snapshot = self
    snapshot.knowledge[capability.index].residuals = residuals
    return snapshot
  }

  /// The direction of an intent that is heard: D floats; empty where only its region is (``Knowledge/scorer``), and where
  /// the embedding has none.
  ///
  /// - Parameters:
  ///   - embedding: D floats, asked for only where it is needed. Where it must be possible to make the decision again, as
  ///     it is kept (``QuantisedVector``).
  ///   - row: where the map places it.
  public func direction(
    of embedding: @autoclosure () -> [Float], row: Int, _ capability: Capability
  ) -> [Float] {
    guard self[capability].hearsIntents(ofRow: row), let scorer = self[capability].scorer else { return [] }
    return scorer.direction(of: embedding())
  }

  /// Posteriors, Q̃ and the affordable exploration of every capability.
  mutating func derive() {
    for capability in Capability.allCases {
      let ids = map.regions(of: capability).map(\.id)
      let kernel = RegionKernel(map.cosines(capability), rows: ids.count)
      knowledge[capability.index].derive(governance.value.rules(for: capability), regionIDs: ids, kernel)
    }
    for capability in Capability.allCases {
      let (affordable, matching) = affordableExploration(capability)
      knowledge[capability.index].affordable = affordable
      knowledge[capability.index].matching = matching
    }
  }

  /// f of the coming epoch, from the demand of the rows where decisions are expected, with π of those rows.
  private func affordableExploration(_ capability: Capability) -> (share: Double, matching: [[Double]]) {
    let knowledge = self[capability]
    guard knowledge.columns > 0 else { return (1, []) }
    let grant = knowledge.rules.explorationGrant * Double(knowledge.roster.open.count)
    let balance = knowledge.account.balance(grant: grant)
    guard balance > 0 else { return (0, []) }
    // No row can ask for more than every one of its decisions: where that is affordable, nothing need be computed.
    let most = knowledge.arrivals.reduce(0, +)
    if balance >= most { return (1, []) }
    let sharpness = knowledge.rules.explorationSharpness
    var demand = 0.0
    var matching = [[Double]](repeating: [], count: knowledge.rows)
    for row in 0..<knowledge.rows where knowledge.arrivals[row] > 0 {
      let scene = Scene(knowledge, row: row, eligible: knowledge.roster.open)
      guard scene.arms.count > 1 else { continue }
      matching[row] = scene.bestProbabilities(sharpness: sharpness)
      demand += knowledge.arrivals[row] * (1 - matching[row][scene.exploit])
    }
    return (ExplorationAccount.affordable(balance: balance, demand: demand), matching)
  }

  /// Every invariant that a fold must keep; a sentence per violation.
  public func check() -> [String] {
    var faults: [String] = []
    for knowledge in knowledge where knowledge.columns > 0 {
      let name = knowledge.capability.name
      for (index, cell) in knowledge.cells.enumerated() {
        if !(cell.observations >= 0) || !(cell.rewards >= -1e-9) || cell.rewards > cell.observations + 1e-9 {
          faults.append(
            "\(name) cell \(index): 0 ≤ S ≤ N does not hold (S \(cell.rewards), N \(cell.observations))")
        }
        if let quality = cell.quality, !(-1e-9...1 + 1e-9).contains(quality) {
          faults.append("\(name) cell \(index): Q = \(quality) is outside 0…1")
        }
      }
      for (index, posterior) in knowledge.posteriors.enumerated()
      where
        !(posterior.alpha > 0 && posterior.beta > 0 && posterior.alpha.isFinite && posterior.beta.isFinite)
      {
        faults.append("\(name) posterior \(index) is not a Beta distribution: \(posterior)")
      }
      for column in 0..<knowledge.columns {
        let below = (0..<knowledge.rootRow).reduce(0) {
          $0 + knowledge.cells[$1 * knowledge.columns + column].observations
        }
        let root = knowledge.cells[knowledge.rootRow * knowledge.columns + column].observations
        if below > root * (1 + 1e-9) + 1e-9 {
          faults.append("\(name) column \(column): regions hold \(below) observations, the root only \(root)")
        }
      }
      for (column, detector) in knowledge.detectors.enumerated()
      where
        !(detector.rise >= 0 && detector.fall >= 0 && detector.dispersion.squares >= 0
        && detector.dispersion.count >= 0)
      {
        faults.append("\(name) column \(column): a change detector is negative: \(detector)")
      }
      if !(0...1).contains(knowledge.affordable) {
        faults.append("\(name): f = \(knowledge.affordable) is outside 0…1")
      }
    }
    return faults
  }
}

/// A value with the number of its version, counted from 1; 0 is the built-in one.
public struct Versioned<Value: Sendable>: Sendable {
  public let version: Int
  public let value: Value

  public init(version: Int, value: Value) {
    self.version = version
    self.value = value
  }
}

/// One closed epoch's sums, by cell.
public struct EpochSums: Hashable, Sendable {
  public let epoch: Int
  /// Sorted by cell.
  public internal(set) var sums: [CellSum]

  public init(epoch: Int, sums: [CellSum]) {
    self.epoch = epoch
    self.sums = sums
  }

  /// (N_e, S_e) of a cell; zeros when nothing came.
  func sum(_ cell: CellKey) -> (mass: Double, sum: Double) {
    var low = 0
    var high = sums.count
    while low < high {
      let middle = (low + high) / 2
      if sums[middle].cell < cell { low = middle + 1 } else { high = middle }
    }
    guard low < sums.count, sums[low].cell == cell else { return (0, 0) }
    return (sums[low].mass, sums[low].sum)
  }
}
