public import Jobs
public import Routing

/// The way out to customers' endpoints: one attempt at a time. When to try, and how often, is the ``DeliveryService``'s.
public protocol DeliveryDoor: Sendable {
  /// Whether an address may ever be called, by its text alone. What its name resolves to is looked at in every attempt.
  ///
  /// - Returns: the address in its absolute form.
  /// - Throws: for its sender, why not.
  func checked(_ url: String) throws(DeliveryRefusal) -> String

  /// Makes one attempt, and returns when it is answered or cannot be any more. Cancelling the task gives it up.
  ///
  /// - Parameter secrets: what to sign with, the newest first; not empty.
  func send(
    _ delivery: Delivery, _ payload: [UInt8], secrets: [SigningSecret], at now: Instant
  ) async -> DeliveryAnswer
}

/// Why something cannot be done about deliveries.
public enum DeliveryRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// An address that is never called, and why.
  case address(String)
  /// Nothing to sign with.
  case noSecret(tenant: String?)
  /// Only a dead letter can be retried.
  case notDead(DeliveryState)

  public var description: String {
    switch self {
    case .address(let message): message
    case .noSecret(let tenant):
      "there is no secret to sign deliveries" + (tenant.map { " of tenant '\($0)'" } ?? "")
        + " with; make one with POST /v1/callback-secrets"
    case .notDead(.pending): "it is pending, and is tried again by itself"
    case .notDead(let state): "it is \(state.rawValue), and only a dead letter can be retried"
    }
  }
}
