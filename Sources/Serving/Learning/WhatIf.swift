public import Routing

/// The log told under other parameters: what the router would know now, and how it would have chosen all along.
///
/// Both sides are folded from the first entry under the region map in force now, so that they differ by the parameters
/// alone. What was decided and what came of it is the log's, on both sides: the other parameters would have led to
/// other choices and to feedback about those, which nobody has. What the other choices are worth is therefore for
/// off-policy evaluation to say, not for this fold.
public struct WhatIf: Sendable {
  /// What the log folds to under the parameters as they were.
  public private(set) var was: Snapshot
  /// What it folds to under the others.
  public private(set) var other: Snapshot

  /// - Parameters:
  ///   - change: from the governance that was in force in an epoch to the other one.
  ///   - visit: given both snapshots of every epoch in order, the open one last.
  public init(
    _ ledger: any Ledger, change: (Governance) throws -> Governance,
    visit: (_ was: Snapshot, _ other: Snapshot) throws -> Void = { _, _ in }
  ) throws {
    let recovery = try ledger.recover()
    guard let state = recovery.state, let map = try ledger.map(version: state.mapVersion) else {
      throw WhatIfError.nothingLearned
    }
    let history = try Replay.History(ledger)
    let past = Side(
      ledger, map, history.spans, terms: try history.terms(ledger) + [try Epoch.Terms(ledger, state)])
    let changed = Side(
      ledger, map, history.spans,
      terms: try past.terms.map { terms in
        let governance = try change(terms.governance.value)
        return Epoch.Terms(
          opened: terms.opened, catalogue: terms.catalogue,
          governance: Versioned(version: terms.governance.version, value: governance))
      })
    // What intents' own directions said is on both sides what the router had fitted by then.
    let adopting = { (snapshot: Snapshot) in try snapshot.adopting(residualsOf: snapshot.epoch, ledger) }
    (was, other) = (try adopting(past.empty), try adopting(changed.empty))
    try visit(was, other)
    for (own, foreign) in zip(try past.inputs(), try changed.inputs()) {
      was = try adopting(past.fold(was, own))
      other = try adopting(changed.fold(other, foreign))
      try visit(was, other)
    }
  }

  /// The log under one set of parameters.
  private struct Side {
    let ledger: any Ledger
    let map: RegionMap
    let spans: [EpochSpan]
    /// Of every closed epoch and of the open one.
    let terms: [Epoch.Terms]
    let index: EpochIndex

    init(_ ledger: any Ledger, _ map: RegionMap, _ spans: [EpochSpan], terms: [Epoch.Terms]) {
      self.ledger = ledger
      self.map = map
      self.spans = spans
      self.terms = terms
      var index = EpochIndex()
      for (span, terms) in zip(spans, terms) {
        index.append(through: span.through.judgements, governance: terms.governance.value)
      }
      self.index = index
    }

    var empty: Snapshot {
      Snapshot(
        opened: terms[0].opened, catalogue: terms[0].catalogue, governance: terms[0].governance, map: map)
    }

    func inputs() throws -> [Epoch.Input] { try Gathering(ledger, map: map, index: index).all(spans) }

    func fold(_ snapshot: Snapshot, _ input: Epoch.Input) -> Snapshot {
      Epoch.fold(snapshot, input, terms[snapshot.epoch + 1], index)
    }
  }
}

public enum WhatIfError: Error, Hashable, CustomStringConvertible {
  case nothingLearned

  public var description: String { "the database holds no epoch yet; there is nothing to tell otherwise" }
}
