public import Routing
public import Serving
import Vectors

/// Small values for tests, in which only what a test is about is said.
public enum Sample {
  /// 2026-11-20T10:00:00Z and some minutes.
  public static func at(_ minutes: Int64 = 0) -> Instant {
    Instant(microseconds: 1_795_168_800_000_000) + .minutes(minutes)
  }

  /// The n-th identifier; ascending with n.
  public static func id(_ number: Int) -> Identifier {
    Identifier(at: at(Int64(number)), random: UInt64(number), UInt64(number))
  }

  /// `north/a`, `north/b`, `south/c`… with all of the given capabilities.
  public static func catalogue(
    _ ids: [String] = ["north/a", "north/b", "south/c"], _ capabilities: [Capability] = [.textGeneration]
  ) -> Catalogue {
    let candidates = ids.map { id in
      let parts = id.split(separator: "/").map(String.init)
      return Candidate(id: id, provider: parts[0], model: parts[1], capabilities: capabilities)
    }
    let providers = Set(candidates.map(\.provider)).map { Provider(id: $0, name: $0) }
    // Valid by construction.
    return try! Catalogue(providers: providers, candidates: candidates)
  }

  /// A decision of the n-th minute for ordinal 0 of the roll, exploiting in row 0 of map 1.
  public static func decision(
    _ number: Int, _ capability: Capability = .textGeneration, text: String? = "a text",
    session: String? = nil,
    map: Int = 1, row: Int = 0, chosen: UInt32 = 0, reason: Reason = .exploit
  ) -> Decision {
    Decision(
      id: id(number), epoch: 0, decided: at(Int64(number)),
      intent: Intent(capability: capability, text: text, session: session), mapVersion: map,
      placement: Placement(row: row, similarity: 0.5), eligible: CandidateSet(first: 3), chosen: chosen,
      reason: reason, propensity: 0.75)
  }

  /// A score, unless other content is given.
  public static func submission(
    _ id: String, about decision: Int, score: Double = 1, at minutes: Int64 = 1_000, rater: String? = nil,
    content: Submission.Content? = nil
  ) -> Submission {
    let content = content ?? .signal(.score, reward: score, trust: 1, other: nil)
    var value = SignalValue.nothing
    if case .signal(let kind, let reward, _, _) = content {
      value =
        kind == .comparison ? .word(reward == 1 ? "win" : reward == 0 ? "loss" : "tie") : .number(reward)
    }
    return Submission(
      id: id, decision: Sample.id(decision), content: content, value: value, rater: rater, at: at(minutes),
      received: at(minutes))
  }

  /// A batch of decisions and judgements; embeddings by position.
  public static func batch(
    _ decisions: [Decision] = [], embeddings: [[Float]?] = [], _ judgements: [Submission] = []
  ) -> LedgerBatch {
    var batch = LedgerBatch()
    batch.decisions = decisions
    batch.embeddings = embeddings.isEmpty ? decisions.map { _ in nil } : embeddings
    batch.judgements = judgements
    return batch
  }

  /// A plan of four dimensions with one region along each of the first `regions` axes.
  public static func plan(regions: Int) -> RegionMap.Plan {
    RegionMap.Plan(
      embedding: "sample", dimension: 4, noveltyFloor: 0.4,
      regions: (0..<regions).map {
        Region(id: "axis-\($0)", capability: nil, origin: .named, vector: axis($0))
      })
  }

  /// A unit vector along an axis of four.
  public static func axis(_ axis: Int) -> [Float] { (0..<4).map { $0 == axis ? 1 : 0 } }

  public static func state(_ epoch: Int, catalogue: Int = 1, governance: Int = 0, map: Int = 1) -> EpochState
  {
    EpochState(
      epoch: epoch, opened: at(Int64(epoch) * 15), catalogueVersion: catalogue, governanceVersion: governance,
      mapVersion: map, learned: [1, 2, UInt8(truncatingIfNeeded: epoch)])
  }

  /// An epoch in which one cell got `mass` observations, all with reward 1.
  public static func epoch(
    _ number: Int, mass: Int64 = 1, through: LedgerPosition = LedgerPosition(), governance: Int = 0,
    restating: [(epoch: Int, mass: Int64)] = [], isRebuilt: Bool = false
  ) -> ClosedEpoch {
    let sums = (restating + [(number, mass)]).map { Sample.counted($0.epoch, mass: $0.mass) }
    return ClosedEpoch(
      number: number, opened: at(Int64(number) * 15), closed: at(Int64(number) * 15 + 15), through: through,
      governanceVersion: governance,
      summary: ClosedEpoch.Summary(
        decisions: 3, explored: 1, observations: Double(mass), meanReward: mass == 0 ? nil : 1,
        restatedEpochs: restating.count, orphaned: 0),
      next: state(number + 1, governance: governance), counted: sums, isRebuilt: isRebuilt)
  }

  public static func counted(_ epoch: Int, mass: Int64) -> (tallies: EpochTallies, sums: EpochSums) {
    let cell = CellKey(capability: .textGeneration, row: 0, ordinal: 0)
    let whole = mass * Int64(Tally.unit)
    return (
      EpochTallies(epoch: epoch, tallies: [Tally(cell: cell, rater: 0, mass: whole, sum: whole)]),
      EpochSums(epoch: epoch, sums: [CellSum(cell: cell, mass: Double(mass), sum: Double(mass))])
    )
  }
}
