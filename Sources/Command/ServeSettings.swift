import API
import Declarations
import Foundation
import Jobs
import Logging
import Routing
import Serving
import Transport

/// What `pointsman serve` runs with: the defaults, a YAML file over them, flags over both.
struct ServeSettings {
  var host = "127.0.0.1"
  var port = 8080
  var database = "var/pointsman.db"
  var catalogue = "data/catalogue.yaml"
  /// A folder, or `s3://bucket/prefix`; nil for the folder `artefacts` beside the database.
  var artefacts: String?
  var bucket = BucketSettings()
  var artefactLinks = ArtefactLinkChoice.auto
  var cache = ResponseCache.Settings()
  /// Nil for ``standardVendors``, which may be missing.
  var vendors: String?
  /// Nil for ``standardRecipes``, which may be missing.
  var recipes: String?
  /// Under which vendors reach this router; nil when they cannot.
  var publicURL: String?
  var transport = TransportSettings(callsPerHost: 1_024, calls: 2_048)
  var alerts: [AlertEntry] = []
  /// Whether jobs may name callback addresses on this machine or in a private network.
  var allowsPrivateCallbacks = false
  var callbackPatience = Duration.seconds(15)
  /// Where vendors reach it is taken from ``publicURL``.
  var jobs = JobSettings()
  var health = HealthMonitor.Settings()
  var deliveries = DeliveryService.Settings()
  /// Nil leaves the epoch interval to governance.
  var epoch: String?
  var embedding = EmbeddingChoice.auto
  var embeddingTable = ".cache/embedding"
  var embeddingCache = 20_000
  var logLevel = Logger.Level.info
  var limits = RequestLimits()

  static let standardVendors = "data/vendors"
  static let standardRecipes = "data/recipes"

  /// Where artefacts are kept.
  var artefactFolder: String {
    artefacts ?? URL(fileURLWithPath: database).deletingLastPathComponent().appending(path: "artefacts").path
  }

  init() {}

  /// Reads a file such as
  ///
  ///     port: 9000
  ///     database: /srv/pointsman/pointsman.db
  ///     limits: {feedback: 5000}
  ///     alerts: [{kind: webhook, url: "https://alerts.example.com/pointsman"}]
  ///
  /// - Throws: `DeclarationErrors` with the file, the line and what is allowed.
  init(file path: String) throws {
    let fields = try YAMLFields(ofFile: path, kind: "configuration")
    host = fields.optionalString("host") ?? host
    port = fields.optionalInteger("port", in: 0...65_535) ?? port
    database = fields.optionalString("database") ?? database
    catalogue = fields.optionalString("catalogue") ?? catalogue
    artefacts = fields.optionalString("artefacts")
    bucket = BucketSettings(fields)
    if let part = fields.optionalObject("cache", kind: "cache") {
      let bytes: ClosedRange<Int64> = 0...(1 << 40)
      cache.strategy = part.optionalChoice("strategy", CacheStrategy.self) ?? cache.strategy
      cache.memory = part.optionalInteger("memory_bytes", in: bytes) ?? cache.memory
      cache.disk = part.optionalInteger("disk_bytes", in: bytes) ?? cache.disk
    }
    artefactLinks = fields.optionalChoice("artefact_links", ArtefactLinkChoice.self) ?? artefactLinks
    vendors = fields.optionalString("vendors")
    recipes = fields.optionalString("recipes")
    publicURL = fields.optionalParsed("public_url", as: PublicURL.wanted) { PublicURL.checked($0) }
    if let part = fields.optionalObject("transport", kind: "transport") {
      let calls: ClosedRange<Int64> = 1...100_000
      transport.calls = part.optionalInteger("calls", in: calls) ?? transport.calls
      transport.callsPerHost = part.optionalInteger("calls_per_host", in: calls) ?? transport.callsPerHost
    }
    alerts = (fields.optionalObjects("alerts", kind: "alert") ?? []).compactMap { AlertEntry($0) }
    allowsPrivateCallbacks = fields.optionalBool("allow_private_callbacks") ?? false
    limits.webhooks.rate = fields.optionalDouble("webhook_rate", in: 1...1e6) ?? limits.webhooks.rate
    limits.webhooks.burst = fields.optionalDouble("webhook_burst", in: 1...1e6) ?? limits.webhooks.burst
    limits.webhooks.trustedProxies =
      fields.optionalInteger("trusted_proxies", in: 0...100) ?? limits.webhooks.trustedProxies
    epoch = fields.optionalParsed("epoch", as: "a span such as 15m") { Span($0) == nil ? nil : $0 }
    embedding = fields.optionalChoice("embedding", EmbeddingChoice.self) ?? embedding
    embeddingTable = fields.optionalString("embedding_table") ?? embeddingTable
    embeddingCache = fields.optionalInteger("embedding_cache", in: 1...10_000_000) ?? embeddingCache
    logLevel = fields.optionalChoice("log_level", Logger.Level.self) ?? logLevel
    if let part = fields.optionalObject("limits", kind: "limits") {
      let bytes: ClosedRange<Int64> = 1_024...1_073_741_824
      limits.smallBody = part.optionalInteger("small_body_bytes", in: bytes) ?? limits.smallBody
      limits.largeBody = part.optionalInteger("large_body_bytes", in: bytes) ?? limits.largeBody
      limits.decisions = part.optionalInteger("decisions", in: 1...100_000) ?? limits.decisions
      limits.feedback = part.optionalInteger("feedback", in: 1...1_000_000) ?? limits.feedback
      limits.intentCharacters =
        part.optionalInteger("intent_characters", in: 1...10_000_000) ?? limits.intentCharacters
      limits.webhooks.refusalCost =
        part.optionalDouble("webhook_refusal_cost", in: 0...1e6) ?? limits.webhooks.refusalCost
      limits.webhooks.sources =
        part.optionalInteger("webhook_sources", in: 1...10_000_000) ?? limits.webhooks.sources
      limits.connections = part.optionalInteger("connections", in: 1...1_000_000) ?? limits.connections
      limits.headerFields = part.optionalInteger("header_fields", in: 8...10_000) ?? limits.headerFields
      limits.headerBytes = part.optionalInteger("header_bytes", in: bytes) ?? limits.headerBytes
    }
    try fields.finish()
  }
}
