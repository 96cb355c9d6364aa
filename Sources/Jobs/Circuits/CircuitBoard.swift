public import Routing

/// The circuits of all candidates and providers.
public struct CircuitBoard: Sendable {
  private var candidates: [String: Circuit] = [:]
  private var providers: [String: Circuit] = [:]
  private let candidateRules: CircuitRules
  private let providerRules: CircuitRules

  public init(candidateRules: CircuitRules = CircuitRules(), providerRules: CircuitRules = .provider) {
    self.candidateRules = candidateRules
    self.providerRules = providerRules
  }

  /// A candidate and who sells it.
  public struct Key: Hashable, Sendable {
    public var candidate: String
    public var provider: String

    public init(candidate: String, provider: String) {
      self.candidate = candidate
      self.provider = provider
    }
  }

  public func circuit(of key: Key) -> Circuit {
    candidates[key.candidate] ?? Circuit(rules: candidateRules)
  }

  public func circuit(ofProvider provider: String) -> Circuit {
    providers[provider] ?? Circuit(rules: providerRules)
  }

  /// Takes in how an attempt ended, as the class of its failure says. An attempt that was already reported as lost is
  /// not counted again.
  ///
  /// - Parameter random: in [0, 1), for the jitter of a cooldown.
  /// - Returns: what changed, for alerts and for the event log.
  public mutating func record(_ report: AttemptReport, at now: Instant, random: Double) -> [CircuitChange] {
    guard !report.isRevision else { return [] }
    let key = Key(candidate: report.candidate, provider: report.provider)
    switch report.state {
    case .succeeded: return update(key, at: now) { circuit, _ in circuit.succeed(at: now) }
    case .failed, .lost:
      guard let failure = report.failure else { return [] }
      return record(failure, of: key, at: now, random: random)
    default: return []
    }
  }

  /// The same for a failure outside an attempt: a status call, a health check.
  public mutating func record(
    _ failure: VendorFailure, of key: Key, at now: Instant, random: Double
  ) -> [CircuitChange] {
    let isProvider = failure.circuitScope == .provider
    switch failure.treatment.circuit {
    // An answer that is no fault of the vendor shows that it works.
    case .unaffected:
      guard failure.treatment.statistic != .none else { return [] }
      return update(key, at: now) { circuit, _ in circuit.succeed(at: now) }
    case .removed:
      return update(key, at: now) { circuit, scope in
        // The provider is well, and said which of its models is not.
        if scope == .candidate { circuit.trip(at: now) } else { circuit.succeed(at: now) }
      }
    case .counts: return update(key, at: now) { circuit, _ in circuit.fail(at: now) }
    case .coolsDown:
      return update(key, at: now) { circuit, scope in
        guard (scope == .provider) == isProvider else { return }
        circuit.coolDown(at: now, retryAfter: failure.retryAfter, random: random)
      }
    case .opensHard:
      return update(key, at: now) { circuit, scope in
        if (scope == .provider) == isProvider { circuit.openHard() }
      }
    }
  }

  /// Lets some calls through again: a new credential is in place, or a probe went through.
  public mutating func mend(_ key: Key, at now: Instant) -> [CircuitChange] {
    update(key, at: now) { circuit, _ in circuit.mend(at: now) }
  }

  /// Whether a call to this candidate is let through, by its own circuit and by its provider's.
  ///
  /// - Parameter random: in [0, 1); one serves both, so that two ramps at 50 % let half of the calls through, not a
  ///   quarter.
  public func admits(_ key: Key, at now: Instant, random: Double) -> Bool {
    circuit(of: key).admits(at: now, random: random)
      && circuit(ofProvider: key.provider).admits(at: now, random: random)
  }

  /// When a call may be let through; nil when only mending helps.
  public func soonest(_ key: Key, after now: Instant) -> Instant? {
    guard let own = circuit(of: key).soonest(after: now),
      let provider = circuit(ofProvider: key.provider).soonest(after: now)
    else { return nil }
    return max(own, provider)
  }

  /// Who of an ordered list may be asked: those admitted, in order; if none is, the one that will be soonest, to be
  /// probed at its time (the first in order among equals).
  public func choose(among keys: [Key], at now: Instant, random: Double) -> CircuitChoice {
    let admitted = keys.indices.filter { admits(keys[$0], at: now, random: random) }
    if !admitted.isEmpty { return .admitted(admitted) }
    var probe: (position: Int, at: Instant)?
    for position in keys.indices {
      guard let time = soonest(keys[position], after: now) else { continue }
      if probe.map({ time < $0.at }) ?? true { probe = (position, time) }
    }
    return probe.map { .probe($0.position, at: $0.at) } ?? .none
  }

  private mutating func update(
    _ key: Key, at now: Instant, _ change: (inout Circuit, FailureTreatment.Scope) -> Void
  ) -> [CircuitChange] {
    var changes: [CircuitChange] = []
    var own = circuit(of: key)
    let before = own.phase(at: now)
    change(&own, .candidate)
    candidates[key.candidate] = own
    let after = own.phase(at: now)
    if before != after {
      changes.append(CircuitChange(scope: .candidate, id: key.candidate, from: before, to: after, at: now))
    }
    var shared = circuit(ofProvider: key.provider)
    let sharedBefore = shared.phase(at: now)
    change(&shared, .provider)
    providers[key.provider] = shared
    let sharedAfter = shared.phase(at: now)
    if sharedBefore != sharedAfter {
      changes.append(
        CircuitChange(scope: .provider, id: key.provider, from: sharedBefore, to: sharedAfter, at: now))
    }
    return changes
  }
}

/// The answer of ``CircuitBoard/choose(among:at:random:)``.
public enum CircuitChoice: Hashable, Sendable {
  /// Positions in the list.
  case admitted([Int])
  /// All are open; this one is probed at that time, and a caller who cannot wait is told to come back then.
  case probe(Int, at: Instant)
  /// All are opened hard.
  case none

  /// How long a caller should wait; nil where waiting is not needed or does not help.
  public func retryAfter(_ now: Instant) -> Span? {
    if case .probe(_, let at) = self, at > now { at - now } else { nil }
  }
}

/// A circuit has changed its phase.
public struct CircuitChange: Hashable, Sendable {
  public var scope: FailureTreatment.Scope
  /// Of the candidate or the provider.
  public var id: String
  public var from: Circuit.Phase
  public var to: Circuit.Phase
  public var at: Instant

  public init(
    scope: FailureTreatment.Scope, id: String, from: Circuit.Phase, to: Circuit.Phase, at: Instant
  ) {
    self.scope = scope
    self.id = id
    self.from = from
    self.to = to
    self.at = at
  }
}
