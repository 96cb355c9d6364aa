import Embedding
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Unified
import Wire

/// `/v1/unified`: jobs in the words of the unified contract, in any of its versions.
struct UnifiedRoutes {
  let service: RoutingService
  let jobs: JobService
  let limits: RequestLimits
  private let gate: IdempotencyGate
  private let graph = MigrationGraph.standard

  /// Keeps the names of unified requests apart from the keys of jobs, and callers' from each other.
  private static func scope(_ caller: Caller) -> String { caller.scope + "POST /v1/unified " }
  /// How long an answer waits for the end of the work where the caller says nothing else.
  private static let patience = 60

  init(service: RoutingService, jobs: JobService, limits: RequestLimits) {
    self.service = service
    self.jobs = jobs
    self.limits = limits
    gate = IdempotencyGate(service)
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("v1/unified", use: submit)
    router.get("v1/unified/:id", use: read)
  }

  // MARK: Taking in

  private func submit(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("schema_version")
    let body = try await request.bytes(limit: limits.jobBody)
    let value = try JSONValue.parse(body)
    let asked = try version(request)
    // As long as its version is not known, an error can be told in no version's words.
    let named = value["schema_version"]?.stringValue.flatMap { SchemaVersion(rawValue: $0) }
    let answered = asked ?? named ?? .current
    let id = value["request_id"]?.stringValue
    do {
      let (upgraded, _) = try graph.upgrade(value)
      let wanted = try UnifiedRequest(upgraded)
      return try await submit(wanted, body, request, answered)
    } catch let error as UnsupportedVersion {
      throw Problem.unsupported(error)
    } catch {
      let problem = Problem.from(UnifiedRoutes.known(error))
      guard problem.status.code < 500 || problem.retryAfter != nil else { throw error }
      let response = UnifiedResponse(problem, id: id ?? "", at: service.clock.now)
      return try answer(problem.status, response, answered, retryAfter: problem.retryAfter)
    }
  }

  private func submit(
    _ wanted: UnifiedRequest, _ body: [UInt8], _ request: Request, _ version: SchemaVersion
  ) async throws -> Response {
    let key =
      try IdempotencyKey.read(request, or: wanted.id, at: "/request_id", longest: 200)
      ?? service.mintIdentifier().description
    let roster = service.snapshot[wanted.capability].roster
    var order = try UnifiedOrder(
      wanted, roster, dimension: service.embedder.dimension, limits: limits
    ).order
    try order.bill(.current, tenant: nil, request)
    let scope = UnifiedRoutes.scope(.current)
    let (bytes, isReplay) = try await gate.answer(scope: scope, key: key, body: body) { [order] digest in
      let view = try await jobs.submit(order) { view in
        Answer(
          key: scope + key, digest: digest, decision: view.decision.id,
          body: UnifiedKept(view.job.id, key, wanted.metadata).bytes, at: view.job.created)
      }
      return UnifiedKept(view.job.id, key, wanted.metadata).bytes
    }
    let kept = try UnifiedKept(bytes)
    let preference = Preference(request.headers[values: .prefer])
    let wait =
      preference.wait
      ?? (wanted.callbackURL == nil
        ? min(UnifiedRoutes.patience, wanted.timeout.map { $0.wholeSeconds } ?? .max) : 0)
    guard let view = try await jobs.view(kept.job, waiting: wait) else {
      throw Problem.unknownJob(kept.job)
    }
    var headers: HTTPFields = [.location: "/v1/unified/\(UnifiedRoutes.escaped(key))"]
    if isReplay { headers[.idempotentReplay] = "true" }
    if preference.wait != nil { headers[.preferenceApplied] = "wait=\(wait)" }
    return try answer(view, kept, version, headers, pending: .accepted)
  }

  // MARK: Reading

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("schema_version")
    let id = context.pathParameter("id")
    let version = try version(request) ?? .current
    guard let stored = try service.ledger.answer(key: UnifiedRoutes.scope(.current) + id) else {
      throw Problem.notFound("no unified request is known by the id '\(id)', or no longer")
    }
    let kept = try UnifiedKept(stored.body)
    let wait = Preference(request.headers[values: .prefer]).wait
    guard let view = try await jobs.view(kept.job, waiting: wait ?? 0) else {
      throw Problem.unknownJob(kept.job)
    }
    return try answer(
      view, kept, version, wait.map { [.preferenceApplied: "wait=\($0)"] } ?? [:], pending: .ok)
  }

  private func version(_ request: Request) throws -> SchemaVersion? {
    guard let name = request.query("schema_version") else { return nil }
    guard let version = SchemaVersion(rawValue: name) else {
      throw Problem.unsupported(UnsupportedVersion(name))
    }
    return version
  }

  // MARK: Answering

  private func answer(
    _ view: JobView, _ kept: UnifiedKept, _ version: SchemaVersion, _ headers: HTTPFields,
    pending: HTTPResponse.Status
  ) throws -> Response {
    let response = UnifiedResponse(
      view, id: kept.request, requested: kept.metadata, at: service.clock.now)
    return try answer(
      view.job.state.isTerminal ? .ok : pending, response, version, headers,
      retryAfter: view.job.state.isTerminal ? nil : view.retryAfter.map { $0.wholeSeconds })
  }

  private func answer(
    _ status: HTTPResponse.Status, _ response: UnifiedResponse, _ version: SchemaVersion,
    _ headers: HTTPFields = [:], retryAfter: Int? = nil
  ) throws -> Response {
    var headers = headers
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    let json = try graph.downgrade(response.json, to: version)
    return .json(status, headers: headers, bytes: json.serialized())
  }

  /// What the unified contract has a word for.
  private static func known(_ error: any Error) -> any Error {
    switch error {
    case let unknown as UnifiedOrder.UnknownModel:
      Problem(.unprocessableContent, "unknown-model", "Nobody sells this model", unknown.message)
    case JobRefusal.input(let errors):
      FieldErrors(
        errors.errors.map {
          .init(pointer: UnifiedOrder.pointer(of: "/input" + $0.pointer), message: $0.message)
        })
    case let refusal as JobRefusal: Problem.refused(refusal)
    default: error
    }
  }

  private static func escaped(_ key: String) -> String {
    key.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? key
  }
}
