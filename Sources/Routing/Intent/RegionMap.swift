import Vectors

/// A part of intent space with its own learned quality.
public struct Region: Hashable, Sendable, Codable {
  public enum Origin: String, Sendable, Codable {
    /// A person gave an id and example phrases; the vector is the normalised mean of their embeddings.
    case named
    /// Spherical k-means found it among past intents; the vector lies in the centred space of its capability.
    case learned
  }

  /// Unique in a map, and stable from one map to the next.
  public var id: String
  /// The capability whose intents it divides; nil for all.
  public var capability: Capability?
  public var origin: Origin
  public var examples: [String]
  /// A unit vector of the map's dimension.
  public var vector: [Float]

  public init(id: String, capability: Capability?, origin: Origin, examples: [String] = [], vector: [Float]) {
    self.id = id
    self.capability = capability
    self.origin = origin
    self.examples = examples
    self.vector = vector
  }
}

/// All regions in force, and how an embedding is placed among them. Immutable; a new one takes effect at an epoch.
public struct RegionMap: Sendable {
  /// What a map is made of: what is stored, and what two maps are compared by.
  public struct Plan: Hashable, Sendable, Codable {
    /// The embedding that the vectors belong to (``Embedder`` name), with its dimension D.
    public var embedding: String
    public var dimension: Int
    /// Similarity below which an intent belongs to no region; the embedding's own, or what governance says instead.
    public var noveltyFloor: Float
    /// What governance says for single capabilities.
    public var noveltyFloors: [Floor] = []
    public var regions: [Region]
    /// μ per capability: the mean of the intents that its regions were learned from.
    public var means: [Mean]

    public struct Floor: Hashable, Sendable, Codable {
      public var capability: Capability
      public var similarity: Float

      public init(capability: Capability, similarity: Float) {
        self.capability = capability
        self.similarity = similarity
      }
    }

    public func noveltyFloor(of capability: Capability) -> Float {
      noveltyFloors.first { $0.capability == capability }?.similarity ?? noveltyFloor
    }

    public struct Mean: Hashable, Sendable, Codable {
      public var capability: Capability
      public var vector: [Float]
      /// How many intents it was taken over.
      public var intents: Int
      /// Whether the router fitted by itself and may do so again.
      public var isAutomatic: Bool
      /// The number of the next learned region that resembles no former one: an id never changes its meaning.
      public var nextNumber = 1

      public init(capability: Capability, vector: [Float], intents: Int, isAutomatic: Bool) {
        self.capability = capability
        self.vector = vector
        self.intents = intents
        self.isAutomatic = isAutomatic
      }
    }

    public init(
      embedding: String, dimension: Int, noveltyFloor: Float, regions: [Region] = [], means: [Mean] = []
    ) {
      self.embedding = embedding
      self.dimension = dimension
      self.noveltyFloor = noveltyFloor
      self.regions = regions
      self.means = means
    }

    public func mean(of capability: Capability) -> Mean? { means.first { $0.capability == capability } }
  }

  public let version: Int
  public let plan: Plan
  private let divisions: [Division]

  /// - Precondition: every vector has the plan's dimension.
  public init(version: Int, plan: Plan) {
    self.version = version
    self.plan = plan
    divisions = Capability.allCases.map { Division(of: $0, plan) }
  }

  /// The regions of a capability, by row.
  public func regions(of capability: Capability) -> [Region] {
    divisions[capability.index].members.map { plan.regions[$0] }
  }

  /// R: the row of intents that no region claims, whose cells are the candidates' global statistics.
  public func rootRow(of capability: Capability) -> Int { divisions[capability.index].members.count }

  /// The region's id; `root` for the root row.
  public func regionID(_ capability: Capability, row: Int) -> String {
    let members = divisions[capability.index].members
    return row < members.count ? plan.regions[members[row]].id : RegionMap.rootID
  }

  public func row(_ capability: Capability, regionID: String) -> Int? {
    if regionID == RegionMap.rootID { return rootRow(of: capability) }
    return divisions[capability.index].members.firstIndex { plan.regions[$0].id == regionID }
  }

  public static let rootID = "root"

  /// The cosine of every two of a capability's regions, row by row; the same bits on every processor.
  public func cosines(_ capability: Capability) -> [Double] { divisions[capability.index].cosines }

  /// Finds the region of an embedding: e ← (e − μ)/‖e − μ‖, s = C·e, argmax s; below the floor the root row.
  ///
  /// One sgemv and no allocation that grows with the number of regions beyond a stack buffer. A zero vector (an
  /// intent without words) has no direction and belongs to the root.
  ///
  /// - Parameter embedding: D floats, a unit vector or zero.
  public func place(_ embedding: [Float], _ capability: Capability) -> Placement {
    divisions[capability.index].place(embedding)
  }

  /// The same by a product of fixed order, whose bits do not depend on the processor: what a new map does to the
  /// decisions of the past must come out alike wherever the log is replayed.
  public func placeReproducibly(_ embedding: [Float], _ capability: Capability) -> Placement {
    divisions[capability.index].placeReproducibly(embedding)
  }

  /// Places many at once, by one sgemm.
  public func place(_ embeddings: [[Float]], _ capability: Capability) -> [Placement] {
    divisions[capability.index].place(embeddings)
  }
}

/// Where an intent lies.
public struct Placement: Hashable, Sendable {
  /// Row of the capability's regions; the root row when no region claims it.
  public var row: Int
  /// Cosine similarity to the nearest centroid, −1…1; 0 when there is none.
  public var similarity: Float

  public init(row: Int, similarity: Float) {
    self.row = row
    self.similarity = similarity
  }
}

/// The regions of one capability, centred.
private struct Division: Sendable {
  let members: [Int]
  let mean: [Float]?
  let centroids: Matrix
  let cosines: [Double]
  let floor: Float

  init(of capability: Capability, _ plan: RegionMap.Plan) {
    members = plan.regions.indices.filter {
      plan.regions[$0].capability == nil || plan.regions[$0].capability == capability
    }
    mean = plan.mean(of: capability)?.vector
    floor = plan.noveltyFloor(of: capability)
    let centre = mean
    let vectors = members.map { index -> [Float] in
      let region = plan.regions[index]
      guard region.origin == .named, let centre else { return region.vector }
      let moved = zip(region.vector, centre).map { $0 - $1 }
      return UnitVector(normalising: moved)?.elements ?? region.vector
    }
    centroids = Matrix(rows: members.count, columns: plan.dimension, storage: vectors.flatMap { $0 })
    cosines = vectors.flatMap { left in
      vectors.map { right in
        var sum = 0.0
        for index in left.indices { sum += Double(left[index]) * Double(right[index]) }
        return sum
      }
    }
  }

  func place(_ embedding: [Float]) -> Placement {
    guard !members.isEmpty else { return Placement(row: 0, similarity: 0) }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: embedding.count + members.count) {
      buffer in
      let centred = UnsafeMutableBufferPointer(rebasing: buffer[..<embedding.count])
      let scratch = UnsafeMutableBufferPointer(rebasing: buffer[embedding.count...])
      guard centre(embedding, into: centred) else { return Placement(row: members.count, similarity: 0) }
      let (row, similarity) = centroids.nearest(to: UnsafeBufferPointer(centred), scratch: scratch)
      return Placement(row: similarity < floor ? members.count : row, similarity: similarity)
    }
  }

  func placeReproducibly(_ embedding: [Float]) -> Placement {
    guard !members.isEmpty else { return Placement(row: 0, similarity: 0) }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: embedding.count) { centred in
      guard centre(embedding, into: centred) else { return Placement(row: members.count, similarity: 0) }
      let (row, similarity) = centroids.nearestDeterministic(to: UnsafeBufferPointer(centred))
      return Placement(row: similarity < floor ? members.count : row, similarity: similarity)
    }
  }

  func place(_ embeddings: [[Float]]) -> [Placement] {
    guard !members.isEmpty, !embeddings.isEmpty else {
      return embeddings.map { _ in Placement(row: members.count, similarity: 0) }
    }
    let columns = centroids.columns
    var storage = [Float](repeating: 0, count: embeddings.count * columns)
    var directed = [Bool](repeating: false, count: embeddings.count)
    storage.withUnsafeMutableBufferPointer { buffer in
      for (index, embedding) in embeddings.enumerated() {
        let row = UnsafeMutableBufferPointer(rebasing: buffer[index * columns..<(index + 1) * columns])
        directed[index] = centre(embedding, into: row)
      }
    }
    let similarities = centroids.similarities(
      ofRows: Matrix(rows: embeddings.count, columns: columns, storage: storage))
    return embeddings.indices.map { index in
      guard directed[index] else { return Placement(row: members.count, similarity: 0) }
      var best = 0
      let row = similarities.row(index)
      for candidate in row.indices where row[candidate] > row[row.startIndex + best] {
        best = candidate - row.startIndex
      }
      let similarity = row[row.startIndex + best]
      return Placement(row: similarity < floor ? members.count : best, similarity: similarity)
    }
  }

  private func centre(_ embedding: [Float], into centred: UnsafeMutableBufferPointer<Float>) -> Bool {
    embedding.withUnsafeBufferPointer { CentredDirection.write(of: $0, from: mean, into: centred) }
  }
}
