public import Routing
public import Statistics

/// Catalogues, maps and snapshots small enough to be worked out by hand.
public enum RoutingSamples {
  /// Friday, 2026-11-20T10:00:00Z.
  public static let opened = Instant(microseconds: 1_795_168_800_000_000)

  public static func candidate(
    _ id: String, _ capabilities: [Capability] = [.textToVideo], dollars: Double? = nil, bid: Double = 1,
    weight: Double = 1, priority: Int = 100, prior: Prior? = nil, isEnabled: Bool = true
  ) -> Candidate {
    let parts = id.split(separator: "/", maxSplits: 1).map(String.init)
    let price = dollars.map { dollars in
      var price = Price()
      price.perRequest = dollars
      return price
    }
    return Candidate(
      id: id, provider: parts[0], model: parts[1], capabilities: capabilities, price: price, prior: prior,
      bid: bid,
      priority: priority, weight: weight, isEnabled: isEnabled)
  }

  /// A catalogue of these candidates and the providers that their ids name.
  public static func catalogue(_ candidates: [Candidate], version: Int = 1) -> Versioned<Catalogue> {
    let providers = Set(candidates.map(\.provider)).sorted().map { Provider(id: $0, name: $0) }
    return Versioned(version: version, value: try! Catalogue(providers: providers, candidates: candidates))
  }

  public static func governance(
    _ settings: [(key: String, value: Setting)], version: Int = 1
  ) -> Versioned<Governance> {
    Versioned(version: version, value: try! Governance(settings))
  }

  /// A map of `regions` random directions for all capabilities: `r0`, `r1`, …
  public static func map(regions: Int, dimension: Int = 8, seed: UInt64 = 1) -> RegionMap {
    var generator = Xoshiro256(seed: seed)
    let regions = (0..<regions).map { number in
      Region(
        id: "r\(number)", capability: nil, origin: .named, vector: generator.direction(of: dimension))
    }
    return RegionMap(
      version: 1,
      plan: RegionMap.Plan(embedding: "sample", dimension: dimension, noveltyFloor: 0.1, regions: regions))
  }

  public static func snapshot(
    _ candidates: [Candidate], regions: Int = 0, _ settings: [(key: String, value: Setting)] = []
  ) -> Snapshot {
    Snapshot(
      opened: opened, catalogue: catalogue(candidates), governance: governance(settings),
      map: map(regions: regions))
  }
}

/// Observations without a rater: `mass` of them, with this sum of rewards.
public struct Evidence: Sendable {
  public var row: Int
  public var candidate: String
  public var mass: Double
  public var sum: Double

  public init(_ candidate: String, row: Int = 0, mass: Double, sum: Double) {
    self.row = row
    self.candidate = candidate
    self.mass = mass
    self.sum = sum
  }
}

extension Snapshot {
  /// The snapshot one epoch of 15 minutes later, when this was all that was said, under the same terms.
  public func learning(
    _ evidence: [Evidence], _ capability: Capability = .textToVideo, traffic: [Epoch.Traffic] = []
  ) -> Snapshot {
    let tallies = evidence.map { item in
      Tally(
        cell: CellKey(capability: capability, row: item.row, ordinal: roll.ordinal(of: item.candidate)!),
        rater: 0,
        mass: Int64((item.mass * Tally.unit).rounded()), sum: Int64((item.sum * Tally.unit).rounded()))
    }
    return folding(EpochTallies(epoch: epoch, tallies: tallies), traffic: traffic)
  }

  /// The same from tallies.
  public func folding(_ tallies: EpochTallies, traffic: [Epoch.Traffic] = []) -> Snapshot {
    var index = EpochIndex()
    for number in 0...epoch { index.append(through: Int64(number), governance: governance.value) }
    let terms = Epoch.Terms(opened: opened + .minutes(15), catalogue: catalogue, governance: governance)
    return Epoch.fold(self, Epoch.Input(tallies: tallies, traffic: traffic), terms, index)
  }

  /// The column of a candidate of `text_to_video`.
  public func column(_ candidate: String, _ capability: Capability = .textToVideo) -> Int {
    self[capability].roster.position(of: candidate)!
  }
}

extension Xoshiro256 {
  /// A uniformly random unit vector.
  public mutating func direction(of dimension: Int) -> [Float] {
    let values = (0..<dimension).map { _ in Normal.sample(using: &self) }
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return values.map { Float($0 / norm) }
  }

  /// True with this probability.
  public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

  public mutating func identifier(at instant: Instant = RoutingSamples.opened) -> Identifier {
    Identifier(at: instant, random: next(), next())
  }
}
