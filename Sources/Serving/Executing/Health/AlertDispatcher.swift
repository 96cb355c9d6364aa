import Jobs
public import Logging
public import Routing
public import ServiceLifecycle
import Synchronization

/// Takes alerts at once and delivers them behind: to every receiver by itself, in order, with a few tries. A receiver
/// that is dead delays nobody; what it misses is counted and logged.
public final class AlertDispatcher: Service {
  public struct Settings: Sendable {
    /// Alerts that may wait for one receiver; beyond it the oldest goes.
    public var capacity = 100
    /// Deliveries tried for one alert.
    public var tries = 4

    public init() {}
  }

  private struct Line: Sendable {
    let sink: any AlertSink
    let waiting: AsyncStream<Alert>
    let entrance: AsyncStream<Alert>.Continuation
  }

  private let lines: [Line]
  private let settings: Settings
  private let sleep: @Sendable (Span) async throws -> Void
  private let random: @Sendable () -> Double
  private let logger: Logger
  private let lost = Mutex<[String: Int]>([:])

  /// Between tries: up to 1, 2, 4 … 60 s.
  private static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))

  /// - Parameters:
  ///   - sleep: how time passes between tries.
  ///   - random: in [0, 1).
  public init(
    _ sinks: [any AlertSink], settings: Settings = Settings(), logger: Logger,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() },
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    lines = sinks.map { sink in
      let (stream, entrance) = AsyncStream.makeStream(
        of: Alert.self, bufferingPolicy: .bufferingNewest(max(settings.capacity, 1)))
      return Line(sink: sink, waiting: stream, entrance: entrance)
    }
    self.settings = settings
    self.sleep = sleep
    self.random = random
    self.logger = logger
  }

  /// Alerts that a receiver was never told, by its name.
  public var dropped: [String: Int] { lost.withLock { $0 } }

  /// Hands an alert to all receivers and returns at once.
  public func raise(_ alert: Alert) {
    let level: Logger.Level =
      switch alert.level {
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    logger.log(level: level, "\(alert.message)", metadata: ["alert": "\(alert.kind.rawValue)"])
    for line in lines {
      if case .dropped(let old) = line.entrance.yield(alert) { drop(old, line.sink, "too many wait for it") }
    }
  }

  /// Delivers until shutdown begins. What waits then is not delivered, and the log says how much.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await withTaskGroup { group in
        for line in lines {
          group.addTask { [self] in
            for await alert in line.waiting { await deliver(alert, to: line.sink) }
          }
        }
        // With no receivers there is nothing to deliver, and a service that ends ends them all.
        if lines.isEmpty { group.addTask { await Task.untilCancelled() } }
      }
    }
  }

  private func deliver(_ alert: Alert, to sink: any AlertSink) async {
    for attempt in 0..<max(settings.tries, 1) {
      do {
        return try await sink.send(alert)
      } catch {
        guard error.isPassing, attempt + 1 < settings.tries, !Task.isCancelled else {
          return drop(alert, sink, error.message)
        }
        let wait = AlertDispatcher.backoff.delay(
          attempt: attempt, random: random(), retryAfter: error.retryAfter)
        do { try await sleep(wait) } catch { return drop(alert, sink, "the router is shutting down") }
      }
    }
  }

  private func drop(_ alert: Alert, _ sink: any AlertSink, _ reason: String) {
    let count = lost.withLock { lost in
      lost[sink.name, default: 0] += 1
      return lost[sink.name] ?? 0
    }
    logger.error(
      "an alert was not delivered",
      metadata: [
        "receiver": "\(sink.name)", "reason": "\(reason)", "alert": "\(alert.message)",
        "dropped_so_far": "\(count)",
      ])
  }
}

extension Span {
  /// Waits so long in real time.
  public func pass() async throws { try await Task.sleep(for: .microseconds(max(microseconds, 0))) }
}

extension Task where Success == Never, Failure == Never {
  /// Waits for the task's cancellation and for nothing else.
  static func untilCancelled() async {
    let (stream, end) = AsyncStream.makeStream(of: Void.self)
    for await _ in stream {}
    end.finish()
  }
}
