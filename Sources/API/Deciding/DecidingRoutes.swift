import Embedding
import HTTPTypes
import Hummingbird
import NIOCore
import Routing
import Serving
import Wire

/// `POST /v1/decisions`, `POST /v1/decisions:batch`, and what became of a decision.
struct DecidingRoutes {
  let service: RoutingService
  let limits: RequestLimits
  private let gate: IdempotencyGate
  private let cache = AnswerPartsCache()

  init(service: RoutingService, limits: RequestLimits) {
    self.service = service
    self.limits = limits
    gate = IdempotencyGate(service)
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("v1/decisions", use: decide)
    router.post("v1/decisions:batch", use: decideBatch)
    router.get("v1/decisions/:id", use: read)
    router.get("v1/decisions/:id/explanation", use: explain)
    router.post("v1/decisions/:id/outcome", use: report)
  }

  private func decide(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let body = try await request.bytes(limit: limits.smallBody)
    let wanted = try DecisionRequest(
      try JSONValue.parse(body), dimension: service.embedder.dimension, limits: limits)
    guard let key = wanted.idempotencyKey else {
      try Caller.current.checkBudget()
      let answered = try await service.decide(
        wanted.intent, embedding: wanted.embedding, tenant: Caller.current.tenant)
      return .json(bytes: render(answered))
    }
    let scope = Caller.current.scope
    let (bytes, isReplay) = try await gate.answer(scope: scope, key: key, body: body) { digest in
      try Caller.current.checkBudget()
      var bytes: [UInt8] = []
      _ = try await service.decide(
        wanted.intent, embedding: wanted.embedding, tenant: Caller.current.tenant
      ) { answered in
        bytes = render(answered)
        return Answer(
          key: scope + key, digest: digest, decision: answered.decision.id, body: bytes,
          at: answered.decision.decided
        )
      }
      return bytes
    }
    return .json(headers: isReplay ? [.idempotentReplay: "true"] : [:], bytes: bytes)
  }

  /// The answer to a body of `POST /v1/decisions` where it is to be had without waiting; nil for everything else: an
  /// error, an `idempotency_key`, a long text, a record that must be on disk first. ``decide(_:_:)`` then takes the
  /// whole request, so that there is one place for each of these.
  ///
  /// - Parameter tenant: of the key that it came with; nil for none.
  func answerAtOnce(_ body: UnsafeRawBufferPointer, tenant: String?) -> [UInt8]? {
    guard body.count <= DecidingRoutes.longestAtOnce,
      let (value, floats) = try? JSONValue.parse(body, packing: "embedding"),
      let wanted = try? DecisionRequest(
        value, floats: floats, dimension: service.embedder.dimension, limits: limits),
      wanted.idempotencyKey == nil,
      let answered = try? service.decideAtOnce(
        wanted.intent, embedding: wanted.embedding, tenant: tenant)
    else { return nil }
    return render(answered)
  }

  /// Bytes of a body: embedding a text takes about 20 ns a byte, and the connections of a loop wait meanwhile.
  static let longestAtOnce = 16 * 1_024

  private func render(_ answered: Answered) -> [UInt8] {
    var writer = JSONWriter(reserving: 2_048)
    writer.object { $0.decision(answered, cache.parts(of: answered)) }
    return writer.bytes
  }

  private func decideBatch(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    try Caller.current.checkBudget()
    let value = try JSONValue.parse(try await request.bytes(limit: limits.largeBody))
    var reader = try FieldReader(value)
    let items = reader.array("decisions")
    try reader.finish()
    guard items.count <= limits.decisions else { throw Problem.tooMany(items.count, limit: limits.decisions) }
    var problems = [Problem?](repeating: nil, count: items.count)
    var requests: [(intent: Intent, embedding: [Float]?)] = []
    for (index, item) in items.enumerated() {
      do throws(FieldErrors) {
        let wanted = try DecisionRequest(item, dimension: service.embedder.dimension, limits: limits)
        if wanted.idempotencyKey != nil {
          throw FieldErrors([
            FieldError(
              pointer: "/idempotency_key", message: "is taken by POST /v1/decisions only, not in a batch")
          ])
        }
        requests.append((wanted.intent, wanted.embedding))
      } catch {
        problems[index] = .invalid(error)
      }
    }
    var answers = try await service.decide(requests, tenant: Caller.current.tenant).makeIterator()
    return .json(reserving: items.count * 1_024) { writer in
      writer.array("decisions") { writer in
        for problem in problems {
          if let problem {
            problem.write(to: &writer)
          } else if let answer = answers.next() {
            switch answer {
            case .success(let answered): writer.object { $0.decision(answered, cache.parts(of: answered)) }
            case .failure(let error): Problem.noEligible(error).write(to: &writer)
            }
          }
        }
      }
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let explanation = try await explanation(context)
    let id = explanation.decision.id
    let feedback = try service.ledger.feedback(about: id)
    let reward = try await service.reward(of: id)
    let signals = service.snapshot.governance.value.rules(for: nil).signals
    return .json { writer in
      writer.decision(explanation.answered)
      writer.field("decided_at", explanation.decision.decided.description)
      writer.field("capability", explanation.decision.intent.capability.name)
      writer.field("intent", explanation.decision.intent.text)
      writer.field("session", explanation.decision.intent.session)
      writer.array("attempts") { writer in
        for entry in feedback where !entry.isSuperseded {
          guard case .outcome(let outcome) = entry.submission.content else { continue }
          writer.object { $0.outcome(outcome, at: entry.submission.at) }
        }
      }
      writer.array("feedback") { writer in
        for entry in feedback { writer.object { $0.feedback(entry, signals) } }
      }
      if let reward {
        writer.object("reward") {
          $0.field("value", reward.value)
          $0.field("mass", reward.mass)
          $0.field("epoch", reward.epoch)
        }
      } else {
        writer.null("reward")
      }
    }
  }

  private func explain(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let explanation = try await explanation(context)
    return .json(reserving: 8_192) { $0.explanation(explanation) }
  }

  /// Of the decision in the path; another tenant's is as good as unknown.
  private func explanation(_ context: RouterContext) async throws -> Explanation {
    try await service.explain(try context.identifier(of: "decision"), for: Caller.current.tenant)
  }

  /// `POST /v1/decisions/{id}/outcome`: an outside executor says who did the work and how it ended.
  private func report(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "decision")
    let value = try JSONValue.parse(try await request.bytes(limit: limits.smallBody))
    let now = service.clock.now
    let submission = try OutcomeRequest.read(value, decision: id, now: now)
    try await Caller.current.checkSubjects(of: [submission], service)
    return try FeedbackRoutes.answer(
      [.success(submission)], try await service.judge([submission]), isSingle: true)
  }
}

extension HTTPField.Name {
  static let idempotentReplay = HTTPField.Name("Idempotent-Replay")!
}

extension Explanation {
  var answered: Answered { Answered(decision: decision, choice: choice, tables: TableCache(snapshot)) }
}
