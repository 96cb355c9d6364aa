import Routing
import Serving
import Statistics
import Wire

extension JSONWriter {
  /// The members of a decision's answer.
  mutating func decision(_ answered: Answered) {
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
    let roster = snapshot[capability].roster
    let work = decision.intent.assumedWork
    object("chosen") { writer in
      writer.arm(choice.arm, of: choice, roster, work) { $0.field("reason", choice.reason.name) }
    }
    array("fallbacks") { writer in
      for arm in choice.table.ranking where arm != choice.arm {
        writer.object { $0.arm(arm, of: choice, roster, work) { _ in } }
      }
    }
    exclusions(snapshot.exclusions(for: decision.intent, except: decision.eligible))
    field("subsidy_usd", answered.subsidy.dollars)
    if let shadow = choice.shadow { field("shadow", scene.arms[shadow].id) }
  }

  /// One candidate's figures in a decision.
  private mutating func arm(
    _ index: Int, of choice: Choice, _ roster: Roster, _ work: Work, _ more: (inout JSONWriter) -> Void
  ) {
    let arm = choice.table.scene.arms[index]
    let candidate = roster.candidates[arm.position]
    field("candidate", candidate.id)
    field("provider", candidate.provider)
    field("model", candidate.model)
    more(&self)
    field("propensity", index == choice.arm ? choice.propensity : choice.probability(ofArm: index))
    field("agent_rank", arm.agentRank)
    field("bid", candidate.bid)
    field("quality", arm.quality)
    field("observations", arm.observations)
    object("posterior") {
      $0.field("alpha", arm.posterior.alpha)
      $0.field("beta", arm.posterior.beta)
    }
    field("expected_cost_usd", candidate.price.map { Money.rounded($0.dollars(for: work)) })
  }

  /// `excluded`: who may not serve, and why.
  mutating func exclusions(_ excluded: [Exclusion]) {
    array("excluded") { writer in
      for exclusion in excluded {
        writer.object {
          $0.field("candidate", exclusion.candidate)
          $0.field("reason", exclusion.reason.reason)
          $0.field("detail", exclusion.reason.detail)
        }
      }
    }
  }
}

extension Money {
  /// Dollars to the millionth.
  static func rounded(_ dollars: Double) -> Double { Money(dollars: dollars)?.dollars ?? dollars }
}
