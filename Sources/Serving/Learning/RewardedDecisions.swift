public import Routing

/// A recorded decision that was judged, with what evaluating a policy needs.
public struct RewardedDecision: Sendable {
  /// Its place in the log.
  public var sequence: Int64
  public var decision: Decision
  /// Where the map in force now places it.
  public var row: Int
  /// y, 0…1.
  public var reward: Double
}

extension RewardedDecision {
  /// Reads every decision that has a reward, in the order of the log; rewards as the router itself counts them, with
  /// what came after the last close in the epoch that is open.
  ///
  /// Two passes, each one scan: rewards first, kept in 24 bytes each, then the decisions.
  ///
  /// - Parameter read: called with the number of decisions read since the last call.
  public static func all(
    _ ledger: any Ledger, map: RegionMap, read: (Int) -> Void = { _ in },
    _ body: (RewardedDecision) throws -> Void
  ) throws {
    let recovery = try ledger.recover()
    var index = recovery.index
    index.append(through: .max, governance: recovery.governance.value)
    var rewards: [Int64: (row: Int32, value: Double)] = [:]
    try ledger.judged(after: 0, through: .max, map: map) { judged in
      guard let reward = judged.reward(through: .max, index) else { return }
      rewards[judged.decision] = (Int32(judged.row), reward.value)
    }
    var last: Int64 = 0
    while true {
      var page: [RewardedDecision] = []
      var count = 0
      try ledger.decisions(after: last) { sequence, decision in
        last = sequence
        count += 1
        if let (row, value) = rewards[sequence] {
          page.append(RewardedDecision(sequence: sequence, decision: decision, row: Int(row), reward: value))
        }
        return count < 10_000
      }
      // Outside: the ledger does not take one question inside another, and `body` may have one.
      try page.forEach(body)
      guard count > 0 else { return }
      read(count)
    }
  }
}
