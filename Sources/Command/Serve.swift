import API
import ArgumentParser
import Declarations
import Embedding
import Logging
import Persistence
import Routing
import Serving

/// `pointsman serve`: the router in operation, until a signal ends it.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the router: decide over HTTP, take in feedback, close epochs.")

  @Option(help: "Address to listen on. Without keys, only the loopback address is safe.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 takes a free one.")
  var port = 8080

  @Option(help: "The SQLite database: the ledger and what was learned.")
  var database = "var/pointsman.db"

  @Option(help: "The catalogue of providers, models and example regions.")
  var catalogue = "data/catalogue.yaml"

  @Option(help: "Length of an epoch, such as 15m; recorded as a change of governance where it differs.")
  var epoch: String?

  @Option(help: "static, hashing, or auto: static if its table is there, else hashing.")
  var embedding = EmbeddingChoice.auto

  @Option(help: "Folder of the static embedding's table.")
  var embeddingTable = ".cache/embedding"

  @Option(help: "Texts whose embeddings are remembered.")
  var embeddingCache = 20_000

  @Option(help: "Least level of log lines: debug, info, warning, error.")
  var logLevel = "info"

  func validate() throws {
    guard epoch.map({ Span($0) != nil }) ?? true else {
      throw ValidationError("--epoch must be a span such as 15m, got \(epoch!)")
    }
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535, got \(port)") }
    guard Logger.Level(rawValue: logLevel) != nil else {
      throw ValidationError("--log-level must be debug, info, warning or error, got \(logLevel)")
    }
    guard embeddingCache >= 1 else { throw ValidationError("--embedding-cache must be at least 1") }
    guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
      throw ValidationError(
        "--host \(host): this version has no keys, so it listens on the loopback address only (127.0.0.1)")
    }
  }

  func run() async throws {
    var logger = Logger(label: "pointsman")
    logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
    let stock = try CatalogueFile.load(path: catalogue)
    let embedder = try embedding.embedder(table: embeddingTable, logger: logger)
    let ledger = try SQLiteLedger(path: database)
    defer { try? ledger.close() }
    let settings = epoch.map { [(key: "epoch_interval", value: Setting.text($0))] } ?? []
    let service = try await RoutingService.start(
      on: ledger, embedder: EmbeddingCache(embedder, capacity: embeddingCache), catalogue: stock, settings: settings,
      logger: logger)
    let host = host
    let application = RouterAPI.application(service, host: host, port: port, logger: logger) { [logger] port in
      let snapshot = service.snapshot
      logger.info(
        "listening on http://\(host):\(port) (loopback only: no keys are configured)",
        metadata: [
          "candidates": "\(snapshot.catalogue.value.candidates.count)",
          "regions": "\(snapshot.map.plan.regions.count)", "epoch": "\(snapshot.epoch)",
          "embedding": "\(embedder.name)",
        ])
    }
    try await application.runService()
    await service.stop()
    logger.info("stopped; everything accepted is in the ledger")
  }
}

enum EmbeddingChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, `static`, hashing

  /// - Throws: when `static` is asked for by name and its table is not there.
  func embedder(table: String, logger: Logger) throws -> any Embedder {
    switch self {
    case .hashing: return HashingEmbedding()
    case .static: return try StaticEmbedding(directory: table)
    case .auto:
      do { return try StaticEmbedding(directory: table) } catch {
        logger.warning("starting on the hashing embedding: \(error)")
        return HashingEmbedding()
      }
    }
  }
}
