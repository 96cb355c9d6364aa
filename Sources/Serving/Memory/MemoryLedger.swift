public import Credits
public import Jobs
public import Recipes
public import Routing
import Synchronization
public import Vectors

/// The ledger in memory: for tests and simulations, and to try the router without a file. Nothing is durable.
public final class MemoryLedger: Ledger {
  let state = Mutex(MemoryState())

  public init() {}

  /// A copy, so that bodies run without the lock.
  var current: MemoryState { state.withLock { $0 } }

  // MARK: Appending

  public func append(_ batch: LedgerBatch) throws -> [Receipt] { try state.withLock { try $0.append(batch) } }

  public func append(catalogue: Catalogue, from origin: CatalogueOrigin, at: Instant) throws -> Versioned<
    Catalogue
  > {
    state.withLock { state in
      state.catalogues.append(catalogue)
      state.origins.append(origin)
      state.roll = state.roll.including(catalogue)
      return Versioned(version: state.catalogues.count, value: catalogue)
    }
  }

  public func append(governance change: GovernanceChange) throws -> GovernanceChange {
    state.withLock { state in
      var change = change
      change.version = state.governances.count + 1
      state.governances.append(change)
      return change
    }
  }

  public func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap {
    state.withLock { state in
      state.plans.append(plan)
      return RegionMap(version: state.plans.count, plan: plan)
    }
  }

  public func append(opening first: EpochState) throws {
    try state.withLock { state in
      guard state.states.isEmpty else { throw LedgerConflict.opened }
      state.states.append(first)
    }
  }

  public func append(epoch: ClosedEpoch) throws { try state.withLock { try $0.append(epoch: epoch) } }

  public func forgetEmbeddings(before: Instant, map: RegionMap) throws {
    state.withLock { $0.forgetEmbeddings(before: before, map: map) }
  }

  public func dropParked(before: Instant) throws -> Int {
    state.withLock { state in
      let count = state.parked.count
      state.parked.removeAll { $0.submission.received < before }
      return count - state.parked.count
    }
  }

  public func dropAnswers(before: Instant) throws {
    state.withLock { state in state.answers = state.answers.filter { $0.value.at >= before } }
  }

  public func dropJobs(endedBefore: Instant) throws -> Int {
    state.withLock { state in
      let before = state.jobs.jobs.keys
      let count = state.jobs.drop(endedBefore: endedBefore)
      for id in before where state.jobs.jobs[id] == nil { state.artefacts.forget(ArtefactHolder.job(id)) }
      return count
    }
  }

  public func append(secret: SigningSecret, endingOthers end: Instant) throws {
    state.withLock { $0.deliveries.keep(secret, endingOthers: end) }
  }

  public func append(key: APIKey) throws { state.withLock { $0.credits.keep(key) } }

  public func revokeKey(_ id: Identifier, at now: Instant) throws -> Bool {
    state.withLock { $0.credits.revoke(id, at: now) }
  }

  public func dropSecret(_ id: Identifier) throws -> Bool {
    state.withLock { $0.deliveries.drop(secret: id) }
  }

  public func dropDeliveries(endedBefore: Instant) throws -> Int {
    state.withLock { $0.deliveries.drop(endedBefore: endedBefore) }
  }

  public func append(recipe: RecipeVersion) throws -> RecipeSuccession {
    state.withLock { $0.recipes.append(recipe) }
  }

  public func append(choice: RecipeChoice) throws { state.withLock { $0.recipes.append(choice) } }

  public func dropGenerations(endedBefore: Instant) throws -> Int {
    state.withLock { $0.recipes.drop(endedBefore: endedBefore) }
  }

  public func dropHealthChecks(before: Instant) throws {
    state.withLock { $0.jobs.dropChecks(before: before) }
  }

  // MARK: What the fold reads

  public func recover() throws -> Recovery { current.recovery() }

  public func position() throws -> LedgerPosition { current.position }

  public func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic] {
    let state = current
    var counts: [CellKey: (decisions: Int, explored: Int)] = [:]
    for (place, stored) in state.decisions.enumerated() where place >= after && place < through {
      let key = CellKey(
        capability: stored.decision.intent.capability, row: state.row(of: stored, map), ordinal: 0)
      counts[key, default: (0, 0)].decisions += 1
      if stored.decision.reason == .explore { counts[key, default: (0, 0)].explored += 1 }
    }
    return counts.sorted { $0.key < $1.key }.map { key, count in
      Epoch.Traffic(
        capability: key.capability, row: key.row, decisions: count.decisions, explored: count.explored)
    }
  }

  public func judged(after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void) throws {
    let state = current
    for stored in state.decisions {
      let judged = state.judged(stored, through: through, map)
      if let last = judged.judgements.last, last.sequence > after { try body(judged) }
    }
  }

  public func judged(_ id: Identifier, map: RegionMap) throws -> Judged? {
    let state = current
    return state.places[id].map { state.judged(state.decisions[$0], through: .max, map) }
  }

  public func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws {
    let state = current
    let silent = state.decisions
      .filter { $0.decision.intent.capability == capability && (from..<to).contains($0.decision.decided) }
      .map { state.judged($0, through: through, map) }
      .filter { $0.judgements.allSatisfy { $0.kind == nil } }
    for var judged in silent.sorted(by: { $0.decided < $1.decided }) {
      judged.ordinal = judged.judgements.last { $0.executed != nil }?.executed ?? judged.ordinal
      judged.judgements = []
      try body(judged)
    }
  }

  public func lessons(
    _ capability: Capability, limit: Int, through: Int64, map: RegionMap,
    _ body: (Judged, _ embedding: [Float]) throws -> Void
  ) throws {
    let state = current
    let judged = state.decisions.reversed().lazy.compactMap { stored -> (Judged, [Float])? in
      guard stored.decision.intent.capability == capability, let embedding = stored.embedding else {
        return nil
      }
      let judged = state.judged(stored, through: through, map)
      return judged.judgements.isEmpty ? nil : (judged, embedding.elements)
    }
    for (judged, embedding) in Array(judged.prefix(limit)).reversed() { try body(judged, embedding) }
  }

  public func tallies(epoch: Int) throws -> EpochTallies {
    current.counted[epoch]?.tallies ?? EpochTallies(epoch: epoch)
  }

  public func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]] {
    var seen: Set<MemoryState.IntentKey> = []
    var result: [[Float]] = []
    for (key, stored) in current.intents(capability) {
      guard result.count < limit else { break }
      guard let embedding = stored.embedding, seen.insert(key).inserted else { continue }
      result.append(embedding.elements)
    }
    return result
  }

  public func embedding(of decision: Identifier) throws -> QuantisedVector? {
    let state = current
    return state.places[decision].flatMap { state.decisions[$0].embedding }
  }

  public func distinctIntents(_ capability: Capability, limit: Int) throws -> Int {
    min(limit, Set(current.intents(capability).map(\.key)).count)
  }

  // MARK: Reading

  public func decision(_ id: Identifier) throws -> Decision? {
    let state = current
    return state.places[id].map { state.decisions[$0].decision }
  }

  public func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws {
    for (place, stored) in current.decisions.enumerated() where place >= after {
      guard try body(Int64(place) + 1, stored.decision) else { return }
    }
  }

  public func feedback(about id: Identifier) throws -> [RecordedFeedback] {
    let state = current
    guard let place = state.places[id] else { return [] }
    return state.decisions[place].judgements.map { state.recorded(state.judgements[$0]) }
  }

  public func feedbackSubjects(of id: String) throws -> Set<Identifier> {
    Set(current.entries(under: id).map(\.about))
  }

  public func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws {
    let state = current
    for stored in state.judgements where stored.judgement.sequence > after {
      guard try body(state.recorded(stored)) else { return }
    }
  }

  public func answer(key: String) throws -> Answer? { current.answers[key] }

  public func sessions(since: Instant) throws -> [SessionSeat] {
    var seats: [[String]: SessionSeat] = [:]
    for stored in current.decisions where stored.decision.decided >= since {
      let intent = stored.decision.intent
      guard let session = intent.session else { continue }
      let key = [session, intent.capability.name]
      if let seat = seats[key], seat.at > stored.decision.decided { continue }
      seats[key] = SessionSeat(
        session: session, capability: intent.capability, ordinal: stored.decision.chosen,
        at: stored.decision.decided)
    }
    return seats.values.sorted { ($0.session, $0.capability) < ($1.session, $1.capability) }
  }

  public func epochs(from: Int, limit: Int) throws -> [EpochSummary] {
    Array(current.summaries.dropFirst(from).prefix(limit))
  }

  public func state(ofEpoch epoch: Int) throws -> EpochState? {
    let states = current.states
    return states.indices.contains(epoch) ? states[epoch] : nil
  }

  public func residuals(inEpoch epoch: Int) throws -> [FittedResiduals] {
    let fitted = current.residuals.filter { $0.epoch <= epoch }
    return Capability.allCases.compactMap { capability in fitted.last { $0.capability == capability } }
  }

  public func catalogue(version: Int) throws -> Versioned<Catalogue>? { current.catalogue(version) }
  public func catalogue(from origin: CatalogueOrigin) throws -> Versioned<Catalogue>? {
    let state = current
    return state.origins.lastIndex(of: origin).flatMap { state.catalogue($0 + 1) }
  }
  public func governance(version: Int) throws -> Versioned<Governance>? { current.governance(version) }
  public func map(version: Int) throws -> RegionMap? { current.map(version) }
  public func governanceHistory() throws -> [GovernanceChange] { current.governances }

  public func counts() throws -> LedgerCounts {
    let state = current
    return LedgerCounts(
      decisions: Int64(state.decisions.count), judgements: Int64(state.judgements.count),
      parked: Int64(state.parked.count), epochs: Int64(state.summaries.count),
      jobs: Int64(state.jobs.jobs.count),
      unfinishedJobs: Int64(state.jobs.unfinishedCount))
  }

  public func close() throws {}
}

extension MemoryState {
  fileprivate func recorded(_ stored: StoredJudgement) -> RecordedFeedback {
    let own = stored.judgement
    let isSuperseded = (threads[stored.submission.id] ?? []).contains { place in
      let other = judgements[place].judgement
      return other.origin == own.origin && (other.at, other.sequence) > (own.at, own.sequence)
    }
    return RecordedFeedback(
      sequence: own.sequence, submission: stored.submission, isSuperseded: isSuperseded,
      isOtherHalf: stored.half == .other)
  }
}
