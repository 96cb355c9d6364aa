import Routing
import Serving
import Statistics
import Wire

extension JSONWriter {
  /// The members of an explanation: every number on the way from the snapshot to the choice.
  mutating func explanation(_ explanation: Explanation) {
    let decision = explanation.decision
    let snapshot = explanation.snapshot
    let choice = explanation.choice
    let capability = decision.intent.capability
    let knowledge = snapshot[capability]
    let scene = choice.table.scene
    let best = scene.bestProbabilities()
    field("agrees", explanation.agrees)
    object("decision") { $0.decision(explanation.answered) }
    field("intent", decision.intent.text)
    object("placement") {
      $0.field("region", snapshot.map.regionID(capability, row: decision.placement.row))
      $0.field("similarity", decision.placement.similarity)
      $0.field("map_version", decision.mapVersion)
    }
    object("logged") {
      $0.field("reason", decision.reason.name)
      $0.field("propensity", decision.propensity)
      $0.field("chosen", snapshot.roll.id(of: decision.chosen))
    }
    object("learned") {
      $0.field("mean_reward", knowledge.meanReward)
      $0.field("shrinkage", knowledge.shrinkage)
      $0.field("affordable_exploration", scene.affordable)
      $0.object("exploration_account") {
        $0.field("earned", knowledge.account.earned)
        $0.field("spent", knowledge.account.spent)
      }
    }
    field("affordable_exploration", scene.affordable)
    array("arms") { writer in
      for index in choice.table.ranking {
        let arm = scene.arms[index]
        writer.object {
          $0.field("candidate", arm.id)
          $0.field("weight", arm.weight)
          $0.field("quality", arm.quality)
          $0.field("agent_rank", arm.agentRank)
          $0.field("index", arm.index)
          $0.field("shift", explanation.shift(ofArm: index))
          $0.field("observations", arm.observations)
          $0.object("posterior") {
            $0.field("alpha", arm.posterior.alpha)
            $0.field("beta", arm.posterior.beta)
          }
          $0.field("best_probability", best[index])
          $0.field("probability", choice.probability(ofArm: index))
          $0.field("is_preferred", index == choice.preferred)
          $0.field("is_chosen", index == choice.arm)
        }
      }
    }
    object("versions") {
      $0.field("catalogue", snapshot.catalogue.version)
      $0.field("governance", snapshot.governance.version)
      $0.field("map", snapshot.map.version)
    }
  }
}
