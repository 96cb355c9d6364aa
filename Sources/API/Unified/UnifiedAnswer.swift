import HTTPTypes
import Jobs
import Routing
import Serving
import Unified
import Wire

extension UnifiedResponse {
  /// How a job stands.
  ///
  /// - Parameters:
  ///   - requested: the metadata that came with the request.
  ///   - now: when it is told.
  init(_ view: JobView, id: String, requested: [JSONValue.Member], at now: Instant) {
    let job = view.job
    let outcome = view.outcome
    let planned = job.plan[job.planned]
    let isOver = job.state.isTerminal
    self.init(
      requestID: id, status: job.state == .succeeded ? .success : isOver ? .failed : .processing,
      timestamp: now, provider: planned.provider,
      model: String(planned.candidate.dropFirst(planned.provider.count + 1)),
      result: job.result.map { UnifiedResponse.result($0, view.links) },
      failure: outcome.error.map { details in
        Failure(
          details,
          more: job.failure.map { [.init("class", .string($0.failureClass.rawValue))] } ?? [],
          at: job.ended ?? now)
      },
      metadata: [
        .init("job_id", .string(job.id.description)), .init("decision_id", .string(job.decision.description)),
        .init("capability", .string(job.capability.name)), .init("state", .string(job.state.rawValue)),
        .init("cached", .bool(job.cacheOrigin != nil)),
        .init("attempts", .integer(Int64(job.attempts.count))),
        .init("possible_double_spend", .bool(outcome.possibleDoubleSpend)),
        .init("exposure_usd", .number(outcome.exposure.dollars)), .init("request", .object(requested)),
      ],
      processingTime: job.ended.map { $0 - job.created }, cost: isOver ? outcome.cost : nil)
  }

  private static func result(_ result: JobResult, _ links: ArtefactLinks?) -> [JSONValue.Member] {
    [
      .init(
        "artefacts",
        .array(
          result.artefacts.map { artefact in
            let (url, expires) = artefact.shown(links)
            return [
              "url": .string(url),
              "content_type": artefact.contentType.map { .string($0) } ?? .null,
              "bytes": artefact.byteCount.map { .integer(Int64($0)) } ?? .null,
              "expires_at": expires.map { .string($0.description) } ?? .null,
            ]
          })), .init("text", result.text.map { .string($0) } ?? .null),
    ]
  }

  /// A request that did not become a job.
  init(_ problem: Problem, id: String, at now: Instant) {
    let code: ErrorCode =
      switch problem.status.code {
      case 400, 409, 413, 422: problem.slug == "unknown-model" ? .invalidModel : .invalidRequest
      case 401, 403: .authenticationFailed
      case 402: .insufficientCredits
      case 429: .rateLimitExceeded
      default: .unknownError
      }
    let wait = problem.retryAfter.map { Span.seconds(Int64($0)) }
    let faults: [JSONValue] = problem.errors.map {
      ["pointer": .string($0.pointer), "detail": .string($0.message)]
    }
    self.init(
      requestID: id, status: .failed, timestamp: now,
      failure: Failure(
        ErrorDetails(
          code, problem.detail, retryable: [429, 503].contains(problem.status.code), retryAfter: wait),
        more: [.init("type", .string("urn:pointsman:\(problem.slug)"))]
          + (faults.isEmpty ? [] : [.init("errors", .array(faults))]), at: now))
  }
}
