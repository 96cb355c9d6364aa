public import Statistics

/// Everything learned about one capability, and what the decision path reads of it.
///
/// Rows are the regions of the map in force, then the root row, whose cells are the candidates' statistics over all
/// regions together. Columns are the roster. All tables are row-major: `row * columns + column`.
public struct Knowledge: Sendable {
  public let capability: Capability
  public private(set) var roster: Roster
  /// Regions and the root.
  public let rows: Int
  /// What was observed: `rows` × `columns`.
  public internal(set) var cells: [Cell]
  /// The cells as they were `correction_horizon` ago: where a late correction starts again.
  public internal(set) var checkpoints: [Cell]
  /// Whether each candidate is still what it was: by column.
  public internal(set) var detectors: [ChangeDetector]
  /// The detectors as they were `correction_horizon` ago.
  public internal(set) var detectorCheckpoints: [ChangeDetector]
  /// Decisions of an epoch that are expected in each row: half the last epoch's, half of what was expected before.
  public internal(set) var arrivals: [Double]
  public internal(set) var account: ExplorationAccount
  /// What intents' own directions say beyond their regions; nil before the first fit.
  public internal(set) var residuals: ResidualModel? {
    didSet { hear() }
  }

  // Derived from the above by `derive`, and never stored.
  public private(set) var rules: Rules
  /// Posterior of each cell.
  public private(set) var posteriors: [BetaDistribution]
  /// Q̃ of each cell: the posterior mean; under the moving averages Q once there are `minimum_observations`.
  public private(set) var quality: [Double]
  /// κ.
  public private(set) var shrinkage: Double
  /// φ of ``Dispersion``, 0.2…1: evidence counts 1/φ times in the posteriors.
  public private(set) var dispersion: Double
  /// q̄, the mean reward over all candidates.
  public private(set) var meanReward: Double
  /// ``residuals`` as decisions read them; nil where intents are not heard one by one: before the first fit, where nothing
  /// that it foretold came true, and under other policies.
  public private(set) var scorer: ResidualScorer?
  /// f, 0…1: the share of full probability matching that the exploration account affords.
  public internal(set) var affordable: Double
  /// π of ``AgentRankPolicy`` by row, where working out f took it, of all open candidates without regard to cost: the
  /// tables of most decisions need no more. Empty for the other rows.
  var matching: [[Double]]

  /// Whether ``residuals`` are learned and heard: under the rules in force, and where there are regions.
  public var learnsResiduals: Bool { rules.policy == .agentRank && rules.residualWeight > 0 && rootRow > 0 }

  /// Whether intents of a row may prefer another candidate than the first of their region: not where no region claims
  /// them.
  public func hearsIntents(ofRow row: Int) -> Bool { scorer != nil && row < rootRow }

  private mutating func hear() {
    let residuals = learnsResiduals ? residuals : nil
    scorer = residuals.flatMap { model in
      model.confidence > 0 ? ResidualScorer(model, roster, weight: rules.residualWeight) : nil
    }
  }

  public var columns: Int { roster.count }
  public var rootRow: Int { rows - 1 }

  init(capability: Capability, roster: Roster, rows: Int) {
    self.capability = capability
    self.roster = roster
    self.rows = rows
    cells = Array(repeating: Cell(), count: rows * roster.count)
    checkpoints = cells
    detectors = Array(repeating: ChangeDetector(), count: roster.count)
    detectorCheckpoints = detectors
    arrivals = Array(repeating: 0, count: rows)
    account = ExplorationAccount()
    rules = Rules()
    posteriors = []
    quality = []
    shrinkage = 0
    dispersion = 1
    meanReward = 0.5
    affordable = 1
    matching = []
  }

  /// The same knowledge under another roster: candidates keep their columns' contents, new ones begin empty.
  func moved(to roster: Roster) -> Knowledge {
    guard roster.ordinals != self.roster.ordinals else {
      var same = self
      same.roster = roster
      return same
    }
    var moved = Knowledge(capability: capability, roster: roster, rows: rows)
    moved.arrivals = arrivals
    moved.account = account
    moved.residuals = residuals
    for (column, ordinal) in roster.ordinals.enumerated() {
      guard let old = self.roster.position(of: ordinal) else { continue }
      moved.detectors[column] = detectors[old]
      moved.detectorCheckpoints[column] = detectorCheckpoints[old]
      for row in 0..<rows {
        moved.cells[row * roster.count + column] = cells[row * columns + old]
        moved.checkpoints[row * roster.count + column] = checkpoints[row * columns + old]
      }
    }
    return moved
  }

  /// Computes posteriors and Q̃ from the cells, as ``Shrinkage`` describes.
  mutating func derive(_ rules: Rules, regionIDs: [String], _ kernel: RegionKernel) {
    self.rules = rules
    hear()
    // Of the posteriors that were, and not to be taken for those of the new ones.
    matching = []
    guard columns > 0 else { return }
    dispersion = Dispersion.pooled(detectors.lazy.map(\.dispersion))
    let cells = self.cells.map { $0.evidence(times: 1 / dispersion) }
    let root = cells[rootRow * columns..<rows * columns]
    let rewards = root.reduce(0) { $0 + $1.rewards }
    let observations = root.reduce(0) { $0 + $1.observations }
    meanReward = (rewards + 1) / (observations + 2)
    posteriors = Array(repeating: BetaDistribution(alpha: 1, beta: 1), count: rows * columns)
    var anchors: [AdditiveQuality.Anchor] = []
    for (column, cell) in root.enumerated() {
      let prior = roster.candidates[column].prior
      let (score, scored) = (prior?.quality ?? 0, prior?.mass ?? 0)
      let usual = AdditiveQuality.candidateMass
      anchors.append(
        AdditiveQuality.Anchor(
          mean: (usual * meanReward + scored * score) / (usual + scored), mass: usual + scored))
      let (mass, successes) = (2 + scored, 2 * meanReward + scored * score)
      posteriors[rootRow * columns + column] = Shrinkage.posterior(
        successes: cell.rewards + successes, failures: cell.observations - cell.rewards + mass - successes)
    }
    let expected = AdditiveQuality(
      cells: cells[..<(rootRow * columns)], anchors: anchors,
      bounds: rules.shrinkageMinimum...rules.shrinkageMaximum)
    shrinkage = expected.strength
    for column in 0..<columns { deriveRegions(column, cells, expected, regionIDs, kernel) }
    quality = zip(self.cells, posteriors).map { cell, posterior in
      guard rules.ema != .posterior, cell.observations >= rules.minimumObservations else {
        return posterior.mean
      }
      return cell.quality ?? posterior.mean
    }
  }

  /// The posteriors of one candidate in all regions.
  ///
  /// - Parameter cells: with their evidence as it counts.
  private mutating func deriveRegions(
    _ column: Int, _ cells: [Cell], _ expected: AdditiveQuality, _ regionIDs: [String],
    _ kernel: RegionKernel
  ) {
    let places = (0..<rootRow).map { $0 * columns + column }
    let counts = places.map { cells[$0].observations }
    let deviations = places.map { place in
      let (cell, mean) = (cells[place], expected.means[place])
      return cell.observations > 0
        ? (cell.rewards / cell.observations - mean) / (mean * (1 - mean)).squareRoot() : 0
    }
    let predictions = kernel.predictions(deviations: deviations, counts: counts, strength: expected.strength)
    let prior = roster.candidates[column].prior
    for (row, place) in places.enumerated() {
      let (cell, mean, prediction) = (cells[place], expected.means[place], predictions[row])
      let centre = min(max(mean + prediction.mean * (mean * (1 - mean)).squareRoot(), 0.005), 0.995)
      let strength = 1 / (prediction.variance + 1 / expected.foundations[column])
      var successes = strength * centre + cell.rewards
      var failures = strength * (1 - centre) + cell.observations - cell.rewards
      if let prior, let score = prior.regions.first(where: { $0.region == regionIDs[row] })?.quality {
        successes += prior.mass * score
        failures += prior.mass * (1 - score)
      }
      posteriors[place] = Shrinkage.posterior(successes: successes, failures: failures)
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
  /// The others, but for those that must be named.
  public let open: CandidateSet
  /// Those that serve requests which name them in `only`, and no others.
  private let reserved: CandidateSet
  /// Whether a date may close a candidate.
  let isDated: Bool
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
    var reserved = CandidateSet()
    for (position, reason) in closed.enumerated() where reason == nil {
      if candidates[position].isOnlyByName { reserved.insert(position) } else { open.insert(position) }
    }
    self.open = open
    self.reserved = reserved
    isDated = candidates.contains { $0.lifecycle.ends != nil }
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
  ///
  /// - Parameter live: whose measured latencies stand in the place of the stated ones.
  public func eligible(for intent: Intent, _ live: LiveRoster? = nil) -> CandidateSet {
    guard !intent.constraints.isEmpty || intent.work != Work() else { return open }
    var set = intent.constraints.only == nil ? open : CandidateSet(words: open.words | reserved.words)
    let work = intent.constraints.maximumCost == nil ? intent.work : intent.assumedWork
    for position in 0..<count where set.contains(position) {
      if reason(position, intent, assumed: work, live) != nil { set.remove(position) }
    }
    return set
  }

  /// Why a candidate may not serve an intent; nil when it may.
  public func ineligibility(_ position: Int, for intent: Intent, _ live: LiveRoster? = nil) -> Ineligibility?
  {
    closed[position] ?? reason(position, intent, assumed: intent.assumedWork, live)
  }

  private func reason(
    _ position: Int, _ intent: Intent, assumed: Work, _ live: LiveRoster?
  ) -> Ineligibility? {
    let candidate = candidates[position]
    let constraints = intent.constraints
    if let only = constraints.only {
      guard only.contains(candidate.id) || only.contains(candidate.provider) else { return .notAmongOnly }
    } else if candidate.isOnlyByName {
      return .onlyByName
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
    if let maximum = constraints.maximumLatency {
      let stated = candidate.latencyP90
      let p90 = live.map { $0.latencyP90(position, stated: stated) } ?? stated
      if let p90, p90 > maximum { return .tooSlow(p90: p90) }
    }
    return nil
  }
}
