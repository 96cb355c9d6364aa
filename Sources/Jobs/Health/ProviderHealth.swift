public import Routing

/// How a provider is, from regular checks: healthy, degraded (slower than 5 s, or after a failure), down (after three
/// failures in a row).
public struct ProviderHealth: Hashable, Sendable {
  public enum State: String, CaseIterable, Hashable, Sendable { case healthy, degraded, down }

  /// One check of a provider: its health call, or its lightest call that needs the credential.
  public struct Check: Hashable, Sendable {
    public var at: Instant
    public var latency: Span
    /// Nil when it answered as it should.
    public var failure: VendorFailure?

    public init(at: Instant, latency: Span, failure: VendorFailure? = nil) {
      self.at = at
      self.latency = latency
      self.failure = failure
    }
  }

  public struct Rules: Hashable, Sendable {
    public var slow = Span.seconds(5)
    public var failuresUntilDown = 3
    public var interval = Span.minutes(5)
    /// The least time between two checks, however many attempts fail.
    public var leastInterval = Span.seconds(15)
    /// The same when a call was refused our credential or money: everything at the provider waits for the answer.
    public var refusalInterval = Span.seconds(2)
    /// Checks remembered: a day of them.
    public var history = 288

    public init() {}
  }

  /// A check and what was concluded from it.
  public struct Entry: Hashable, Sendable {
    public var check: Check
    public var state: State

    public init(check: Check, state: State) {
      self.check = check
      self.state = state
    }
  }

  public let provider: String
  public let rules: Rules
  public private(set) var state = State.healthy
  public private(set) var failuresInARow = 0
  /// The latest checks, oldest first, at most ``Rules/history``.
  public private(set) var history: [Entry] = []
  /// How long after the last check the next one is due, as attempts since then have failed.
  private var urgency: Span?

  public init(provider: String, rules: Rules = Rules()) {
    self.provider = provider
    self.rules = rules
  }

  /// Takes in a check.
  ///
  /// - Returns: an alert when the state has changed.
  public mutating func record(_ check: Check) -> HealthAlert? {
    let before = state
    failuresInARow = check.failure == nil ? 0 : failuresInARow + 1
    urgency = nil
    if failuresInARow >= rules.failuresUntilDown {
      state = .down
    } else if failuresInARow > 0 || check.latency > rules.slow {
      // One failure does not make a provider that is down less so.
      state = before == .down && failuresInARow > 0 ? .down : .degraded
    } else {
      state = .healthy
    }
    history.append(Entry(check: check, state: state))
    if history.count > rules.history { history.removeFirst(history.count - rules.history) }
    guard state != before else { return nil }
    return HealthAlert(
      provider: provider, from: before, to: state, check: check, failuresInARow: failuresInARow)
  }

  /// An attempt has failed in a way that speaks against the provider: the next check is due sooner.
  public mutating func doubt(_ failure: VendorFailure) {
    switch failure.treatment.circuit {
    case .opensHard: urgency = rules.refusalInterval
    case .counts: urgency = urgency ?? rules.leastInterval
    default: break
    }
  }

  /// When the next check is due.
  public func nextCheck(after now: Instant) -> Instant {
    guard let last = history.last else { return now }
    return last.check.at + (urgency ?? rules.interval)
  }

  /// The share of remembered checks that were answered; nil before the first.
  public var uptime: Double? {
    guard !history.isEmpty else { return nil }
    return Double(history.count { $0.check.failure == nil }) / Double(history.count)
  }
}

/// A provider's health has changed.
public struct HealthAlert: Hashable, Sendable {
  public enum Level: String, CaseIterable, Hashable, Sendable { case info, warning, error }

  public var provider: String
  public var from: ProviderHealth.State
  public var to: ProviderHealth.State
  public var check: ProviderHealth.Check
  public var failuresInARow: Int

  public var level: Level {
    switch to {
    case .healthy: .info
    case .degraded: .warning
    case .down: .error
    }
  }

  /// One sentence for a person.
  public var message: String {
    switch to {
    case .healthy: "\(provider) is healthy again: it answered within \(check.latency)"
    case .degraded:
      check.failure.map { "\(provider) is degraded: \($0.message)" }
        ?? "\(provider) is degraded: it took \(check.latency) to answer"
    case .down:
      "\(provider) is down after \(failuresInARow) failed checks in a row: "
        + (check.failure?.message ?? "no answer")
    }
  }
}
