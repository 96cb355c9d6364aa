public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import Routing
public import ServiceLifecycle
public import Serving

/// The HTTP API of a router, as an application to run or to test.
public enum RouterAPI {
  /// All routes, with errors as problems.
  ///
  /// - Parameter parts: what the router has beyond deciding; the routes of what it has not are absent.
  public static func router(
    _ service: RoutingService, parts: RouterParts = RouterParts(), limits: RequestLimits = RequestLimits()
  ) -> Router<RouterContext> {
    routes(service, DecidingRoutes(service: service, limits: limits), parts, limits)
  }

  private static func routes(
    _ service: RoutingService, _ deciding: DecidingRoutes, _ parts: RouterParts, _ limits: RequestLimits
  ) -> Router<RouterContext> {
    // Middleware comes before the routes, and must know them: so they are listed first.
    let listing = Router(context: RouterContext.self)
    addRoutes(service, deciding, parts, limits, to: listing)
    let router = Router(context: RouterContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: PoolMiddleware())
    router.add(middleware: ProblemMiddleware(routes: RouteTable(listing.routes)))
    if let credits = parts.books { router.add(middleware: AccessMiddleware(credits: credits)) }
    addRoutes(service, deciding, parts, limits, to: router)
    return router
  }

  private static func addRoutes(
    _ service: RoutingService, _ deciding: DecidingRoutes, _ parts: RouterParts, _ limits: RequestLimits,
    to router: Router<RouterContext>
  ) {
    HealthRoutes(service: service).add(to: router)
    deciding.add(to: router)
    FeedbackRoutes(service: service, limits: limits).add(to: router)
    CandidateRoutes(service: service).add(to: router)
    CatalogueRoutes(service: service, limits: limits, intake: parts.catalogueIntake).add(to: router)
    if let jobs = parts.jobs {
      JobRoutes(service: service, jobs: jobs, limits: limits).add(to: router)
      UnifiedRoutes(service: service, jobs: jobs, limits: limits).add(to: router)
      JobEventRoutes(service: service, jobs: jobs, heartbeat: parts.heartbeat).add(to: router)
      if let cache = jobs.cache { CacheRoutes(cache: cache).add(to: router) }
      let gate = WebhookGate(limits.webhooks)
      WebhookRoutes(jobs: jobs, clock: service.clock, limits: limits, gate: gate).add(to: router)
      ProviderRoutes(service: service, jobs: jobs, gate: gate).add(to: router)
      if let deliveries = jobs.deliveries {
        DeliveryRoutes(deliveries: deliveries, ledger: service.ledger).add(to: router)
        CallbackSecretRoutes(deliveries: deliveries, ledger: service.ledger, limits: limits).add(to: router)
      }
      if let generations = parts.generations {
        GenerationRoutes(service: service, generations: generations, limits: limits).add(to: router)
        RecipeRoutes(book: generations.book, ledger: service.ledger, limits: limits).add(to: router)
      }
    } else {
      UnobservedProviderRoutes(service: service).add(to: router)
    }
    if let credits = parts.books {
      KeyRoutes(credits: credits, ledger: service.ledger, limits: limits).add(to: router)
      AccountRoutes(credits: credits, service: service, jobs: parts.jobs, limits: limits).add(to: router)
    }
    if let artefacts = parts.artefacts {
      ArtefactRoutes(
        artefacts: artefacts, links: parts.links, clock: service.clock,
        life: { service.snapshot.governance.value.rules(for: nil).artefactLinkLife }
      ).add(to: router)
    }
    if let register = parts.register {
      ArtefactAccountRoutes(
        register: register, links: parts.links, limits: limits, clock: service.clock,
        retention: { service.snapshot.governance.value.rules(for: nil).artefactRetention }
      ).add(to: router)
    }
    LearningRoutes(service: service).add(to: router)
    RegionRoutes(service: service, limits: limits).add(to: router)
    GovernanceRoutes(service: service, limits: limits).add(to: router)
    EpochRoutes(service: service).add(to: router)
  }

  /// The server on an address, with the epoch keeper and the executors, if there are any, beside it.
  ///
  /// - Parameters:
  ///   - services: what else runs and ends together with it.
  ///   - onListening: called once with the port that was bound.
  public static func application(
    _ service: RoutingService, parts: RouterParts = RouterParts(), host: String, port: Int,
    limits: RequestLimits = RequestLimits(), services: [any Service] = [], logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let deciding = DecidingRoutes(service: service, limits: limits)
    let date = HeaderDate()
    return Application(
      router: routes(service, deciding, parts, limits),
      server: HTTPServerBuilder { responder in
        DecidingChannel(
          responder: responder, limits: limits, date: date, credits: parts.books,
          answerAtOnce: { deciding.answerAtOnce($0, tenant: $1) })
      },
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: serverName,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
      services: [service.keeper] + (parts.jobs.map { [$0] } ?? [])
        + (parts.jobs?.deliveries.map { [$0] } ?? []) + (parts.generations.map { [$0] } ?? []) + services,
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
      logger: logger)
  }

  static let serverName = "pointsman"
}

/// What a router has beyond deciding and learning.
public struct RouterParts: Sendable {
  /// Nil for a router that executes nothing itself: it has no jobs, no webhooks and has seen no provider.
  public var jobs: JobService?
  /// Nil for a router that carries out no recipes; needs `jobs`.
  public var generations: GenerationService?
  /// The books and the keys; nil for those of the jobs, and without jobs for a router that is open to everybody.
  public var credits: CreditService?
  /// Nil where results stay at their vendors' addresses.
  public var artefacts: (any ArtefactReading)?
  /// The account of what is kept; nil where nobody keeps one.
  public var register: ArtefactRegister?
  /// What links to artefacts are checked by; nil where every address is plain.
  public var links: ArtefactLinks?
  /// Nil where catalogues come from the command line alone.
  public var catalogueIntake: CatalogueIntake?
  /// How often a stream of events says something while nothing happens.
  public var heartbeat: Duration

  public init(
    jobs: JobService? = nil, generations: GenerationService? = nil, artefacts: (any ArtefactReading)? = nil,
    register: ArtefactRegister? = nil, links: ArtefactLinks? = nil, catalogueIntake: CatalogueIntake? = nil,
    credits: CreditService? = nil, heartbeat: Duration = .seconds(15)
  ) {
    self.register = register
    self.links = links
    self.credits = credits
    self.jobs = jobs
    self.generations = generations
    self.artefacts = artefacts
    self.catalogueIntake = catalogueIntake
    self.heartbeat = heartbeat
  }

  var books: CreditService? { credits ?? jobs?.credits }
}
