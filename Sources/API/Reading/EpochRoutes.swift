import Hummingbird
import Routing
import Serving
import Wire

/// Epochs: what each brought, and closing the open one now.
struct EpochRoutes {
  let service: RoutingService

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/epochs", use: list)
    router.get("v1/epochs/:number", use: read)
    router.post("v1/epochs", use: close)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("from", "limit")
    let snapshot = service.snapshot
    let limit = try request.number("limit", default: 100, in: 1...10_000)
    let from = try request.number("from", default: max(0, snapshot.epoch - limit), in: 0...Int.max)
    let epochs = try service.ledger.epochs(from: from, limit: limit)
    let due = await service.keeper.due
    return .json(reserving: epochs.count * 256 + 256) { writer in
      writer.object("open") {
        $0.field("number", snapshot.epoch)
        $0.field("opened", snapshot.opened.description)
        $0.field("due", due.description)
      }
      writer.array("epochs") { writer in
        for epoch in epochs { writer.object { $0.epoch(epoch) } }
      }
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let text = context.pathParameter("number")
    guard let number = Int(text), number >= 0,
      let epoch = try service.ledger.epochs(from: number, limit: 1).first,
      epoch.number == number
    else {
      throw Problem.notFound(
        "no closed epoch has the number \(text); the open one is \(service.snapshot.epoch)")
    }
    return .json { $0.epoch(epoch) }
  }

  private func close(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let epoch = try await service.keeper.close()
    return .json { writer in writer.object("epoch") { $0.epoch(epoch) } }
  }
}

extension JSONWriter {
  fileprivate mutating func epoch(_ epoch: EpochSummary) {
    field("number", epoch.number)
    field("opened", epoch.opened.description)
    field("closed", epoch.closed.description)
    field("decisions", epoch.summary.decisions)
    field("explored", epoch.summary.explored)
    field("observations", epoch.summary.observations)
    field("mean_reward", epoch.summary.meanReward)
    field("restated_epochs", epoch.summary.restatedEpochs)
    field("orphaned", epoch.summary.orphaned)
    field("catalogue_version", epoch.catalogueVersion)
    field("governance_version", epoch.governanceVersion)
    field("map_version", epoch.mapVersion)
  }
}
