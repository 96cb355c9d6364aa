import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Wire

/// `/v1/cache`: how well results of earlier jobs serve later ones, and dropping some of them.
struct CacheRoutes {
  let cache: ResponseCache

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/cache", use: show)
    router.delete("v1/cache", use: drop)
  }

  private func show(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let statistics = try cache.statistics()
    let counts = statistics.counts
    return .json { writer in
      writer.field("strategy", statistics.settings.strategy.rawValue)
      writer.field("hit_rate", counts.hitRate)
      writer.field("hits", counts.hits)
      writer.field("misses", counts.misses)
      writer.field("semantic_hits", counts.semanticHits)
      writer.field("kept", counts.kept)
      writer.field("expired", counts.expired)
      writer.field("stale", counts.stale)
      writer.field("dropped", counts.dropped)
      writer.object("memory") {
        $0.tier(statistics.memory, statistics.settings.memory, counts.memoryHits, counts.memoryEvictions)
      }
      writer.object("disk") {
        $0.tier(statistics.disk, statistics.settings.disk, counts.diskHits, counts.diskEvictions)
      }
    }
  }

  /// Without a parameter all is dropped.
  private func drop(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("pattern", "capability", "provider", "model")
    for name in ["pattern", "provider", "model"] where request.query(name)?.isEmpty == true {
      throw Problem.parameter(name, "must not be empty; leave it out to drop all")
    }
    let count = try cache.drop(
      CacheSelection(
        pattern: request.query("pattern"), capability: try request.capability(),
        provider: request.query("provider"), model: request.query("model")))
    return .json { $0.field("dropped", count) }
  }
}

extension JSONWriter {
  fileprivate mutating func tier(_ totals: CacheTotals, _ most: Int, _ hits: Int, _ evictions: Int) {
    field("entries", totals.entries)
    field("bytes", totals.bytes)
    field("most_bytes", most)
    field("hits", hits)
    field("evictions", evictions)
  }
}
