/// What is known of candidates at this moment, beside what was learned: who cannot be asked now, and the figures of
/// recent attempts. A value that the executors make anew when something changes; deciding reads it, and records who was
/// eligible, so that a decision can be made again without it.
public struct LiveMarket: Hashable, Sendable {
  /// By candidate id; a candidate that is absent has nothing against it and no figures.
  public var states: [String: LiveState]

  public init(states: [String: LiveState] = [:]) { self.states = states }
}

/// One candidate at this moment.
public struct LiveState: Hashable, Sendable {
  /// Nil when nothing stands in the way.
  public var obstacle: LiveObstacle?
  /// The share of work that is let through, 0…1: below 1 while a circuit is half open.
  public var admission: Double
  /// Work at the vendor and waiting for it, for each of its places: 0 is idle, 1 is full.
  public var load: Double
  /// Of recent work, from submission to delivery; nil before there is enough.
  public var latencyP50: Span?
  public var latencyP90: Span?

  public init(
    obstacle: LiveObstacle? = nil, admission: Double = 1, load: Double = 0, latencyP50: Span? = nil,
    latencyP90: Span? = nil
  ) {
    self.obstacle = obstacle
    self.admission = admission
    self.load = load
    self.latencyP50 = latencyP50
    self.latencyP90 = latencyP90
  }

  /// Jobs here for each place: (in use + queued) / concurrency. Without a limit each job counts as one of a hundred.
  ///
  /// - Parameters:
  ///   - inUse: jobs at the vendor, over all accounts that may serve it.
  ///   - queued: jobs that wait for its provider.
  ///   - concurrency: the most jobs at the vendor at the same time; nil is no known limit.
  public static func load(inUse: Int, queued: Int, concurrency: Int?) -> Double {
    Double(inUse + queued) / Double(max(concurrency ?? 100, 1))
  }
}

/// What stands in a candidate's way.
public struct LiveObstacle: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    // The vendor's: they hold for whoever executes.
    case circuitOpen = "circuit_open"
    case down
    case foundGone = "found_gone"
    // This router's own: they hold where it executes itself.
    case noHeadroom = "no_headroom"
    case noCredential = "no_credential"
    case noAdapter = "no_adapter"
    case poolEmpty = "pool_empty"

    /// Whether it also stands in the way of somebody else who asks only for advice and executes with his own account.
    public var isVendors: Bool {
      switch self {
      case .circuitOpen, .down, .foundGone: true
      case .noHeadroom, .noCredential, .noAdapter, .poolEmpty: false
      }
    }

    /// Whether work may be taken in all the same and wait until the obstacle has gone.
    public var passes: Bool { self == .circuitOpen || self == .noHeadroom }
  }

  public var kind: Kind
  /// When it will have gone; nil when that is not known or somebody must act first.
  public var until: Instant?
  /// For a person.
  public var detail: String

  public init(_ kind: Kind, until: Instant? = nil, detail: String) {
    self.kind = kind
    self.until = until
    self.detail = detail
  }

  /// Whether it still stands.
  public func stands(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
}
