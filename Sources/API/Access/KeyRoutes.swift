import Credits
import Hummingbird
import Routing
import Serving
import Wire

/// `/v1/keys`: what callers open this router with. A secret is told once, to whoever makes it.
struct KeyRoutes {
  let credits: CreditService
  let ledger: any Ledger
  let limits: RequestLimits

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/keys", use: list)
    router.post("v1/keys", use: make)
    router.delete("v1/keys/:id", use: revoke)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let keys = try ledger.apiKeys()
    return .json(reserving: keys.count * 256 + 64) { writer in
      writer.objects("keys", keys) { $0.key($1, spent: credits.spent(by: $1.id)) }
    }
  }

  private func make(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    var reader = try FieldReader(try JSONValue.parse(try await request.bytes(limit: limits.smallBody)))
    let names = reader.strings("scopes", count: 1...4)
    let scopes = KeyScopes(names: names)
    if scopes == nil, !names.isEmpty {
      reader.fail("scopes", "must be of \(KeyScopes.names.map(\.name).joined(separator: ", "))")
    }
    let name = reader.optionalString("name", length: 1...200)
    let tenant = reader.optionalString("tenant", length: JobRequest.tenantLength)
    let budget = reader.optionalDouble("budget_per_day_usd", in: 0...1e9).flatMap { Money(dollars: $0) }
    try reader.finish()
    guard let scopes else { throw FieldErrors([FieldError(pointer: "/scopes", message: "is required")]) }
    if credits.keys.isOpen, !scopes.contains(.admin) {
      throw Problem(
        .conflict, "first-key", "The first key must be an administrator's",
        "from the first key on every request needs one, and only the scope admin makes more")
    }
    let new = try credits.makeKey(name: name, scopes: scopes, tenant: tenant, dailyBudget: budget)
    return .json(.created, headers: [.cacheControl: "no-store"]) {
      $0.key(new.key, spent: .zero)
      $0.field("secret", new.secret)
    }
  }

  private func revoke(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let text = context.pathParameter("id")
    guard let id = Identifier(text), let key = try credits.revokeKey(id) else {
      throw Problem.notFound("no key that opens anything has the id '\(text)'")
    }
    return .json { $0.key(key, spent: credits.spent(by: id)) }
  }
}

extension JSONWriter {
  /// The members of a key: all but its secret, which nobody has any more.
  fileprivate mutating func key(_ key: APIKey, spent: Money) {
    field("id", key.id.description)
    field("name", key.name)
    array("scopes", key.scopes.names)
    field("tenant", key.tenant)
    field("budget_per_day_usd", key.dailyBudget?.dollars)
    field("spent_today_usd", spent.dollars)
    field("created_at", key.created.description)
    field("revoked_at", key.revoked?.description)
  }
}
