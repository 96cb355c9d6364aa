import HTTPTypes
import Hummingbird
import NIOCore
import Routing
import Serving
import Wire

/// `GET /v1/artefacts/{name}`: copies of what jobs have made.
struct ArtefactRoutes {
  let artefacts: any ArtefactReading
  /// Nil where every address is plain.
  var links: ArtefactLinks?
  let clock: any WallClock
  /// How long an address that the store itself gives out holds, at most.
  let life: @Sendable () -> Span

  /// Bytes read at once: no file stands in memory whole.
  static let chunk = 256 * 1_024

  func add(to router: some RouterMethods<RouterContext>) { router.get("v1/artefacts/:name", use: read) }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    if links == nil { try request.allowQuery() } else { try request.allowQuery("expires", "signature") }
    let name = context.pathParameter("name")
    // Before the store is asked: without a link nobody learns what is there.
    let end = try pass(request, name)
    guard ArtefactRoutes.isName(name), let artefact = try await artefacts.artefact(named: name) else {
      throw Problem.notFound("no artefact has this name")
    }
    // What is kept under a name never changes, so the name says all that a validator must.
    let tag = "\"\(artefact.name)\""
    let now = clock.now
    let caching = end.map { "private, max-age=\(max(0, ($0 - now).microseconds / 1_000_000))" }
    var headers: HTTPFields = [
      .eTag: tag, .cacheControl: caching ?? "public, max-age=31536000, immutable", .acceptRanges: "bytes",
    ]
    if let known = request.headers[.ifNoneMatch], ArtefactRoutes.names(tag, known) {
      return Response(status: .notModified, headers: headers)
    }
    // Ranges go along: whoever follows asks the store as he asked here.
    let lifetime = end.map { min($0 - now, life()) } ?? life()
    let direct = try await artefacts.directAddress(
      of: artefact, method: request.method == .head ? "HEAD" : "GET", from: now, lifetime: lifetime)
    if let direct {
      return Response(
        status: .temporaryRedirect, headers: [.location: direct, .cacheControl: "private, no-store"])
    }
    headers[.contentType] = artefact.contentType
    // A vendor's file is shown and never run as a page of ours.
    headers[.contentTypeOptions] = "nosniff"
    headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
    let wanted = request.headers[.ifRange].map { $0 == tag } ?? true
    switch ByteRange(wanted ? request.headers[.range] : nil, of: artefact.byteCount) {
    case .whole:
      return response(.ok, headers, artefact, 0..<artefact.byteCount)
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(artefact.byteCount)"
      return response(.partialContent, headers, artefact, range)
    case .unsatisfiable:
      var problem = Problem(
        .rangeNotSatisfiable, "range-not-satisfiable", "The file has no such part",
        "the artefact has \(artefact.byteCount) bytes")
      problem.contentRange = "bytes */\(artefact.byteCount)"
      throw problem
    }
  }

  /// Until when the request's link holds; nil where it needs none.
  private func pass(_ request: Request, _ name: String) throws -> Instant? {
    guard let links else { return nil }
    let refusal: (String, String, String)
    switch links.pass(name, expires: request.query("expires"), signature: request.query("signature")) {
    case .granted(let end): return end
    case .missing:
      refusal = (
        "link-required", "A signed link is needed",
        "artefacts are handed out by signed links here: take the url that GET /v1/jobs/{id} shows"
      )
    case .expired:
      refusal = (
        "link-expired", "The link has expired", "the link has expired; GET /v1/jobs/{id} shows a new one"
      )
    case .wrong:
      refusal = (
        "link-invalid", "The link is not valid",
        "the signature does not match the name and the expiry, or its key was taken back"
      )
    }
    throw Problem(.forbidden, refusal.0, refusal.1, refusal.2)
  }

  private func response(
    _ status: HTTPResponse.Status, _ headers: HTTPFields, _ artefact: StoredArtefact, _ range: Range<Int>
  ) -> Response {
    var headers = headers
    headers[.contentLength] = String(range.count)
    return Response(
      status: status, headers: headers,
      body: ResponseBody(contentLength: range.count) { [artefacts] writer in
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(start + ArtefactRoutes.chunk, range.upperBound)
          let bytes = try await artefacts.read(artefact, start..<end)
          // A file that has become shorter must not end as if it were whole.
          guard bytes.count == end - start else { throw ArtefactShortened(name: artefact.name) }
          try await writer.write(ByteBuffer(bytes: bytes))
          start = end
        }
        try await writer.finish(nil)
      })
  }

  /// Whether a store is asked at all: letters, digits, `.`, `_` and `-`, and no dot at the front.
  static func isName(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count) && !text.hasPrefix(".") && !text.contains("..")
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2E
          || $0 == 0x5F || $0 == 0x2D
      }
  }

  /// Whether an `If-None-Match` names a tag.
  static func names(_ tag: String, _ field: String) -> Bool {
    field.split(separator: ",").contains { part in
      let part = part.trimmed
      return part == "*" || part == tag || part == "W/\(tag)"
    }
  }
}

struct ArtefactShortened: Error, CustomStringConvertible {
  let name: String

  var description: String { "artefact \(name) is shorter than it was" }
}

extension HTTPField.Name {
  static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
