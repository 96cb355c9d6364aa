/// What one policy did with one seed. All sums are over decisions, and of true expectations, not of outcomes.
public struct RunResult: Hashable, Sendable {
  public var policy: String
  public var seed: UInt64
  /// P ids, sorted.
  public var candidates: [String]
  public var groups: [String]
  /// The timeline in parts, in order.
  public var buckets: [Bucket]
  /// Decisions of the last quarter by group and candidate: groups × P.
  public var lastQuarterTraffic: [Int]
  /// What the policy's router knew at the end, by region and candidate.
  public var posteriors: [CellResult]
  /// Cost and quality of the candidates over time, all regions together.
  public var frontiers: [FrontierFrame]
  public var epochs: Int

  /// One part of the timeline.
  public struct Bucket: Hashable, Sendable {
    /// The first decision.
    public var start: Int
    public var decisions = 0
    /// True expected quality of who served.
    public var reward = 0.0
    /// Of choosing evenly among those that answer.
    public var uniform = 0.0
    /// Of the truly best in the intent's group.
    public var best = 0.0
    /// Decisions that the truly best in the group served.
    public var bestServed = 0
    /// Dollars paid, where prices are known.
    public var cost = 0.0
    /// Decisions drawn to learn rather than to serve.
    public var explored = 0
    /// Dollars by which the explored were dearer than the preferred.
    public var subsidy = 0.0
    /// Reward that exploring gave up: of the preferred less of the explored, where positive or not.
    public var forgone = 0.0
    /// Decisions that nobody answered: no candidate was eligible.
    public var unserved = 0
    /// Decisions served by each candidate.
    public var traffic: [Int]
    /// What each candidate would have brought on these decisions; 0 where it did not answer.
    public var potential: [Double]
    /// What each candidate would have cost on them.
    public var potentialCost: [Double]

    public init(start: Int, candidates: Int) {
      self.start = start
      traffic = Array(repeating: 0, count: candidates)
      potential = Array(repeating: 0, count: candidates)
      potentialCost = potential
    }
  }

  public struct CellResult: Hashable, Sendable {
    public var region: String
    public var candidate: String
    /// Beta(alpha, beta).
    public var alpha: Double
    public var beta: Double
    /// Q̃.
    public var quality: Double
    /// N, discounted.
    public var observations: Double
  }

  public struct FrontierFrame: Hashable, Sendable {
    /// Decisions made before it.
    public var decision: Int
    public var points: [Point]

    public struct Point: Hashable, Sendable {
      public var candidate: String
      public var dollars: Double
      public var quality: Double
      /// The 90 % credible interval.
      public var low: Double
      public var high: Double
      public var isEfficient: Bool
    }
  }
}

extension RunResult {
  /// The same run in at most so many buckets, neighbours put together.
  func coarsened(to count: Int) -> RunResult {
    guard buckets.count > count, count > 0 else { return self }
    let size = (buckets.count + count - 1) / count
    var run = self
    run.buckets = stride(from: 0, to: buckets.count, by: size).map { start in
      var whole = buckets[start]
      for bucket in buckets[start..<min(start + size, buckets.count)].dropFirst() { whole.add(bucket) }
      return whole
    }
    return run
  }
}

extension RunResult.Bucket {
  /// Adds what follows.
  fileprivate mutating func add(_ next: RunResult.Bucket) {
    decisions += next.decisions
    reward += next.reward
    uniform += next.uniform
    best += next.best
    bestServed += next.bestServed
    cost += next.cost
    explored += next.explored
    subsidy += next.subsidy
    forgone += next.forgone
    unserved += next.unserved
    for candidate in traffic.indices {
      traffic[candidate] += next.traffic[candidate]
      potential[candidate] += next.potential[candidate]
      potentialCost[candidate] += next.potentialCost[candidate]
    }
  }
}
