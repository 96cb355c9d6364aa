public import Routing
public import Serving
import Synchronization

/// A clock that stands until it is moved, on which others can sleep.
public final class ManualClock: WallClock {
  private struct State {
    var now: Instant
    var sleepers: [(until: Instant, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state: Mutex<State>

  /// Starts at 2026-11-20T10:00:00Z unless told otherwise.
  public init(_ start: Instant = Instant("2026-11-20T10:00:00Z")!) { state = Mutex(State(now: start)) }

  public var now: Instant { state.withLock { $0.now } }

  public func advance(by span: Span) { advance(to: now + span) }

  /// Moves on, never back, and wakes whose time has come.
  public func advance(to instant: Instant) {
    let woken = state.withLock { state in
      state.now = max(state.now, instant)
      let woken = state.sleepers.filter { $0.until <= state.now }
      state.sleepers.removeAll { $0.until <= state.now }
      return woken
    }
    for sleeper in woken.sorted(by: { $0.until < $1.until }) { sleeper.continuation.resume() }
  }

  /// Sleeps so long by this clock.
  public func sleep(for span: Span) async {
    guard span > .seconds(0) else { return }
    await withCheckedContinuation { continuation in
      state.withLock { $0.sleepers.append(($0.now + span, continuation)) }
    }
  }

  /// How many sleep.
  public var sleepers: Int { state.withLock { $0.sleepers.count } }

  /// When the next sleeper wakes.
  public var nextWaking: Instant? { state.withLock { $0.sleepers.map(\.until).min() } }
}
