/// A capability's candidates at one moment, by position in the roster.
public final class LiveRoster: Sendable {
  private struct Obstruction: Sendable {
    var position: Int
    var obstacle: LiveObstacle
  }

  private struct Gap: Sendable {
    var position: Int
    var admission: Double
  }

  /// Nil where nothing is known.
  let states: [LiveState?]
  private let obstructions: [Obstruction]
  private let gaps: [Gap]
  /// Best first, where the capability's policy goes by an order of the moment; empty otherwise.
  private let order: [Int]

  /// Nil where nothing is known of anybody.
  init?(_ market: LiveMarket, _ roster: Roster, order: LiveOrder?) {
    states = roster.candidates.map { market.states[$0.id] }
    guard states.contains(where: { $0 != nil }) else { return nil }
    obstructions = states.enumerated().compactMap { position, state in
      state?.obstacle.map { Obstruction(position: position, obstacle: $0) }
    }
    gaps = states.enumerated().compactMap { position, state in
      guard let state, state.admission < 1 else { return nil }
      return Gap(position: position, admission: state.admission)
    }
    self.order = order?.positions(states.map { $0 ?? LiveState() }) ?? []
  }

  /// Whether nobody is kept out by anything of the moment: most of the time.
  var isClear: Bool { obstructions.isEmpty && gaps.isEmpty }

  /// What a candidate's latency is taken to be: measured, or else what it states.
  func latencyP90(_ position: Int, stated: Span?) -> Span? { states[position]?.latencyP90 ?? stated }

  /// Takes out whoever may not be asked now.
  func close(_ set: inout CandidateSet, _ circumstances: Circumstances) {
    for obstruction in obstructions where circumstances.isStopped(by: obstruction.obstacle) {
      set.remove(obstruction.position)
    }
    guard !gaps.isEmpty else { return }
    let coin = circumstances.coin
    for gap in gaps where coin >= gap.admission { set.remove(gap.position) }
  }

  /// What keeps a candidate out at this moment; nil for nothing.
  func ineligibility(_ position: Int, _ circumstances: Circumstances) -> Ineligibility? {
    guard let state = states[position] else { return nil }
    if let obstacle = state.obstacle, circumstances.isStopped(by: obstacle) { return .obstacle(obstacle) }
    return state.admission < 1 && circumstances.coin >= state.admission
      ? .halfOpen(admission: state.admission) : nil
  }

  /// The best of a set by the order of the moment; nil where the policy goes by none.
  public func first(among set: CandidateSet) -> Int? { order.first { set.contains($0) } }
}

/// A live market in the terms of one snapshot, so that deciding looks nobody up by name: made once whenever either
/// changes.
public final class ResolvedMarket: Sendable {
  public let market: LiveMarket
  /// By ``Capability/index``.
  private let rosters: [LiveRoster?]

  public init(_ market: LiveMarket, _ snapshot: Snapshot) {
    self.market = market
    rosters = Capability.allCases.map { capability in
      let knowledge = snapshot[capability]
      return LiveRoster(market, knowledge.roster, order: knowledge.rules.policy.liveOrder)
    }
  }

  /// Nil where nothing is known of anybody who serves it.
  public subscript(capability: Capability) -> LiveRoster? { rosters[capability.index] }
}
