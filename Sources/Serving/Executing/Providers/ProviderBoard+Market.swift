import Jobs
import Routing

extension ProviderBoard {
  /// What deciding has to know of every candidate at this moment.
  func market(at now: Instant) -> LiveMarket {
    var states: [String: LiveState] = [:]
    for provider in shelves.keys { describe(provider, at: now, in: &states) }
    return LiveMarket(states: states)
  }

  /// The same for one provider's candidates.
  func describe(_ provider: String, at now: Instant, in states: inout [String: LiveState]) {
    for candidate in shelves[provider] ?? [] { states[candidate] = state(of: candidate, provider, at: now) }
  }

  func state(of candidate: String, _ provider: String, at now: Instant) -> LiveState {
    let figures = figures[candidate]
    let isMeasured = (figures?.latency.evidence(at: now) ?? 0) >= ProviderBoard.latenciesNeeded
    let key = CircuitBoard.Key(candidate: candidate, provider: provider)
    return LiveState(
      obstacle: obstacle(of: key, at: now), admission: admission(of: key, at: now), load: load(of: provider),
      latencyP50: isMeasured ? figures?.latency.quantile(0.5) : nil,
      latencyP90: isMeasured ? figures?.latency.quantile(0.9) : nil)
  }

  /// Attempts' worth of latencies before a quantile of them is told.
  static let latenciesNeeded = 5.0

  func load(of provider: String) -> Double {
    let jobs = accounts.inUse(provider) + (queues[provider]?.count ?? 0)
    return Double(jobs) / Double(max(concurrency(of: provider) ?? 100, 1))
  }

  func concurrency(of provider: String) -> Int? { catalogue.provider(provider)?.access?.concurrency }

  /// The share of work that is let through once no obstacle stands: that of the narrower circuit.
  private func admission(of key: CircuitBoard.Key, at now: Instant) -> Double {
    [circuits.circuit(of: key), circuits.circuit(ofProvider: key.provider)].map { circuit in
      switch circuit.phase(at: now) {
      case .closed, .coolingDown: 1
      case .open: circuit.rules.ramp.first ?? 1
      case .halfOpen, .openHard: circuit.share(at: now)
      }
    }.min() ?? 1
  }

  /// The first that stands in a candidate's way: what needs somebody's hand before what passes.
  private func obstacle(of key: CircuitBoard.Key, at now: Instant) -> LiveObstacle? {
    if let obstacle = obstacles[key.provider] { return obstacle }
    if let words = gone[key.candidate] { return LiveObstacle(.foundGone, detail: words) }
    if health[key.provider] == .down {
      return LiveObstacle(.down, detail: whyDown(key.provider))
    }
    guard let opens = circuits.soonest(key, after: now) else {
      return LiveObstacle(
        .circuitOpen, until: recheck(of: key.provider, at: now),
        detail:
          "its provider refuses our credential or has no money of ours; it opens again after a good check")
    }
    if opens > now {
      return LiveObstacle(
        .circuitOpen, until: opens,
        detail: "too many calls failed, or its provider called it gone; open until \(opens)")
    }
    return placeObstacle(of: key.provider, at: now)
  }

  private func whyDown(_ provider: String) -> String {
    guard catalogue.provider(provider)?.kind == .local else {
      return "the latest checks of provider '\(provider)' failed"
    }
    let found = service(of: provider)?.detail.map { ": \($0)" } ?? " yet"
    return "the service of provider '\(provider)' does not answer\(found)"
  }

  /// Callers' own accounts have limits of their own, which say nothing about others.
  private func placeObstacle(of provider: String, at now: Instant) -> LiveObstacle? {
    let payer = payer(of: provider, tenant: nil)
    if case .forwarded = payer { return nil }
    if let waiting = queues[provider]?.count, waiting > 0 {
      return LiveObstacle(.noHeadroom, detail: "\(waiting) jobs wait for provider '\(provider)'")
    }
    switch accounts.headroom(AccountKey(provider: provider, payer: payer), at: now) {
    case .free: return nil
    case .later(let time):
      return LiveObstacle(.noHeadroom, until: time, detail: "its rate allows the next call at \(time)")
    case .full:
      return LiveObstacle(
        .noHeadroom, detail: "all \(concurrency(of: provider) ?? 0) places of '\(provider)' are taken")
    }
  }

  /// When the market changes by itself, because a time has come; nil when it does not.
  func nextChange(of market: LiveMarket, after now: Instant) -> Instant? {
    market.states.values.compactMap { $0.obstacle?.until }.filter { $0 > now }.min()
  }
}
