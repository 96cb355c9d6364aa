public import Serving
public import Transport

/// Tells any web service by POST: the alert as one JSON object, see ``Alert/json``.
public struct WebhookAlerts: AlertSink {
  public let name: String
  private let door: AlertDoor

  public init(_ address: AlertAddress, transport: HTTPTransport) {
    door = AlertDoor(address: address, transport: transport)
    name = "webhook \(address.origin)"
  }

  public func send(_ alert: Alert) async throws(AlertFailure) {
    if let failure = door.failure(try await door.post(alert.json)) { throw failure }
  }
}
