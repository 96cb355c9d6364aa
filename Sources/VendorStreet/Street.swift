public import Declarations
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A street of vendors on one port: local servers that speak the contracts of the AI providers out there,
/// each under `/<vendor>`, with artefacts that are small but real, and with faults on request.
///
/// A caller may name what it wants done (the header `x-street-reference`, or `[[ref: NAME]]` anywhere in the
/// body) to find the jobs and charges under that name later, and may order a fault for one call (the header
/// `x-street-fault`, or `[[street: FAULT]]` in the body). `/street/journal`, `/street/submissions` and
/// `/street/faults` belong to the street itself.
public final class Street: Sendable {
  let desk: Desk
  /// Every vendor with its endpoints, files first.
  let vendors: [(vendor: any Vendor, routes: [Route])]
  private let faults: Mutex<FaultPlan>

  public init(_ settings: StreetSettings = StreetSettings()) {
    let clock = StreetClock()
    let jobs = JobBoard(settings)
    let journal = Journal(limit: settings.journalLimit)
    let webhooks = WebhookSender(settings: settings, clock: clock, jobs: jobs, journal: journal)
    desk = Desk(settings: settings, clock: clock, jobs: jobs, webhooks: webhooks, journal: journal)
    vendors = Street.vendors(seed: settings.seed).map { ($0, [Files.route($0)] + $0.routes) }
    faults = Mutex(FaultPlan(settings.faults, seed: settings.seed))
  }

  /// The first part of the path of every vendor.
  public static let vendorNames: [String] = vendors(seed: 0).map(\.name)

  private static func vendors(seed: UInt64) -> [any Vendor] {
    [
      OpenAI(), Fal(seed: seed), Replicate(seed: seed), Runway(), Luma(), DreamMachine(), Together(),
      BlackForestLabs(), Stability(), OpenRouter(seed: seed), Google(), Bedrock(), LocalServices(),
    ]
  }

  /// What a caller would have from the vendor's console to verify its webhooks; nil where that is another
  /// way.
  public func webhookSecret(of vendor: String) -> String? {
    switch vendor {
    case "replicate": Replicate.secret(seed: desk.settings.seed)
    case "openrouter": OpenRouter.secret(seed: desk.settings.seed)
    default: nil
    }
  }

  /// What vendors took on and charge, so far.
  ///
  /// - Parameter vendor: nil for all.
  public func report(vendor: String? = nil) -> StreetReport {
    StreetReport(desk.jobs.all(of: vendor), at: desk.clock.now)
  }

  /// The server on an address, with the sender of webhooks beside it.
  ///
  /// - Parameter onListening: called once with the port that was bound.
  public func application(
    host: String, port: Int, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    Application(
      responder: StreetResponder(street: self),
      server: .http1(configuration: .init(idleTimeout: .seconds(600))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "pointsman-street"),
      services: [desk.webhooks],
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
      logger: logger)
  }

  /// Opens the street on a free port of the loopback while `body` runs, for tests.
  ///
  /// - Parameter body: is given `http://127.0.0.1:<port>`.
  public func whileOpen<Result: Sendable>(
    logger: Logger, _ body: @escaping @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let (ports, source) = AsyncStream<Int>.makeStream()
    let application = application(host: "127.0.0.1", port: 0, logger: logger) { source.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { source.finish() }
        try await application.run()
      }
      guard let port = await ports.first(where: { _ in true }) else {
        try await group.waitForAll()
        throw CancellationError()
      }
      defer { group.cancelAll() }
      return try await body("http://127.0.0.1:\(port)")
    }
  }

  // MARK: Faults

  /// Puts the faults of a text in the form of ``StreetFile`` (YAML or JSON) in force, instead of those
  /// before; its `seed` decides on their chances, its other settings have no effect on an open street.
  public func changeFaults(to text: String) throws(DeclarationErrors) {
    let settings = try StreetFile.parse(text, file: "faults")
    replaceFaults(settings.faults, seed: settings.seed)
  }

  var faultRules: [FaultRule] { faults.withLock { $0.rules } }

  func replaceFaults(_ rules: [FaultRule], seed: UInt64) {
    faults.withLock { $0 = FaultPlan(rules, seed: seed) }
  }

  func nextFault(_ vendor: String, _ operation: CallKind) -> Fault? {
    faults.withLock { $0.next(vendor, operation) }
  }
}
