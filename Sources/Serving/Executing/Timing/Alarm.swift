import Synchronization

/// A sleep that somebody else may end: one sleeper, any number of ringers.
final class Alarm: Sendable {
  private struct State {
    var sleep: Task<Void, Never>?
    var isRung = false
  }

  private let state = Mutex(State())

  /// Sleeps so long, or until ``ring()``; a ring that came since the last sleep ends this one at once.
  func sleep(for duration: Duration) async {
    let sleep = Task { () -> Void in try? await Task.sleep(for: duration) }
    let isRung = state.withLock { state in
      if !state.isRung { state.sleep = sleep }
      return state.isRung
    }
    if isRung { sleep.cancel() }
    await withTaskCancellationHandler {
      await sleep.value
    } onCancel: {
      sleep.cancel()
    }
    state.withLock { $0 = State() }
  }

  func ring() {
    state.withLock { state in
      state.isRung = true
      state.sleep?.cancel()
    }
  }
}
