public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import ServiceLifecycle
public import Serving

/// The HTTP API of a router, as an application to run or to test.
public enum RouterAPI {
  /// All routes, with errors as problems.
  public static func router(
    _ service: RoutingService, limits: RequestLimits = RequestLimits()
  ) -> Router<BasicRequestContext> {
    routes(service, DecidingRoutes(service: service, limits: limits), limits)
  }

  private static func routes(
    _ service: RoutingService, _ deciding: DecidingRoutes, _ limits: RequestLimits
  ) -> Router<BasicRequestContext> {
    // Middleware comes before the routes, and must know them: so they are listed first.
    let listing = Router(context: BasicRequestContext.self)
    addRoutes(service, deciding, limits, to: listing)
    let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware(routes: RouteTable(listing.routes)))
    addRoutes(service, deciding, limits, to: router)
    return router
  }

  private static func addRoutes(
    _ service: RoutingService, _ deciding: DecidingRoutes, _ limits: RequestLimits,
    to router: Router<BasicRequestContext>
  ) {
    HealthRoutes(service: service).add(to: router)
    deciding.add(to: router)
    FeedbackRoutes(service: service, limits: limits).add(to: router)
    CandidateRoutes(service: service).add(to: router)
    LearningRoutes(service: service).add(to: router)
    RegionRoutes(service: service, limits: limits).add(to: router)
    GovernanceRoutes(service: service, limits: limits).add(to: router)
    EpochRoutes(service: service).add(to: router)
  }

  /// The server on an address, with the epoch keeper beside it.
  ///
  /// - Parameter onListening: called once with the port that was bound.
  public static func application(
    _ service: RoutingService, host: String, port: Int, limits: RequestLimits = RequestLimits(),
    logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let deciding = DecidingRoutes(service: service, limits: limits)
    let date = HeaderDate()
    return Application(
      router: routes(service, deciding, limits),
      server: HTTPServerBuilder { responder in
        DecidingChannel(
          responder: responder, limits: limits, date: date, answerAtOnce: deciding.answerAtOnce)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: serverName,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
      services: [service.keeper],
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
      logger: logger)
  }

  static let serverName = "pointsman"
}
