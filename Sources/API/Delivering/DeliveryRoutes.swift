import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Wire

/// `/v1/deliveries`: what customers' endpoints were told, what they answered, and dead letters tried again.
struct DeliveryRoutes {
  let deliveries: DeliveryService
  let ledger: any Ledger

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/deliveries", use: list)
    router.get("v1/deliveries/:id", use: read)
    router.post("v1/deliveries/:id/retry", use: retry)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    let listing = try Listing<DeliveryState>(request, of: "delivery", beside: ["job"])
    guard listing.states.map({ $0.count == 1 }) ?? true else {
      throw Problem.parameter("state", "must be one state, or be left out for all")
    }
    let job = try request.identifier("job", of: "job")
    let found = try ledger.deliveries(
      state: listing.states?.first, job: job, before: listing.before, limit: listing.reach)
    let (page, next) = listing.page(found, id: \.id)
    return .json(reserving: page.count * 512 + 64) { writer in
      writer.objects("deliveries", page) { $0.delivery($1) }
      writer.field("next", next)
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "delivery")
    guard let delivery = try ledger.delivery(id) else { throw Problem.unknownDelivery(id) }
    let attempts = try ledger.deliveryAttempts(of: id)
    let payload = try ledger.deliveryPayload(id)
    return .json(reserving: 4_096) {
      $0.delivery(delivery)
      $0.record(attempts, payload: payload)
    }
  }

  private func retry(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "delivery")
    do {
      guard let delivery = try await deliveries.retry(id) else { throw Problem.unknownDelivery(id) }
      return .json(.accepted) { $0.delivery(delivery) }
    } catch let refusal as DeliveryRefusal {
      throw Problem(.conflict, "not-dead", "The delivery is no dead letter", "delivery \(id): \(refusal)")
    }
  }
}

/// `/v1/callback-secrets`: what deliveries are signed with. A key is told once, to whoever makes it.
struct CallbackSecretRoutes {
  let deliveries: DeliveryService
  let ledger: any Ledger
  let limits: RequestLimits

  /// How long the secrets before it sign on beside a new one, unless said otherwise.
  static let overlap = Span.hours(24)

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/callback-secrets", use: list)
    router.post("v1/callback-secrets", use: make)
    router.delete("v1/callback-secrets/:id", use: remove)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let secrets = try ledger.signingSecrets()
    return .json { $0.objects("secrets", secrets) { $0.secret($1) } }
  }

  private func make(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let body = try await request.bytes(limit: limits.smallBody)
    var reader = try FieldReader(body.isEmpty ? [:] : try JSONValue.parse(body))
    let tenant = reader.optionalString("tenant", length: JobRequest.tenantLength)
    let seconds = reader.optionalInteger("overlap_s", in: 0...(30 * 86_400))
    try reader.finish()
    let secret = try deliveries.rotateSecret(
      of: tenant, overlap: seconds.map { .seconds(Int64($0)) } ?? CallbackSecretRoutes.overlap)
    return .json(.created, headers: [.cacheControl: "no-store"]) {
      $0.secret(secret)
      $0.field("secret", secret.text)
    }
  }

  private func remove(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let text = context.pathParameter("id")
    guard let id = Identifier(text), let secret = try deliveries.dropSecret(id) else {
      throw Problem.notFound("no callback secret has the id '\(text)'")
    }
    return .json { $0.secret(secret) }
  }
}

extension Problem {
  fileprivate static func unknownDelivery(_ id: Identifier) -> Problem {
    .notFound("no delivery has the id \(id)")
  }
}
