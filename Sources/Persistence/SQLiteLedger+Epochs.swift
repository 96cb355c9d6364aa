import Foundation
import GRDB
public import Routing
public import Serving

extension SQLiteLedger {
  public func append(opening state: EpochState) throws {
    try write { db in
      guard try db.first("SELECT 1 FROM epoch_state LIMIT 1", [], { _ in true }) == nil else {
        throw LedgerConflict.opened
      }
      try SQLiteLedger.insert(state, db)
    }
  }

  public func append(epoch: ClosedEpoch) throws {
    try write { db in
      let expected = try db.first("SELECT MAX(epoch) FROM epoch_state") { $0[0] as Int? ?? -1 } ?? -1
      guard epoch.number == expected, epoch.next.epoch == expected + 1 else {
        throw LedgerConflict.epochOutOfOrder(expected: max(0, expected), got: epoch.number)
      }
      let summary = epoch.summary
      try db.run(
        "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          epoch.number, epoch.opened.microseconds, epoch.closed.microseconds, epoch.through.decisions,
          epoch.through.judgements, epoch.governanceVersion, summary.decisions, summary.explored,
          summary.observations, summary.meanReward, summary.restatedEpochs, summary.orphaned,
        ])
      try SQLiteLedger.insert(epoch.next, db)
      for (capability, model) in epoch.residuals {
        try db.run(
          "INSERT INTO residual VALUES (?, ?, ?)", [epoch.next.epoch, capability.index, Data(model.bytes)])
      }
      if epoch.isRebuilt { try db.run("DELETE FROM counted") }
      for (tallies, sums) in epoch.counted {
        try db.run(
          "INSERT OR REPLACE INTO counted VALUES (?, ?, ?)",
          [tallies.epoch, Data(tallies.bytes), Data(sums.bytes)])
      }
    }
  }

  private static func insert(_ state: EpochState, _ db: Database) throws {
    try db.run(
      "INSERT INTO epoch_state VALUES (?, ?, ?, ?, ?, ?)",
      [
        state.epoch, state.opened.microseconds, state.catalogueVersion, state.governanceVersion,
        state.mapVersion,
        Data(state.learned),
      ])
  }

  public func recover() throws -> Recovery {
    try read { db in
      let (index, folded) = try SQLiteLedger.index(db)
      return Recovery(
        catalogue: try SQLiteLedger.catalogue(db),
        governance: try SQLiteLedger.governance(db) ?? Versioned(version: 0, value: Governance()),
        map: try SQLiteLedger.map(db), roll: try SQLiteLedger.roll(db), index: index, folded: folded,
        state: try SQLiteLedger.state(db, nil), history: try SQLiteLedger.history(db, index.heldEpochs))
    }
  }

  private static func index(_ db: Database) throws -> (EpochIndex, LedgerPosition) {
    var index = EpochIndex()
    var folded = LedgerPosition()
    var governances: [Int: Governance] = [0: Governance()]
    let rows = try db.rows(
      "SELECT governance, through_decisions, through_judgements FROM epoch ORDER BY number")
    while let row = try rows.next() {
      let version: Int = row[0]
      folded = LedgerPosition(decisions: row[1], judgements: row[2])
      if governances[version] == nil { governances[version] = try governance(db, version)?.value }
      guard let governance = governances[version] else {
        throw LedgerError.damaged(what: "no governance \(version), which epoch \(index.count) was folded by")
      }
      index.append(through: folded.judgements, governance: governance)
    }
    return (index, folded)
  }

  private static func history(_ db: Database, _ epochs: Range<Int>) throws -> [EpochSums] {
    var history = epochs.map { EpochSums(epoch: $0, sums: []) }
    let rows = try db.rows(
      "SELECT epoch, sums FROM counted WHERE epoch >= ? AND epoch < ?",
      [epochs.lowerBound, epochs.upperBound])
    while let row = try rows.next() {
      let epoch: Int = row[0]
      guard let sums = EpochSums(epoch: epoch, bytes: [UInt8](row[1] as Data)) else {
        throw LedgerError.damaged(what: "sums of epoch \(epoch)")
      }
      history[epoch - epochs.lowerBound] = sums
    }
    return history
  }

  public func tallies(epoch: Int) throws -> EpochTallies {
    try read { db in
      try db.first("SELECT tallies FROM counted WHERE epoch = ?", [epoch]) { row in
        guard let tallies = EpochTallies(epoch: epoch, bytes: [UInt8](row[0] as Data)) else {
          throw LedgerError.damaged(what: "tallies of epoch \(epoch)")
        }
        return tallies
      } ?? EpochTallies(epoch: epoch)
    }
  }

  public func residuals(inEpoch epoch: Int) throws -> [FittedResiduals] {
    try read { db in
      var fitted: [FittedResiduals] = []
      let rows = try db.rows(
        """
        SELECT capability, MAX(epoch), model FROM residual WHERE epoch <= ? GROUP BY capability
        ORDER BY capability
        """, [epoch])
      while let row = try rows.next() {
        let capability = try DecisionColumns.capability(row, 0)
        guard let model = ResidualModel(bytes: [UInt8](row[2] as Data)) else {
          throw LedgerError.damaged(
            what: "the residual model of \(capability.name) of epoch \(row[1] as Int)")
        }
        fitted.append(FittedResiduals(capability: capability, epoch: row[1], model: model))
      }
      return fitted
    }
  }

  public func epochs(from: Int, limit: Int) throws -> [EpochSummary] {
    try read { db in
      var summaries: [EpochSummary] = []
      let rows = try db.rows(
        """
        SELECT e.number, e.opened, e.closed, e.through_decisions, e.through_judgements, s.catalogue, e.governance,
          s.map, e.decisions, e.explored, e.observations, e.mean_reward, e.restated, e.orphaned
        FROM epoch e JOIN epoch_state s ON s.epoch = e.number WHERE e.number >= ? ORDER BY e.number LIMIT ?
        """, [from, limit])
      while let row = try rows.next() {
        summaries.append(
          EpochSummary(
            number: row[0], opened: Instant(microseconds: row[1]), closed: Instant(microseconds: row[2]),
            through: LedgerPosition(decisions: row[3], judgements: row[4]), catalogueVersion: row[5],
            governanceVersion: row[6], mapVersion: row[7],
            summary: ClosedEpoch.Summary(
              decisions: row[8], explored: row[9], observations: row[10], meanReward: row[11],
              restatedEpochs: row[12], orphaned: row[13])))
      }
      return summaries
    }
  }

  public func state(ofEpoch epoch: Int) throws -> EpochState? {
    try read { try SQLiteLedger.state($0, epoch) }
  }

  /// Without an epoch, the last one's.
  private static func state(_ db: Database, _ epoch: Int?) throws -> EpochState? {
    try db.first(
      """
      SELECT epoch, opened, catalogue, governance, map, learned FROM epoch_state WHERE ?1 IS NULL OR epoch = ?1
      ORDER BY epoch DESC LIMIT 1
      """, [epoch]
    ) { row in
      EpochState(
        epoch: row[0], opened: Instant(microseconds: row[1]), catalogueVersion: row[2],
        governanceVersion: row[3],
        mapVersion: row[4], learned: [UInt8](row[5] as Data))
    }
  }
}
