public import Jobs
public import Logging
public import Routing
public import ServiceLifecycle
import Synchronization

/// Asks every provider regularly how it is, and soon after attempts have failed there; keeps the answers in the ledger
/// and tells of changes.
///
/// Only providers are asked for which there is an adapter with a credential. A vendor without a call that costs nothing
/// counts as healthy: nothing speaks against it. A service on one's own machine counts as down until it has answered.
public final class HealthMonitor: Service {
  public struct Settings: Sendable {
    public var rules = ProviderHealth.Rules()
    /// Checks under way at the same time.
    public var width = 8
    /// A check that takes longer has failed.
    public var limit = Span.seconds(30)

    public init() {}
  }

  private struct State: Sendable {
    var book: HealthBook
    var adapters: [String: any Adapter] = [:]
    /// Providers with a call that has not ended, even if nobody waits for it any more.
    var calls: Set<String> = []
  }

  private let state: Mutex<State>
  private let ledger: any Ledger
  private let recorder: Recorder
  private let clock: any WallClock
  private let settings: Settings
  private let logger: Logger
  private let sleep: @Sendable (Span) async throws -> Void
  private let random: @Sendable () -> Double
  private let note: @Sendable (ProviderHealth.State, String) async -> Void
  private let checked: @Sendable (ProviderHealth.Check, String) async -> Void
  private let alert: @Sendable (Alert) -> Void
  private let wakes: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - sleep: how time passes.
  ///   - random: in [0, 1).
  ///   - note: told a provider's state whenever it has changed, and at start where it is not healthy.
  ///   - checked: told what each check of a provider came to.
  ///   - alert: told of every change; returns at once.
  public init(
    ledger: any Ledger, recorder: Recorder, clock: any WallClock, settings: Settings = Settings(),
    logger: Logger,
    sleep: @escaping @Sendable (Span) async throws -> Void = { try await $0.pass() },
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    note: @escaping @Sendable (ProviderHealth.State, String) async -> Void,
    checked: @escaping @Sendable (ProviderHealth.Check, String) async -> Void = { _, _ in },
    alert: @escaping @Sendable (Alert) -> Void
  ) {
    self.ledger = ledger
    self.recorder = recorder
    self.clock = clock
    self.settings = settings
    self.logger = logger
    self.sleep = sleep
    self.random = random
    self.note = note
    self.checked = checked
    self.alert = alert
    state = Mutex(State(book: HealthBook(rules: settings.rules, width: settings.width)))
    (wakes, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes the providers to be asked from now on. Those that are new go on from what the ledger holds of them.
  ///
  /// - Throws: what the ledger throws.
  public func adopt(_ adapters: [any Adapter]) async throws {
    let able = adapters.filter { adapter in
      if case .missingCredential? = adapter.obstacle(for: nil) { false } else { true }
    }
    let known = Set(state.withLock { $0.book.providers })
    var added: [(provider: String, history: [ProviderHealth.Entry])] = []
    for adapter in able where !known.contains(adapter.provider) {
      let newestFirst = try ledger.healthChecks(of: adapter.provider, limit: settings.rules.history)
      added.append((adapter.provider, newestFirst.reversed()))
    }
    let unwell = state.withLock { state in
      state.adapters = Dictionary(able.map { ($0.provider, $0) }) { $1 }
      for provider in known where state.adapters[provider] == nil { state.book.remove(provider) }
      for (provider, history) in added {
        let isOwnService = state.adapters[provider]?.isOwnService ?? false
        state.book.add(provider, history: history, isOwnService: isOwnService, random: random())
      }
      return added.compactMap { state.book.health(of: $0.provider) }.filter { $0.state != .healthy }
    }
    for health in unwell { await note(health.state, health.provider) }
    bell.yield()
  }

  /// An attempt has failed at a provider: it is asked sooner where the failure speaks against it.
  public func doubt(_ failure: VendorFailure, of provider: String) {
    state.withLock { $0.book.doubt(failure, of: provider) }
    bell.yield()
  }

  /// Those that are asked, by provider.
  public var adapters: [any Adapter] {
    state.withLock { $0.adapters.values.sorted { $0.provider < $1.provider } }
  }

  /// Nil for a provider that is not asked.
  public func health(of provider: String) -> ProviderHealth? {
    state.withLock { $0.book.health(of: provider) }
  }

  /// Asks until shutdown begins. Runs once.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await withDiscardingTaskGroup { group in
        var timer: Task<Void, Never>?
        bell.yield()
        for await _ in wakes {
          timer?.cancel()
          let now = clock.now
          let (due, next) = state.withLock { ($0.book.begin(at: now), $0.book.next(after: now)) }
          for provider in due {
            group.addTask { [self] in
              await check(provider)
              bell.yield()
            }
          }
          guard let next else { continue }
          timer = Task { [self] in
            if (try? await sleep(next - now)) != nil { bell.yield() }
          }
        }
        timer?.cancel()
        group.cancelAll()
      }
    }
  }

  /// Asks one provider and records what it said. Nothing is recorded when the router is shutting down meanwhile.
  private func check(_ provider: String) async {
    let begun = clock.now
    guard let answer = await ask(provider), !Task.isCancelled else {
      return state.withLock { $0.book.abandon(provider) }
    }
    let ended = max(clock.now, begun)
    let check = ProviderHealth.Check(at: ended, latency: ended - begun, failure: answer.failure)
    let record = state.withLock { $0.book.record(check, of: provider, random: random()) }
    guard let record else { return }
    var batch = LedgerBatch()
    batch.checks = [HealthRecord(provider: provider, entry: record.entry)]
    do {
      _ = try await recorder.commit(batch)
    } catch {
      // The state holds all the same: whoever routes needs it more than whoever reads the history.
      logger.error(
        "a health check was not recorded", metadata: ["provider": "\(provider)", "error": "\(error)"])
    }
    await checked(check, provider)
    guard let change = record.alert else { return }
    await note(change.to, provider)
    if !change.isFirst { alert(Alert(change)) }
  }

  private struct Answer: Sendable { var failure: VendorFailure? }

  /// - Returns: nil when there was nobody to ask, or no wish to wait any longer.
  private func ask(_ provider: String) async -> Answer? {
    let (adapter, isCalled) = state.withLock { state in
      (state.adapters[provider], state.calls.insert(provider).inserted == false)
    }
    guard let adapter else {
      state.withLock { _ = $0.calls.remove(provider) }
      return nil
    }
    // A second call would only hang beside the first.
    if isCalled { return Answer(failure: hanging("an earlier check has still not been answered")) }
    let answer = Settled<Answer?>()
    let call = Task { [self] in
      let failure = await adapter.health()
      state.withLock { _ = $0.calls.remove(provider) }
      answer.settle(Answer(failure: failure))
    }
    let timer = Task { [self] in
      guard (try? await sleep(settings.limit)) != nil else { return }
      answer.settle(Answer(failure: hanging("it did not answer within \(settings.limit)")))
    }
    defer {
      timer.cancel()
      call.cancel()
    }
    return await withTaskCancellationHandler {
      await answer.value()
    } onCancel: {
      answer.settle(nil)
    }
  }

  private func hanging(_ message: String) -> VendorFailure {
    VendorFailure(.transient, cause: .timedOut, message: message)
  }
}

/// A value that several may give and one waits for: the first counts.
private final class Settled<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, Never>)
    case settled(Value)
  }

  private let state = Mutex(State.open)

  func settle(_ value: Value) {
    let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
      switch state {
      case .open:
        state = .settled(value)
        return nil
      case .awaited(let continuation):
        state = .settled(value)
        return continuation
      case .settled: return nil
      }
    }
    waiter?.resume(returning: value)
  }

  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Value? in
        if case .settled(let value) = state { return value }
        state = .awaited(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
