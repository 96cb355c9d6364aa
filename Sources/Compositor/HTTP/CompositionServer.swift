public import Hummingbird
import HTTPTypes
public import Logging
import NIOCore
import ServiceLifecycle

/// ffmpeg behind HTTP, as an application to run.
public enum CompositionServer {
  /// The server on an address, with the workbench beside it.
  ///
  /// - Parameter onListening: called once with the port that was bound.
  public static func application(
    _ workbench: Workbench, host: String, port: Int, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: CompositionProblems())
    CompositionRoutes(workbench: workbench).add(to: router)
    return Application(
      router: router,
      server: .http1(configuration: .init(idleTimeout: .seconds(120))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "pointsman-compose"),
      services: [workbench],
      onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
      logger: logger)
  }
}
