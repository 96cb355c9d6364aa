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

  func add(to router: some RouterMethods<BasicRequestContext>) {
    router.get("v1/deliveries", use: list)
    router.get("v1/deliveries/:id", use: read)
    router.post("v1/deliveries/:id/retry", use: retry)
  }

  private func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery("state", "job", "before", "limit")
    let limit = try request.number("limit", default: 50, in: 1...500)
    let state = try request.query("state").map { name in
      guard let state = DeliveryState(rawValue: name) else {
        let known = DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem.parameter("state", "must be one of \(known), got '\(name)'")
      }
      return state
    }
    let job = try request.identifier("job", of: "a job")
    let before = try request.identifier("before", of: "a delivery")
    // One more tells whether there is a next page.
    let found = try ledger.deliveries(state: state, job: job, before: before, limit: limit + 1)
    let page = found.prefix(limit)
    return .json(reserving: page.count * 512 + 64) { writer in
      writer.objects("deliveries", Array(page)) { $0.delivery($1) }
      writer.field("next", found.count > limit ? page.last?.id.description : nil)
    }
  }

  private func read(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.deliveryID()
    guard let delivery = try ledger.delivery(id) else { throw Problem.unknownDelivery(id) }
    let attempts = try ledger.deliveryAttempts(of: id)
    let payload = try ledger.deliveryPayload(id)
    return .json(reserving: 4_096) {
      $0.delivery(delivery)
      $0.record(attempts, payload: payload)
    }
  }

  private func retry(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.deliveryID()
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

  func add(to router: some RouterMethods<BasicRequestContext>) {
    router.get("v1/callback-secrets", use: list)
    router.post("v1/callback-secrets", use: make)
    router.delete("v1/callback-secrets/:id", use: remove)
  }

  private func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery()
    let secrets = try ledger.signingSecrets()
    return .json { $0.objects("secrets", secrets) { $0.secret($1) } }
  }

  private func make(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
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

  private func remove(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery()
    let text = context.pathParameter("id")
    guard let id = Identifier(text), let secret = try deliveries.dropSecret(id) else {
      throw Problem.notFound("no callback secret has the id '\(text)'")
    }
    return .json { $0.secret(secret) }
  }
}

extension Request {
  fileprivate func identifier(_ name: String, of what: String) throws -> Identifier? {
    try query(name).map { text in
      guard let id = Identifier(text) else {
        throw Problem.parameter(name, "must be the id of \(what) (a UUID), got '\(text)'")
      }
      return id
    }
  }
}

extension BasicRequestContext {
  fileprivate func deliveryID() throws -> Identifier {
    let text = pathParameter("id")
    guard let id = Identifier(text) else { throw Problem.notFound("'\(text)' is not a delivery id (a UUID)") }
    return id
  }
}

extension Problem {
  fileprivate static func unknownDelivery(_ id: Identifier) -> Problem {
    .notFound("no delivery has the id \(id)")
  }
}
