import Routing
import Serving
import Wire

/// One item of feedback, read strictly.
enum FeedbackRequest {
  /// How far ahead of this clock a sender's may be.
  static let tolerance = Span.minutes(5)

  /// - Parameter mint: an id for an item that brings none; such an item is not idempotent.
  static func read(_ value: JSONValue, now: Instant, mint: () -> String) throws(FieldErrors) -> Submission {
    var reader = try FieldReader(value)
    let submission = read(&reader, now, mint)
    try reader.finish()
    return submission
  }

  private static func read(_ reader: inout FieldReader, _ now: Instant, _ mint: () -> String) -> Submission {
    let id = reader.optionalString("id", length: 1...200)
    let decision = reader.parsed("decision_id", as: "a decision id (a UUID)") { Identifier($0) }
    let kind = reader.parsed("signal", as: "one of \(SignalKind.listing)") {
      SignalKind(name: $0)
    }
    let value = reader.json("value")
    let other = reader.optionalParsed("other_decision_id", as: "a decision id (a UUID)") { Identifier($0) }
    let rater = reader.optionalString("rater", length: 1...200)
    let at = reader.optionalParsed("at", as: "an RFC 3339 time such as 2026-11-20T10:00:00Z") { Instant($0) }
    let comment = reader.optionalString("comment", length: 0...4_000)
    let trust = reader.optionalDouble("trust", in: 0...1)
    if let at, at > now + tolerance { reader.fail("at", "lies in the future: this clock says \(now)") }
    if trust != nil, let kind, kind != .reputation {
      reader.fail("trust", "belongs to \(SignalKind.reputation.name) only")
    }
    var signal = SignalValue.nothing
    var reward = 0.0
    if let kind {
      signal = self.value(value, of: kind)
      if let meant = kind.reward(of: signal) {
        reward = meant
      } else {
        reader.fail("value", "must be \(kind.accepts) for \(kind.name), got \(value?.summary ?? "nothing")")
      }
      if kind == .comparison, other == nil {
        reader.fail("other_decision_id", "is required for a comparison")
      }
      if kind != .comparison, other != nil {
        reader.fail("other_decision_id", "belongs to a comparison only")
      }
      if kind == .comparison, other != nil, other == decision {
        reader.fail("other_decision_id", "must be another decision")
      }
    }
    return Submission(
      id: id ?? mint(), decision: decision ?? Identifier(high: 0, low: 0),
      content: .signal(kind ?? .score, reward: reward, trust: trust ?? 1, other: other), value: signal,
      rater: rater,
      at: at ?? now, received: now, comment: comment)
  }

  /// The value as the core understands it; an event may say `true` or 1 for "it happened".
  private static func value(_ value: JSONValue?, of kind: SignalKind) -> SignalValue {
    guard let value, !value.isNull else { return .nothing }
    if kind.hasConfigurableValue, value.boolValue == true || value.doubleValue == 1 { return .nothing }
    if let number = value.doubleValue { return .number(number) }
    if let word = value.stringValue { return .word(word) }
    return .word(value.summary)
  }
}

/// An executor's report, read strictly.
enum OutcomeRequest {
  static func read(_ value: JSONValue, decision: Identifier, now: Instant) throws(FieldErrors) -> Submission {
    var reader = try FieldReader(value)
    let candidate = reader.string("candidate", length: 1...200)
    let state = reader.choice("state", Outcome.State.self)
    let latency = reader.optionalDouble("latency_ms", in: 0...1e10)
    let cost = reader.optionalDouble("cost_usd", in: 0...1e9)
    let at = reader.optionalParsed("at", as: "an RFC 3339 time") { Instant($0) }
    if let at, at > now + FeedbackRequest.tolerance {
      reader.fail("at", "lies in the future: this clock says \(now)")
    }
    try reader.finish()
    let outcome = Outcome(
      candidate: candidate, state: state ?? .unmeasured,
      latency: latency.map { Span(microseconds: Int64(($0 * 1_000).rounded())) },
      cost: cost.flatMap { Money(dollars: $0) })
    return Submission(
      id: "outcome:\(decision):\(candidate)", decision: decision, content: .outcome(outcome), at: at ?? now,
      received: now)
  }
}
