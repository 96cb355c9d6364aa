import Hummingbird
import Jobs
import Routing
import Serving
import Wire

/// `/v1/providers` of a router that does the work itself: who can be asked now, and how they have been.
struct ProviderRoutes {
  let service: RoutingService
  let jobs: JobService
  let gate: WebhookGate

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/providers", use: list)
    router.get("v1/providers/:id/health", use: health)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let catalogue = service.snapshot.catalogue.value
    let views = Dictionary(uniqueKeysWithValues: await jobs.providers().map { ($0.provider, $0) })
    let now = service.clock.now
    return .json(reserving: 8_192) { writer in
      writer.objects("providers", catalogue.providers) { writer, provider in
        writer.field("id", provider.id)
        writer.field("name", provider.name)
        writer.field("kind", provider.kind.rawValue)
        writer.field("payment", (provider.access?.payment ?? .onDemand).rawValue)
        writer.field("credential", provider.access?.credential)
        writer.field("candidates", catalogue.candidates.count { $0.provider == provider.id })
        // One that the executors have not heard of yet will be theirs with the next catalogue.
        if let view = views[provider.id] {
          writer.object("live") { $0.provider(view, at: now, limited: gate.limited(for: provider.id)) }
        } else {
          writer.null("live")
        }
      }
    }
  }

  private func health(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("limit")
    let id = context.pathParameter("id")
    let limit = try request.number("limit", default: 288, in: 1...10_000)
    guard let provider = service.snapshot.catalogue.value.provider(id) else {
      throw Problem.notFound("the catalogue has no provider '\(id)'")
    }
    let checks = try service.ledger.healthChecks(of: provider.id, limit: limit)
    return .json(reserving: checks.count * 160 + 256) { writer in
      writer.field("provider", provider.id)
      writer.field("status", checks.first?.state.rawValue ?? "unobserved")
      if checks.isEmpty { writer.field("detail", "it has not been checked yet") }
      let answered = checks.count { $0.check.failure == nil }
      writer.field("uptime", checks.isEmpty ? nil : Double(answered) / Double(checks.count))
      writer.objects("checks", checks) { writer, entry in
        writer.field("at", entry.check.at.description)
        writer.field("latency_ms", entry.check.latency.milliseconds)
        writer.field("state", entry.state.rawValue)
        if let failure = entry.check.failure {
          writer.object("error") {
            $0.field("class", failure.failureClass.rawValue)
            $0.field("code", failure.code.rawValue)
            $0.field("message", failure.message)
          }
        } else {
          writer.null("error")
        }
      }
    }
  }
}

extension Span {
  var milliseconds: Double { Double(microseconds) / 1_000 }
}

extension JSONWriter {
  /// - Parameter limited: webhooks that came too fast, since the start.
  fileprivate mutating func provider(_ view: ProviderView, at now: Instant, limited: Int) {
    field("obstacle", view.obstacle)
    field("health", view.health?.rawValue)
    if let service = view.service {
      object("service") {
        $0.field("status", service.state.rawValue)
        $0.field("detail", service.detail)
        $0.field("checked_at", service.at.description)
      }
    } else {
      null("service")
    }
    object("circuit") { $0.circuit(view.circuit) }
    field("in_use", view.inUse)
    field("queued", view.queued)
    field("concurrency", view.concurrency)
    field("webhooks_dropped", view.droppedWebhooks)
    field("webhooks_limited", limited)
    objects("candidates", view.candidates) { writer, candidate in
      let live = candidate.live
      writer.field("candidate", candidate.candidate)
      writer.object("circuit") { $0.circuit(candidate.circuit) }
      if let obstacle = live.obstacle, obstacle.stands(at: now) {
        writer.object("obstacle") {
          $0.field("kind", obstacle.kind.rawValue)
          $0.field("until", obstacle.until?.description)
          $0.field("detail", obstacle.detail)
        }
      } else {
        writer.null("obstacle")
      }
      writer.field("admission", live.admission)
      writer.field("load", live.load)
      writer.field("latency_p50_ms", live.latencyP50?.milliseconds)
      writer.field("latency_p90_ms", live.latencyP90?.milliseconds)
      writer.field("availability", candidate.availability)
      writer.field("refusal_rate", candidate.refusalRate)
      writer.field("attempts", candidate.evidence)
      writer.field("cost_drift", candidate.costDrift)
    }
  }

  private mutating func circuit(_ phase: Circuit.Phase) {
    var until: Instant?
    var step: Int?
    let name =
      switch phase {
      case .closed: "closed"
      case .coolingDown: "cooling_down"
      case .open: "open"
      case .halfOpen: "half_open"
      case .openHard: "open_hard"
      }
    if case .open(let end) = phase { until = end }
    if case .coolingDown(let end) = phase { until = end }
    if case .halfOpen(let number) = phase { step = number }
    field("phase", name)
    field("until", until?.description)
    field("step", step)
  }
}
