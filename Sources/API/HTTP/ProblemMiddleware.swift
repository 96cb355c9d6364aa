import Hummingbird
import Logging
import Routing

/// Which methods a path has.
struct RouteTable: Sendable {
  private var methods: [(pattern: [Substring], method: String)]

  init(_ routes: [Router<RouterContext>.RouteDescription]) {
    methods = routes.map { (RouteTable.steps($0.path.description), $0.method.rawValue) }
    // A path that can be read can be asked for its head.
    methods += methods.filter { $0.method == "GET" }.map { ($0.pattern, "HEAD") }
  }

  /// Sorted; empty when there is nothing at the path.
  func methods(of path: String) -> [String] {
    let steps = RouteTable.steps(path)
    return methods.filter { entry in
      entry.pattern.count == steps.count
        && zip(entry.pattern, steps).allSatisfy { $0.hasPrefix("{") || $0.hasPrefix(":") || $0 == $1 }
    }.map(\.method).sorted()
  }

  private static func steps(_ path: String) -> [Substring] { path.split(separator: "/") }
}

/// Turns every error into a problem, and logs those that nobody foresaw.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  let routes: RouteTable

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      var problem = Problem.from(error)
      if problem.status == .notFound, error is HTTPError {
        let allowed = routes.methods(of: request.uri.path)
        if !allowed.isEmpty {
          problem = .methodNotAllowed(request.method, request.uri.path, allowed: allowed)
        }
      }
      if problem.status.code >= 500 {
        context.logger.error(
          "request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return try problem.response(from: request, context: context)
    }
  }
}
