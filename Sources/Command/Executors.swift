import API
import Adapters
import Declarations
import Foundation
import Jobs
import Logging
import Persistence
import Routing
import Serving
import ServiceLifecycle
import Transport

/// A shelf of adapters as the jobs see it.
struct AdapterStock: AdapterSource {
  let shelf: AdapterShelf

  subscript(provider: String) -> (any Adapter)? { shelf[provider] }

  var gaps: [String: String] { Dictionary(shelf.gaps.map { ($0.provider, $0.reason) }) { $1 } }

  /// A sentence for every provider that cannot be used.
  var obstacles: [String] { shelf.obstacles }

  /// The same in few lines, for a router that starts.
  var summary: [String] {
    let lacking = shelf.adapters.compactMap { adapter -> String? in
      guard case .missingCredential(let provider, let variable)? = adapter.obstacle(for: nil) else {
        return nil
      }
      return "\(provider) (\(variable))"
    }
    let gaps = shelf.gaps.map(\.provider)
    return [
      lacking.isEmpty
        ? nil
        : "skipped for jobs until their environment variable is set: \(lacking.joined(separator: ", "))",
      gaps.isEmpty ? nil : "skipped for jobs, because nothing declares them: \(gaps.joined(separator: ", "))",
    ].compactMap { $0 }
  }
}

/// What carries out jobs in this process, wired together.
struct Executors: Sendable {
  let jobs: JobService
  let generations: GenerationService
  let health: HealthMonitor
  let artefacts: ArtefactRegister
  let links: ArtefactLinks
  let alerts: AlertDispatcher
  let catalogue: CatalogueReload
  /// To be run beside the server and the jobs.
  let services: [any Service]

  /// Descriptors that are neither calls nor connections: the ledger, artefacts being written, the log.
  private static let spareDescriptors = 256

  /// Of this process. Foundation reads the whole environment for one of its variables, and this is asked for every job.
  @Sendable static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Starts everything on a router that has started, with its newest catalogue.
  ///
  /// - Parameter variable: the environment variable of a name; nil when it is not set.
  static func start(
    _ router: RoutingService, _ settings: ServeSettings,
    variable: @escaping @Sendable (String) -> String? = Executors.variable,
    logger: Logger
  ) async throws -> Executors {
    raiseDescriptors(settings, logger)
    let transport = try HTTPTransport(settings.transport)
    let place = try ArtefactPlace(settings, transport: transport, clock: router.clock, variable: variable)
    guard let account = router.ledger as? any ArtefactLedger & CacheLedger else { throw NoAccount() }
    let artefacts = ArtefactRegister(
      place.store, ledger: account, recorder: router.recorder, clock: router.clock, logger: logger)
    let links = try ArtefactLinks(
      ledger: account, isRequired: settings.requiresLinks, clock: router.clock,
      mint: { router.mintIdentifier() },
      life: { router.snapshot.governance.value.rules(for: nil).artefactLinkLife })
    let context = AdapterContext(
      transport: transport, store: artefacts, clock: router.clock, variable: variable,
      receivesWebhooks: settings.publicURL != nil)
    let build: @Sendable (Routing.Catalogue) throws -> AdapterStock = { catalogue in
      AdapterStock(
        shelf: AdapterShelf(catalogue, declarations: try declarations(settings, logger), context))
    }
    let catalogue = await router.keeper.pending.catalogue.value
    let stock = try build(catalogue)
    for line in stock.summary { logger.notice("\(line)") }

    let cache = try ResponseCache(
      ledger: account, embedder: router.embedder, artefacts: artefacts, clock: router.clock,
      settings: settings.cache, logger: logger)
    let alerts = AlertDispatcher(
      settings.alerts.compactMap { $0.sink(transport, variable: variable, logger: logger) }, logger: logger)
    let credits = try CreditService(router) { alerts.raise($0) }
    let deliveries = DeliveryService(
      router: router,
      door: CallbackDoor(
        transport, allowsPrivate: settings.allowsPrivateCallbacks, patience: settings.callbackPatience),
      settings: settings.deliveries, logger: logger
    ) { view in
      var view = view
      view.links = links
      return try JobNotice.bytes(view, router)
    }
    var jobSettings = settings.jobs
    jobSettings.publicBase = settings.publicURL
    let jobs = try await JobService.start(
      router: router, adapters: stock, settings: jobSettings,
      artefacts: artefacts, deliveries: deliveries, links: links, cache: cache, credits: credits,
      logger: logger)
    let generations = try await GenerationService.start(jobs, artefacts: artefacts, logger: logger) {
      GenerationNotice.bytes($0)
    }
    try generations.book.load(RecipeFile.shipped(settings), logger: logger)
    let health = HealthMonitor(
      ledger: router.ledger, recorder: router.recorder, clock: router.clock, settings: settings.health,
      logger: logger,
      note: { await jobs.note(health: $0, of: $1) }, checked: { await jobs.note(check: $0, of: $1) },
      alert: { alerts.raise($0) })
    try await health.adopt(stock.shelf.adapters)
    let standstills = StandstillWatch(
      views: { await jobs.providers() }, clock: router.clock, alert: { alerts.raise($0) })
    let lifecycles = LifecycleWatch(
      catalogue: { router.snapshot.catalogue.value }, clock: router.clock, alert: { alerts.raise($0) })
    let announcements = AnnouncementWatch(
      adapters: { health.adapters }, catalogue: { router.snapshot.catalogue.value }, clock: router.clock,
      logger: logger, alert: { alerts.raise($0) })
    let reload = CatalogueReload(
      path: settings.catalogue, build: build,
      record: { _ = try await router.stock($0, from: .file) },
      adopt: { stock in
        await jobs.adopt(adapters: stock.adapters, catalogue: stock.catalogue)
        try await health.adopt(stock.adapters.shelf.adapters)
      }, told: stock.obstacles, logger: logger)
    let cleaner = ArtefactCleaner(
      [
        (
          "artefacts",
          {
            let longest = router.snapshot.governance.value.rules(for: nil).artefactRetention
            _ = try await artefacts.clean(ArtefactRetention(longest: longest))
          }
        ), ("cached answers", { try cache.trim() }), ("abandoned uploads", { try await place.tidy() }),
      ], logger: logger)
    // The last to be started are the first to end: alerts outlive those who raise them.
    return Executors(
      jobs: jobs, generations: generations, health: health, artefacts: artefacts, links: links,
      alerts: alerts, catalogue: reload,
      services: [
        alerts, health, standstills, lifecycles, announcements, cleaner,
        FailureRelay(jobs: jobs, health: health, standstills: standstills), HangupService(reload),
      ])
  }

  /// What the API serves of them.
  var parts: RouterParts {
    RouterParts(
      jobs: jobs, generations: generations, artefacts: artefacts, register: artefacts, links: links,
      catalogueIntake: CatalogueIntake(parse: Executors.parseCatalogue) { [catalogue] stocked in
        await catalogue.follow(stocked.catalogue.value)
      })
  }

  /// What a text says as a catalogue, for `PUT /v1/catalogue`.
  ///
  /// - Throws: `CatalogueFaults`.
  static func parseCatalogue(_ text: String) throws -> Routing.Catalogue {
    do throws(DeclarationErrors) {
      return try CatalogueFile.parse(text, file: "catalogue")
    } catch {
      throw CatalogueFaults(error.errors.map { .init(line: $0.line, message: $0.message) })
    }
  }

  /// A folder that was named must be there; the usual one may be missing, where nobody has any use for it.
  private static func declarations(_ settings: ServeSettings, _ logger: Logger) throws -> [VendorDeclaration]
  {
    let folder = settings.vendors ?? ServeSettings.standardVendors
    guard settings.vendors != nil || FileManager.default.fileExists(atPath: folder) else {
      logger.warning(
        "there is no folder \(folder), so only the sandbox has an adapter; name another with --vendors")
      return []
    }
    return try AdapterShelf.declarations(inFolder: folder)
  }

  private static func raiseDescriptors(_ settings: ServeSettings, _ logger: Logger) {
    let limit = FileDescriptors.raise()
    let wanted = settings.transport.calls + settings.limits.connections + spareDescriptors
    guard limit < UInt64(wanted) else { return }
    logger.warning(
      "this process may open \(limit) files, and with all its connections needs \(wanted): raise the limit (ulimit -Hn)"
    )
  }
}

/// Brings attempts that speak against a provider to those who look after providers.
struct FailureRelay: Service {
  let jobs: JobService
  let health: HealthMonitor
  let standstills: StandstillWatch

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await event in jobs.failures {
        health.doubt(event.failure, of: event.provider)
        await standstills.note(event)
      }
      // The stream ends with the jobs; a service that ends early would end the others.
      while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
    }
  }
}
