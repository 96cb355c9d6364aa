public import Serving
public import Transport

/// What adapters need from the process that they run in.
public struct AdapterContext: Sendable {
  public var transport: HTTPTransport
  public var store: any ArtefactStore
  public var clock: any WallClock
  /// The environment variable of a name; nil when it is not set.
  public var variable: @Sendable (String) -> String?
  /// Whether vendors can reach this router at a public address.
  public var receivesWebhooks: Bool

  public init(
    transport: HTTPTransport, store: any ArtefactStore, clock: any WallClock,
    variable: @escaping @Sendable (String) -> String?, receivesWebhooks: Bool
  ) {
    self.transport = transport
    self.store = store
    self.clock = clock
    self.variable = variable
    self.receivesWebhooks = receivesWebhooks
  }

  /// The value of a variable that is set to something.
  func value(of variable: String) -> String? {
    self.variable(variable).flatMap { $0.isEmpty ? nil : $0 }
  }
}
