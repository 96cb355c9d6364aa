import Persistence
import Routing
import Serving

extension LoggedFeedback {
  /// Decisions of a router's database that have a reward, with the region as context and the candidate that was chosen
  /// as action, whoever executed in the end: what is valued is the choice, failover included.
  ///
  /// A session's later decisions are left out: they were not drawn.
  ///
  /// - Parameter capability: nil where the database has rewards of one only.
  init(_ ledger: SQLiteLedger, capability: Capability?) throws {
    let recovery = try ledger.recover()
    // As the router itself counts: what came after the last close belongs to the epoch that is open.
    var index = recovery.index
    index.append(through: .max, governance: recovery.governance.value)
    let counts = try ledger.counts()
    guard let map = recovery.map, counts.decisions > 0 else {
      throw CommandFailure("the database holds no decision")
    }
    var progress = ProgressBar(total: Int(counts.decisions), unit: "decisions")
    defer { progress.clear() }
    var maps = [map.version: map]
    var found: Set<Capability> = []
    var last: Int64 = 0
    while true {
      var page: [(sequence: Int64, decision: Decision)] = []
      try ledger.decisions(after: last) { sequence, decision in
        page.append((sequence, decision))
        return page.count < 10_000
      }
      guard let end = page.last?.sequence else { break }
      last = end
      // Afterwards: the ledger does not take one question inside another.
      for (sequence, decision) in page where decision.reason != .sticky {
        let asked = decision.intent.capability
        if let capability, capability != asked { continue }
        guard let judged = try ledger.judged(decision.id, map: map),
          let reward = judged.reward(through: .max, index)
        else { continue }
        if maps[decision.mapVersion] == nil {
          maps[decision.mapVersion] = try ledger.map(version: decision.mapVersion)
        }
        let region =
          maps[decision.mapVersion]?.regionID(asked, row: decision.placement.row) ?? RegionMap.rootID
        found.insert(asked)
        rows.append(
          Row(
            line: Int(sequence), context: contexts.place(of: region),
            action: actions.place(of: recovery.roll.id(of: decision.chosen)), reward: reward.value,
            propensity: decision.propensity))
      }
      progress.advance(by: page.count)
    }
    guard found.count < 2 else {
      let names = found.map(\.name).sorted().joined(separator: ", ")
      throw CommandFailure(
        "the database has rewards of several capabilities: give --capability, one of \(names)")
    }
  }
}
