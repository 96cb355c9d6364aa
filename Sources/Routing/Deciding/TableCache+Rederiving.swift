extension TableCache {
  /// Makes a recorded decision of this snapshot's epoch again, from a table that others share.
  public func rederive(_ decision: Decision) -> Choice {
    let roster = snapshot[decision.intent.capability].roster
    return Draw.choose(
      table(decision.tableKey), id: decision.id, sticky: decision.sticky.flatMap { roster.position(of: $0) },
      turn: decision.turn)
  }
}
