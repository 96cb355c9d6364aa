/// Who sells: providers, the candidates they offer, and the regions that a file names as examples.
public struct Catalogue: Hashable, Sendable, Codable {
  /// Sorted by id.
  public let providers: [Provider]
  /// Sorted by id.
  public let candidates: [Candidate]
  /// Sorted by id.
  public let regions: [NamedRegion]

  /// The most candidates that one capability may have: an eligible set is four machine words.
  public static let maximumCandidates = 256

  /// Checks and sorts. Errors name the offender; a file's reader finds the line.
  public init(providers: [Provider], candidates: [Candidate], regions: [NamedRegion] = [])
    throws(CatalogueError)
  {
    self.providers = providers.sorted { $0.id < $1.id }
    self.candidates = candidates.sorted { $0.id < $1.id }
    self.regions = regions.sorted { $0.id < $1.id }
    try check()
  }

  private init() {
    providers = []
    candidates = []
    regions = []
  }

  /// A catalogue of nobody: a router that runs before one is loaded has no eligible candidate.
  public static let empty = Catalogue()

  public func candidate(_ id: String) -> Candidate? { candidates.first { $0.id == id } }
  public func provider(_ id: String) -> Provider? { providers.first { $0.id == id } }

  private func check() throws(CatalogueError) {
    for (first, second) in zip(providers, providers.dropFirst()) where first.id == second.id {
      throw .duplicate("provider", first.id)
    }
    for (first, second) in zip(candidates, candidates.dropFirst()) where first.id == second.id {
      throw .duplicate("model", first.id)
    }
    for (first, second) in zip(regions, regions.dropFirst()) where first.id == second.id {
      throw .duplicate("region", first.id)
    }
    for candidate in candidates {
      guard provider(candidate.provider) != nil else {
        throw .unknownProvider(candidate.provider, of: candidate.id)
      }
      guard candidate.bid > 0, candidate.bid.isFinite, candidate.weight >= 0, candidate.weight.isFinite else {
        throw .outOfRange("bid and weight", of: candidate.id)
      }
      if let prior = candidate.prior {
        let qualities = [prior.quality] + prior.regions.map(\.quality)
        guard (0...50).contains(prior.mass), qualities.allSatisfy({ (0...1).contains($0) }) else {
          throw .outOfRange("prior quality (0…1) and mass (0…50)", of: candidate.id)
        }
      }
    }
    for capability in Capability.allCases {
      let count = candidates.count { $0.capabilities.contains(capability) }
      guard count <= Catalogue.maximumCandidates else { throw .tooMany(count, capability) }
    }
  }
}

/// A company or a local service that offers models.
public struct Provider: Hashable, Sendable, Codable {
  public enum Kind: String, CaseIterable, Sendable, Codable { case remote, local }

  public var id: String
  public var name: String
  public var kind: Kind
  /// Nil when nothing is declared beyond its name: its adapter's own words hold.
  public var access: Access?

  public init(id: String, name: String, kind: Kind = .remote, access: Access? = nil) {
    self.id = id
    self.name = name
    self.kind = kind
    self.access = access
  }
}

/// A part of intent space that a person named by examples.
public struct NamedRegion: Hashable, Sendable, Codable {
  public var id: String
  /// The capability whose intents it divides; nil for all of them.
  public var capability: Capability?
  /// Phrases whose mean embedding is the centroid.
  public var examples: [String]

  public init(id: String, capability: Capability? = nil, examples: [String]) {
    self.id = id
    self.capability = capability
    self.examples = examples
  }
}

public enum CatalogueError: Error, Hashable, CustomStringConvertible {
  case duplicate(String, String)
  case unknownProvider(String, of: String)
  case outOfRange(String, of: String)
  case tooMany(Int, Capability)

  public var description: String {
    switch self {
    case .duplicate(let kind, let id): "two \(kind)s have the id '\(id)'"
    case .unknownProvider(let provider, let id):
      "model '\(id)' belongs to provider '\(provider)', which is not declared"
    case .outOfRange(let what, let id): "\(what) of '\(id)' must be finite and in range"
    case .tooMany(let count, let capability):
      "\(count) models serve \(capability); at most \(Catalogue.maximumCandidates) can"
    }
  }
}
