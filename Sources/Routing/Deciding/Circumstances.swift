/// What one decision depends on besides its intent and the snapshot: its id, the time, who executes, and what is known
/// of the candidates at this moment. It ends up in the eligible set and the turn, which are recorded, so that a
/// decision is made again without it.
public struct Circumstances: Sendable {
  public var id: Identifier
  public var now: Instant
  /// Nil where nothing is known of the moment.
  public var live: LiveRoster?
  public var execution: Execution

  public init(
    id: Identifier, at now: Instant, live: LiveRoster? = nil, execution: Execution = .elsewhere
  ) {
    self.id = id
    self.now = now
    self.live = live
    self.execution = execution
  }

  /// Whether an obstacle stands in the way, now and of who executes.
  func isStopped(by obstacle: LiveObstacle) -> Bool {
    guard obstacle.stands(at: now) else { return false }
    return switch execution {
    case .elsewhere: obstacle.kind.isVendors
    case .here: true
    }
  }

  /// Uniform in [0, 1), a function of the id: whoever admits a larger share of the work is let in. One for all
  /// candidates, so that a decision lets in two that are half open alike, or the one that is further open.
  var coin: Double { Draw.admissionCoin(id) }
}

/// Who carries out what is decided.
public enum Execution: Hashable, Sendable {
  /// Somebody else with an account of his own: only the vendors' obstacles stand in his way.
  case elsewhere
  /// This router's executors: every obstacle stands in their way. `unable`: why a candidate cannot do this work at all,
  /// by its id. Where nobody else is left, whoever is kept out only by what passes is let in, and the work waits.
  case here(unable: [String: String])

  func inability(of candidate: String) -> String? {
    switch self {
    case .elsewhere: nil
    case .here(let unable): unable.isEmpty ? nil : unable[candidate]
    }
  }
}

/// Who may serve an intent at a moment.
public struct Admission: Hashable, Sendable {
  public var eligible: CandidateSet
  /// Where all of them have to be waited for: when the first can be asked, as far as that is known; nil otherwise.
  public var opens: Instant?
}

extension Roster {
  /// Who may serve an intent in these circumstances.
  public func admission(_ intent: Intent, _ circumstances: Circumstances) -> Admission {
    var able = eligible(for: intent, circumstances.live)
    if case .here(let unable) = circumstances.execution, !unable.isEmpty {
      for position in able.positions where unable[candidates[position].id] != nil { able.remove(position) }
    }
    guard let live = circumstances.live, !live.isClear else { return Admission(eligible: able) }
    var admitted = able
    live.close(&admitted, circumstances)
    if admitted.isEmpty, case .here = circumstances.execution { return waiting(able, live, circumstances) }
    return Admission(eligible: admitted)
  }

  /// Those who are kept out only by what passes.
  private func waiting(_ able: CandidateSet, _ live: LiveRoster, _ circumstances: Circumstances) -> Admission
  {
    var admission = Admission(eligible: CandidateSet())
    var mustWait = true
    for position in able.positions {
      switch live.ineligibility(position, circumstances) {
      case .obstacle(let obstacle) where obstacle.kind.passes:
        if let until = obstacle.until { admission.opens = min(admission.opens ?? until, until) }
      case .halfOpen: mustWait = false
      default: continue
      }
      admission.eligible.insert(position)
    }
    if !mustWait { admission.opens = nil }
    return admission
  }
}
