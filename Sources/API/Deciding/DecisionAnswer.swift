import Routing
import Serving
import Statistics
import Wire

extension JSONWriter {
  /// The members of a decision's answer.
  ///
  /// - Parameter parts: what ``AnswerPartsCache`` has of it; computed when nil.
  mutating func decision(_ answered: Answered, _ parts: AnswerParts? = nil) {
    let decision = answered.decision
    let choice = answered.choice
    let snapshot = answered.snapshot
    let capability = decision.intent.capability
    let scene = choice.table.scene
    field("decision_id", decision.id.description)
    field("epoch", decision.epoch)
    field("policy", scene.rules.policy.rawValue)
    field("mode", scene.rules.mode.rawValue)
    object("region") {
      $0.field("id", snapshot.map.regionID(capability, row: decision.placement.row))
      $0.field("similarity", decision.placement.similarity)
    }
    let parts = parts ?? AnswerParts(answered)
    object("chosen") {
      $0.raw(parts.arms[choice.arm])
      $0.field("reason", choice.reason.name)
    }
    array("fallbacks") { writer in
      for arm in choice.table.ranking where arm != choice.arm { writer.object { $0.raw(parts.arms[arm]) } }
    }
    if let excluded = parts.excluded {
      key("excluded")
      raw(excluded)
    } else {
      exclusions(answered.excluded)
    }
    field("subsidy_usd", answered.subsidy.dollars)
    if let shadow = choice.shadow { field("shadow", scene.arms[shadow].id) }
  }

  /// `excluded`: who may not serve, and why.
  mutating func exclusions(_ excluded: [Exclusion]) {
    array("excluded") { writer in
      for exclusion in excluded {
        writer.object {
          $0.field("candidate", exclusion.candidate)
          $0.field("reason", exclusion.reason.reason)
          $0.field("detail", exclusion.reason.detail)
          if let span = exclusion.retryAfter { $0.field("retry_after_s", span.wholeSeconds) }
        }
      }
    }
  }
}

extension Span {
  /// Seconds as a client is told to wait: rounded up, and at least one.
  var wholeSeconds: Int { max(1, Int((microseconds + 999_999) / 1_000_000)) }
}

extension Money {
  /// Dollars to the millionth.
  static func rounded(_ dollars: Double) -> Double { Money(dollars: dollars)?.dollars ?? dollars }
}
