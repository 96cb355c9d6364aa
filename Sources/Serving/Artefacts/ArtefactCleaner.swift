public import Logging
public import Routing
public import ServiceLifecycle

/// Cleans now and then: artefacts that nobody needs, cached answers that have expired, what uploads left behind.
public struct ArtefactCleaner: Service {
  let steps: [(name: String, run: @Sendable () async throws -> Void)]
  let logger: Logger
  let sleep: @Sendable (Span) async throws -> Void

  static let interval = Span.minutes(30)
  /// After the start, when there is enough else to do.
  static let firstWait = Span.minutes(1)

  /// - Parameter steps: each by itself: one that fails is logged and keeps no other from being run.
  public init(
    _ steps: [(name: String, run: @Sendable () async throws -> Void)], logger: Logger,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() }
  ) {
    self.steps = steps
    self.logger = logger
    self.sleep = sleep
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var wait = ArtefactCleaner.firstWait
      while (try? await sleep(wait)) != nil {
        for step in steps where !Task.isCancelled {
          do {
            try await step.run()
          } catch is CancellationError {
            return
          } catch {
            logger.warning("not cleaned", metadata: ["what": "\(step.name)", "error": "\(error)"])
          }
        }
        wait = ArtefactCleaner.interval
      }
    }
  }
}
