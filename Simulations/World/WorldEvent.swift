public import Routing

/// Something that happens on the timeline of a simulation.
///
/// Time is counted in decisions: an event `during: 5_000..<8_000` holds for the decisions 5,000 to 7,999 (the first
/// decision is 0). Events compose in any number: factors multiply, shifts add, and of several raters' faults the last
/// listed that is in force wins.
public struct WorldEvent: Hashable, Sendable {
  public var during: Range<Int>
  public var kind: Kind

  public init(_ kind: Kind, during: Range<Int>) {
    self.kind = kind
    self.during = during
  }

  public enum Kind: Hashable, Sendable {
    /// Intents of a group come `rate` times as often, ≥ 0.
    case arrival(group: Int, rate: Double)
    /// True quality changes.
    case drift(Drift)
    /// The candidate answers nobody, and nobody tells the router: its work falls to the next in the ranking.
    case outage(candidate: Int)
    /// The candidate is gone, and from the next epoch on the catalogue says so.
    case retirement(candidate: Int)
    /// The candidate costs `factor` times as much; from the next epoch on the catalogue says so.
    case price(candidate: Int, factor: Double)
    /// The candidate does not exist before the event; a prior here stands in the place of its own.
    case entrant(candidate: Int, prior: Prior?)
    /// Feedback takes its time.
    case delay(Delay)
    /// A share of decisions gets no feedback, 0…1.
    case missing(share: Double)
    /// Raters err.
    case noise(RaterNoise)
    /// A share of the feedback comes from raters who act together.
    case ring(RaterRing)
    /// Feedback is held back until the end and then comes at once, every decision with `signals` of the same.
    case burst(signals: Int)
    /// No epoch closes from the first decision on until the last is over.
    case stall
  }
}

/// A change of true quality: q → clamp(q·factor + shift) to 0…1.
public struct Drift: Hashable, Sendable {
  public enum Course: Hashable, Sendable {
    /// In full from the first decision on, gone after the last.
    case sudden
    /// In equal steps from nothing at the first decision to all of it at the last; it stays.
    case linear
    /// Comes and goes: (1 − cos 2πt/period)/2 of it, t counted from the first decision.
    case seasonal(period: Int)
  }

  public var course: Course
  /// Who changes.
  public var candidates: [Int]
  /// Where.
  public var groups: [Int]
  /// Of the whole change; ≥ 0.
  public var factor: Double
  /// Of the whole change; −1…1.
  public var shift: Double

  public init(
    _ course: Course, candidates: [Int], groups: [Int], factor: Double = 1, shift: Double = 0
  ) {
    self.course = course
    self.candidates = candidates
    self.groups = groups
    self.factor = factor
    self.shift = shift
  }
}

/// How many decisions later feedback arrives.
public enum Delay: Hashable, Sendable {
  case constant(Int)
  /// Evenly from the first to the second, both included.
  case uniform(Int, Int)
  /// With this mean, cut to whole decisions.
  case exponential(mean: Double)
}

/// How a rater's word differs from the outcome: first a value is turned round (v → 1 − v) with probability `flip`, then
/// normal noise of standard deviation `deviation` is added, and the result held to 0…1.
public struct RaterNoise: Hashable, Sendable {
  public var flip: Double
  public var deviation: Double

  public init(flip: Double = 0, deviation: Double = 0) {
    self.flip = flip
    self.deviation = deviation
  }
}

/// Raters who act together. Of the decisions served by a candidate that they care about, they rate a `share`, instead of
/// whoever else would have: 1 for those they lift, 0 for those they sink.
public struct RaterRing: Hashable, Sendable {
  /// How many there are, ≥ 1.
  public var raters: Int
  /// 0…1.
  public var share: Double
  public var lifts: [Int]
  public var sinks: [Int]

  public init(raters: Int, share: Double, lifts: [Int], sinks: [Int]) {
    self.raters = raters
    self.share = share
    self.lifts = lifts
    self.sinks = sinks
  }
}
