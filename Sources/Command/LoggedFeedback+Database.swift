import Experiments
import Persistence
import Routing
import Serving
import Vectors

extension LoggedFeedback {
  /// Decisions of a router's database that have a reward, with the region as context and the candidate that was chosen
  /// as action, whoever executed in the end: what is valued is the choice, failover included. Every epoch is a logging
  /// policy of its own, with the propensities of its stored snapshot.
  ///
  /// A session's later decisions are left out: they were not drawn.
  ///
  /// - Parameters:
  ///   - capability: nil where the database has rewards of one only.
  ///   - change: from the governance in force to that of the policy to value, which then stands in the rows; nil where
  ///     that policy comes from elsewhere.
  init(
    _ ledger: SQLiteLedger, capability: Capability?, change: ((Governance) throws -> Governance)? = nil
  ) throws {
    let recovery = try ledger.recover()
    let counts = try ledger.counts()
    guard let map = recovery.map, counts.decisions > 0 else {
      throw CommandFailure("the database holds no decision")
    }
    var progress = ProgressBar(total: Int(counts.decisions), unit: "decisions")
    defer { progress.clear() }
    var drawn: [RewardedDecision] = []
    try RewardedDecision.all(ledger, map: map, read: { progress.advance(by: $0) }) { entry in
      guard entry.decision.reason != .sticky else { return }
      if let capability, capability != entry.decision.intent.capability { return }
      drawn.append(entry)
    }
    let found = Set(drawn.map(\.decision.intent.capability))
    guard found.count < 2 else {
      let names = found.map(\.name).sorted().joined(separator: ", ")
      throw CommandFailure(
        "the database has rewards of several capabilities: give --capability, one of \(names)")
    }
    // Needed only where intents were heard one by one.
    let isHeard = try !ledger.residuals(inEpoch: .max).isEmpty
    let embeddings = try drawn.map { isHeard ? try ledger.embedding(of: $0.decision.id) : nil }
    let mixtures = try LoggerMixtures(ledger, drawn, embeddings)
    for (place, entry) in drawn.enumerated() {
      let decision = entry.decision
      rows.append(
        Row(
          line: Int(entry.sequence),
          context: contexts.place(of: map.regionID(decision.intent.capability, row: entry.row)),
          action: actions.place(of: recovery.roll.id(of: decision.chosen)), reward: entry.reward,
          propensity: decision.propensity, logger: loggers.place(of: "epoch \(decision.epoch)"),
          mixture: mixtures?.propensities[place]))
    }
    if let change { try distribute(ledger, drawn, embeddings, recovery.roll, change) }
  }

  /// Gives every row the distribution that the changed policy would have drawn from, knowing what its own fold of the
  /// log knew at the beginning of the row's epoch.
  private mutating func distribute(
    _ ledger: SQLiteLedger, _ drawn: [RewardedDecision], _ embeddings: [QuantisedVector?], _ roll: Roll,
    _ change: (Governance) throws -> Governance
  ) throws {
    // Decisions are recorded in groups, so that an epoch's may stand between those of the next.
    let byEpoch = Dictionary(grouping: drawn.indices) { drawn[$0].decision.epoch }
    var forgotten: [Int] = []
    _ = try WhatIf(ledger, change: change) { _, other in
      var known: [TableKey: Int] = [:]
      let tables = TableCache(other)
      for place in byEpoch[other.epoch] ?? [] {
        var key = drawn[place].decision.tableKey
        key.row = drawn[place].row
        key.preferred = nil
        if other[key.capability].hearsIntents(ofRow: key.row) {
          guard let embedding = embeddings[place] else {
            forgotten.append(place)
            continue
          }
          let direction = other.direction(of: embedding.elements, row: key.row, key.capability)
          _ = tables.preferring(along: direction, &key)
        }
        if known[key] == nil {
          var shares: [Int: Double] = [:]
          guard let served = tables.served(key) else {
            let policy = other[key.capability].rules.policy
            throw CommandFailure(
              "in epoch \(other.epoch) \(key.capability.name) would be decided by \(policy.rawValue), which goes by load and "
                + "latency of the moment: a database does not hold them, so nobody can say what it would have chosen; "
                + "give another policy")
          }
          for (candidate, probability) in served {
            shares[actions.place(of: roll.id(of: candidate))] = probability
          }
          known[key] = self.place(ofDistribution: shares)
        }
        rows[place].distribution = known[key]
      }
    }
    let reason = "its embedding was forgotten, so that nobody can say whom the policy would have preferred"
    faults += forgotten.sorted().map { .init(line: rows[$0].line, reason: reason) }
    let lost = Set(forgotten)
    rows = rows.indices.filter { !lost.contains($0) }.map { rows[$0] }
  }
}
