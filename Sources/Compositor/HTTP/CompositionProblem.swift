import HTTPTypes
import Hummingbird
import Logging
import Wire

/// An error as a caller sees it (RFC 9457): what is wrong, and every field that is.
struct CompositionProblem: Error {
  var status: HTTPResponse.Status
  /// The last part of the type; stable.
  var slug: String
  var detail: String
  var fields = FieldErrors()
  /// In seconds.
  var retryAfter: Int?

  init(_ status: HTTPResponse.Status, _ slug: String, _ detail: String, retryAfter: Int? = nil) {
    self.status = status
    self.slug = slug
    self.detail = detail
    self.retryAfter = retryAfter
  }

  init(_ fields: FieldErrors) {
    self.init(.badRequest, "invalid-request", fields.errors.map(\.description).joined(separator: "; "))
    self.fields = fields
  }

  init(_ refusal: WorkbenchRefusal) {
    switch refusal {
    case .full: self.init(.tooManyRequests, "queue-full", "\(refusal)", retryAfter: 10)
    case .tooManyUploads: self.init(.tooManyRequests, "too-many-uploads", "\(refusal)", retryAfter: 60)
    case .keyUsed: self.init(.conflict, "idempotency-key-used", "\(refusal)")
    case .closing: self.init(.serviceUnavailable, "closing", "\(refusal)", retryAfter: 5)
    }
  }

  /// Any error; what nobody foresaw is a 500 without its inner workings.
  init(_ error: any Error) {
    switch error {
    case let problem as CompositionProblem: self = problem
    case let refusal as WorkbenchRefusal: self.init(refusal)
    case let error as HTTPError where error.status == .notFound:
      self.init(.notFound, "not-found", "there is nothing at this path; see /health and /v1/compositions")
    case let error as any HTTPResponseError:
      self.init(error.status, "refused", error.status.reasonPhrase)
    default: self.init(.internalServerError, "internal", "the service failed; its log says more")
    }
  }

  var response: Response {
    var headers: HTTPFields = [:]
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    return .json(status, headers: headers, type: "application/problem+json") { writer in
      writer.field("type", "urn:pointsman:compose:\(slug)")
      writer.field("title", status.reasonPhrase)
      writer.field("status", Int(status.code))
      writer.field("detail", detail)
      writer.objects("errors", fields.errors) { writer, error in
        writer.field("pointer", error.pointer)
        writer.field("detail", error.message)
      }
    }
  }
}

/// Turns every error into a problem, and logs those that nobody foresaw.
struct CompositionProblems: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = CompositionProblem(error)
      if problem.status.code >= 500 {
        context.logger.error(
          "request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return problem.response
    }
  }
}
