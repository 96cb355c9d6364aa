import Jobs
public import Logging
public import Routing
public import ServiceLifecycle
import Synchronization

/// Asks vendors for their lists of models, and tells of candidates that turn legacy or end there before the catalogue
/// says so. No vendor's answers announce an end, and of those in use only Bedrock's list does.
///
/// It tells, and leaves the catalogue as it is: a list may be wrong for an account with terms of its own.
public final class AnnouncementWatch: Service {
  private struct Said: Hashable {
    var candidate: String
    var kind: LifecycleEvent.Kind
    var ends: Instant?
  }

  private let adapters: @Sendable () -> [any Adapter]
  private let catalogue: @Sendable () -> Catalogue
  private let clock: any WallClock
  private let logger: Logger
  private let sleep: @Sendable (Span) async throws -> Void
  private let alert: @Sendable (Alert) -> Void
  /// In this run: another says it again.
  private let said = Mutex<Set<Said>>([])

  /// Until the first look, so that a start is not also a round of questions.
  static let delay = Span.minutes(1)
  static let interval = Span.hours(12)

  /// - Parameters:
  ///   - adapters: of the vendors to ask.
  ///   - alert: returns at once.
  public init(
    adapters: @escaping @Sendable () -> [any Adapter], catalogue: @escaping @Sendable () -> Catalogue,
    clock: any WallClock, logger: Logger,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() },
    alert: @escaping @Sendable (Alert) -> Void
  ) {
    self.adapters = adapters
    self.catalogue = catalogue
    self.clock = clock
    self.logger = logger
    self.sleep = sleep
    self.alert = alert
  }

  /// Asks every vendor once, one after the other. One that does not answer is asked again next time.
  public func look() async {
    for adapter in adapters() {
      let listed: [DiscoveredModel]
      do throws(VendorFailure) {
        listed = try await adapter.discover()
      } catch {
        logger.debug(
          "a vendor's models cannot be listed",
          metadata: ["provider": "\(adapter.provider)", "error": "\(error.message)"])
        continue
      }
      let catalogue = catalogue()
      for candidate in catalogue.candidates where candidate.provider == adapter.provider {
        guard let told = listed.first(where: { $0.isListing(candidate.model) })?.lifecycle,
          let event = Retirement.announced(told, of: candidate, in: catalogue.candidates, at: clock.now)
        else { continue }
        let isNew = said.withLock {
          $0.insert(Said(candidate: event.candidate, kind: event.kind, ends: event.ends)).inserted
        }
        if isNew { alert(Alert(event, provider: adapter.provider)) }
      }
    }
  }

  /// Looks twice a day until shutdown begins.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      guard (try? await sleep(AnnouncementWatch.delay)) != nil else { return }
      repeat { await look() } while (try? await sleep(AnnouncementWatch.interval)) != nil
    }
  }
}
