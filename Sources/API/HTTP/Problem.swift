public import HTTPTypes
public import Hummingbird
import NIOCore
import Routing
import Serving
import Unified
import Wire

/// An error as a client sees it (RFC 9457): a stable type, a title, what happened this time, and every offending field.
public struct Problem: Error, HTTPResponseError {
  public var status: HTTPResponse.Status
  /// The last part of `urn:pointsman:…`; stable.
  public var slug: String
  public var title: String
  public var detail: String
  var errors: [FieldError] = []
  /// Members beyond those of the RFC.
  var extra: (@Sendable (inout JSONWriter) -> Void)?
  var retryAfter: Int?
  /// The methods that the path has.
  var allow: String?
  /// Of a file whose part was asked for in vain.
  var contentRange: String?
  /// How to say who one is.
  var authenticate: String?

  init(
    _ status: HTTPResponse.Status, _ slug: String, _ title: String, _ detail: String,
    errors: [FieldError] = [],
    retryAfter: Int? = nil, extra: (@Sendable (inout JSONWriter) -> Void)? = nil
  ) {
    self.status = status
    self.slug = slug
    self.title = title
    self.detail = detail
    self.errors = errors
    self.retryAfter = retryAfter
    self.extra = extra
  }

  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("type", "urn:pointsman:\(slug)")
      $0.field("title", title)
      $0.field("status", Int(status.code))
      $0.field("detail", detail)
      if !errors.isEmpty {
        $0.objects("errors", errors) { writer, error in
          writer.field("pointer", error.pointer)
          writer.field("detail", error.message)
        }
      }
      extra?(&$0)
    }
  }

  public func response(from request: Request, context: some RequestContext) throws -> Response {
    var writer = JSONWriter(reserving: 512)
    write(to: &writer)
    var headers: HTTPFields = [.contentType: "application/problem+json"]
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    if let allow { headers[.allow] = allow }
    if let authenticate { headers[.wwwAuthenticate] = authenticate }
    if let contentRange { headers[.contentRange] = contentRange }
    return Response(
      status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
  }
}

extension Problem {
  static func malformed(_ error: JSONError) -> Problem {
    Problem(.badRequest, "malformed-json", "The body is not JSON", "\(error)")
  }

  static func invalid(_ errors: FieldErrors) -> Problem {
    let more = errors.omitted > 0 ? " and \(errors.omitted) more" : ""
    return Problem(
      .badRequest, "invalid-request", "The request is not valid",
      errors.errors.count == 1 ? "\(errors.errors[0])" : "\(errors.errors.count) fields are wrong\(more)",
      errors: errors.errors)
  }

  static func parameter(_ name: String, _ detail: String) -> Problem {
    Problem(
      .badRequest, "invalid-request", "The request is not valid", "query parameter \(name) \(detail)",
      errors: [FieldError(pointer: "?\(name)", message: detail)])
  }

  static func notFound(_ detail: String) -> Problem {
    Problem(.notFound, "not-found", "There is no such thing", detail)
  }

  static func unknownDecision(_ id: Identifier) -> Problem { .notFound("no decision has the id \(id)") }

  static func methodNotAllowed(_ method: HTTPRequest.Method, _ path: String, allowed: [String]) -> Problem {
    let allowed = allowed.joined(separator: ", ")
    var problem = Problem(
      .methodNotAllowed, "method-not-allowed", "The path has other methods",
      "\(path) takes \(allowed), not \(method)")
    problem.allow = allowed
    return problem
  }

  static func tooLarge(limit: Int) -> Problem {
    Problem(
      .contentTooLarge, "payload-too-large", "The body is too large", "at most \(limit) bytes are taken here")
  }

  static func tooMany(_ count: Int, limit: Int) -> Problem {
    Problem(
      .contentTooLarge, "too-many-items", "The batch is too large",
      "\(count) items were sent and at most \(limit) are taken at once; nothing was done, send it in parts")
  }

  static func unavailable(_ detail: String) -> Problem {
    Problem(.serviceUnavailable, "unavailable", "The router cannot do this now", detail, retryAfter: 1)
  }

  static func noEligible(_ error: NoEligibleCandidate) -> Problem {
    let capability = error.capability.name
    let detail =
      error.excluded.isEmpty
      ? "no candidate in the catalogue serves \(capability)"
      : "none of the \(error.excluded.count) candidates for \(capability) may serve this request"
    return Problem(
      .unprocessableContent, "no-eligible-candidate", "No candidate may serve this request", detail,
      retryAfter: error.retryAfter?.wholeSeconds,
      extra: { writer in
        writer.field("capability", capability)
        if let span = error.retryAfter { writer.field("retry_after_s", span.wholeSeconds) }
        writer.exclusions(error.excluded)
      })
  }

  /// Any error as a problem; what nobody foresaw is a 500 without its inner workings.
  static func from(_ error: any Error) -> Problem {
    switch error {
    case let problem as Problem: problem
    case let error as JSONError: malformed(error)
    case let errors as FieldErrors: invalid(errors)
    case let error as NoEligibleCandidate: noEligible(error)
    case let error as ServiceError: unavailable("\(error)")
    case ExplanationError.unknownDecision(let id): unknownDecision(id)
    case let error as ExplanationError:
      Problem(.internalServerError, "internal", "The router failed", "\(error)")
    case let error as RegionError:
      invalid(FieldErrors([FieldError(pointer: "/examples", message: "\(error)")]))
    case let faults as CatalogueFaults: invalid(faults)
    case let error as HTTPError:
      Problem(
        error.status, slug(error.status), error.status.reasonPhrase,
        error.body
          ?? (error.status == .notFound ? "there is nothing at this path" : error.status.reasonPhrase))
    case let error as any HTTPResponseError:
      Problem(error.status, slug(error.status), error.status.reasonPhrase, error.status.reasonPhrase)
    default:
      Problem(.internalServerError, "internal", "The router failed", "the log says more")
    }
  }

  static func unsupported(_ version: UnsupportedVersion) -> Problem {
    Problem(
      .badRequest, "unsupported-version", "The version is not supported", "\(version)",
      errors: [FieldError(pointer: "/schema_version", message: "must be one of \(SchemaVersion.listing)")])
  }

  private static func slug(_ status: HTTPResponse.Status) -> String {
    switch status {
    case .notFound: "not-found"
    case .contentTooLarge: "payload-too-large"
    case .badRequest: "invalid-request"
    default: status.reasonPhrase.lowercased().split(separator: " ").joined(separator: "-")
    }
  }
}
