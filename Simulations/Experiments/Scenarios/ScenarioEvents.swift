import Declarations
import Routing
import World

extension EventLine {
  /// The events that a scenario may name.
  static let names = [
    "arrival", "drift", "outage", "retirement", "price", "entrant", "delay", "missing", "noise", "ring",
    "burst", "stall",
  ]

  /// Nil where it is wrong; the fields know why.
  init?(_ fields: YAMLFields) {
    line = fields.line
    let name = fields.choice("event", among: EventLine.names)
    let at = fields.optionalParsed("at", as: Moment.accepts) { Moment($0) }
    let from = fields.optionalParsed("from", as: Moment.accepts) { Moment($0) }
    until = fields.optionalParsed("until", as: Moment.accepts) { Moment($0) }
    if fields.has("at"), fields.has("from") || fields.has("until") {
      fields.fail("at", "does not go with 'from' and 'until'")
    }
    if ["retirement", "entrant", "price"].contains(name), fields.has("from") || fields.has("until") {
      fields.fail("event", "is \(name ?? ""), which has one moment: 'at'")
    }
    if ["burst", "stall"].contains(name), !fields.has("until") {
      fields.fail("event", "is \(name ?? ""), which must say 'until' when")
    }
    self.from = at ?? from ?? .decisions(0)
    guard let kind = EventLine.kind(name, fields) else { return nil }
    self.kind = kind
  }

  private static func kind(_ name: String?, _ fields: YAMLFields) -> Kind? {
    switch name {
    case "arrival":
      return .arrival(group: fields.string("region"), rate: fields.double("rate", in: 0...1e6))
    case "drift": return drift(fields)
    case "outage": return .outage(candidate: fields.string("candidate"))
    case "retirement": return .retirement(candidate: fields.string("candidate"))
    case "price":
      return .price(candidate: fields.string("candidate"), factor: fields.double("factor", in: 0...1e6))
    case "entrant":
      return .entrant(
        candidate: fields.string("candidate"), prior: fields.optionalObject("prior").map(Scenario.prior))
    case "delay": return delay(fields)
    case "missing": return .missing(share: fields.double("share", in: 0...1))
    case "noise":
      let noise = RaterNoise(
        flip: fields.optionalDouble("flip", in: 0...1) ?? 0,
        deviation: fields.optionalDouble("deviation", in: 0...10) ?? 0)
      if noise == RaterNoise() { fields.fail("event", "is noise, which needs 'flip' or 'deviation'") }
      return .noise(noise)
    case "ring":
      let lifts = (fields.optionalStrings("lifts") ?? []).map(\.text)
      let sinks = (fields.optionalStrings("sinks") ?? []).map(\.text)
      if lifts.isEmpty, sinks.isEmpty { fields.fail("event", "is ring, which needs 'lifts' or 'sinks'") }
      return .ring(
        raters: fields.integer("raters", in: 1...1_000_000), share: fields.double("share", in: 0...1),
        lifts: lifts, sinks: sinks)
    case "burst": return .burst(signals: fields.optionalInteger("signals", in: 1...1_000) ?? 1)
    case "stall": return .stall
    default: return nil
    }
  }

  private static func drift(_ fields: YAMLFields) -> Kind {
    let course: Drift.Course
    switch fields.choice("course", among: ["sudden", "linear", "seasonal"]) {
    case "linear":
      if !fields.has("until") { fields.fail("course", "is linear, which must say 'until' when") }
      course = .linear
    case "seasonal": course = .seasonal(period: fields.integer("period", in: 2...1_000_000_000))
    default: course = .sudden
    }
    let names = fields.optionalStrings("candidates", count: 1...1_000)?.map(\.text)
    let best = fields.optionalInteger("best", in: 1...1_000)
    if (names == nil) == (best == nil) {
      fields.fail("event", "is drift, which needs one of 'candidates' and 'best'")
    }
    let factor = fields.optionalDouble("factor", in: 0...100)
    let shift = fields.optionalDouble("shift", in: -1...1)
    if factor == nil, shift == nil { fields.fail("event", "is drift, which needs 'factor' or 'shift'") }
    return .drift(
      course: course, who: names.map { .named($0) } ?? .best(best ?? 1),
      groups: fields.optionalStrings("regions", count: 1...10_000)?.map(\.text), factor: factor ?? 1,
      shift: shift ?? 0)
  }

  private static func delay(_ fields: YAMLFields) -> Kind {
    let most: Int64 = 1_000_000_000
    switch fields.choice("distribution", among: ["constant", "uniform", "exponential"]) {
    case "uniform":
      let least = fields.integer("least", in: 0...most)
      let greatest = fields.integer("most", in: 0...most)
      if greatest < least { fields.fail("most", "must not be below least (\(least))") }
      return .delay(.uniform(least, max(least, greatest)))
    case "exponential": return .delay(.exponential(mean: fields.double("mean", in: 0...1e9)))
    default: return .delay(.constant(fields.integer("decisions", in: 0...most)))
    }
  }
}
