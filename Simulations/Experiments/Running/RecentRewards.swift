import Routing
import Vectors

/// The latest rewards, which a residual model is fitted to: as many as the production fit looks at, so that memory does
/// not grow with the number of decisions.
struct RecentRewards {
  private struct Entry {
    var intent: Int32
    /// Its row is that of a map that may be over.
    var lesson: ResidualFit.Lesson
  }

  /// A ring, the oldest at `oldest` once it is full.
  private var entries: [Entry] = []
  private var oldest = 0
  /// Observations since the last fit.
  private var observations = 0.0
  /// Whether anything is ever fitted.
  let isLearning: Bool

  init(_ capability: Capability, _ governance: Governance) {
    let rules = governance.rules(for: capability)
    isLearning = rules.policy == .agentRank && rules.residualWeight > 0
  }

  mutating func add(_ lesson: ResidualFit.Lesson, intent: Int32) {
    guard isLearning else { return }
    observations += Double(lesson.mass) / Tally.unit
    let entry = Entry(intent: intent, lesson: lesson)
    if entries.count < ResidualFit.maximumDecisions {
      entries.append(entry)
    } else {
      entries[oldest] = entry
      oldest = (oldest + 1) % entries.count
    }
  }

  /// Fits another model when it is time for one; under another map always, since the estimates of its regions are others.
  ///
  /// - Parameter directions: of the intents, under the map in force.
  mutating func fit(
    _ snapshot: inout Snapshot, _ capability: Capability, _ directions: Matrix, _ stage: RegionCourse.Stage,
    isMapped: Bool
  ) {
    let isMoved = isMapped && snapshot[capability].learnsResiduals && snapshot[capability].residuals != nil
    guard isMoved || ResidualFit.isDue(snapshot, capability, after: observations) else { return }
    observations = 0
    var fit = ResidualFit(snapshot, capability)
    for place in entries.indices {
      var entry = entries[(oldest + place) % entries.count]
      entry.lesson.row = Int(stage.rows[Int(entry.intent)])
      fit.add(entry.lesson, along: directions.row(Int(entry.intent)))
    }
    snapshot = snapshot.adopting(fit.model(), capability)
  }
}
