public import Routing

/// How a provider is, from regular checks: healthy, degraded (slower than 5 s, or after a failure), down (after three
/// failures in a row). A service on one's own machine is down until it has answered: see ``Rules/isOwnService``.
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
    /// Of a service on one's own machine, which nobody may have started: down until its first good check by this process,
    /// and again as soon as nothing listens at its address.
    public var isOwnService = false

    public init() {}

    /// The same for a service on one's own machine: a check costs nothing, and whoever has just started the service
    /// waits for it.
    public var ofOwnService: Rules {
      var rules = self
      rules.interval = min(rules.interval, .minutes(1))
      rules.leastInterval = min(rules.leastInterval, .seconds(5))
      rules.isOwnService = true
      return rules
    }
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
  public private(set) var state: State
  public private(set) var failuresInARow = 0
  /// The latest checks, oldest first, at most ``Rules/history``.
  public private(set) var history: [Entry] = []
  /// How long after the last check the next one is due, as attempts since then have failed.
  private var urgency: Span?
  /// Whether this process has not yet checked it.
  private var isUnseen = true

  /// - Parameter past: checks of before, oldest first. Whoever had to be told of the changes among them has been.
  public init(provider: String, rules: Rules = Rules(), past: [Check] = []) {
    self.provider = provider
    self.rules = rules
    state = .healthy
    for check in past { _ = record(check) }
    isUnseen = true
    // Whether it was there yesterday says nothing about a service that may have been stopped since.
    if rules.isOwnService { state = .down }
  }

  /// Takes in a check.
  ///
  /// - Returns: an alert when the state has changed.
  public mutating func record(_ check: Check) -> HealthAlert? {
    let before = state
    failuresInARow = check.failure == nil ? 0 : failuresInARow + 1
    urgency = nil
    let isFirst = isUnseen && rules.isOwnService
    isUnseen = false
    let isGone = rules.isOwnService && check.failure?.cause == .unreachable
    if failuresInARow >= rules.failuresUntilDown || isGone {
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
      provider: provider, from: before, to: state, check: check, failuresInARow: failuresInARow,
      isFirst: isFirst)
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
    guard let last = history.last, !(isUnseen && rules.isOwnService) else { return now }
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
  /// Whether nothing was known of the provider before, so that it is no news to people.
  public var isFirst: Bool

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
    case .down where failuresInARow == 1:
      "\(provider) is down: " + (check.failure?.message ?? "no answer")
    case .down:
      "\(provider) is down after \(failuresInARow) failed checks in a row: "
        + (check.failure?.message ?? "no answer")
    }
  }
}
