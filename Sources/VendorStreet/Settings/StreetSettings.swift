/// How the street behaves: how long things take, how long files live, what goes wrong.
public struct StreetSettings: Sendable {
  /// Decides on every id, artefact and fault.
  public var seed: UInt64 = 1
  /// How long a job waits before it starts, and is charged.
  public var queue: Duration = .milliseconds(50)
  /// How long it then runs.
  public var run: Duration = .milliseconds(200)
  /// How long files can be downloaded after the job ended; nil leaves each vendor its own time.
  public var fileLifetime: Duration?
  /// What differs for a vendor.
  public var vendors: [String: VendorSettings] = [:]
  /// After which pauses a webhook that was not taken (no 2xx) is sent again.
  public var webhookRetries: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5)]
  /// The largest body that is read, in bytes; a larger one is answered with 413.
  public var bodyLimit = 32 << 20
  /// Calls and webhooks that the journal keeps, the latest of each.
  public var journalLimit = 20_000
  var faults: [FaultRule] = []

  public init() {}

  /// The settings of one vendor where they differ from the street's.
  public struct VendorSettings: Sendable, Hashable {
    public var queue: Duration?
    public var run: Duration?
    public var fileLifetime: Duration?
    /// How many jobs may be unfinished at once; nil leaves the vendor its own limit, if it has one.
    public var concurrency: Int?

    public init() {}
  }

  /// Seconds that files live: the setting's, else the vendor's own.
  func lifetime(_ vendor: String, own: Duration) -> Duration {
    vendors[vendor]?.fileLifetime ?? fileLifetime ?? own
  }
}
