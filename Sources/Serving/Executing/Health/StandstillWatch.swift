import Jobs
public import Routing
public import ServiceLifecycle
import Synchronization

/// What has come to a standstill until somebody acts, as far as alerts have said so: a value that compares what is with
/// what was.
struct Standstills: Sendable {
  private var stopped: Set<String> = []
  private var gone: Set<String> = []

  /// - Parameter failures: the last that opened a circuit hard, by provider.
  /// - Returns: an alert for everything that is new. What has been mended may be told of again.
  mutating func update(
    _ views: [ProviderView], failures: [String: VendorFailure], at now: Instant
  ) -> [Alert] {
    var alerts: [Alert] = []
    var stopped: Set<String> = []
    var gone: Set<String> = []
    for view in views {
      func note(_ scope: FailureTreatment.Scope, _ id: String, _ phase: Circuit.Phase) {
        guard phase == .openHard else { return }
        stopped.insert(id)
        guard !self.stopped.contains(id) else { return }
        let change = CircuitChange(scope: scope, id: id, from: .closed, to: .openHard, at: now)
        if let alert = Alert(change, provider: view.provider, failure: failures[view.provider]) {
          alerts.append(alert)
        }
      }
      note(.provider, view.provider, view.circuit)
      for candidate in view.candidates {
        note(.candidate, candidate.candidate, candidate.circuit)
        guard let obstacle = candidate.live.obstacle, obstacle.kind == .foundGone else { continue }
        gone.insert(candidate.candidate)
        guard !self.gone.contains(candidate.candidate) else { continue }
        alerts.append(
          Alert(
            level: .error, kind: .candidateGone, provider: view.provider, candidate: candidate.candidate,
            message: "\(candidate.candidate) is gone: \(obstacle.detail)", at: now))
      }
    }
    self.stopped = stopped
    self.gone = gone
    return alerts
  }
}

/// Looks at the providers regularly, and as soon as an attempt says so, and tells of what has come to a standstill.
public final class StandstillWatch: Service {
  private struct State: Sendable {
    var standstills = Standstills()
    var failures: [String: VendorFailure] = [:]
  }

  static let interval = Span.seconds(30)

  private let state = Mutex(State())
  private let views: @Sendable () async -> [ProviderView]
  private let clock: any WallClock
  private let sleep: @Sendable (Span) async throws -> Void
  private let alert: @Sendable (Alert) -> Void

  /// - Parameters:
  ///   - views: the providers as they are, ``JobService/providers()``.
  ///   - alert: returns at once.
  public init(
    views: @escaping @Sendable () async -> [ProviderView], clock: any WallClock,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() },
    alert: @escaping @Sendable (Alert) -> Void
  ) {
    self.views = views
    self.clock = clock
    self.sleep = sleep
    self.alert = alert
  }

  /// An attempt has failed; where an operator must hear of it, the providers are looked at now.
  public func note(_ event: ProviderFailure) async {
    guard event.failure.treatment.alerts else { return }
    if event.failure.treatment.circuit == .opensHard {
      state.withLock { $0.failures[event.provider] = event.failure }
    }
    await look()
  }

  public func look() async {
    let views = await views()
    let now = clock.now
    for alert in state.withLock({ $0.standstills.update(views, failures: $0.failures, at: now) }) {
      self.alert(alert)
    }
  }

  /// Looks until shutdown begins.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      repeat { await look() } while (try? await sleep(StandstillWatch.interval)) != nil
    }
  }
}
