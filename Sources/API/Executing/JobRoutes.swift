import Embedding
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Synchronization
import Wire

/// `/v1/jobs`: work taken in, how it stands, and calling it off.
struct JobRoutes {
  let service: RoutingService
  let jobs: JobService
  let limits: RequestLimits
  private let gate: IdempotencyGate
  private let cache = AnswerPartsCache()

  init(service: RoutingService, jobs: JobService, limits: RequestLimits) {
    self.service = service
    self.jobs = jobs
    self.limits = limits
    gate = IdempotencyGate(service)
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("v1/jobs", use: submit)
    router.get("v1/jobs", use: list)
    router.get("v1/jobs/:id", use: read)
    router.delete("v1/jobs/:id", use: cancel)
  }

  // MARK: Taking in

  private func submit(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let preference = Preference(request.headers[values: .prefer])
    let body = try await request.bytes(limit: limits.jobBody)
    let wanted = try JobRequest(
      try JSONValue.parse(body), dimension: service.embedder.dimension, limits: limits)
    if wanted.cache != nil, jobs.cache == nil {
      throw Problem.invalid(
        FieldErrors([FieldError(pointer: "/cache", message: "this router keeps no results")]))
    }
    var order = JobOrder(wanted)
    try order.bill(.current, tenant: wanted.tenant, request)
    let (bytes, headers) = try await gate.once(
      request, "POST /v1/jobs", body: body, field: wanted.decision.idempotencyKey
    ) { [order] in
      try await take(order, keep: $0)
    }
    let kept = try? JSONValue.parse(bytes)
    guard let id = kept?["id"]?.stringValue.flatMap({ Identifier($0) }) else {
      throw Problem(
        .internalServerError, "internal", "The router failed", "the answer kept under the key cannot be read")
    }
    return try await answer(
      id, bytes, preference, headers: headers, isOver: kept?["ended_at"]?.isNull == false)
  }

  /// Takes a job in, with the answer to keep in the same transaction.
  private func take(_ order: JobOrder, keep: IdempotencyGate.Keep?) async throws -> [UInt8] {
    let kept = RenderedOnce()
    var answer: (@Sendable (JobView) -> Answer)?
    if let keep {
      answer = { view in
        let rendered = Result { try render(view) }
        kept.bytes.withLock { $0 = rendered }
        return keep.answer((try? rendered.get()) ?? [], id: view.decision.id)
      }
    }
    let view = try await JobRoutes.refusals { [answer] in try await jobs.submit(order, keep: answer) }
    return try kept.bytes.withLock { $0 }?.get() ?? render(view)
  }

  /// A job just taken in: as it is, or, where the client would rather wait, as it is in the end.
  private func answer(
    _ id: Identifier, _ bytes: [UInt8], _ preference: Preference, headers: HTTPFields = [:],
    isOver: Bool
  ) async throws -> Response {
    var headers = headers
    headers[.location] = "/v1/jobs/\(id)"
    guard let wait = preference.wait else {
      return .json(isOver ? .ok : .accepted, headers: headers, bytes: bytes)
    }
    headers[.preferenceApplied] = "wait=\(wait)"
    guard let view = try await jobs.view(id, waiting: wait) else {
      return .json(.accepted, headers: headers, bytes: bytes)
    }
    if !view.job.state.isTerminal, let retry = view.retryAfter {
      headers[.retryAfter] = String(retry.wholeSeconds)
    }
    return .json(view.job.state.isTerminal ? .ok : .accepted, headers: headers, bytes: try render(view))
  }

  // MARK: Reading

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    let listing = try Listing<JobState>(request, of: "job")
    let found = try await jobs.list(
      states: listing.states, tenant: Caller.current.tenant, before: listing.before, limit: listing.reach)
    let (views, next) = listing.page(found) { $0.job.id }
    let page = try views.map { ($0, try service.answered($0.decision)) }
    return .json(reserving: page.count * 2_048 + 64) { writer in
      writer.objects("jobs", page) { $0.job($1.0, $1.1, parts(of: $1.1)) }
      writer.field("next", next)
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "job")
    try await allow(id)
    var headers: HTTPFields = [:]
    let view: JobView?
    if let wait = Preference(request.headers[values: .prefer]).wait {
      headers[.preferenceApplied] = "wait=\(wait)"
      view = try await jobs.view(id, waiting: wait)
    } else {
      view = try await jobs.view(id)
    }
    guard let view else { throw Problem.unknownJob(id) }
    if !view.job.state.isTerminal, let retry = view.retryAfter {
      headers[.retryAfter] = String(retry.wholeSeconds)
    }
    return .json(headers: headers, bytes: try render(view))
  }

  /// Another tenant's job is as good as unknown.
  private func allow(_ id: Identifier) async throws {
    guard let view = try await jobs.view(id), Caller.current.maySee(view.job.tenant) else {
      throw Problem.unknownJob(id)
    }
  }

  // MARK: Calling off

  private func cancel(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "job")
    guard let before = try await jobs.view(id), Caller.current.maySee(before.job.tenant) else {
      throw Problem.unknownJob(id)
    }
    guard !before.job.state.isTerminal else { throw Problem.jobOver(before.job) }
    guard let view = try await jobs.cancel(id) else { throw Problem.unknownJob(id) }
    switch view.job.state {
    case .canceled: return .json(bytes: try render(view))
    case .succeeded, .failed, .expired: throw Problem.jobOver(view.job)
    case .queued, .submitting, .submitUnknown, .running:
      return .json(.accepted, bytes: try render(view))
    }
  }

  // MARK: Answering

  private func render(_ view: JobView) throws -> [UInt8] {
    let answered = try service.answered(view.decision)
    var writer = JSONWriter(reserving: 4_096)
    writer.object { $0.job(view, answered, parts(of: answered)) }
    return writer.bytes
  }

  /// What decisions of the open epoch share; those of earlier ones come one by one, and would fill the cache.
  private func parts(of answered: Answered) -> AnswerParts? {
    answered.snapshot.epoch == service.snapshot.epoch ? cache.parts(of: answered) : nil
  }

  private static func refusals<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let refusal as JobRefusal {
      throw Problem.refused(refusal)
    }
  }
}

/// What was rendered for the ledger, so that the answer is the same bytes.
private final class RenderedOnce: Sendable {
  let bytes = Mutex<Result<[UInt8], any Error>?>(nil)
}

extension HTTPField.Name {
  static let prefer = HTTPField.Name("Prefer")!
  static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}

extension Problem {
  static func unknownJob(_ id: Identifier) -> Problem { .notFound("no job has the id \(id)") }

  static func jobOver(_ job: Job) -> Problem {
    Problem(
      .conflict, "job-over", "The job is over", "job \(job.id) has \(job.state.rawValue) already",
      extra: { $0.field("state", job.state.rawValue) })
  }

  static func header(_ name: String, _ detail: String) -> Problem {
    Problem(.badRequest, "invalid-request", "The request is not valid", "the header \(name) \(detail)")
  }

  /// Nothing was recorded and nothing spent.
  static func refused(_ refusal: JobRefusal) -> Problem {
    switch refusal {
    case .input(let errors):
      var absolute = FieldErrors()
      absolute.absorb(errors, under: "/input")
      return Problem(
        .unprocessableContent, "input-refused", "No candidate accepts this input",
        absolute.errors.count == 1
          ? "\(absolute.errors[0])"
          : "\(absolute.errors.count) things of the input are beyond every candidate",
        errors: absolute.errors)
    case .budget(let message):
      return .invalid(FieldErrors([FieldError(pointer: "/deadline_s", message: message)]))
    case .callback(let message):
      return Problem(
        .unprocessableContent, "callback-refused", "The job's end cannot be told there",
        "/callback_url: \(message)", errors: [FieldError(pointer: "/callback_url", message: message)])
    case .credits(let refusal): return .refused(refusal)
    case .credential(let message): return .header("X-Provider-Key", "cannot be used: \(message)")
    case .changing:
      return Problem(
        .serviceUnavailable, "catalogue-changing", "The catalogue is being replaced", "\(refusal)",
        retryAfter: 1)
    }
  }
}
