public import Routing

/// Folds a ledger again from its first entry: under a new region map, or to verify that what is stored follows from it.
public enum Replay {
  /// The outcome of a verification.
  public struct Verification: Sendable {
    public var epochs: Int
    public var decisions: Int64
    public var judgements: Int64
    public var jobs: Int64
    public var unfinishedJobs: Int64
    /// What differs, a sentence each; empty when the log folds to the stored state bit for bit.
    public var differences: [String]
  }

  /// Folds the whole log and compares with what is stored: the learned state, and every epoch's tallies.
  public static func verify(_ ledger: any Ledger) throws -> Verification {
    let recovery = try ledger.recover()
    let counts = try ledger.counts()
    var verification = Verification(
      epochs: recovery.index.count, decisions: counts.decisions, judgements: counts.judgements,
      jobs: counts.jobs, unfinishedJobs: counts.unfinishedJobs, differences: [])
    guard let state = recovery.state, state.epoch > 0 else { return verification }
    let history = try History(ledger)
    guard let map = try ledger.map(version: state.mapVersion) else {
      verification.differences = ["region map \(state.mapVersion) is missing"]
      return verification
    }
    let (snapshot, inputs) = try fold(
      ledger, map, recovery.index, history, last: try Epoch.Terms(ledger, state))
    if snapshot.learnedBytes(LearnedFormat(state.learned) ?? .current) != state.learned {
      verification.differences.append(
        "the log folds to another state than the one stored for epoch \(state.epoch)")
    }
    for input in inputs where try ledger.tallies(epoch: input.tallies.epoch) != input.tallies {
      verification.differences.append(
        "the tallies stored for epoch \(input.tallies.epoch) are not those of the log")
    }
    verification.differences += snapshot.check()
    verification.differences += try residuals(ledger, recovery, history)
    return verification
  }

  /// Fits the residual models in force again, where the embeddings that they were fitted to are still kept.
  private static func residuals(
    _ ledger: any Ledger, _ recovery: Recovery, _ history: History
  ) throws -> [String] {
    guard let current = recovery.state else { return [] }
    return try ledger.residuals(inEpoch: current.epoch).compactMap { fitted in
      guard let state = try ledger.state(ofEpoch: fitted.epoch),
        let snapshot = try Snapshot(ledger, state, roll: recovery.roll)
      else { return "the state of epoch \(fitted.epoch) cannot be read" }
      let again = try ResidualFit.model(
        ledger, snapshot, fitted.capability, through: history.summaries[fitted.epoch - 1].through.judgements,
        recovery.index)
      // Of what was forgotten since, nothing can be said.
      guard let again, again.observations >= fitted.model.observations, again != fitted.model else {
        return nil
      }
      return
        "the log fits another residual model of \(fitted.capability.name) than the one in force since epoch "
        + "\(fitted.epoch)"
    }
  }

  /// Folds everything up to the last epoch of the index, ending in a snapshot under `last`.
  static func fold(
    _ ledger: any Ledger, _ map: RegionMap, _ index: EpochIndex, _ history: History, last: Epoch.Terms
  ) throws -> (snapshot: Snapshot, inputs: [Epoch.Input]) {
    let inputs = try Gathering(ledger, map: map, index: index).all(history.spans)
    let terms = try history.terms(ledger) + [last]
    let empty = Snapshot(
      opened: terms[0].opened, catalogue: terms[0].catalogue, governance: terms[0].governance, map: map)
    return (Epoch.refold(from: empty, inputs, { terms[$0 + 1] }, index), inputs)
  }

  /// The closed epochs of a ledger, in order.
  struct History {
    var summaries: [EpochSummary]

    init(_ ledger: any Ledger) throws {
      summaries = try ledger.epochs(from: 0, limit: .max)
    }

    var spans: [EpochSpan] {
      var after = LedgerPosition()
      return summaries.map { summary in
        defer { after = summary.through }
        return EpochSpan(
          number: summary.number, opened: summary.opened, closed: summary.closed, after: after,
          through: summary.through)
      }
    }

    /// The terms under which each of them was open.
    func terms(_ ledger: any Ledger) throws -> [Epoch.Terms] {
      var catalogues: [Int: Versioned<Catalogue>] = [:]
      var governances: [Int: Versioned<Governance>] = [:]
      return try summaries.map { summary in
        let catalogue =
          try catalogues[summary.catalogueVersion] ?? ledger.catalogue(version: summary.catalogueVersion)
        let governance =
          try governances[summary.governanceVersion] ?? ledger.governance(version: summary.governanceVersion)
        catalogues[summary.catalogueVersion] = catalogue
        governances[summary.governanceVersion] = governance
        return Epoch.Terms(
          opened: summary.opened, catalogue: catalogue ?? Versioned(version: 0, value: .empty),
          governance: governance ?? Versioned(version: 0, value: Governance()))
      }
    }
  }
}

extension Epoch.Terms {
  /// The terms of a stored state.
  init(_ ledger: any Ledger, _ state: EpochState) throws {
    self.init(
      opened: state.opened,
      catalogue: try ledger.catalogue(version: state.catalogueVersion)
        ?? Versioned(version: 0, value: .empty),
      governance: try ledger.governance(version: state.governanceVersion)
        ?? Versioned(version: 0, value: Governance()))
  }
}

extension Snapshot {
  /// The same with the residual models that the ledger has in force during an epoch.
  func adopting(residualsOf epoch: Int, _ ledger: any Ledger) throws -> Snapshot {
    try ledger.residuals(inEpoch: epoch).reduce(self) { $0.adopting($1.model, $1.capability) }
  }

  /// A stored state, with all that it refers to, as the snapshot it was.
  ///
  /// - Parameter history: needed only where the snapshot is to be folded further.
  public init?(_ ledger: any Ledger, _ state: EpochState, roll: Roll, history: [EpochSums] = []) throws {
    let terms = try Epoch.Terms(ledger, state)
    guard let map = try ledger.map(version: state.mapVersion) else { return nil }
    self.init(
      learned: state.learned, history: history, opened: state.opened, catalogue: terms.catalogue,
      governance: terms.governance, roll: roll, map: map)
    self = try adopting(residualsOf: state.epoch, ledger)
  }
}
