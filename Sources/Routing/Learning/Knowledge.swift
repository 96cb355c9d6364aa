public import Statistics

/// Everything learned about one capability, and what the decision path reads of it.
///
/// Rows are the regions of the map in force, then the root row, whose cells are the candidates' statistics over all
/// regions together. Columns are the roster. All tables are row-major: `row * columns + column`.
public struct Knowledge: Sendable {
  public let capability: Capability
  public let roster: Roster
  /// Regions and the root.
  public let rows: Int
  /// What was observed: `rows` × `columns`.
  public internal(set) var cells: [Cell]
  /// The cells as they were `correction_horizon` ago: where a late correction starts again.
  public internal(set) var checkpoints: [Cell]
  /// Decisions of an epoch that are expected in each row: half the last epoch's, half of what was expected before.
  public internal(set) var arrivals: [Double]
  public internal(set) var account: ExplorationAccount

  // Derived from the above by `derive`, and never stored.
  public private(set) var rules: Rules
  /// Posterior of each cell.
  public private(set) var posteriors: [BetaDistribution]
  /// Q̃ of each cell: Q once there are `minimum_observations`, the posterior mean until then.
  public private(set) var quality: [Double]
  /// κ.
  public private(set) var shrinkage: Double
  /// q̄, the mean reward over all candidates.
  public private(set) var meanReward: Double
  /// f, 0…1: the share of full probability matching that the exploration account affords.
  public internal(set) var affordable: Double

  public var columns: Int { roster.count }
  public var rootRow: Int { rows - 1 }

  init(capability: Capability, roster: Roster, rows: Int) {
    self.capability = capability
    self.roster = roster
    self.rows = rows
    cells = Array(repeating: Cell(), count: rows * roster.count)
    checkpoints = cells
    arrivals = Array(repeating: 0, count: rows)
    account = ExplorationAccount()
    rules = Rules()
    posteriors = []
    quality = []
    shrinkage = 0
    meanReward = 0.5
    affordable = 1
  }

  /// The same knowledge under another roster: candidates keep their columns' contents, new ones begin empty.
  func moved(to roster: Roster) -> Knowledge {
    guard roster.ordinals != self.roster.ordinals else {
      var same = Knowledge(capability: capability, roster: roster, rows: rows)
      same.copyLearned(from: self)
      return same
    }
    var moved = Knowledge(capability: capability, roster: roster, rows: rows)
    moved.arrivals = arrivals
    moved.account = account
    for (column, ordinal) in roster.ordinals.enumerated() {
      guard let old = self.roster.position(of: ordinal) else { continue }
      for row in 0..<rows {
        moved.cells[row * roster.count + column] = cells[row * columns + old]
        moved.checkpoints[row * roster.count + column] = checkpoints[row * columns + old]
      }
    }
    return moved
  }

  mutating func copyLearned(from other: Knowledge) {
    cells = other.cells
    checkpoints = other.checkpoints
    arrivals = other.arrivals
    account = other.account
  }

  /// Computes posteriors and Q̃ from the cells, as ``Shrinkage`` describes, and what exploring the account affords.
  mutating func derive(_ rules: Rules, regionIDs: [String]) {
    self.rules = rules
    guard columns > 0 else { return }
    let root = cells[rootRow * columns..<rows * columns]
    let rewards = root.reduce(0) { $0 + $1.rewards }
    let observations = root.reduce(0) { $0 + $1.observations }
    meanReward = (rewards + 1) / (observations + 2)
    var means: [Double] = []
    var foundations: [Double] = []
    posteriors = Array(repeating: BetaDistribution(alpha: 1, beta: 1), count: rows * columns)
    for (column, cell) in root.enumerated() {
      let prior = roster.candidates[column].prior
      let mass = prior?.mass ?? 0
      let successes = cell.rewards + 2 * meanReward + mass * (prior?.quality ?? 0)
      let foundation = cell.observations + 2 + mass
      means.append(successes / foundation)
      foundations.append(foundation)
      posteriors[rootRow * columns + column] = Shrinkage.posterior(
        successes: successes, failures: foundation - successes)
    }
    shrinkage = Shrinkage.strength(
      cells: cells[..<(rootRow * columns)], means: means,
      bounds: rules.shrinkageMinimum...rules.shrinkageMaximum)
    for row in 0..<rootRow {
      for column in 0..<columns {
        let cell = cells[row * columns + column]
        let strength = 1 / (1 / shrinkage + 1 / foundations[column])
        var successes = strength * means[column] + cell.rewards
        var failures = strength * (1 - means[column]) + cell.observations - cell.rewards
        if let prior = roster.candidates[column].prior,
          let score = prior.regions.first(where: { $0.region == regionIDs[row] })?.quality
        {
          successes += prior.mass * score
          failures += prior.mass * (1 - score)
        }
        posteriors[row * columns + column] = Shrinkage.posterior(successes: successes, failures: failures)
      }
    }
    quality = zip(cells, posteriors).map { cell, posterior in
      cell.observations >= rules.minimumObservations ? cell.quality ?? posterior.mean : posterior.mean
    }
  }
}

/// Who may be chosen for one capability: its candidates by id, and what a decision needs to know of each, in order.
///
/// A candidate that left the catalogue stays, closed, so that nothing is forgotten if it comes back.
public struct Roster: Sendable {
  /// Sorted by id.
  public let candidates: [Candidate]
  /// Their ordinals in the ``Roll``.
  public let ordinals: [UInt32]
  /// Why a candidate can serve nobody during this epoch; nil when it can.
  public let closed: [Ineligibility?]
  /// The others.
  public let open: CandidateSet
  private let positions: [UInt32: Int]

  public var count: Int { candidates.count }

  /// - Parameter known: ordinals of candidates that were on the roster before.
  init(_ capability: Capability, _ catalogue: Catalogue, _ roll: Roll, known: [UInt32], at opened: Instant) {
    let present = catalogue.candidates.filter { $0.capabilities.contains(capability) }
    let ids = Set(present.map(\.id))
    let goneIDs = Set(known.map { roll.id(of: $0) }).subtracting(ids)
    let gone = goneIDs.map { Roster.departed($0, capability) }
    candidates = (present + gone).sorted { $0.id < $1.id }
    ordinals = candidates.map { roll.ordinal(of: $0.id)! }
    closed = candidates.map { candidate in
      if goneIDs.contains(candidate.id) { return .removed }
      if !candidate.isEnabled { return .disabled }
      if candidate.lifecycle.isRetired(at: opened) {
        return .retired(since: candidate.lifecycle.ends, replacement: candidate.lifecycle.replacement)
      }
      return nil
    }
    var open = CandidateSet()
    for (position, reason) in closed.enumerated() where reason == nil { open.insert(position) }
    self.open = open
    positions = Dictionary(uniqueKeysWithValues: ordinals.enumerated().map { ($1, $0) })
  }

  /// What is left of a candidate that nobody lists any more.
  private static func departed(_ id: String, _ capability: Capability) -> Candidate {
    let parts = id.split(separator: "/", maxSplits: 1)
    return Candidate(
      id: id, provider: String(parts.first ?? ""), model: String(parts.last ?? ""), capabilities: [capability]
    )
  }

  public func position(of ordinal: UInt32) -> Int? { positions[ordinal] }
  public func position(of id: String) -> Int? { candidates.firstIndex { $0.id == id } }

  /// Who may serve an intent: those open, within its constraints and their own limits.
  public func eligible(for intent: Intent) -> CandidateSet {
    guard !intent.constraints.isEmpty || intent.work != Work() else { return open }
    var set = open
    let work = intent.constraints.maximumCost == nil ? intent.work : intent.assumedWork
    for position in 0..<count where set.contains(position) {
      if reason(position, intent, assumed: work) != nil { set.remove(position) }
    }
    return set
  }

  /// Why a candidate may not serve an intent; nil when it may.
  public func ineligibility(_ position: Int, for intent: Intent) -> Ineligibility? {
    closed[position] ?? reason(position, intent, assumed: intent.assumedWork)
  }

  private func reason(_ position: Int, _ intent: Intent, assumed: Work) -> Ineligibility? {
    let candidate = candidates[position]
    let constraints = intent.constraints
    if let only = constraints.only, !only.contains(candidate.id), !only.contains(candidate.provider) {
      return .notAmongOnly
    }
    if constraints.exclude.contains(candidate.id) || constraints.exclude.contains(candidate.provider) {
      return .excludedByCaller
    }
    if let broken = candidate.limits.broken(by: intent.work) { return broken }
    if let maximum = constraints.maximumCost {
      guard let price = candidate.price else { return .priceUnknown }
      let dollars = price.dollars(for: assumed)
      if dollars > maximum { return .tooExpensive(dollars: dollars) }
    }
    // What was never measured or stated cannot be held against a candidate.
    if let maximum = constraints.maximumLatency, let p90 = candidate.latencyP90, p90 > maximum {
      return .tooSlow(p90: p90)
    }
    return nil
  }
}
