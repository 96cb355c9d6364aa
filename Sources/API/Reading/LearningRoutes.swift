import Hummingbird
import Routing
import Serving
import Statistics
import Wire

/// What was learned: rankings and the cost–quality frontier.
struct LearningRoutes {
  let service: RoutingService

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/rankings", use: rankings)
    router.get("v1/frontier", use: frontier)
  }

  private func rankings(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("capability", "region")
    let capability = try request.requiredCapability()
    let tables = service.tables
    let (row, region) = try self.row(request, capability, tables.snapshot)
    let knowledge = tables.snapshot[capability]
    let table =
      knowledge.roster.open.isEmpty
      ? nil
      : tables.table(
        TableKey(
          capability: capability, row: row, eligible: knowledge.roster.open, allowsExploration: true,
          costWeight: 0,
          work: nil))
    return .json(reserving: 8_192) { writer in
      writer.field("capability", capability.name)
      writer.field("region", region)
      writer.field("epoch", tables.snapshot.epoch)
      writer.array("rankings") { writer in
        guard let table else { return }
        let best = table.scene.bestProbabilities()
        // Under an order of the moment whoever is first is certain.
        let leader = service.preferred(capability, among: knowledge.roster.open)
        for index in table.ranking {
          let arm = table.scene.arms[index]
          writer.object {
            $0.field("candidate", arm.id)
            $0.field("bid", knowledge.roster.candidates[arm.position].bid)
            $0.field("quality", arm.quality)
            $0.field("observations", arm.observations)
            $0.object("posterior") {
              $0.field("alpha", arm.posterior.alpha)
              $0.field("beta", arm.posterior.beta)
            }
            $0.array("interval", [arm.posterior.quantile(0.05), arm.posterior.quantile(0.95)])
            $0.field("best_probability", best[index])
            $0.field("agent_rank", arm.agentRank)
            let isLeader = leader.map { $0 == arm.position }
            $0.field(
              "propensity", isLeader.map { $0 ? 1 : 0 } ?? table.allocation.probabilities[index])
          }
        }
      }
    }
  }

  private func frontier(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("capability", "region", "history")
    let capability = try request.requiredCapability()
    let history = try request.number("history", default: 0, in: 0...500)
    let snapshot = service.snapshot
    let (row, region) = try self.row(request, capability, snapshot)
    var past: [(epoch: Int, opened: Instant, points: [Frontier.Point])] = []
    for epoch in max(0, snapshot.epoch - history)..<snapshot.epoch {
      // An epoch under another region map may not have had this region.
      guard let old = try? service.snapshot(ofEpoch: epoch),
        let row = old.map.row(capability, regionID: region)
      else {
        continue
      }
      past.append((epoch, old.opened, Frontier.points(old[capability], row: row)))
    }
    return .json(reserving: 8_192) { writer in
      writer.field("capability", capability.name)
      writer.field("region", region)
      writer.field("epoch", snapshot.epoch)
      writer.points(Frontier.points(snapshot[capability], row: row))
      writer.objects("history", past) { writer, entry in
        writer.field("epoch", entry.epoch)
        writer.field("opened", entry.opened.description)
        writer.points(entry.points)
      }
    }
  }

  private func row(_ request: Request, _ capability: Capability, _ snapshot: Snapshot) throws -> (Int, String)
  {
    let region = request.query("region") ?? RegionMap.rootID
    guard let row = snapshot.map.row(capability, regionID: region) else {
      let known = [RegionMap.rootID] + snapshot.map.regions(of: capability).map(\.id)
      throw Problem.notFound(
        "\(capability.name) has no region '\(region)'; it has \(known.joined(separator: ", "))")
    }
    return (row, region)
  }
}

extension JSONWriter {
  fileprivate mutating func points(_ points: [Frontier.Point]) {
    objects("points", points) { writer, point in
      writer.field("candidate", point.candidate)
      writer.field("expected_cost_usd", Money.rounded(point.dollars))
      writer.field("quality", point.quality)
      writer.array("interval", [point.interval.lowerBound, point.interval.upperBound])
      writer.field("efficient", point.isEfficient)
    }
  }
}
