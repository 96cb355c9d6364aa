import Credits
import HTTPTypes
import Hummingbird
import Jobs
import Recipes
import Routing
import Serving
import Wire

/// `/v1/generate/{capability}` and `/v1/generations`: recipes carried out, how they stand, and calling them off.
struct GenerationRoutes {
  let service: RoutingService
  let generations: GenerationService
  let limits: RequestLimits
  private let gate: IdempotencyGate

  /// Keeps the keys of generations apart from those of jobs.
  private static let scope = "POST /v1/generate "

  init(service: RoutingService, generations: GenerationService, limits: RequestLimits) {
    self.service = service
    self.generations = generations
    self.limits = limits
    gate = IdempotencyGate(service)
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("v1/generate/:capability", use: submit)
    router.get("v1/generations", use: list)
    router.get("v1/generations/:id", use: read)
    router.delete("v1/generations/:id", use: cancel)
  }

  // MARK: Taking in

  private func submit(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let name = context.pathParameter("capability")
    guard let capability = Capability(name: name) else {
      throw Problem.notFound("'\(name)' is no capability; there are \(Capability.listing)")
    }
    let preference = Preference(request.headers[values: .prefer])
    let body = try await request.bytes(limit: limits.jobBody)
    let wanted = try GenerationRequest(try JSONValue.parse(body), capability, limits: limits)
    var order = wanted.order
    order.credentials = try ProviderKeys.read(request.headers)
    order.terms.tenant = try Caller.current.tenant(named: order.terms.tenant)
    order.terms.apiKey = Caller.current.key?.id
    let (bytes, headers) = try await gate.once(
      request, GenerationRoutes.scope + name, body: body, field: wanted.idempotencyKey
    ) { [order] in
      try await take(order, keep: $0)
    }
    guard let id = (try? JSONValue.parse(bytes))?["id"]?.stringValue.flatMap({ Identifier($0) }) else {
      throw Problem(
        .internalServerError, "internal", "The router failed", "the answer kept under the key cannot be read")
    }
    return try await answer(id, bytes, preference, headers: headers)
  }

  /// Takes a generation in, with the answer to keep in the same transaction.
  private func take(_ order: GenerationOrder, keep: IdempotencyGate.Keep?) async throws -> [UInt8] {
    var answer: (@Sendable (GenerationView) -> Answer)?
    if let keep {
      answer = { keep.answer(GenerationRoutes.render($0), id: $0.generation.id) }
    }
    let view = try await GenerationRoutes.refusals { [answer] in
      try await generations.submit(order, keep: answer)
    }
    return GenerationRoutes.render(view)
  }

  /// A generation just taken in: as it is, or, where the client would rather wait, as it is in the end.
  private func answer(
    _ id: Identifier, _ bytes: [UInt8], _ preference: Preference, headers: HTTPFields = [:]
  ) async throws -> Response {
    var headers = headers
    headers[.location] = "/v1/generations/\(id)"
    guard let wait = preference.wait else { return .json(.accepted, headers: headers, bytes: bytes) }
    headers[.preferenceApplied] = "wait=\(wait)"
    guard let view = try await generations.view(id, waiting: wait) else {
      return .json(.accepted, headers: headers, bytes: bytes)
    }
    return .json(
      view.generation.state.isTerminal ? .ok : .accepted, headers: headers,
      bytes: GenerationRoutes.render(view))
  }

  // MARK: Reading

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    let listing = try Listing<GenerationState>(request, of: "generation")
    let found = try await generations.list(
      states: listing.states, tenant: Caller.current.tenant, before: listing.before, limit: listing.reach)
    let (page, next) = listing.page(found) { $0.generation.id }
    return .json(reserving: page.count * 2_048 + 64) { writer in
      writer.objects("generations", page) { $0.generation($1) }
      writer.field("next", next)
    }
  }

  /// Another tenant's generation is as good as unknown.
  private func allowed(_ id: Identifier) async throws -> GenerationView {
    guard let view = try await generations.view(id),
      Caller.current.maySee(view.generation.terms.tenant)
    else { throw Problem.unknownGeneration(id) }
    return view
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "generation")
    _ = try await allowed(id)
    var headers: HTTPFields = [:]
    let view: GenerationView?
    if let wait = Preference(request.headers[values: .prefer]).wait {
      headers[.preferenceApplied] = "wait=\(wait)"
      view = try await generations.view(id, waiting: wait)
    } else {
      view = try await generations.view(id)
    }
    guard let view else { throw Problem.unknownGeneration(id) }
    return .json(headers: headers, bytes: GenerationRoutes.render(view))
  }

  // MARK: Calling off

  private func cancel(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "generation")
    let before = try await allowed(id)
    guard !before.generation.state.isTerminal else { throw Problem.generationOver(before.generation) }
    guard let view = try await generations.cancel(id) else { throw Problem.unknownGeneration(id) }
    switch view.generation.state {
    case .canceled: return .json(bytes: GenerationRoutes.render(view))
    case .running: return .json(.accepted, bytes: GenerationRoutes.render(view))
    case .succeeded, .rejected, .failed, .expired: throw Problem.generationOver(view.generation)
    }
  }

  private static func render(_ view: GenerationView) -> [UInt8] {
    var writer = JSONWriter(reserving: 4_096)
    writer.object { $0.generation(view) }
    return writer.bytes
  }

  private static func refusals<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let refusal as GenerationRefusal {
      throw Problem.refused(refusal)
    }
  }
}

extension Problem {
  fileprivate static func unknownGeneration(_ id: Identifier) -> Problem {
    .notFound("no generation has the id \(id)")
  }

  fileprivate static func generationOver(_ generation: Generation) -> Problem {
    Problem(
      .conflict, "generation-over", "The generation is over",
      "generation \(generation.id) has ended already: \(generation.state.rawValue)",
      extra: { $0.field("state", generation.state.rawValue) })
  }

  /// Nothing was recorded and nothing spent.
  fileprivate static func refused(_ refusal: GenerationRefusal) -> Problem {
    switch refusal {
    case .recipe(let message):
      return .invalid(FieldErrors([FieldError(pointer: "/recipe", message: message)]))
    case .input(let errors):
      var absolute = FieldErrors()
      absolute.absorb(errors, under: "/input")
      return .invalid(absolute)
    case .start(let failure):
      return .invalid(FieldErrors([FieldError(pointer: "/input", message: failure.description)]))
    case .callback(let message):
      return Problem(
        .unprocessableContent, "callback-refused", "The generation's end cannot be told there",
        "/callback_url: \(message)", errors: [FieldError(pointer: "/callback_url", message: message)])
    case .credits(let refusal): return .refused(refusal)
    case .credential(let message): return .header("X-Provider-Key", "cannot be used: \(message)")
    }
  }
}
