public import Routing
import Statistics

/// A circuit breaker (Nygard, "Release It!", 2007), as a value: it is told how calls ended and says which to let
/// through. Time and chance are arguments.
///
/// Closed lets all through. Enough failures open it for a while that doubles each time. Then it is half open: a share
/// of calls passes, 10 → 25 → 50 → 100 %, a step further after so many successes, and a failure opens it again. A 429
/// cools it down: open until Retry-After, then closed. A refused credential or an empty account opens it hard: until
/// ``mend(at:)``.
public struct Circuit: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    case closed
    case coolingDown(until: Instant)
    case open(until: Instant)
    /// The step of the ramp.
    case halfOpen(step: Int)
    case openHard
  }

  public let rules: CircuitRules
  private var stored = Phase.closed
  private var failuresInARow = 0
  private var calls: DiscountedCount
  private var failures: DiscountedCount
  /// Openings since it was last closed.
  private var openings = 0
  private var cooldowns = 0
  private var successes = 0

  public init(rules: CircuitRules = CircuitRules()) {
    self.rules = rules
    calls = DiscountedCount(halfLife: rules.halfLife)
    failures = DiscountedCount(halfLife: rules.halfLife)
  }

  /// Where it stands: an opening that is over has become half open, a cooldown that is over closed.
  public func phase(at now: Instant) -> Phase {
    switch stored {
    case .open(let until) where until <= now: .halfOpen(step: 0)
    case .coolingDown(let until) where until <= now: .closed
    default: stored
    }
  }

  /// The share of calls that it lets through, 0…1.
  public func share(at now: Instant) -> Double {
    switch phase(at: now) {
    case .closed: 1
    case .halfOpen(let step): rules.ramp.indices.contains(step) ? rules.ramp[step] : 1
    case .coolingDown, .open, .openHard: 0
    }
  }

  /// Whether it lets a call through.
  ///
  /// - Parameter random: in [0, 1), one for each call.
  public func admits(at now: Instant, random: Double) -> Bool { random < share(at: now) }

  /// When it next lets a call through: now, later, or (opened hard) nobody knows.
  public func soonest(after now: Instant) -> Instant? {
    switch phase(at: now) {
    case .closed, .halfOpen: now
    case .coolingDown(let until), .open(let until): until
    case .openHard: nil
    }
  }

  /// The vendor delivered, or answered in a way that speaks for it.
  public mutating func succeed(at now: Instant) {
    calls.add(1, at: now)
    failuresInARow = 0
    cooldowns = 0
    guard case .halfOpen(let step) = phase(at: now) else {
      // A call from before it opened proves nothing about now.
      if case .closed = phase(at: now) { stored = .closed }
      return
    }
    successes += 1
    stored = .halfOpen(step: step)
    guard successes >= rules.successesPerStep else { return }
    successes = 0
    if step + 1 < rules.ramp.count {
      stored = .halfOpen(step: step + 1)
    } else {
      close()
    }
  }

  /// A failure that counts.
  public mutating func fail(at now: Instant) {
    calls.add(1, at: now)
    failures.add(1, at: now)
    failuresInARow += 1
    switch phase(at: now) {
    case .halfOpen: open(at: now)
    case .closed:
      let remembered = calls.value(at: now)
      let isFrequent =
        remembered >= rules.minimumEvidence && failures.value(at: now) >= rules.failureShare * remembered
      if failuresInARow >= rules.failuresInARow || isFrequent { open(at: now) }
    case .coolingDown, .open, .openHard: break
    }
  }

  /// A failure that is enough by itself: open at once, for a while that doubles each time.
  public mutating func trip(at now: Instant) {
    calls.add(1, at: now)
    switch phase(at: now) {
    case .halfOpen, .closed, .coolingDown: open(at: now)
    case .open, .openHard: break
    }
  }

  /// A 429. Cooldowns without a Retry-After grow while no success comes between them.
  public mutating func coolDown(at now: Instant, retryAfter: Span?, random: Double) {
    let until = now + rules.cooldown.delay(attempt: cooldowns, random: random, retryAfter: retryAfter)
    cooldowns += 1
    switch phase(at: now) {
    case .openHard: break
    case .open(let end): stored = .open(until: max(end, until))
    case .coolingDown(let end): stored = .coolingDown(until: max(end, until))
    // On its way back it goes on from the first step, not straight to all calls.
    case .halfOpen:
      successes = 0
      stored = .open(until: until)
    case .closed: stored = .coolingDown(until: until)
    }
  }

  public mutating func openHard() { stored = .openHard }

  /// Somebody has mended what opened it, or a probe went through: on to the first step of the ramp. Nothing happens to
  /// one that lets calls through.
  public mutating func mend(at now: Instant) {
    guard share(at: now) == 0 else { return }
    successes = 0
    stored = .halfOpen(step: 0)
    failuresInARow = 0
  }

  private mutating func open(at now: Instant) {
    let span = Double(rules.openFor.microseconds) * Exponential.two(to: Double(min(openings, 40)))
    openings += 1
    successes = 0
    let length = min(span, Double(rules.openForAtMost.microseconds))
    stored = .open(until: now + Span(microseconds: Int64(length)))
  }

  private mutating func close() {
    stored = .closed
    openings = 0
    failuresInARow = 0
    calls = DiscountedCount(halfLife: rules.halfLife)
    failures = DiscountedCount(halfLife: rules.halfLife)
  }
}
