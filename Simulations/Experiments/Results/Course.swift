public import Wire

/// The course of one policy over the timeline: in each bucket the mean over the seeds, and where a band is drawn the
/// standard deviation between them.
public struct Course: Hashable, Sendable, JSONWritable {
  /// A line with its band.
  public struct Band: Hashable, Sendable {
    public var mean: [Double]
    /// 0 for one seed.
    public var deviation: [Double]
  }

  /// The first decision of each bucket.
  public var start: [Int]
  /// Per decision.
  public var reward: Band
  /// Per decision, of the truly best of each group.
  public var best: [Double]
  /// Per decision, of choosing evenly.
  public var uniform: [Double]
  /// Cumulative, in decisions' worth of quality, at the end of each bucket.
  public var regret: Band
  /// Dollars a decision.
  public var cost: [Double]
  /// Share of decisions drawn to learn.
  public var explored: Band
  /// Dollars a decision by which exploring was dearer.
  public var subsidy: [Double]
  /// Quality a decision that exploring gave up.
  public var forgone: [Double]
  /// Share of decisions served by each candidate: by candidate, then by bucket.
  public var traffic: [[Double]]
  /// Mean true quality of each candidate on these decisions: by candidate, then by bucket.
  public var potential: [[Double]]

  /// - Parameter runs: of one policy.
  public init(_ runs: [RunResult]) {
    let buckets = runs.first?.buckets ?? []
    start = buckets.map(\.start)
    func share(_ run: RunResult, _ bucket: Int, _ value: (RunResult.Bucket) -> Double) -> Double {
      let part = run.buckets[bucket]
      return part.decisions > 0 ? value(part) / Double(part.decisions) : 0
    }
    func mean(_ value: (RunResult.Bucket) -> Double) -> [Double] {
      buckets.indices.map { bucket in
        Rounding.rounded(runs.reduce(0) { $0 + share($1, bucket, value) } / Double(max(runs.count, 1)))
      }
    }
    func band(_ lines: [[Double]]) -> Band {
      let spreads = buckets.indices.map { bucket in Spread(lines.map { $0[bucket] }) }
      return Band(mean: spreads.map { $0?.mean ?? 0 }, deviation: spreads.map { $0?.deviation ?? 0 })
    }
    func shares(_ value: (RunResult.Bucket) -> Double) -> Band {
      band(runs.map { run in buckets.indices.map { share(run, $0, value) } })
    }
    reward = shares(\.reward)
    best = mean(\.best)
    uniform = mean(\.uniform)
    regret = band(
      runs.map { run in
        var total = 0.0
        return run.buckets.map { bucket in
          total += bucket.best - bucket.reward
          return total
        }
      })
    cost = mean(\.cost)
    explored = shares { Double($0.explored) }
    subsidy = mean(\.subsidy)
    forgone = mean(\.forgone)
    let candidates = runs.first?.candidates.indices ?? 0..<0
    traffic = candidates.map { candidate in mean { Double($0.traffic[candidate]) } }
    potential = candidates.map { candidate in mean { $0.potential[candidate] } }
  }

  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("start", start)
      Course.write("reward", reward, to: &$0)
      $0.field("best", best)
      $0.field("uniform", uniform)
      Course.write("regret", regret, to: &$0)
      $0.field("cost", cost)
      Course.write("explored", explored, to: &$0)
      $0.field("subsidy", subsidy)
      $0.field("forgone", forgone)
      $0.field("traffic", traffic)
      $0.field("potential", potential)
    }
  }

  private static func write(_ name: String, _ band: Band, to writer: inout JSONWriter) {
    writer.object(name) {
      $0.field("mean", band.mean)
      $0.field("deviation", band.deviation)
    }
  }
}
