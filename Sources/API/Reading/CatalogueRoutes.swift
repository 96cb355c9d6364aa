import HTTPTypes
import Hummingbird
import Routing
import Serving
import Wire

/// `/v1/catalogue`: who sells, as a whole, what changed, and putting another in its place.
struct CatalogueRoutes {
  let service: RoutingService
  let limits: RequestLimits
  /// Nil where catalogues come from the command line alone.
  let intake: CatalogueIntake?

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/catalogue", use: read)
    router.get("v1/catalogue/history", use: history)
    if intake != nil { router.put("v1/catalogue", use: replace) }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("version")
    let current = service.snapshot.catalogue
    let pending = await service.keeper.pending.catalogue.version
    let version = try request.number("version", default: current.version, in: 0...Int.max)
    let shown = version == current.version ? current : try service.ledger.catalogue(version: version)
    guard let shown else {
      throw Problem.notFound("no catalogue has the version \(version); the latest is \(pending)")
    }
    return .json(reserving: 65_536) { writer in
      writer.field("version", shown.version)
      writer.field("in_force", shown.version == current.version)
      writer.field("pending_version", pending == current.version ? nil : pending)
      writer.object("catalogue") { $0.catalogue(shown.value) }
    }
  }

  /// The latest versions first, those that changed something of what is asked for.
  private func history(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("candidate", "before", "limit")
    let wanted = request.query("candidate")
    let limit = try request.number("limit", default: 50, in: 1...1_000)
    let latest = await service.keeper.pending.catalogue
    let before = try request.number("before", default: latest.version + 1, in: 0...Int.max)
    var version = min(before - 1, latest.version)
    var after = version == latest.version ? latest : try service.ledger.catalogue(version: version)
    var found: [(version: Int, changes: [CandidateChange])] = []
    while version > 0, let value = after?.value, found.count < limit {
      let earlier = version > 1 ? try service.ledger.catalogue(version: version - 1) : nil
      let old = earlier?.value ?? .empty
      let changes =
        if let wanted {
          [CandidateChange(from: old.candidate(wanted), to: value.candidate(wanted))].compactMap { $0 }
        } else {
          value.changes(since: old)
        }
      // The first catalogue of a router that began without one may be empty.
      if !changes.isEmpty { found.append((version, changes)) }
      version -= 1
      after = earlier
    }
    if let wanted, found.isEmpty, request.query("before") == nil {
      throw Problem.notFound("no catalogue of this router has ever had the candidate '\(wanted)'")
    }
    let next = version > 0 && found.count == limit ? found.last?.version : nil
    return .json(reserving: 16_384) { writer in
      writer.objects("versions", found) { writer, entry in
        writer.field("version", entry.version)
        writer.objects("changes", entry.changes) { $0.change($1) }
      }
      writer.field("next", next)
    }
  }

  private func replace(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("dry_run")
    guard let intake else { throw Problem.notFound("there is nothing at this path") }
    let isTrial = try request.flag("dry_run")
    let isJSON = try CatalogueRoutes.isJSON(request.headers[.contentType])
    let body = try await request.bytes(limit: limits.catalogueBody)
    guard let text = String(validating: body, as: UTF8.self) else {
      throw CatalogueFaults([.init(line: 0, message: "is not UTF-8")])
    }
    // JSON is YAML, so that one reader checks both; that it is JSON is checked first.
    if isJSON { _ = try JSONValue.parse(body) }
    let catalogue = try intake.parse(text)
    let former = await service.keeper.pending.catalogue.version
    let stocked: Stocked
    do {
      stocked = try await service.stock(catalogue, from: .request, isTrial: isTrial)
    } catch let error as RegionError {
      throw CatalogueFaults([.init(line: 0, message: "\(error)")])
    }
    if !isTrial, stocked.catalogue.version != former { try await intake.onStocked(stocked) }
    return .json(reserving: 8_192) { writer in
      writer.field("version", stocked.catalogue.version)
      writer.field("effective_epoch", stocked.effectiveEpoch)
      writer.field("dry_run", isTrial)
      writer.field("candidates", catalogue.candidates.count)
      writer.objects("changes", stocked.changes) { $0.change($1) }
    }
  }

  private static func isJSON(_ contentType: String?) throws -> Bool {
    let type = contentType?.lowercased().split(separator: ";").first?.trimmed
    switch type {
    case "application/json": return true
    case "application/yaml", "application/x-yaml", "text/yaml", nil: return false
    case let type?:
      throw Problem(
        .unsupportedMediaType, "unsupported-media-type", "The body has a type that is not read here",
        "a catalogue is application/yaml or application/json, got '\(type)'")
    }
  }
}

extension Request {
  /// A query parameter that is `true` or `false`; false when absent.
  func flag(_ name: String) throws -> Bool {
    switch query(name) {
    case nil, "false": false
    case "true": true
    case let text?: throw Problem.parameter(name, "must be true or false, got '\(text)'")
    }
  }
}

extension Problem {
  /// Every fault with its line; a catalogue has lines and no pointers.
  static func invalid(_ faults: CatalogueFaults) -> Problem {
    let listed = faults.faults.prefix(FieldErrors.limit)
    return Problem(
      .badRequest, "invalid-catalogue", "The catalogue is not valid",
      faults.faults.count == 1 ? "\(faults)" : "\(faults.faults.count) things are wrong; nothing was taken",
      extra: { writer in
        writer.objects("faults", listed) { writer, fault in
          writer.field("line", fault.line)
          writer.field("detail", fault.message)
        }
      })
  }
}
