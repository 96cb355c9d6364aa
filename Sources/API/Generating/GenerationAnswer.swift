import Jobs
import Recipes
import Routing
public import Serving
import Wire

extension JSONWriter {
  /// The members of a generation.
  mutating func generation(_ view: GenerationView) {
    let generation = view.generation
    let recipe = generation.recipe
    field("id", generation.id.description)
    field("state", generation.state.rawValue)
    field("capability", recipe.capability.name)
    object("recipe") {
      $0.field("name", recipe.name)
      $0.field("version", generation.version)
    }
    field("intent", generation.intent)
    field("priority", generation.terms.priority.rawValue)
    field("tenant", generation.terms.tenant)
    field("callback_url", generation.terms.callbackURL)
    field("created_at", generation.created.description)
    field("deadline_at", generation.deadline.description)
    field("ended_at", generation.ended?.description)
    field("cost_usd", generation.cost.dollars)
    field("exposure_usd", generation.exposure.dollars)
    field("max_cost_usd", generation.terms.budget?.dollars)
    array("steps") { writer in
      for (step, run) in zip(recipe.steps, generation.steps) {
        writer.object {
          $0.field("name", step.name)
          $0.field("capability", step.capability.name)
          $0.field("state", run.state.rawValue)
          $0.objects("jobs", run.elements) { $0.element($1, view.jobs[$1.job], view.links) }
        }
      }
    }
    field("result", generation.result.map { view.links?.linked($0) ?? $0 })
    if let verdict = generation.verdict {
      object("verdict") {
        $0.field("accepted", verdict.isAccepted)
        $0.field("score", verdict.score)
        $0.field("least", verdict.least)
        $0.field("reason", verdict.reason)
      }
    } else {
      null("verdict")
    }
    if let failure = generation.failure {
      object("error") {
        $0.field("step", failure.step)
        $0.field("element", failure.element)
        $0.field("code", failure.code.rawValue)
        $0.field("message", failure.message)
        $0.field("retryable", failure.isRetryable)
      }
    } else {
      null("error")
    }
  }

  /// - Parameter view: of a job that is under way; nil when it has ended, or is not there yet.
  private mutating func element(_ element: Element, _ view: JobView?, _ links: ArtefactLinks?) {
    field("job", element.job.description)
    field("state", element.state.rawValue)
    field("job_state", view?.job.state.rawValue)
    field("decision", (element.decision ?? view?.decision.id)?.description)
    field("executed", element.executed)
    field("cost_usd", (view?.outcome.cost ?? element.cost).dollars)
    field("began_at", element.began.description)
    field("ended_at", element.ended?.description)
    field("result", element.result.map { links?.linked($0) ?? $0 })
  }
}

extension ArtefactLinks {
  /// A result with every artefact of ours under an address that opens it.
  func linked(_ value: JSONValue) -> JSONValue {
    guard isRequired else { return value }
    switch value {
    case .array(let elements): return .array(elements.map(linked))
    case .object(let members):
      let link = value["url"]?.stringValue.flatMap { self.link(to: $0) }
      return .object(members.map { linked($0, link) })
    default: return value
    }
  }

  private func linked(
    _ member: JSONValue.Member, _ link: (address: String, expires: Instant)?
  ) -> JSONValue.Member {
    switch (member.name, link) {
    case ("url", let link?): JSONValue.Member("url", .string(link.address))
    case ("expires_at", let link?): JSONValue.Member("expires_at", .string(link.expires.description))
    default: JSONValue.Member(member.name, linked(member.value))
    }
  }
}

/// What a customer's endpoint is sent when a generation has ended: as ``JobNotice``, with the generation as
/// `GET /v1/generations/{id}` shows it.
public enum GenerationNotice {
  /// - Parameter view: of a generation that has ended.
  public static func bytes(_ view: GenerationView) -> [UInt8] {
    let generation = view.generation
    var writer = JSONWriter(reserving: 4_096)
    writer.object {
      $0.field("type", "generation.\(generation.state.rawValue)")
      $0.field("timestamp", (generation.ended ?? generation.created).description)
      $0.object("data") { $0.generation(view) }
    }
    return writer.bytes
  }
}
