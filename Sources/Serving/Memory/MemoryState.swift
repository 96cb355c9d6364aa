import Jobs
import Routing
import Vectors

/// What a ``MemoryLedger`` holds. Sequences are positions plus one.
struct MemoryState: Sendable {
  struct StoredDecision: Sendable {
    var sequence: Int64
    var decision: Decision
    var embedding: QuantisedVector?
    /// The map, and the row in it, that were kept when the embedding was forgotten.
    var kept: (map: Int, row: Int)?
    /// Positions of its judgements, ascending.
    var judgements: [Int] = []
  }

  struct StoredJudgement: Sendable {
    var judgement: Judgement
    var half: Half
    var decision: Int
    var submission: Submission
  }

  var decisions: [StoredDecision] = []
  /// Positions by id.
  var places: [Identifier: Int] = [:]
  var judgements: [StoredJudgement] = []
  /// Positions by the sender's id, ascending.
  var threads: [String: [Int]] = [:]
  /// In the order of arrival.
  var parked: [FeedbackEntry] = []
  var answers: [String: Answer] = [:]
  var jobs = MemoryJobs()
  var deliveries = MemoryDeliveries()
  var artefacts = MemoryArtefactAccount()
  var cache: [String: CachedAnswer] = [:]
  var recipes = MemoryRecipes()
  var credits = MemoryCredits()

  var catalogues: [Catalogue] = []
  /// Of each catalogue.
  var origins: [CatalogueOrigin] = []
  var roll = Roll()
  var governances: [GovernanceChange] = []
  var plans: [RegionMap.Plan] = []

  /// By epoch; one more than there are summaries.
  var states: [EpochState] = []
  var summaries: [EpochSummary] = []
  /// In the order of their epochs.
  var residuals: [FittedResiduals] = []
  var counted: [Int: (tallies: EpochTallies, sums: EpochSums)] = [:]

  var position: LedgerPosition {
    LedgerPosition(decisions: Int64(decisions.count), judgements: Int64(judgements.count))
  }

  func catalogue(_ version: Int) -> Versioned<Catalogue>? {
    catalogues.indices.contains(version - 1)
      ? Versioned(version: version, value: catalogues[version - 1]) : nil
  }

  func governance(_ version: Int) -> Versioned<Governance>? {
    if version == 0 { return Versioned(version: 0, value: Governance()) }
    guard governances.indices.contains(version - 1) else { return nil }
    return Versioned(version: version, value: governances[version - 1].governance)
  }

  func map(_ version: Int) -> RegionMap? {
    plans.indices.contains(version - 1) ? RegionMap(version: version, plan: plans[version - 1]) : nil
  }
}

// MARK: Feedback

extension MemoryState: FeedbackStore {
  func sequence(of decision: Identifier) -> Int64? { places[decision].map { Int64($0) + 1 } }

  func chosen(by sequence: Int64) -> UInt32 { decisions[Int(sequence) - 1].decision.chosen }

  func entries(under id: String) -> [FeedbackEntry] {
    let stored = (threads[id] ?? []).map { place in
      let stored = judgements[place]
      return FeedbackEntry(
        sequence: stored.judgement.sequence, origin: stored.judgement.origin, half: stored.half,
        about: decisions[stored.decision].decision.id, submission: stored.submission)
    }
    return stored + parked.filter { $0.submission.id == id }
  }

  mutating func store(_ submission: Submission, _ half: Half, about decision: Int64, origin: Int64?) {
    let place = judgements.count
    let judgement = submission.judgement(Int64(place) + 1, half, origin: origin, roll)
    judgements.append(
      StoredJudgement(judgement: judgement, half: half, decision: Int(decision) - 1, submission: submission))
    threads[submission.id, default: []].append(place)
    decisions[Int(decision) - 1].judgements.append(place)
  }

  mutating func park(_ submission: Submission, _ half: Half, about decision: Identifier) {
    parked.append(
      FeedbackEntry(sequence: nil, origin: nil, half: half, about: decision, submission: submission))
  }
}

// MARK: Appending

extension MemoryState {
  mutating func append(_ batch: LedgerBatch) throws -> [Receipt] {
    try jobs.check(batch.jobs)
    try deliveries.check(batch.deliveries)
    try recipes.check(batch.generations)
    try credits.check(batch.credits)
    let arrived = try insert(batch)
    if !parked.isEmpty {
      let waiting = parked.filter { arrived.contains($0.about) }
      parked.removeAll { arrived.contains($0.about) }
      for entry in waiting { try join(entry, to: Int64(places[entry.about]!) + 1) }
    }
    let receipts = try batch.judgements.map { try admit($0) }
    for answer in batch.answers where answers[answer.key] == nil { answers[answer.key] = answer }
    for record in batch.kept { artefacts.note(record) }
    for change in batch.jobs {
      jobs.apply(change)
      if let result = change.job.result {
        artefacts.use(
          result.copies, by: ArtefactHolder.job(change.job.id), at: change.job.ended ?? change.job.created)
      }
    }
    for answer in batch.cached { keep(answer) }
    for hit in batch.cacheHits {
      cache[hit.key]?.uses += 1
      cache[hit.key]?.used = hit.at
    }
    for check in batch.checks { jobs.keep(check) }
    for change in batch.deliveries { deliveries.apply(change) }
    for change in batch.generations { recipes.apply(change) }
    for change in batch.credits { credits.apply(change) }
    return receipts
  }

  /// - Returns: the ids that were not there before.
  private mutating func insert(_ batch: LedgerBatch) throws(LedgerConflict) -> Set<Identifier> {
    // All are held against what is there, and against each other, before anything changes.
    var new: [Identifier: Decision] = [:]
    for decision in batch.decisions {
      let before = places[decision.id].map { decisions[$0].decision } ?? new[decision.id]
      guard before == nil || before == decision else { throw .otherDecision(decision.id) }
      if places[decision.id] == nil { new[decision.id] = decision }
    }
    for (position, decision) in batch.decisions.enumerated() where places[decision.id] == nil {
      let embedding = position < batch.embeddings.count ? batch.embeddings[position] : nil
      places[decision.id] = decisions.count
      decisions.append(
        StoredDecision(
          sequence: Int64(decisions.count) + 1, decision: decision,
          embedding: embedding.map { QuantisedVector($0) }))
    }
    return Set(new.keys)
  }

  mutating func append(epoch: ClosedEpoch) throws(LedgerConflict) {
    let expected = states.count - 1
    guard epoch.number == expected, epoch.next.epoch == expected + 1 else {
      throw .epochOutOfOrder(expected: max(0, expected), got: epoch.number)
    }
    summaries.append(
      EpochSummary(
        number: epoch.number, opened: epoch.opened, closed: epoch.closed, through: epoch.through,
        catalogueVersion: states[expected].catalogueVersion, governanceVersion: epoch.governanceVersion,
        mapVersion: states[expected].mapVersion, summary: epoch.summary))
    states.append(epoch.next)
    residuals += epoch.residuals.map {
      FittedResiduals(capability: $0.capability, epoch: epoch.next.epoch, model: $0.model)
    }
    if epoch.isRebuilt { counted = [:] }
    for entry in epoch.counted { counted[entry.tallies.epoch] = entry }
  }

  mutating func forgetEmbeddings(before: Instant, map: RegionMap) {
    for place in decisions.indices where decisions[place].embedding != nil {
      let stored = decisions[place]
      guard stored.decision.decided < before else { continue }
      decisions[place].kept = (map.version, row(of: stored, map))
      decisions[place].embedding = nil
    }
  }
}

// MARK: The fold's view

extension MemoryState {
  func row(of stored: StoredDecision, _ map: RegionMap) -> Int {
    map.row(
      stored.decision.intent.capability,
      recorded: (stored.decision.mapVersion, stored.decision.placement.row),
      embedding: { stored.embedding?.elements },
      kept: { stored.kept.flatMap { $0.map == map.version ? $0.row : nil } })
  }

  /// A decision with its judgements up to a sequence.
  func judged(_ stored: StoredDecision, through: Int64, _ map: RegionMap) -> Judged {
    Judged(
      decision: stored.sequence, capability: stored.decision.intent.capability, row: row(of: stored, map),
      ordinal: stored.decision.chosen,
      decided: stored.decision.decided,
      judgements: stored.judgements.map { judgements[$0].judgement }.filter { $0.sequence <= through })
  }

  /// Decisions of a capability, newest first, each with what tells its intent from others: the text, or the embedding
  /// where there is none.
  func intents(_ capability: Capability) -> some Sequence<(key: IntentKey, stored: StoredDecision)> {
    decisions.reversed().lazy.filter { $0.decision.intent.capability == capability }.compactMap { stored in
      let key =
        stored.decision.intent.text.map { IntentKey.text($0) } ?? stored.embedding.map { .embedding($0) }
      return key.map { ($0, stored) }
    }
  }

  enum IntentKey: Hashable {
    case text(String)
    case embedding(QuantisedVector)
  }

  func recovery() -> Recovery {
    var index = EpochIndex()
    for summary in summaries {
      index.append(
        through: summary.through.judgements,
        governance: governance(summary.governanceVersion)?.value ?? Governance())
    }
    return Recovery(
      catalogue: catalogue(catalogues.count), governance: governance(governances.count)!,
      map: map(plans.count),
      roll: roll, index: index, folded: summaries.last?.through ?? LedgerPosition(), state: states.last,
      history: index.heldEpochs.map { counted[$0]?.sums ?? EpochSums(epoch: $0, sums: []) })
  }
}
