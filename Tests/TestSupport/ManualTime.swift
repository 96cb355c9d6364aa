public import Routing
public import Serving
import Synchronization

/// Time that passes only when it is told to: a clock, and sleeping that ends when the clock has come so far.
public final class ManualTime: WallClock {
  private struct Sleeper {
    let number: Int
    let until: Instant
    let wake: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Instant
    var sleepers: [Sleeper] = []
    var cancelled: Set<Int> = []
    var numbers = 0
  }

  private let state: Mutex<State>

  /// Starts at 2026-11-20T10:00:00Z unless told otherwise.
  public init(_ start: Instant = Instant("2026-11-20T10:00:00Z")!) { state = Mutex(State(now: start)) }

  public var now: Instant { state.withLock { $0.now } }

  /// How many sleep, and until when the first.
  public var sleeping: (count: Int, first: Instant?) {
    state.withLock { ($0.sleepers.count, $0.sleepers.map(\.until).min()) }
  }

  /// Lets time pass, and wakes whose time has come.
  public func advance(by span: Span) {
    let woken = state.withLock { state in
      state.now = state.now + span
      let woken = state.sleepers.filter { $0.until <= state.now }
      state.sleepers.removeAll { $0.until <= state.now }
      return woken
    }
    for sleeper in woken { sleeper.wake.resume() }
  }

  /// Returns when so much time has passed; throws when the task is cancelled before.
  public func sleep(_ span: Span) async throws {
    let number = state.withLock { state in
      state.numbers += 1
      return state.numbers
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (wake: CheckedContinuation<Void, any Error>) in
        let isOver = state.withLock { state -> Result<Void, any Error>? in
          if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
          if span <= .seconds(0) { return .success(()) }
          state.sleepers.append(Sleeper(number: number, until: state.now + span, wake: wake))
          return nil
        }
        if let isOver { wake.resume(with: isOver) }
      }
    } onCancel: {
      let sleeper = state.withLock { state -> Sleeper? in
        guard let place = state.sleepers.firstIndex(where: { $0.number == number }) else {
          state.cancelled.insert(number)
          return nil
        }
        return state.sleepers.remove(at: place)
      }
      sleeper?.wake.resume(throwing: CancellationError())
    }
  }
}
