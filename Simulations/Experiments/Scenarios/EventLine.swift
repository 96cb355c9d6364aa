import Declarations
public import Routing
import Wire
public import World

/// An event as a scenario writes it, by names and moments, with its line for messages.
public struct EventLine: Hashable, Sendable {
  public var line: Int
  public var from: Moment
  /// Nil for the end of the run.
  public var until: Moment?
  public var kind: Kind

  public enum Kind: Hashable, Sendable {
    case arrival(group: String, rate: Double)
    case drift(course: Drift.Course, who: Who, groups: [String]?, factor: Double, shift: Double)
    case outage(candidate: String)
    case retirement(candidate: String)
    case price(candidate: String, factor: Double)
    case entrant(candidate: String, prior: Prior?)
    case delay(Delay)
    case missing(share: Double)
    case noise(RaterNoise)
    case ring(raters: Int, share: Double, lifts: [String], sinks: [String])
    case burst(signals: Int)
    case stall
  }

  public enum Who: Hashable, Sendable {
    case named([String])
    /// So many, the best on the mean of the world before any event.
    case best(Int)
  }

  /// The event among the candidates and groups of a world and in a run of some length.
  ///
  /// - Returns: nil where it is impossible; every reason has been told to `fail`.
  func resolved(
    candidates: [String], groups: [String], ranking: [Int], length: Int, fail: (String) -> Void
  ) -> WorldEvent? {
    var isPossible = true
    func wrong(_ message: String) {
      isPossible = false
      fail(message)
    }
    func place(_ name: String, _ all: [String], _ what: String) -> Int {
      if let place = all.firstIndex(of: name) { return place }
      let near = NearestName.suggestion(for: name, among: all).map { "; did you mean '\($0)'?" } ?? ""
      wrong("there is no \(what) '\(name)' in this world\(near)")
      return 0
    }
    func candidate(_ name: String) -> Int { place(name, candidates, "candidate") }
    let start = from.decision(of: length)
    let end = until?.decision(of: length) ?? length
    if start >= length { wrong("it begins at decision \(start), but the run has only \(length)") }
    if end <= start { wrong("it ends (\(end)) before it starts (\(start))") }
    let event: WorldEvent.Kind
    switch kind {
    case .arrival(let group, let rate):
      event = .arrival(group: place(group, groups, "region or domain"), rate: rate)
    case .drift(let course, let who, let names, let factor, let shift):
      let changed: [Int]
      switch who {
      case .named(let names): changed = names.map(candidate)
      case .best(let count):
        if count > candidates.count { wrong("there are only \(candidates.count) candidates, not \(count)") }
        changed = Array(ranking.prefix(count))
      }
      event = .drift(
        Drift(
          course, candidates: changed,
          groups: names.map { $0.map { place($0, groups, "region or domain") } } ?? Array(groups.indices),
          factor: factor, shift: shift))
    case .outage(let name): event = .outage(candidate: candidate(name))
    case .retirement(let name): event = .retirement(candidate: candidate(name))
    case .price(let name, let factor): event = .price(candidate: candidate(name), factor: factor)
    case .entrant(let name, let prior): event = .entrant(candidate: candidate(name), prior: prior)
    case .delay(let delay): event = .delay(delay)
    case .missing(let share): event = .missing(share: share)
    case .noise(let noise): event = .noise(noise)
    case .ring(let raters, let share, let lifts, let sinks):
      event = .ring(
        RaterRing(raters: raters, share: share, lifts: lifts.map(candidate), sinks: sinks.map(candidate)))
    case .burst(let signals): event = .burst(signals: signals)
    case .stall: event = .stall
    }
    return isPossible ? WorldEvent(event, during: start..<min(end, length)) : nil
  }
}
