import Synchronization

/// Webhooks about work that nobody here knows, or not yet: one may overtake the answer that says how the vendor calls
/// its job. They wait for a moment, unacknowledged, and are dropped and counted when the work stays unknown.
final class WebhookStrangers: Sendable {
  /// The most that wait at a time; those beyond are dropped at once.
  static let most = 256

  private struct State {
    var waiting = 0
    var dropped: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// Whether there is room to wait; if so, call ``leave()`` afterwards.
  func enter() -> Bool {
    state.withLock { state in
      guard state.waiting < WebhookStrangers.most else { return false }
      state.waiting += 1
      return true
    }
  }

  func leave() { state.withLock { $0.waiting -= 1 } }

  func drop(from provider: String) { state.withLock { $0.dropped[provider, default: 0] += 1 } }

  /// How many of a provider's were dropped since the start.
  func dropped(from provider: String) -> Int { state.withLock { $0.dropped[provider] ?? 0 } }
}
