import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import Wire

/// `GET /v1/artefacts/{name}`: copies of what jobs have made.
struct ArtefactRoutes {
  let artefacts: any ArtefactReading

  /// Bytes read at once: no file stands in memory whole.
  static let chunk = 256 * 1_024

  func add(to router: some RouterMethods<BasicRequestContext>) { router.get("v1/artefacts/:name", use: read) }

  private func read(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    try request.allowQuery()
    let name = context.pathParameter("name")
    guard ArtefactRoutes.isName(name), let artefact = try await artefacts.artefact(named: name) else {
      throw Problem.notFound("no artefact has this name")
    }
    // What is kept under a name never changes, so the name says all that a validator must.
    let tag = "\"\(artefact.name)\""
    var headers: HTTPFields = [
      .eTag: tag, .cacheControl: "public, max-age=31536000, immutable", .acceptRanges: "bytes",
    ]
    if let known = request.headers[.ifNoneMatch], ArtefactRoutes.names(tag, known) {
      return Response(status: .notModified, headers: headers)
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
