import API
import ArgumentParser
import Credits
import Declarations
import Embedding
import Foundation
import Hummingbird
import Logging
import NIOCore
import Persistence
import Routing
import Serving

/// `pointsman serve`: the router in operation, until a signal ends it.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the router: decide over HTTP, take in feedback, close epochs.",
    discussion:
      "Every option may also stand in the file of --config, in snake_case; an option given here wins.")

  @Option(help: "A YAML file of settings.")
  var config: String?

  @Option(help: "Address to listen on; one beyond the loopback needs keys (default: 127.0.0.1).")
  var host: String?

  @Option(help: "Port to listen on; 0 takes a free one (default: 8080).")
  var port: Int?

  @Option(help: "The SQLite database: the ledger and what was learned (default: var/pointsman.db).")
  var database: String?

  @Option(help: "The catalogue of providers, models and example regions (default: data/catalogue.yaml).")
  var catalogue: String?

  @Option(
    help:
      "Where results of jobs are kept: a folder, or s3://bucket/prefix (default: artefacts, beside the database)."
  )
  var artefacts: String?

  @Option(
    help: ArgumentHelp("Of a bucket that is not AWS's, such as http://127.0.0.1:9000.", valueName: "url"))
  var artefactsEndpoint: String?

  @Option(help: "Of the bucket (default: us-east-1).")
  var artefactsRegion: String?

  @Option(
    help:
      "Whether artefacts need signed links: signed, open, or auto, which is signed with --public-url (default: auto)."
  )
  var artefactLinks: ArtefactLinkChoice?

  @Option(help: "Folder of the vendors' declarations (default: data/vendors).")
  var vendors: String?

  @Option(help: "Folder of recipes that are taken in at start (default: data/recipes).")
  var recipes: String?

  @Option(
    help: ArgumentHelp(
      "Where vendors reach this router; without it they are sent no webhook addresses, and polled.",
      valueName: "url"))
  var publicUrl: String?

  @Option(help: "Webhooks a second that are taken of one source for one provider (default: 2000).")
  var webhookRate: Double?

  @Option(help: "Webhooks that are taken of one source for one provider at once (default: 4000).")
  var webhookBurst: Double?

  @Option(
    help: ArgumentHelp(
      "Proxies in front of the router: so many entries from the right of X-Forwarded-For are theirs, and the source of "
        + "a webhook is the leftmost of them; 0 takes the connection's address (default: 0).",
      valueName: "count"))
  var trustedProxies: Int?

  @Flag(help: "Let jobs name callback addresses on this machine or in a private network, and plain http.")
  var allowPrivateCallbacks = false

  @Option(help: "Length of an epoch, such as 15m; recorded as a change of governance where it differs.")
  var epoch: String?

  @Option(help: "static, hashing, or auto: static if its table is there, else hashing (default: auto).")
  var embedding: EmbeddingChoice?

  @Option(help: "Folder of the static embedding's table (default: .cache/embedding).")
  var embeddingTable: String?

  @Option(help: "Texts whose embeddings are remembered (default: 20000).")
  var embeddingCache: Int?

  @Option(help: "Least level of log lines: debug, info, warning, error (default: info).")
  var logLevel: String?

  /// Defaults, then the file, then the flags; every flag held to what it allows.
  func settings() throws -> ServeSettings {
    var settings = try config.map { try ServeSettings(file: $0) } ?? ServeSettings()
    settings.host = host ?? settings.host
    settings.port = port ?? settings.port
    settings.database = database ?? settings.database
    settings.catalogue = catalogue ?? settings.catalogue
    settings.artefacts = artefacts ?? settings.artefacts
    settings.bucket.endpoint = artefactsEndpoint ?? settings.bucket.endpoint
    settings.bucket.region = artefactsRegion ?? settings.bucket.region
    settings.artefactLinks = artefactLinks ?? settings.artefactLinks
    do { _ = try settings.s3 } catch { throw ValidationError("--artefacts \(error)") }
    settings.vendors = vendors ?? settings.vendors
    settings.recipes = recipes ?? settings.recipes
    if let publicUrl {
      guard let url = PublicURL.checked(publicUrl) else {
        throw ValidationError("--public-url must be \(PublicURL.wanted), got \(publicUrl)")
      }
      settings.publicURL = url
    }
    settings.limits.webhooks.rate = webhookRate ?? settings.limits.webhooks.rate
    settings.limits.webhooks.burst = webhookBurst ?? settings.limits.webhooks.burst
    settings.limits.webhooks.trustedProxies = trustedProxies ?? settings.limits.webhooks.trustedProxies
    settings.allowsPrivateCallbacks = allowPrivateCallbacks || settings.allowsPrivateCallbacks
    settings.epoch = epoch ?? settings.epoch
    settings.embedding = embedding ?? settings.embedding
    settings.embeddingTable = embeddingTable ?? settings.embeddingTable
    settings.embeddingCache = embeddingCache ?? settings.embeddingCache
    if let logLevel {
      guard let level = Logger.Level(rawValue: logLevel) else {
        throw ValidationError("--log-level must be debug, info, warning or error, got \(logLevel)")
      }
      settings.logLevel = level
    }
    if let epoch = settings.epoch, Span(epoch) == nil {
      throw ValidationError("--epoch must be a span such as 15m, got \(epoch)")
    }
    guard (0...65_535).contains(settings.port) else {
      throw ValidationError("--port must be from 0 to 65535, got \(settings.port)")
    }
    for (option, number) in [
      ("--webhook-rate", settings.limits.webhooks.rate), ("--webhook-burst", settings.limits.webhooks.burst),
    ] where !(1...1e6).contains(number) {
      throw ValidationError("\(option) must be from 1 to 1000000, got \(number)")
    }
    guard (0...100).contains(settings.limits.webhooks.trustedProxies) else {
      throw ValidationError(
        "--trusted-proxies must be from 0 to 100, got \(settings.limits.webhooks.trustedProxies)")
    }
    guard settings.embeddingCache >= 1 else { throw ValidationError("--embedding-cache must be at least 1") }
    return settings
  }

  func validate() throws {
    // A file's faults are an error of the run; a flag's are one of usage.
    if config == nil { _ = try settings() }
  }

  func run() async throws {
    LargeBlocks.giveBack()
    let settings = try settings()
    var logger = Logger(label: "pointsman")
    logger.logLevel = settings.logLevel
    let stock = try CatalogueFile.load(path: settings.catalogue)
    let embedder = try settings.embedding.embedder(table: settings.embeddingTable, logger: logger)
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: settings.database).deletingLastPathComponent(),
      withIntermediateDirectories: true)
    let ledger = try SQLiteLedger(path: settings.database)
    defer { try? ledger.close() }
    try Serve.checkHost(settings, try ledger.apiKeys())
    let service = try await RoutingService.start(
      on: ledger, embedder: EmbeddingCache(embedder, capacity: settings.embeddingCache), catalogue: stock,
      settings: settings.epoch.map { [(key: "epoch_interval", value: Setting.text($0))] } ?? [],
      logger: logger)
    let executors = try await Executors.start(service, settings, logger: logger)
    let application = RouterAPI.application(
      service, parts: executors.parts, host: settings.host, port: settings.port, limits: settings.limits,
      services: executors.services, logger: logger
    ) { [logger] port in
      let snapshot = service.snapshot
      logger.info(
        "listening on http://\(settings.host):\(port) (\(Serve.openness(executors.jobs.credits.keys)))",
        metadata: [
          "candidates": "\(snapshot.catalogue.value.candidates.count)",
          "regions": "\(snapshot.map.plan.regions.count)", "epoch": "\(snapshot.epoch)",
          "embedding": "\(embedder.name)",
        ])
    }
    do {
      try await application.runService()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      await service.stop()
      throw PortTaken(host: settings.host, port: settings.port)
    }
    await service.stop()
    logger.info("stopped; everything accepted is in the ledger")
  }
}

extension Serve {
  /// Without keys whoever reaches the router may do everything: so nobody but this machine may reach it.
  static func checkHost(_ settings: ServeSettings, _ keys: [APIKey]) throws {
    guard !["127.0.0.1", "::1", "localhost"].contains(settings.host),
      !keys.contains(where: { $0.revoked == nil })
    else { return }
    throw CommandFailure(
      "--host \(settings.host): an address beyond the loopback needs keys, and \(settings.database) has none; make "
        + "one with `pointsman keys create --scope admin --database \(settings.database)`")
  }

  private static func openness(_ keys: KeyRing) -> String {
    keys.isOpen ? "open to this machine: no keys are configured" : "with keys"
  }
}

struct PortTaken: Error, CustomStringConvertible {
  let host: String
  let port: Int

  var description: String {
    "port \(port) of \(host) is taken by another program; choose another one with --port, or 0 for a free one"
  }
}

enum EmbeddingChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, `static`, hashing

  /// - Throws: when `static` is asked for by name and its table is not there.
  func embedder(table: String, logger: Logger) throws -> any TextEmbedding {
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
