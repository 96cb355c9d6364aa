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

  /// What a request may be answered by where its bytes arrive: without a task, a lock that is waited for, or a word of
  /// refusal, which the routes have. Nil when it may not.
  static func pass(_ authorization: String?, _ credits: CreditService) -> DecidingPass? {
    if credits.keys.isOpen { return DecidingPass() }
    guard let authorization, let secret = secret(in: authorization),
      let key = credits.keys.key(for: secret), key.scopes.allow(.decide), credits.refusal(of: key) == nil
    else { return nil }
    return DecidingPass(tenant: key.tenant)
  }
}

/// Leave to be answered where a request's bytes arrive.
struct DecidingPass: Hashable, Sendable {
  /// Whose decision it will be; nil for nobody's in particular.
  var tenant: String?
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
}
