import Routing
import World

/// The past, kept for as long as the router may still fit regions: a new map counts it again.
///
/// Fits need ever more distinct intents, of which a world has only so many. After the last one that can come the past is
/// let go, so that memory does not grow with the number of decisions; a fit that has not come after ``patience`` decisions
/// for each intent of the world (because some never arrive) is not waited for.
struct RefitHistory {
  private struct Count {
    var intent: Int32
    var ordinal: UInt32
    var rater: UInt64
    var mass: Int64
    var sum: Int64
  }

  private struct Closed {
    var counts: [Count]
    var decided: [Int32]
    var explored: [Int32]
    var terms: Epoch.Terms
  }

  private static let patience = 100

  private let capability: Capability
  private let intents: Int
  private let rules: Rules
  private var isSeen: [Bool]
  private var seen: [Int] = []
  private var decisions = 0
  private var looked = 0
  private var fits: [Int] = []
  private var open = Closed(
    counts: [], decided: [], explored: [],
    terms: Epoch.Terms(
      opened: Instant(microseconds: 0), catalogue: Versioned(version: 0, value: .empty),
      governance: Versioned(version: 0, value: Governance())))
  private var closed: [Closed] = []
  private var isDone = false

  /// Nil where regions are not learned as they come.
  init?(_ setup: Setup, _ governance: Governance) {
    guard setup.regions == .learned else { return nil }
    capability = setup.capability
    intents = setup.world.intentCount
    rules = governance.rules(for: nil)
    isSeen = Array(repeating: false, count: intents)
    guard let wanted = RegionFitting.intentsWanted(after: nil, rules), wanted <= intents else { return nil }
  }

  mutating func see(_ intent: Int) {
    guard !isDone, !isSeen[intent] else { return }
    isSeen[intent] = true
    seen.append(intent)
  }

  mutating func count(_ intent: Int, explored: Bool) {
    decisions += 1
    guard !isDone else { return }
    open.decided.append(Int32(intent))
    if explored { open.explored.append(Int32(intent)) }
  }

  mutating func count(_ intent: Int32, ordinal: UInt32, rater: UInt64, mass: Int64, sum: Int64) {
    guard !isDone else { return }
    open.counts.append(Count(intent: intent, ordinal: ordinal, rater: rater, mass: mass, sum: sum))
  }

  /// The epoch of a snapshot is over.
  mutating func close(_ snapshot: Snapshot) {
    guard !isDone else { return }
    open.terms = Epoch.Terms(
      opened: snapshot.opened, catalogue: snapshot.catalogue, governance: snapshot.governance)
    closed.append(open)
    (open.counts, open.decided, open.explored) = ([], [], [])
    if decisions > RefitHistory.patience * intents { forget() }
  }

  /// A new map, when it is time for one. As in production: when there are enough distinct intents, looked at again
  /// whenever there is a tenth more to look at.
  mutating func refit(
    after map: RegionMap, _ course: RegionCourse, _ seed: UInt64, _ governance: Governance
  ) -> RegionCourse.Stage? {
    guard !isDone, let wanted = RegionFitting.intentsWanted(after: map.plan.mean(of: capability), rules),
      decisions >= wanted, decisions * 10 >= looked * 11
    else { return nil }
    looked = decisions
    guard seen.count >= wanted else { return nil }
    fits.append(seen.count)
    return course.next(after: map, seen: seen, fits: fits, seed: seed, governance)
  }

  /// Folds the whole past under another map.
  func refold(_ stage: RegionCourse.Stage, last: Epoch.Terms, _ index: EpochIndex) -> Snapshot {
    guard let first = closed.first else {
      return Snapshot(
        opened: last.opened, catalogue: last.catalogue, governance: last.governance, map: stage.map)
    }
    let empty = Snapshot(
      opened: first.terms.opened, catalogue: first.terms.catalogue, governance: first.terms.governance,
      map: stage.map)
    let rows = stage.map.rootRow(of: capability) + 1
    let inputs = closed.enumerated().map { epoch, closed in
      let ordinals = Int(closed.counts.map(\.ordinal).max() ?? 0) + 1
      var ledger = EpochLedger(capability: capability, rows: rows, ordinals: ordinals)
      for count in closed.counts {
        ledger.add(
          row: Int(stage.rows[Int(count.intent)]), ordinal: count.ordinal, rater: count.rater,
          mass: count.mass, sum: count.sum)
      }
      ledger.count(
        rows: closed.decided.map { Int(stage.rows[Int($0)]) },
        explored: closed.explored.map { Int(stage.rows[Int($0)]) })
      return ledger.input(epoch: epoch)
    }
    return Epoch.refold(
      from: empty, inputs, { $0 + 1 < closed.count ? closed[$0 + 1].terms : last }, index)
  }

  /// Lets the past go once no further fit can come.
  mutating func forgetIfDone(_ map: RegionMap) {
    let wanted = RegionFitting.intentsWanted(after: map.plan.mean(of: capability), rules)
    if wanted.map({ $0 > intents }) ?? true { forget() }
  }

  private mutating func forget() {
    isDone = true
    closed = []
    seen = []
  }
}
