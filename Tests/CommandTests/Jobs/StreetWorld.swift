import API
import Adapters
import Declarations
import Embedding
import Foundation
import Jobs
import Logging
import Persistence
import Routing
import Serving
import ServiceLifecycle
import TestSupport
import Testing
import Transport
import VendorStreet
import Wire

@testable import pointsman

/// The street of vendors, and routers as `serve` wires them that work with it: the declared adapters, the transport, a
/// database on disk, HTTP on ports of the loopback. Several routers may come one after another on the same database.
final class StreetWorld: Sendable {
  let street: Street
  /// `http://127.0.0.1:<port>` of the street.
  let root: String
  let database: String
  private let folder: URL
  private let catalogue: String
  private let publicPort: Int?
  private let losesWebhooks: Bool
  private let change: @Sendable (inout ServeSettings) -> Void

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "data")

  /// What a world is made of.
  struct Plan: Sendable {
    /// Lines of the catalogue's `models`; the first is the first choice.
    var models: [String]
    /// Further lines of the catalogue's `providers`, with `ROOT` for the street's address.
    var providers: [String] = []
    /// Elements of the street's `faults`.
    var faults: [String] = []
    /// Whether vendors are given an address to send webhooks to.
    var hasWebhooks = false
    /// Whether nobody listens at that address, so that the vendors' own answers must do.
    var losesWebhooks = false
    /// By vendor, what stands in other words in its declaration, such as a shorter limit.
    var changes: [String: [String: String]] = [:]
    /// Providers that callers pay with keys of their own.
    var forwarded: [String] = []
    /// Of a job at its vendor, in milliseconds.
    var run = 150
    /// What the router is to be started with besides.
    var settings: @Sendable (inout ServeSettings) -> Void = { _ in }
  }

  /// Where each vendor of the street is, as a provider of the catalogue.
  static let paths = [
    ("openai", "/openai/v1"), ("replicate", "/replicate/v1"), ("bfl", "/bfl"), ("stability", "/stability"),
    ("together", "/together"), ("openrouter", "/openrouter/api/v1"), ("runway", "/runway/v1"),
    ("luma", "/luma/v1"), ("dreammachine", "/dreammachine/v1"), ("google", "/google/v1beta"),
  ]

  /// What the environment says where it is not just any key.
  static let variables = [
    "AWS_SECRET_ACCESS_KEY": "street-secret", "AWS_REGION": "us-east-1",
    "AWS_BEDROCK_OUTPUT": "s3://street/films",
  ]

  private init(_ plan: Plan, _ street: Street, root: String, folder: URL) throws {
    self.street = street
    self.root = root
    self.folder = folder
    database = folder.appending(path: "p.db").path
    publicPort = plan.hasWebhooks ? try FreePort.next() : nil
    losesWebhooks = plan.losesWebhooks
    change = plan.settings
    let vendors = folder.appending(path: "vendors")
    try FileManager.default.copyItem(at: Self.data.appending(path: "vendors"), to: vendors)
    for (vendor, words) in plan.changes where !words.isEmpty {
      let file = vendors.appending(path: "\(vendor).yaml")
      var text = try String(contentsOf: file, encoding: .utf8)
      for (old, new) in words {
        try #require(text.contains(old), "\(vendor).yaml has no \(old)")
        text = text.replacingOccurrences(of: old, with: new)
      }
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    let fal = "  - {id: fal, base_urls: {api: \"\(root)/fal\", keys: \"\(root)/fal\"}}"
    let bedrock =
      "  - {id: bedrock, poll_floor: 300ms, base_urls: {runtime: \"\(root)/bedrock\","
      + " control: \"\(root)/bedrock\", storage: \"\(root)/bedrock/s3\"}}"
    let vertex =
      "  - {id: vertex, base_urls: {api: \"\(root)/google/v1\", storage: \"\(root)/google/gcs\"}}"
    let providers =
      Self.paths.map { "  - {id: \($0), base_url: \"\(root)\($1)\"}" } + [bedrock, vertex]
    let further = plan.providers.map { "  - {\($0.replacingOccurrences(of: "ROOT", with: root))}" }
    let models = plan.models.enumerated().map { place, model in "  - {priority: \(place), \(model)}" }
    let text =
      (["version: 1", "providers:", fal] + providers + further + ["models:"] + models).joined(separator: "\n")
      + "\n"
    catalogue = plan.forwarded.reduce(text) {
      $0.replacingOccurrences(of: "{id: \($1),", with: "{id: \($1), payment: forwarded,")
    }
  }

  /// Opens a street while `body` runs; its vendors take what they are told to.
  static func open(_ plan: Plan, _ body: @escaping @Sendable (StreetWorld) async throws -> Void) async throws
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "street-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let settings = try StreetFile.parse(
      "{queue_ms: 20, run_ms: \(plan.run), faults: [\(plan.faults.joined(separator: ", "))]}", file: "street")
    let street = Street(settings)
    try await street.whileOpen(logger: logger) { root in
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(StreetWorld(plan, street, root: root, folder: folder)))
      } catch {
        result = .failure(error)
      }
      await settle(root + "/street/vendors")
      try result.get()
    }
  }

  /// Calls a server over a connection of its own. When it has answered, whoever came before has been let in: a server
  /// that is closed while it lets somebody in ends the process.
  fileprivate static func settle(_ url: String) async {
    _ = try? await HTTPTransport().answer(OutboundCall("GET", url, policy: loopback(url)))
  }

  fileprivate static func loopback(_ url: String) -> OutboundPolicy {
    OutboundPolicy(
      hosts: nil, schemes: [.http], ports: [URL(string: url)?.port ?? 80],
      allowedRanges: [AddressRange("127.0.0.0/8")].compactMap { $0 })
  }

  // MARK: Routers

  /// A router that serves.
  struct Router: Sendable {
    let service: RoutingService
    let executors: Executors
    let ledger: SQLiteLedger
    let client: Client
    fileprivate let group: ServiceGroup
    fileprivate let run: Task<Void, any Error>

    func stop() async {
      await StreetWorld.settle(client.base + "/healthz")
      await group.triggerGracefulShutdown()
      _ = await run.result
      await service.stop()
      try? ledger.close()
    }

    /// As a process that is killed: from now on it can write nothing down. What it has under way ends nowhere.
    func kill() async {
      try? ledger.close()
      await stop()
    }
  }

  func start() async throws -> Router {
    var settings = ServeSettings()
    settings.database = database
    settings.vendors = folder.appending(path: "vendors").path
    settings.recipes = Self.data.appending(path: "recipes").path
    settings.publicURL = publicPort.map { "http://127.0.0.1:\($0)" }
    settings.transport = TransportSettings(callsPerHost: 32, calls: 64)
    // Customers' endpoints are on the loopback too, and a test does not wait for minutes.
    settings.allowsPrivateCallbacks = true
    settings.deliveries.schedule = DeliverySchedule(base: .milliseconds(100))
    change(&settings)
    let ledger = try SQLiteLedger(path: database)
    let service = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(),
      catalogue: try CatalogueFile.parse(catalogue, file: "catalogue"),
      settings: [("policy", .text("priority")), ("holdout", .number(0))], logger: Self.logger)
    let executors = try await Executors.start(
      service, settings, variable: variable, logger: Self.logger)
    let (ports, told) = AsyncStream<Int>.makeStream()
    let application = RouterAPI.application(
      service, parts: executors.parts, host: "127.0.0.1", port: losesWebhooks ? 0 : publicPort ?? 0,
      services: executors.services, logger: Self.logger
    ) { told.yield($0) }
    var configuration = ServiceGroupConfiguration(services: [application], logger: Self.logger)
    configuration.maximumGracefulShutdownDuration = .seconds(15)
    let group = ServiceGroup(configuration: configuration)
    let run = Task {
      defer { told.finish() }
      try await group.run()
    }
    guard let port = await ports.first(where: { _ in true }), let client = Client("http://127.0.0.1:\(port)")
    else {
      try await run.value
      throw CancellationError()
    }
    return Router(
      service: service, executors: executors, ledger: ledger, client: client, group: group, run: run)
  }

  /// The environment.
  private var variable: @Sendable (String) -> String? {
    let secrets = [
      "REPLICATE_WEBHOOK_SECRET": street.webhookSecret(of: "replicate"),
      "OPENROUTER_WEBHOOK_SECRET": street.webhookSecret(of: "openrouter"),
    ]
    return { secrets[$0] ?? Self.variables[$0] ?? "key-\($0)" }
  }

  /// The adapters alone, without a router.
  ///
  /// - Parameter changes: variables that are to say something else.
  func shelf(store: any ArtefactStore, _ changes: [String: String] = [:]) throws -> AdapterShelf {
    let variable = variable
    return AdapterShelf(
      try CatalogueFile.parse(catalogue, file: "catalogue"),
      declarations: try AdapterShelf.declarations(inFolder: folder.appending(path: "vendors").path),
      AdapterContext(
        transport: try HTTPTransport(), store: store, clock: SystemClock(),
        variable: { changes[$0] ?? variable($0) }, receivesWebhooks: false))
  }

  /// Starts a router, and stops it after `body`.
  func serving(_ body: (Router) async throws -> Void) async throws {
    let router = try await start()
    do {
      try await body(router)
    } catch {
      await router.stop()
      throw error
    }
    await router.stop()
  }

  // MARK: What the vendors took on

  /// How often each vendor was given work that it took on.
  func taken(_ vendor: String) -> Int { street.report(vendor: vendor).jobs.count }

  /// Pieces of work that were delivered or go on, and so are paid for.
  var paid: Int {
    street.report().jobs.count { $0.isCharged && ["running", "succeeded"].contains($0.stage) }
  }

  /// How often a vendor answered with a server error.
  func failedAnswers(_ vendor: String) async throws -> Int {
    let journal = try await #require(Client(root)).get("/street/journal", [("vendor", vendor)])
    return journal["calls"]?.arrayValue?.count { ($0["status"]?.integerValue ?? 0) >= 500 } ?? 0
  }

  /// The answers to the street's webhooks, in the order in which they were sent.
  func webhookAnswers() async throws -> [Int] {
    let journal = try await #require(Client(root)).get("/street/journal")
    return journal["webhooks"]?.arrayValue?.compactMap { $0["status"]?.integerValue.map(Int.init) } ?? []
  }
}

extension StreetWorld.Router {
  /// Submits a job over HTTP and waits until it is over.
  func done(
    _ capability: String, _ input: JSONValue, _ more: [JSONValue.Member] = []
  ) async throws -> JSONValue {
    try await finish(try await submit(capability, input, more))
  }

  /// - Returns: the job's id.
  func submit(
    _ capability: String, _ input: JSONValue, _ more: [JSONValue.Member] = []
  ) async throws -> String {
    let body: [JSONValue.Member] = [
      .init("capability", .string(capability)), .init("input", input), .init("deadline_s", 120),
    ]
    let job = try await client.post("/v1/jobs", .object(body + more))
    return try #require(job["id"]?.stringValue)
  }

  func finish(_ id: String) async throws -> JSONValue {
    _ = try await executors.jobs.wait(for: try #require(Identifier(id)), atMost: .seconds(100))
    return try await client.get("/v1/jobs/\(id)")
  }

  /// The bytes of a job's first artefact, over HTTP.
  func artefact(of job: JSONValue) async throws -> [UInt8] {
    let url = try #require(job["result"]?["artefacts"]?.arrayValue?.first?["url"]?.stringValue)
    let path = try #require(url.range(of: "/v1/artefacts/"))
    let address = client.base + url[path.lowerBound...]
    let call = OutboundCall("GET", address, policy: StreetWorld.loopback(address))
    let answer = try await HTTPTransport().answer(call)
    try #require(answer.status == 200)
    return answer.body
  }
}

/// Models that make pictures, speech and text on the street, as lines of a catalogue.
enum StreetModel {
  static let fal = picture("fal/flux-dev", "fal-ai/flux/dev")
  static let replicate = picture("replicate/flux-schnell", "black-forest-labs/flux-schnell")
  static let openAI = picture("openai/gpt-image-1-mini", "gpt-image-1-mini")

  static func picture(_ id: String, _ model: String) -> String {
    "id: \(id), model: \"\(model)\", capabilities: [image_generation], price: {per_image: 0.02}"
  }
}
