public import Routing

/// How a service on one's own machine is, from its latest check.
public struct ServiceStatus: Hashable, Sendable {
  public enum State: String, CaseIterable, Hashable, Sendable {
    /// It answered as it should, and soon enough.
    case healthy
    /// Something is there, and not in a state to be sent work: it answered too slowly, asked for patience (503, 429), or
    /// with something else that is no server error.
    case running
    /// Nothing answers at its address, or it says itself that it cannot work (another status from 500 on).
    case error
  }

  public let state: State
  /// For a person; nil while it is healthy.
  public let detail: String?
  /// When it was checked.
  public let at: Instant

  public init(_ check: ProviderHealth.Check, rules: ProviderHealth.Rules = ProviderHealth.Rules()) {
    at = check.at
    if let failure = check.failure {
      let isThere =
        failure.httpStatus.map { $0 < 500 || $0 == 503 } ?? (failure.cause == .answered)
      state = isThere ? .running : .error
      detail = failure.message
    } else {
      let isSlow = check.latency > rules.slow
      state = isSlow ? .running : .healthy
      detail = isSlow ? "it took \(check.latency) to answer" : nil
    }
  }
}
