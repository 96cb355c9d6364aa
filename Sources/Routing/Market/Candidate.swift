/// One provider's model: what a decision chooses among.
public struct Candidate: Hashable, Sendable, Codable {
  /// `provider/model`, unique in a catalogue.
  public var id: String
  public var provider: String
  public var model: String
  public var capabilities: [Capability]
  public var limits: Limits
  /// Nil when nobody knows what it costs; such a candidate is ineligible under a cost constraint.
  public var price: Price?
  public var lifecycle: Lifecycle
  /// Nil when nothing is believed beforehand.
  public var prior: Prior?
  /// The provider's standing bid, > 0; 1 when it made none. AgentRank = bid × quality × cost factor.
  public var bid: Double
  /// For the `priority` policy and the baseline: lower is served first.
  public var priority: Int
  /// For the `weighted` policy: share of traffic, ≥ 0, relative to the others.
  public var weight: Double
  /// What the provider states, until it is measured; nil when it states nothing.
  public var latencyP90: Span?
  public var isEnabled: Bool
  /// Whether it serves only requests that name it or its provider in `only`: a stand-in that must take no traffic from
  /// real candidates.
  public var isOnlyByName: Bool {
    get { onlyByName ?? false }
    set { onlyByName = newValue ? true : nil }
  }
  // Nil for false, so that catalogues are stored, and read, as before there was such a thing.
  private var onlyByName: Bool?

  public init(
    id: String, provider: String, model: String, capabilities: [Capability], limits: Limits = Limits(),
    price: Price? = nil, lifecycle: Lifecycle = Lifecycle(), prior: Prior? = nil, bid: Double = 1,
    priority: Int = 100, weight: Double = 1, latencyP90: Span? = nil, isEnabled: Bool = true,
    isOnlyByName: Bool = false
  ) {
    self.id = id
    self.provider = provider
    self.model = model
    self.capabilities = capabilities
    self.limits = limits
    self.price = price
    self.lifecycle = lifecycle
    self.prior = prior
    self.bid = bid
    self.priority = priority
    self.weight = weight
    self.latencyP90 = latencyP90
    self.isEnabled = isEnabled
    onlyByName = isOnlyByName ? true : nil
  }
}

/// The most a candidate accepts; nil is no known limit.
public struct Limits: Hashable, Sendable, Codable {
  public var maximumWidth: Int?
  public var maximumHeight: Int?
  /// Seconds.
  public var minimumDuration: Double?
  public var maximumDuration: Double?
  public var maximumInputTokens: Int?
  public var maximumOutputTokens: Int?
  public var maximumCharacters: Int?
  public var maximumImages: Int?

  public init() {}
}

/// Where a model stands between its launch and its end.
public struct Lifecycle: Hashable, Sendable, Codable {
  public enum Stage: String, CaseIterable, Sendable, Codable {
    case active
    /// Works, but its provider advises against it.
    case legacy
    /// Works until ``Lifecycle/ends``.
    case draining
    /// Gone since ``Lifecycle/ends``.
    case retired
  }

  public var stage: Stage
  /// The day of retirement, past or to come.
  public var ends: Instant?
  /// The candidate that its provider names as successor.
  public var replacement: String?

  public init(stage: Stage = .active, ends: Instant? = nil, replacement: String? = nil) {
    self.stage = stage
    self.ends = ends
    self.replacement = replacement
  }

  /// Whether the model is gone at an instant.
  public func isRetired(at now: Instant) -> Bool {
    stage == .retired || (stage == .draining && ends.map { $0 <= now } ?? false)
  }
}

/// What is believed about a candidate before anything is observed; it enters as pseudo-observations.
public struct Prior: Hashable, Sendable, Codable {
  /// Expected reward, 0…1.
  public var quality: Double
  /// How many observations the belief is worth, 0…50.
  public var mass: Double
  /// Scores in single regions (from a probe set, say), 0…1, by region id and sorted by it; each worth ``mass``.
  public var regions: [RegionScore]

  public struct RegionScore: Hashable, Sendable, Codable {
    public var region: String
    public var quality: Double

    public init(region: String, quality: Double) {
      self.region = region
      self.quality = quality
    }
  }

  public init(quality: Double, mass: Double, regions: [RegionScore] = []) {
    self.quality = quality
    self.mass = mass
    self.regions = regions.sorted { $0.region < $1.region }
  }
}
