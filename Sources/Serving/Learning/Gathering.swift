public import Routing

/// Reads from the ledger what an epoch's fold takes in.
public struct Gathering: Sendable {
  let ledger: any Ledger
  /// The map under which rows are counted.
  let map: RegionMap
  /// Must hold every epoch that is gathered.
  let index: EpochIndex

  public init(_ ledger: any Ledger, map: RegionMap, index: EpochIndex) {
    self.ledger = ledger
    self.map = map
    self.index = index
  }

  /// One epoch: what first counted in it, the earlier epochs that it corrects, and its decisions.
  func closing(_ span: EpochSpan) throws -> Epoch.Input {
    var changes: [Int: TallySheet] = [:]
    try ledger.judged(after: span.after.judgements, through: span.through.judgements, map: map) { judged in
      let reward = judged.changes(after: span.after.judgements, through: span.through.judgements, index)
      for change in reward { changes[change.epoch, default: TallySheet()].add(change.tally) }
    }
    try defaults(span) { changes[span.number, default: TallySheet()].add($0) }
    let own = EpochTallies(
      epoch: span.number, tallies: changes.removeValue(forKey: span.number)?.tallies ?? [])
    let restated = try changes.keys.sorted().map { epoch in
      var tallies = try ledger.tallies(epoch: epoch)
      tallies.add(changes[epoch]!.tallies)
      return tallies
    }
    return Epoch.Input(tallies: own, restated: restated, traffic: try traffic(span))
  }

  /// Every epoch from the first on, corrections already where they belong: the whole log, read once.
  ///
  /// - Parameter spans: contiguous, from epoch 0 on.
  func all(_ spans: [EpochSpan]) throws -> [Epoch.Input] {
    var sheets = Array(repeating: TallySheet(), count: spans.count)
    let through = spans.last?.through.judgements ?? 0
    try ledger.judged(after: 0, through: through, map: map) { judged in
      for change in judged.changes(after: 0, through: through, index) {
        sheets[change.epoch].add(change.tally)
      }
    }
    for span in spans { try defaults(span) { sheets[span.number].add($0) } }
    return try spans.map { span in
      Epoch.Input(
        tallies: EpochTallies(epoch: span.number, tallies: sheets[span.number].tallies),
        traffic: try traffic(span))
    }
  }

  private func traffic(_ span: EpochSpan) throws -> [Epoch.Traffic] {
    try ledger.traffic(after: span.after.decisions, through: span.through.decisions, map: map)
  }

  /// Decisions whose window ended during the epoch without a word: they count once, with `default_reward`.
  private func defaults(_ span: EpochSpan, _ add: (Tally) -> Void) throws {
    for capability in Capability.allCases {
      let rules = index.rules(span.number, capability)
      guard let reward = rules.defaultReward else { continue }
      let window = rules.feedbackWindow
      try ledger.unjudged(
        capability, from: span.opened - window, to: span.closed - window, through: span.through.judgements,
        map: map
      ) { judged in
        add(
          Tally(
            cell: CellKey(capability: capability, row: judged.row, ordinal: judged.ordinal), rater: 0,
            mass: Int64(Tally.unit), sum: Int64((Tally.unit * reward).rounded())))
      }
    }
  }
}

/// An epoch's share of the ledger.
struct EpochSpan: Sendable {
  var number: Int
  var opened: Instant
  var closed: Instant
  /// The last entries of the epoch before, and of this one.
  var after: LedgerPosition
  var through: LedgerPosition
}

/// Tallies being added up, one entry per cell and rater.
private struct TallySheet {
  private struct Key: Hashable {
    let cell: UInt64
    let rater: UInt64
  }

  private var places: [Key: Int] = [:]
  private(set) var tallies: [Tally] = []

  mutating func add(_ tally: Tally) {
    let key = Key(cell: tally.cell.packed, rater: tally.rater)
    if let place = places[key] {
      tallies[place].mass += tally.mass
      tallies[place].sum += tally.sum
    } else {
      places[key] = tallies.count
      tallies.append(tally)
    }
  }
}
