import Jobs
public import Routing
public import ServiceLifecycle
import Synchronization

/// Looks at the catalogue's dates and tells of candidates that end soon or have ended.
public final class LifecycleWatch: Service {
  private let catalogue: @Sendable () -> Catalogue
  private let clock: any WallClock
  private let sleep: @Sendable (Span) async throws -> Void
  private let alert: @Sendable (Alert) -> Void
  private let last: Mutex<Instant>

  /// How long before its end a candidate is spoken of.
  public static let notice = Span.days(14)
  static let interval = Span.hours(1)

  /// - Parameter alert: returns at once.
  public init(
    catalogue: @escaping @Sendable () -> Catalogue, clock: any WallClock,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() },
    alert: @escaping @Sendable (Alert) -> Void
  ) {
    self.catalogue = catalogue
    self.clock = clock
    self.sleep = sleep
    self.alert = alert
    // Nobody remembers what an earlier run has said, so each says at its start what the last two weeks brought.
    last = Mutex(clock.now - LifecycleWatch.notice)
  }

  /// Tells what has become due since the last look.
  public func look() {
    let now = clock.now
    let before = last.withLock { last in
      defer { last = max(last, now) }
      return last
    }
    let catalogue = catalogue()
    let events = Retirement.due(catalogue.candidates, since: before, at: now, notice: LifecycleWatch.notice)
    for event in events {
      let provider = catalogue.candidate(event.candidate)?.provider ?? ""
      alert(Alert(event, provider: provider))
    }
  }

  /// Looks every hour until shutdown begins.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      repeat { look() } while (try? await sleep(LifecycleWatch.interval)) != nil
    }
  }
}
