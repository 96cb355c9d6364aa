import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Routing
import Serving
import Synchronization
import Wire

/// `POST /webhooks/{provider}`: vendors say how jobs stand. What they send is checked over its raw bytes.
///
/// Nothing here is refused that a vendor may add: its query may hold more than our token.
struct WebhookRoutes: Sendable {
  let jobs: JobService
  let clock: any WallClock
  let limits: RequestLimits
  let gate: WebhookGate
  private let refusals = RefusalLog()

  init(jobs: JobService, clock: any WallClock, limits: RequestLimits, gate: WebhookGate) {
    self.jobs = jobs
    self.clock = clock
    self.limits = limits
    self.gate = gate
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("webhooks/:provider", use: receive)
  }

  private func receive(_ request: Request, _ context: RouterContext) async throws -> Response {
    let provider = context.pathParameter("provider")
    let known = jobs.router.snapshot.catalogue.value.provider(provider)
    let visitor = gate.visitor(request, context, provider: known?.id ?? "")
    try gate.admit(visitor, at: clock.now)
    let call = WebhookCall(
      headers: request.headers.map { WebhookCall.Field($0.name.rawName, $0.value) },
      body: try await request.bytes(limit: limits.webhookBody))
    switch await jobs.receive(call, from: provider, token: request.query("token")) {
    case .taken: return WebhookRoutes.answer(.ok, "taken")
    case .noChange(let why): return WebhookRoutes.answer(.ok, "no_change", why?.rawValue)
    case .unknownJob:
      // Not an error: a vendor would deliver it again and again.
      return WebhookRoutes.answer(
        .accepted, "unknown_job", "no job of this router is meant; do not send it again")
    case .unknownProvider:
      gate.charge(visitor, at: clock.now)
      throw Problem.notFound("the catalogue has no provider '\(provider)'")
    case .unavailable(let detail):
      throw Problem(
        .serviceUnavailable, "unavailable", "The router cannot do this now", detail, retryAfter: 5)
    case .refused(let refusal):
      if refusal.isSendersFault { gate.charge(visitor, at: clock.now) }
      if let count = refusals.note(at: clock.now) {
        context.logger.warning(
          "webhooks refused",
          metadata: ["provider": "\(provider)", "reason": "\(refusal)", "count": "\(count)"])
      }
      throw Problem.refused(refusal)
    }
  }

  private static func answer(
    _ status: HTTPResponse.Status, _ outcome: String, _ detail: String? = nil
  ) -> Response {
    .json(status) {
      $0.field("outcome", outcome)
      $0.fieldIfPresent("detail", detail)
    }
  }
}

/// Says when refusals are worth a line of the log: the first, then at most one line a second with how many there were.
struct RefusalCount {
  static let interval = Span.seconds(1)

  private var reported: Instant?
  private var count = 0

  /// - Returns: how many there were since the last line, this one included; nil for no line.
  mutating func note(at now: Instant) -> Int? {
    count += 1
    if let reported, now >= reported, now - reported < RefusalCount.interval { return nil }
    defer { count = 0 }
    reported = now
    return count
  }
}

/// The same for many requests at once.
private final class RefusalLog: Sendable {
  private let count = Mutex(RefusalCount())

  func note(at now: Instant) -> Int? { count.withLock { $0.note(at: now) } }
}

extension Problem {
  /// A stranger is not told what this router lacks.
  static func refused(_ refusal: WebhookRefusal) -> Problem {
    let detail =
      switch refusal {
      case .missingSecret, .keysUnavailable: "the signature cannot be checked now; deliver it again later"
      case .notExpected, .missingHeader, .stale, .wrongSignature, .malformed: "\(refusal)"
      }
    let status = HTTPResponse.Status(code: refusal.httpStatus)
    return Problem(
      status, "webhook-refused", "The call is not believed", detail,
      retryAfter: status == .serviceUnavailable ? 30 : nil)
  }
}
