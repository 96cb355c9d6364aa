import HTTPTypes
import Hummingbird
import Routing
import Serving
import Wire

/// The regions of intent space: those in force, new ones, and fitting them to what came.
struct RegionRoutes {
  let service: RoutingService
  let limits: RequestLimits

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/regions", use: list)
    router.post("v1/regions", use: name)
    router.post("v1/regions:fit", use: fit)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let map = service.snapshot.map
    let pending = await service.keeper.pending.map
    return .json(reserving: 16_384) { writer in
      writer.field("map_version", map.version)
      writer.field("embedding", map.plan.embedding)
      writer.field("dimension", map.plan.dimension)
      writer.field("pending_version", pending.version == map.version ? nil : pending.version)
      writer.array("regions") { writer in
        for region in map.plan.regions { writer.object { $0.region(region) } }
      }
    }
  }

  private func name(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    var reader = try FieldReader(try JSONValue.parse(try await request.bytes(limit: limits.smallBody)))
    let id = reader.string("id", length: 1...100)
    let capability = reader.optionalParsed(
      "capability", as: "one of \(Capability.listing)"
    ) {
      Capability(name: $0)
    }
    let examples = reader.strings("examples", count: 1...100, length: 1...2_000)
    if id == RegionMap.rootID {
      reader.fail("id", "'\(RegionMap.rootID)' is the name of what belongs to no region")
    }
    let regions = await service.keeper.pending.map.plan.regions
    let former = regions.first { $0.id == id }
    if former?.origin == .learned {
      reader.fail("id", "'\(id)' is a learned region, and an id never changes its meaning")
    }
    try reader.finish()
    guard former != nil || regions.count(where: { $0.origin == .named }) < limits.namedRegions else {
      throw Problem(
        .conflict, "too-many-regions", "There are too many regions",
        "at most \(limits.namedRegions) regions can be named; give one of them new examples")
    }
    let (region, map) = try await service.addRegion(
      NamedRegion(id: id, capability: capability, examples: examples))
    let epoch = service.snapshot.epoch + 1
    return .json(.accepted) { writer in
      writer.object("region") { $0.region(region) }
      writer.field("map_version", map.version)
      writer.field("effective_epoch", epoch)
    }
  }

  private func fit(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    var reader = try FieldReader(try JSONValue.parse(try await request.bytes(limit: limits.smallBody)))
    let count = Int(reader.integer("count", in: 1...1_024))
    let seed = reader.optionalInteger("seed", in: 0...Int64.max) ?? 1
    let capability = reader.optionalParsed(
      "capability", as: "one of \(Capability.listing)"
    ) {
      Capability(name: $0)
    }
    try reader.finish()
    try await service.recorder.flush()
    var fitted: [(capability: Capability, intents: Int)] = []
    for capability in capability.map({ [$0] }) ?? Capability.allCases {
      let intents = try await service.keeper.fit(capability, count: count, seed: UInt64(seed))
      if intents > 0 { fitted.append((capability, intents)) }
    }
    guard !fitted.isEmpty else {
      throw Problem(
        .conflict, "not-enough-intents", "There is too little to fit",
        "fitting \(count) regions needs at least \(count) distinct intents of one capability; decide some first"
      )
    }
    let version = await service.keeper.pending.map.version
    let epoch = service.snapshot.epoch + 1
    return .json(.accepted) { writer in
      writer.objects("fitted", fitted) { writer, entry in
        writer.field("capability", entry.capability.name)
        writer.field("intents", entry.intents)
        writer.field("regions", count)
      }
      writer.field("map_version", version)
      writer.field("effective_epoch", epoch)
    }
  }
}

extension JSONWriter {
  fileprivate mutating func region(_ region: Region) {
    field("id", region.id)
    field("capability", region.capability?.name)
    field("origin", region.origin.rawValue)
    array("examples", region.examples)
  }
}
