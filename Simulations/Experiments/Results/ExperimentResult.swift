/// Everything that came out of an experiment.
public struct ExperimentResult: Hashable, Sendable {
  public var header: Experiment.Header
  public var title: String
  public var about: String
  /// By policy in the header's order, then by seed.
  public var runs: [RunResult]
  /// By policy in the header's order.
  public var summaries: [PolicySummary]
  public var verdicts: [Verdict]

  init(header: Experiment.Header, scenario: Scenario, runs: [RunResult]) {
    self.header = header
    title = scenario.title
    about = scenario.about
    self.runs = runs
    summaries = header.policies.map { policy in PolicySummary(policy, runs.filter { $0.policy == policy }) }
    verdicts = scenario.claims.map { Verdict($0, runs, length: header.decisions) }
  }

  /// The runs of one policy, by seed.
  public func runs(of policy: String) -> [RunResult] { runs.filter { $0.policy == policy } }
}

/// A figure over seeds.
public struct Spread: Hashable, Sendable {
  public var mean: Double
  /// Between seeds; nil for one.
  public var deviation: Double?
  /// The 95 % interval of the mean by Student's t; nil for one seed.
  public var interval: ClosedRange<Double>?
  public var seeds: Int

  /// Nil for no value.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    seeds = values.count
    self.mean = Rounding.rounded(mean)
    guard values.count > 1 else { return }
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
    self.deviation = Rounding.rounded(deviation)
    let half = StudentT.quantile(0.975, degrees: values.count - 1) * deviation / count.squareRoot()
    interval = Rounding.rounded(mean - half)...Rounding.rounded(mean + half)
  }
}

/// The figures of one policy, over its seeds.
public struct PolicySummary: Hashable, Sendable {
  public var policy: String
  public var figures: [Figure]

  public struct Figure: Hashable, Sendable {
    /// A measure's name; that of the last quarter of the timeline begins with `last_quarter.`.
    public var name: String
    /// Nil where the measure means nothing here.
    public var value: Spread?
  }

  /// What a summary has of the whole timeline, and of its last quarter.
  static let measures: [Measure] = [
    .meanReward, .regret, .capturedGain, .qualityShare, .bestShare, .cost, .costShare, .explorationShare,
    .subsidy, .forgone, .unservedShare,
  ]

  init(_ policy: String, _ runs: [RunResult]) {
    self.policy = policy
    figures = [false, true].flatMap { isLast in
      PolicySummary.measures.map { measure in
        let values = runs.compactMap { run in
          measure.value(of: run, buckets: (isLast ? run.buckets.count * 3 / 4 : 0)..<run.buckets.count)
        }
        return Figure(
          name: (isLast ? "last_quarter." : "") + measure.name,
          value: values.count == runs.count ? Spread(values) : nil)
      }
    }
  }

  public subscript(_ name: String) -> Spread? { figures.first { $0.name == name }?.value }
}

/// Whether a claim held.
public struct Verdict: Hashable, Sendable {
  public enum Outcome: String, Sendable {
    case held
    case failed
    /// A policy that it speaks of did not take part, or nothing could be divided by.
    case notMeasured = "not_measured"
  }

  public var claim: Claim
  public var outcome: Outcome
  /// The measure, over seeds.
  public var figure: Spread?
  /// Whether the whole interval is on the same side of the threshold as the mean.
  public var isClear: Bool
  /// The decisions that it was measured on.
  public var window: Range<Int>

  init(_ claim: Claim, _ runs: [RunResult], length: Int) {
    self.claim = claim
    func buckets(_ run: RunResult) -> Range<Int> {
      func edge(_ moment: Moment) -> Int {
        let place = Double(moment.decision(of: length)) / Double(max(length, 1)) * Double(run.buckets.count)
        return min(max(Int(place.rounded()), 0), run.buckets.count)
      }
      let (start, end) = (edge(claim.from), edge(claim.until))
      return start..<max(start, end)
    }
    let own = runs.filter { $0.policy == claim.policy }
    let other = claim.against.map { name in runs.filter { $0.policy == name } }
    let values = own.compactMap { run -> Double? in
      guard let value = claim.measure.value(of: run, buckets: buckets(run)) else { return nil }
      guard let other else { return value }
      return other.first { $0.seed == run.seed }.flatMap { claim.measure.value(of: $0, buckets: buckets($0)) }
        .map { value - $0 }
    }
    let edges = own.first.map(buckets) ?? 0..<0
    let count = own.first?.buckets.count ?? 1
    window = length * edges.lowerBound / count..<length * edges.upperBound / count
    guard !own.isEmpty, values.count == own.count, let figure = Spread(values) else {
      outcome = .notMeasured
      figure = nil
      isClear = false
      return
    }
    self.figure = figure
    let holds = claim.bound.holds(figure.mean)
    outcome = holds ? .held : .failed
    isClear =
      figure.interval.map {
        claim.bound.holds($0.lowerBound) == holds && claim.bound.holds($0.upperBound) == holds
      } ?? false
  }
}
