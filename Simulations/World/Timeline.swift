import Statistics

/// The events of a simulation in their order, and what holds at each decision because of them.
///
/// Events begin and end exactly at their decisions. Changes that go on (linear and seasonal drift) move in steps of
/// ``step`` decisions.
public struct Timeline: Sendable {
  /// Decisions.
  public let length: Int
  public let events: [WorldEvent]
  private let start: Conditions
  private let groups: Int
  private let candidates: Int
  /// Where something begins or ends, ascending.
  private let boundaries: [Int]

  /// Decisions in which a gradual change stands still.
  public static let step = 50

  /// - Parameters:
  ///   - start: what holds where no event says otherwise.
  ///   - length: decisions.
  public init(start: Conditions, events: [WorldEvent], length: Int) {
    self.start = start
    self.events = events
    self.length = length
    groups = start.rates.count
    candidates = start.priors.count
    boundaries = Set(events.flatMap { [$0.during.lowerBound, $0.during.upperBound] }).filter { $0 > 0 }
      .sorted()
  }

  /// The first decision after this one at which something may be different.
  public func nextChange(after decision: Int) -> Int {
    let next = boundaries.first { $0 > decision } ?? length
    guard events.contains(where: { $0.moves(at: decision) }) else { return next }
    return min(next, (decision / Timeline.step + 1) * Timeline.step)
  }

  /// What holds for a decision.
  public func conditions(at decision: Int) -> Conditions {
    var now = start
    for event in events {
      if case .entrant(let candidate, let prior) = event.kind {
        if let prior { now.priors[candidate] = prior }
        if decision < event.during.lowerBound {
          now.answers[candidate] = false
          now.isListed[candidate] = false
        }
        continue
      }
      if case .drift(let drift) = event.kind {
        apply(drift, event.part(of: drift.course, at: decision), to: &now)
        continue
      }
      guard event.during.contains(decision) else { continue }
      switch event.kind {
      case .arrival(let group, let rate): now.rates[group] *= rate
      case .outage(let candidate): now.answers[candidate] = false
      case .retirement(let candidate):
        now.answers[candidate] = false
        now.isListed[candidate] = false
      case .price(let candidate, let factor): now.priceFactors[candidate] *= factor
      case .delay(let delay): now.feedback.delay = delay
      case .missing(let share): now.feedback.missing = share
      case .noise(let noise): now.feedback.noise = noise
      case .ring(let ring): now.feedback.ring = ring
      case .burst(let signals):
        now.feedback.heldUntil = event.during.upperBound
        now.feedback.signals = signals
      case .stall, .entrant, .drift: break
      }
    }
    return now
  }

  /// Whether the epoch clock stands still before this decision.
  public func isStalled(at decision: Int) -> Bool {
    events.contains { $0.kind == .stall && $0.during.contains(decision) }
  }

  /// Whether a part of the timeline leaves no one to serve, or nothing to serve: the first such decision.
  public var emptiness: (decision: Int, reason: String)? {
    var decision = 0
    while decision < length {
      let now = conditions(at: decision)
      if !now.answers.contains(true) { return (decision, "no candidate is left to answer") }
      if !now.isListed.contains(true) { return (decision, "the catalogue lists no candidate") }
      if !now.rates.contains(where: { $0 > 0 }) { return (decision, "no intent arrives") }
      decision = nextChange(after: decision)
    }
    return nil
  }

  private func apply(_ drift: Drift, _ part: Double, to now: inout Conditions) {
    guard part > 0 else { return }
    for group in drift.groups {
      for candidate in drift.candidates {
        now.factors[group * candidates + candidate] *= 1 + part * (drift.factor - 1)
        now.shifts[group * candidates + candidate] += part * drift.shift
      }
    }
  }
}

extension WorldEvent {
  /// Whether the event is a change that goes on at this decision.
  fileprivate func moves(at decision: Int) -> Bool {
    guard case .drift(let drift) = kind, drift.course != .sudden else { return false }
    return during.contains(decision)
  }

  /// How much of a drift has come by a decision, 0…1.
  fileprivate func part(of course: Drift.Course, at decision: Int) -> Double {
    guard decision >= during.lowerBound else { return 0 }
    // The step that the decision lies in begins here, or at the event's own first decision.
    let moment = max(decision / Timeline.step * Timeline.step, during.lowerBound)
    let elapsed = Double(moment - during.lowerBound)
    switch course {
    case .sudden: return during.contains(decision) ? 1 : 0
    case .linear:
      return decision >= during.upperBound ? 1 : min(1, elapsed / Double(during.count))
    case .seasonal(let period):
      return during.contains(decision) ? (1 - Cosine.ofTurn(elapsed / Double(period))) / 2 : 0
    }
  }
}

/// cos 2πx without the C library, whose last bits differ between processors.
enum Cosine {
  /// By the series of the angle folded to a quarter turn; the error is below 1e-14.
  static func ofTurn(_ turns: Double) -> Double {
    var x = turns - turns.rounded(.down)
    if x > 0.5 { x = 1 - x }
    let isNegative = x > 0.25
    if isNegative { x = 0.5 - x }
    let square = 4 * Double.pi * Double.pi * x * x
    var (sum, term) = (1.0, 1.0)
    for n in 1...11 {
      term *= -square / Double((2 * n - 1) * 2 * n)
      sum += term
    }
    return isNegative ? -sum : sum
  }
}
