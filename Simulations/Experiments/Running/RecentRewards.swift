import Routing
import Vectors

/// The latest rewards, which a residual model is fitted to: as many as the production fit looks at, so that memory does
/// not grow with the number of decisions.
struct RecentRewards {
  struct Entry {
    var intent: Int32
    var ordinal: UInt32
    var rater: UInt64
    var mass: Int64
    var sum: Int64
    var decided: Instant
  }

  /// A ring, the oldest at `oldest` once it is full.
  private var entries: [Entry] = []
  private var oldest = 0
  /// Observations since the last fit.
  private var observations = 0.0
  private let isLearning: Bool

  init(_ capability: Capability, _ governance: Governance) {
    let rules = governance.rules(for: capability)
    isLearning = rules.policy == .agentRank && rules.residualWeight > 0
  }

  mutating func add(_ entry: Entry) {
    guard isLearning else { return }
    observations += Double(entry.mass) / Tally.unit
    if entries.count < ResidualFit.maximumDecisions {
      entries.append(entry)
    } else {
      entries[oldest] = entry
      oldest = (oldest + 1) % entries.count
    }
  }

  /// Fits another model when it is time for one; under another map always, since the estimates of its regions are others.
  mutating func fit(
    _ snapshot: inout Snapshot, _ capability: Capability, _ embeddings: Matrix, _ stage: RegionCourse.Stage,
    last: ResidualModel?, isMapped: Bool
  ) {
    guard snapshot[capability].learnsResiduals, isMapped || ResidualFit.isDue(after: observations, last: last)
    else { return }
    observations = 0
    var fit = ResidualFit(snapshot, capability)
    for place in entries.indices {
      let entry = entries[(oldest + place) % entries.count]
      let intent = Int(entry.intent)
      fit.add(
        embeddings.row(intent), row: Int(stage.rows[intent]), ordinal: entry.ordinal, rater: entry.rater,
        mass: entry.mass, sum: entry.sum, decided: entry.decided)
    }
    snapshot = snapshot.adopting(fit.model(), capability)
  }
}
