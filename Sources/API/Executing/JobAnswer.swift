import Credits
import Jobs
import Routing
import Serving
import Wire

extension JSONWriter {
  /// The members of a job.
  ///
  /// - Parameter answered: its decision; ``RoutingService/answered(_:)`` has it.
  mutating func job(_ view: JobView, _ answered: Answered, _ parts: AnswerParts? = nil) {
    let job = view.job
    let outcome = view.outcome
    field("id", job.id.description)
    field("state", job.state.rawValue)
    field("capability", job.capability.name)
    field("priority", job.priority.rawValue)
    field("tenant", job.tenant)
    field("callback_url", job.callbackURL)
    field("created_at", job.created.description)
    field("deadline_at", job.deadline.description)
    field("ended_at", job.ended?.description)
    object("decision") {
      $0.decision(answered, parts)
      // It is that of the job whose result this is.
      if job.cacheOrigin != nil { $0.field("cached", true) }
    }
    array("attempts") { writer in
      for attempt in job.attempts { writer.object { $0.attempt(attempt, of: job) } }
    }
    if let result = job.result {
      object("result") { $0.result(result, view.links) }
    } else {
      null("result")
    }
    field("executed", view.executed)
    field("cached", job.cacheOrigin != nil)
    if let origin = job.cacheOrigin {
      object("cached_from") {
        $0.field("job", origin.job.description)
        $0.field("at", origin.kept.description)
        $0.field("similarity", origin.similarity)
      }
    }
    field("cost_usd", outcome.cost.dollars)
    field("estimated_cost_usd", job.plan[job.planned].estimatedCost?.dollars)
    field("charged_usd", job.isBilled ? job.charge.dollars : nil)
    field("exposure_usd", outcome.exposure.dollars)
    field("possible_double_spend", outcome.possibleDoubleSpend)
    if let failure = job.failure, let details = outcome.error {
      object("error") { writer in
        writer.failure(failure, code: details.code, isRetryable: details.retryable)
        writer.field(
          "retry_after_s", details.retryAfterSeconds.map { Int($0) } ?? view.retryAfter?.wholeSeconds)
        writer.field("provider", details.provider)
      }
    } else {
      null("error")
    }
    field("retry_after_s", view.retryAfter?.wholeSeconds)
    field("queued_ahead", view.queuedAhead)
    array("blocks") { writer in
      for block in job.blocks {
        writer.object {
          $0.field("candidate", job.plan[block.candidate].candidate)
          $0.field("reason", block.reason.rawValue)
          $0.field("until", block.until?.description)
          $0.field("at", block.at.description)
        }
      }
    }
  }

  private mutating func attempt(_ attempt: Attempt, of job: Job) {
    let planned = job.plan[attempt.candidate]
    field("candidate", planned.candidate)
    field("provider", planned.provider)
    field("state", attempt.state.rawValue)
    if let failure = attempt.failure {
      object("error") { $0.failure(failure, code: failure.code, isRetryable: failure.isRetryable) }
    } else {
      null("error")
    }
    field("started_at", attempt.started.description)
    field("accepted_at", attempt.accepted?.description)
    field("ended_at", attempt.ended?.description)
    field("cost_usd", attempt.cost.dollars)
    field("estimated_cost_usd", attempt.estimatedCost?.dollars)
    field("possible_double_spend", attempt.possibleDoubleSpend)
    field("progress", attempt.progress)
  }

  private mutating func failure(_ failure: VendorFailure, code: ErrorCode, isRetryable: Bool) {
    field("code", code.rawValue)
    field("class", failure.failureClass.rawValue)
    field("message", failure.message)
    field("retryable", isRetryable)
  }

  private mutating func result(_ result: JobResult, _ links: ArtefactLinks?) {
    array("artefacts") { writer in
      for artefact in result.artefacts {
        let (url, expires) = artefact.shown(links)
        writer.object {
          $0.field("url", url)
          $0.field("content_type", artefact.contentType)
          $0.field("bytes", artefact.byteCount)
          $0.field("expires_at", expires?.description)
        }
      }
    }
    field("text", result.text)
  }
}

extension Artefact {
  /// Its address as callers are shown it. Where nobody is asked for a link, the plain one does, and does for longer.
  func shown(_ links: ArtefactLinks?) -> (url: String, expires: Instant?) {
    guard let links, links.isRequired, isCopied, let link = links.link(to: url) else { return (url, expires) }
    return (link.address, link.expires)
  }
}

extension Job {
  /// The position in the plan of who delivered, or is at it, or is next.
  var planned: Int {
    winner.map { attempts[$0].candidate } ?? turn?.candidate ?? attempts.last?.candidate ?? 0
  }
}
