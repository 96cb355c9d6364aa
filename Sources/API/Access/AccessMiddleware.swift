import Credits
import HTTPTypes
import Hummingbird
import Routing
import Serving
import Wire

/// Lets requests in whose key opens what they ask for. While no key was ever made everybody is let in: then the router
/// listens on the loopback alone.
struct AccessMiddleware<Context: RequestContext>: RouterMiddleware {
  let credits: CreditService

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let scope = RouteScope.of(request.method, request.uri.path)
    guard scope != .anybody, !credits.keys.isOpen else { return try await next(request, context) }
    guard let value = request.headers[.authorization] else { throw Problem.unauthorised("no key was sent") }
    guard let secret = Bearer.secret(in: value) else {
      throw Problem.unauthorised("the header must read: Authorization: Bearer KEY")
    }
    guard let key = credits.keys.key(for: secret) else {
      throw Problem.unauthorised("the key is not known, or was revoked")
    }
    guard scope.allows(key) else { throw Problem.forbidden(key, scope) }
    return try await Caller.$current.withValue(Caller(key: key, credits: credits)) {
      try await next(request, context)
    }
  }
}

/// `Authorization: Bearer …` (RFC 6750).
enum Bearer {
  static func secret(in value: String) -> Substring? {
    let scheme = value.prefix(7)
    guard scheme.utf8.count == 7, scheme.lowercased() == "bearer " else { return nil }
    let secret = value.dropFirst(7)
    return secret.isEmpty ? nil : secret
  }

  /// Whether a request that is answered where its bytes arrive may be: without a task, a lock that is waited for, or a
  /// word of refusal, which the routes have.
  static func admits(_ authorization: String?, _ credits: CreditService) -> Bool {
    if credits.keys.isOpen { return true }
    guard let authorization, let secret = secret(in: authorization),
      let key = credits.keys.key(for: secret), key.scopes.allow(.decide)
    else { return false }
    return credits.refusal(of: key) == nil
  }
}

extension Problem {
  static func unauthorised(_ detail: String) -> Problem {
    var problem = Problem(
      .unauthorized, "unauthorized", "A key is needed",
      "\(detail); an administrator makes one with `pointsman keys create`")
    problem.authenticate = "Bearer"
    return problem
  }

  static func forbidden(_ key: APIKey, _ scope: RouteScope) -> Problem {
    var wanted = "admin"
    if case .scopes(let scopes) = scope { wanted = scopes.names.joined(separator: " or ") }
    return Problem(
      .forbidden, "scope-missing", "The key does not open this",
      "this needs the scope \(wanted), and the key has \(key.scopes.names.joined(separator: ", "))")
  }

  /// Money: who has too little of it, and when there may be more.
  static func refused(_ refusal: CreditRefusal) -> Problem {
    switch refusal {
    case .budget(let key, let budget, let spent, let needed, let again):
      return Problem(
        .init(code: 402, reasonPhrase: "Payment Required"), "budget-exceeded",
        "The key's budget for this day is used up", "\(refusal)",
        extra: {
          $0.field("key", key.description)
          $0.field("budget_usd", budget.dollars)
          $0.field("spent_usd", spent.dollars)
          $0.field("needed_usd", needed.dollars)
          $0.field("begins_again_at", again.description)
        })
    case .balance(let account, let balance, let needed):
      return Problem(
        .init(code: 402, reasonPhrase: "Payment Required"), "insufficient-credits",
        "The account does not cover this", "\(refusal)",
        extra: {
          $0.field("account", account.description)
          $0.field("balance_usd", balance.dollars)
          $0.field("needed_usd", needed.dollars)
        })
    }
  }
}
