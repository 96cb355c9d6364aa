import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Wire

/// What is kept, cleaning, and the keys of links: `/v1/artefacts`, `/v1/artefacts:clean`, `/v1/artefact-keys`.
struct ArtefactAccountRoutes {
  let register: ArtefactRegister
  let links: ArtefactLinks?
  let limits: RequestLimits
  let clock: any WallClock
  let retention: @Sendable () -> Span

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/artefacts", use: list)
    router.post("v1/artefacts:clean", use: clean)
    if links != nil { router.post("v1/artefact-keys", use: rotate) }
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("after", "limit")
    let limit = try request.number("limit", default: 50, in: 1...500)
    // One more tells whether there is a next page.
    let found = try register.records(after: request.query("after"), limit: limit + 1)
    let totals = try register.totals()
    let page = Array(found.prefix(limit))
    return .json(reserving: page.count * 256 + 256) { writer in
      writer.objects("artefacts", page) { writer, record in
        writer.field("name", record.name)
        writer.field("content_type", ArtefactName(record.name)?.type.name)
        writer.field("bytes", record.byteCount)
        writer.field("kept_at", record.kept.description)
        writer.field("uses", record.uses)
      }
      writer.field("next", found.count > limit ? page.last?.name : nil)
      writer.object("totals") {
        $0.field("count", totals.count)
        $0.field("bytes", totals.bytes)
        $0.field("unused", totals.unused)
      }
    }
  }

  private func clean(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    do {
      let cleaning = try await register.clean(ArtefactRetention(longest: retention()))
      return .json {
        $0.field("removed", cleaning.removed)
        $0.field("bytes", cleaning.bytes)
        $0.field("expired", cleaning.expired)
        $0.field("failed", cleaning.failed)
      }
    } catch ArtefactRefusal.cleaning {
      throw Problem(
        .conflict, "cleaning", "Cleaning is under way", "the artefacts are being cleaned already; ask later")
    }
  }

  private func rotate(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let body = try await request.bytes(limit: limits.smallBody)
    var reader = try FieldReader(body.isEmpty ? [:] : try JSONValue.parse(body))
    let most = ArtefactLinks.overlap.microseconds / 1_000_000
    let seconds = reader.optionalInteger("overlap_s", in: 0...most)
    try reader.finish()
    guard let links else { throw Problem.notFound("this router signs no links") }
    let key = try links.rotate(overlap: seconds.map { .seconds(Int64($0)) } ?? ArtefactLinks.overlap)
    return .json(.created) {
      $0.field("id", key.id.description)
      $0.field("created_at", key.created.description)
    }
  }
}
