import HTTPTypes
import Hummingbird

/// Leaves the event loop to what is short (``ShortWork``). All else, which may read much, parse much or compute for long,
/// is worked on by the pool, so that decisions, which are answered on the loop at once, do not wait for it.
struct PoolMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    if ShortWork.isAsked(by: request.head) { return try await next(request, context) }
    return try await withTaskExecutorPreference(globalConcurrentExecutor) {
      try await next(request, context)
    }
  }
}

/// Small orders, reports and webhooks, and reading how one thing stands: known to be short from the head alone.
enum ShortWork {
  /// The longest body, in bytes: parsed and embedded within a fraction of a millisecond.
  static let longest = 16_384
  private static let posted: Set<Substring> = [
    "/v1/jobs", "/v1/unified", "/v1/feedback", "/v1/decisions",
  ]
  /// What one more segment is posted under, and read under.
  private static let postedUnder: Set<Substring> = ["/v1/generate", "/webhooks"]
  private static let readUnder: Set<Substring> = [
    "/v1/jobs", "/v1/unified", "/v1/generations", "/v1/decisions",
  ]

  static func isAsked(by head: HTTPRequest) -> Bool {
    guard let path = head.path?.prefix(while: { $0 != "?" }), let slash = path.lastIndex(of: "/") else {
      return false
    }
    switch head.method {
    case .get: return readUnder.contains(path[..<slash])
    case .post:
      let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? .max
      return length <= longest && (posted.contains(path) || postedUnder.contains(path[..<slash]))
    default: return false
    }
  }
}
