/// The fold: how an epoch's feedback becomes knowledge.
public enum Epoch {
  /// What happened during one epoch.
  public struct Input: Sendable {
    /// What first counted in it, corrections of it included.
    public var tallies: EpochTallies
    /// Earlier epochs that corrections changed, each complete, in ascending order.
    public var restated: [EpochTallies]
    /// Decisions made, by capability and row, sorted.
    public var traffic: [Traffic]

    public init(tallies: EpochTallies, restated: [EpochTallies] = [], traffic: [Traffic] = []) {
      self.tallies = tallies
      self.restated = restated
      self.traffic = traffic
    }
  }

  public struct Traffic: Hashable, Sendable {
    public var capability: Capability
    public var row: Int
    public var decisions: Int
    public var explored: Int

    public init(capability: Capability, row: Int, decisions: Int, explored: Int) {
      self.capability = capability
      self.row = row
      self.decisions = decisions
      self.explored = explored
    }
  }

  /// What holds from the next epoch on.
  public struct Terms: Sendable {
    public var opened: Instant
    public var catalogue: Versioned<Catalogue>
    public var governance: Versioned<Governance>

    public init(opened: Instant, catalogue: Versioned<Catalogue>, governance: Versioned<Governance>) {
      self.opened = opened
      self.catalogue = catalogue
      self.governance = governance
    }
  }

  /// Closes the snapshot's epoch: discount, add, move the estimates, shrink, and open the next under `terms`.
  ///
  /// A pure function; folding the whole log from nothing gives the same bits as folding it epoch by epoch.
  ///
  /// - Parameter index: must already hold the epoch that is being closed.
  public static func fold(_ snapshot: Snapshot, _ input: Input, _ terms: Terms, _ index: EpochIndex)
    -> Snapshot
  {
    var next = absorb(snapshot, input, index)
    next = reopened(next, terms, epoch: snapshot.epoch + 1, index)
    next.derive()
    return next
  }

  /// Folds many epochs at once, deriving posteriors only at the end: what a new region map and a verification do.
  ///
  /// - Parameter inputs: one per epoch from 0 on, corrections already in their epochs.
  public static func refold(
    from empty: Snapshot, _ inputs: some Sequence<Input>, _ terms: (_ closing: Int) -> Terms,
    _ index: EpochIndex
  ) -> Snapshot {
    var next = empty
    for input in inputs {
      let closing = next.epoch
      next = reopened(absorb(next, input, index), terms(closing), epoch: closing + 1, index)
    }
    next.derive()
    return next
  }

  /// Watches for changes, discounts and adds. Candidates with a restated past are run again from their checkpoint.
  private static func absorb(_ snapshot: Snapshot, _ input: Input, _ index: EpochIndex) -> Snapshot {
    var next = snapshot
    let closing = snapshot.epoch
    let rules = { (capability: Capability) in index.rules(closing, capability) }
    let paces = Capability.allCases.map { Pace(index.rules(closing, $0)) }
    next.history.append(EpochSums(epoch: closing, sums: withRoots(input.tallies.sums(rules), snapshot)))
    for capability in Capability.allCases where next[capability].columns > 0 {
      var (cells, detectors) = (next[capability].cells, next[capability].detectors)
      step(&cells, &detectors, next.history.last!, next[capability], paces[capability.index])
      next.knowledge[capability.index].cells = cells
      next.knowledge[capability.index].detectors = detectors
    }
    rerun(&next, restated: input.restated, index)
    let kept = index.oldestKept(after: closing)
    while let first = next.history.first, first.epoch < kept {
      let oldest = next.history.removeFirst()
      for capability in Capability.allCases where next[capability].columns > 0 {
        let pace = Pace(index.rules(oldest.epoch, capability))
        var (cells, detectors) = (next[capability].checkpoints, next[capability].detectorCheckpoints)
        step(&cells, &detectors, oldest, next[capability], pace)
        next.knowledge[capability.index].checkpoints = cells
        next.knowledge[capability.index].detectorCheckpoints = detectors
      }
    }
    for capability in Capability.allCases {
      settle(&next.knowledge[capability.index], input.traffic, rules(capability))
    }
    return next
  }

  /// Advances every cell of a capability by one epoch.
  private static func step(
    _ cells: inout [Cell], _ detectors: inout [ChangeDetector], _ sums: EpochSums, _ knowledge: Knowledge,
    _ pace: Pace
  ) {
    let capability = knowledge.capability
    let first = CellKey(capability: capability, row: 0, ordinal: 0)
    var news = [(mass: Double, sum: Double)](repeating: (0, 0), count: cells.count)
    for sum in sums.sums where sum.cell >= first && sum.cell.capability == capability {
      guard let column = knowledge.roster.position(of: sum.cell.ordinal), sum.cell.row < knowledge.rows else {
        continue
      }
      news[sum.cell.row * knowledge.columns + column] = (sum.mass, sum.sum)
    }
    for column in 0..<knowledge.columns {
      let places = stride(from: column, to: cells.count, by: knowledge.columns)
      advance(&cells, places, &detectors[column], pace, sums.epoch) { news[$0] }
    }
  }

  /// Advances one candidate by one epoch: first what it was expected to do is compared with what it did.
  ///
  /// - Parameter places: of its cells, by row, the root's last.
  private static func advance(
    _ cells: inout [Cell], _ places: StrideTo<Int>, _ detector: inout ChangeDetector, _ pace: Pace,
    _ epoch: Int, _ news: (Int) -> (mass: Double, sum: Double)
  ) {
    let all = places.map { (place: $0, cell: cells[$0], mass: news($0).mass, sum: news($0).sum) }
    guard let root = all.last else { return }
    if root.mass > 0 {
      // The root is the sum of the regions, and is watched itself only where there are none.
      let regions = all.count > 1 ? all.dropLast() : all[...]
      let reports = regions.lazy.map { (cell: $0.cell, mass: $0.mass, sum: $0.sum) }
      if detector.watch(reports, root: root.cell, pace, epoch: epoch) {
        let part = min(1, ChangeDetector.remainder / root.cell.observations)
        for place in places { cells[place].fade(to: part) }
      }
    }
    for (place, _, mass, sum) in all { cells[place].advance(mass: mass, sum: sum, pace) }
  }

  /// Replaces the root row's sums by the sums over all rows.
  ///
  /// On entry the root row holds only the intents that no region claimed.
  private static func withRoots(_ sums: [CellSum], _ snapshot: Snapshot) -> [CellSum] {
    var roots: [CellKey: Int] = [:]
    var totals: [CellSum] = []
    var regional: [CellSum] = []
    for sum in sums {
      let capability = sum.cell.capability
      let root = snapshot[capability].rootRow
      let key = CellKey(capability: capability, row: root, ordinal: sum.cell.ordinal)
      if let place = roots[key] {
        totals[place].mass += sum.mass
        totals[place].sum += sum.sum
      } else {
        roots[key] = totals.count
        totals.append(CellSum(cell: key, mass: sum.mass, sum: sum.sum))
      }
      if sum.cell.row != root { regional.append(sum) }
    }
    // What was sorted stays so; the totals are put in between.
    totals.sort { $0.cell < $1.cell }
    var merged: [CellSum] = []
    merged.reserveCapacity(regional.count + totals.count)
    var next = 0
    for sum in regional {
      while next < totals.count, totals[next].cell < sum.cell {
        merged.append(totals[next])
        next += 1
      }
      merged.append(sum)
    }
    return merged + totals[next...]
  }

  /// Takes in restated epochs and runs the candidates that they changed again, from the checkpoint to now.
  private static func rerun(_ snapshot: inout Snapshot, restated: [EpochTallies], _ index: EpochIndex) {
    guard !restated.isEmpty, let oldest = snapshot.history.first?.epoch else { return }
    var changed: Set<CellKey> = []
    for epoch in restated where epoch.epoch >= oldest {
      let place = epoch.epoch - oldest
      let sums = withRoots(epoch.sums { index.rules(epoch.epoch, $0) }, snapshot)
      for sum in Set(sums).symmetricDifference(snapshot.history[place].sums) {
        // A change of one region may be what the detector hears of, so the candidate is run whole.
        changed.insert(CellKey(capability: sum.cell.capability, row: 0, ordinal: sum.cell.ordinal))
      }
      snapshot.history[place].sums = sums
    }
    // Each candidate is run on its own, so the order of the set changes nothing.
    for key in changed {
      let knowledge = snapshot[key.capability]
      guard let column = knowledge.roster.position(of: key.ordinal) else { continue }
      var cells = knowledge.checkpoints
      var detector = knowledge.detectorCheckpoints[column]
      run(
        &cells, &detector, column, key.ordinal, key.capability, snapshot.history, index,
        columns: knowledge.columns)
      for place in stride(from: column, to: cells.count, by: knowledge.columns) {
        snapshot.knowledge[key.capability.index].cells[place] = cells[place]
      }
      snapshot.knowledge[key.capability.index].detectors[column] = detector
    }
  }

  private static func settle(_ knowledge: inout Knowledge, _ traffic: [Traffic], _ rules: Rules) {
    var decisions = [Int](repeating: 0, count: knowledge.rows)
    var explored = 0
    for entry in traffic where entry.capability == knowledge.capability && entry.row < knowledge.rows {
      decisions[entry.row] += entry.decisions
      explored += entry.explored
    }
    let total = decisions.reduce(0, +)
    // Only agentrank pays: what other policies call exploring is not the account's to fund.
    if rules.policy == .agentRank {
      knowledge.account.settle(decisions: total, explored: explored, share: rules.explorationShare)
    }
    for row in 0..<knowledge.rows {
      let count = Double(decisions[row])
      let expected = knowledge.arrivals[row]
      knowledge.arrivals[row] = expected == 0 ? count : (expected + count) / 2
    }
  }

  /// Runs the columns of newcomers through the epochs that are kept: a report may name a candidate as the one that
  /// executed before this capability lists it, and a later restatement would run those epochs too.
  private static func catchUp(
    _ knowledge: inout Knowledge, from old: Knowledge, _ history: [EpochSums], _ index: EpochIndex
  ) {
    for (column, ordinal) in knowledge.roster.ordinals.enumerated()
    where old.roster.position(of: ordinal) == nil {
      var (cells, detector) = (knowledge.cells, knowledge.detectors[column])
      run(
        &cells, &detector, column, ordinal, knowledge.capability, history, index, columns: knowledge.columns)
      knowledge.cells = cells
      knowledge.detectors[column] = detector
    }
  }

  /// Runs one candidate, from the state that it is in, through the epochs that are kept.
  private static func run(
    _ cells: inout [Cell], _ detector: inout ChangeDetector, _ column: Int, _ ordinal: UInt32,
    _ capability: Capability, _ history: [EpochSums], _ index: EpochIndex, columns: Int
  ) {
    let places = stride(from: column, to: cells.count, by: columns)
    for epoch in history {
      advance(&cells, places, &detector, Pace(index.rules(epoch.epoch, capability)), epoch.epoch) { place in
        epoch.sum(CellKey(capability: capability, row: place / columns, ordinal: ordinal))
      }
    }
  }

  /// The same knowledge under the next epoch's terms: candidates come and go.
  private static func reopened(_ snapshot: Snapshot, _ terms: Terms, epoch: Int, _ index: EpochIndex)
    -> Snapshot
  {
    let roll = snapshot.roll.including(terms.catalogue.value)
    let isSame = terms.catalogue.value.candidates == snapshot.catalogue.value.candidates
    let knowledge = snapshot.knowledge.map { old in
      let roster =
        isSame && !old.roster.isDated
        ? old.roster
        : Roster(old.capability, terms.catalogue.value, roll, known: old.roster.ordinals, at: terms.opened)
      var moved = old.moved(to: roster)
      catchUp(&moved, from: old, snapshot.history, index)
      return moved
    }
    return Snapshot(
      epoch: epoch, opened: terms.opened, catalogue: terms.catalogue, governance: terms.governance,
      roll: roll,
      map: snapshot.map, knowledge: knowledge, history: snapshot.history)
  }
}
