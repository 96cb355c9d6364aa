import Logging
public import Routing
public import ServiceLifecycle
import Vectors

/// Closes epochs: reads what was said since the last one, folds it, stores the result, and swaps the snapshot.
///
/// One epoch at a time. Decisions go on under the old snapshot while the next is computed.
public actor EpochKeeper {
  private let executor = QueueExecutor("pointsman.epochs")
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let ledger: any Ledger
  private let recorder: Recorder
  private let clock: any WallClock
  private let logger: Logger
  private let publish: @Sendable (TableCache) -> Void

  private var snapshot: Snapshot
  private var index: EpochIndex
  private var folded: LedgerPosition
  private var residuals: ResidualLearning

  /// How many decisions there were when a capability's distinct intents were last counted.
  private var counted: [Capability: Int64] = [:]

  // What was changed and waits for the next epoch.
  private var catalogue: Versioned<Catalogue>
  private var governance: Versioned<Governance>
  private var map: RegionMap

  init(
    ledger: any Ledger, recorder: Recorder, clock: any WallClock, logger: Logger, snapshot: Snapshot,
    index: EpochIndex,
    folded: LedgerPosition, catalogue: Versioned<Catalogue>, governance: Versioned<Governance>,
    map: RegionMap,
    publish: @escaping @Sendable (TableCache) -> Void
  ) {
    self.ledger = ledger
    self.recorder = recorder
    self.clock = clock
    self.logger = logger
    self.snapshot = snapshot
    self.index = index
    self.folded = folded
    residuals = ResidualLearning(snapshot)
    self.catalogue = catalogue
    self.governance = governance
    self.map = map
    self.publish = publish
  }

  /// What will hold from the next epoch on.
  public var pending: (catalogue: Versioned<Catalogue>, governance: Versioned<Governance>, map: RegionMap) {
    (catalogue, governance, map)
  }

  /// The closed epochs and the open one, as if it closed now.
  var openIndex: EpochIndex {
    var index = index
    index.append(through: .max, governance: snapshot.governance.value)
    return index
  }

  /// When the open epoch is due to close.
  public var due: Instant { snapshot.opened + governance.value.rules(for: nil).epochInterval }

  /// Records a change of governance for the next epoch.
  public func govern(
    _ changes: [(key: String, value: Setting)], author: String, reason: String
  ) throws -> GovernanceChange {
    var next = governance.value
    try next.apply(changes)
    for entry in next.settings where entry.key == "fixed" || entry.key.hasSuffix(".fixed") {
      guard catalogue.value.candidate(entry.value.description) == nil else { continue }
      throw GovernanceErrors(items: [
        .init(
          key: entry.key,
          message: "the catalogue has no candidate '\(entry.value)'; `GET /v1/candidates` lists them")
      ])
    }
    let change = try ledger.append(
      governance: GovernanceChange(governance: next, author: author, reason: reason, at: clock.now))
    governance = Versioned(version: change.version, value: change.governance)
    try rebase { $0.applyFloors(of: next) }
    return change
  }

  /// Records a catalogue for the next epoch.
  public func stock(_ value: Catalogue, from origin: CatalogueOrigin) throws -> Versioned<Catalogue> {
    guard value != catalogue.value else { return catalogue }
    catalogue = try ledger.append(catalogue: value, from: origin, at: clock.now)
    return catalogue
  }

  /// Records a changed region map for the next epoch; nothing is recorded when `change` changes nothing.
  @discardableResult
  public func rebase(_ change: (inout RegionMap.Plan) throws -> Void) throws -> RegionMap {
    var plan = map.plan
    try change(&plan)
    if plan != map.plan { map = try ledger.append(plan: plan, at: clock.now) }
    return map
  }

  /// Closes the open epoch now.
  public func close() async throws -> EpochSummary {
    try await recorder.flush()
    try learnRegions()
    let now = max(clock.now, snapshot.opened)
    let position = try ledger.position()
    var next = index
    next.append(through: position.judgements, governance: snapshot.governance.value)
    let orphaned = try ledger.dropParked(
      before: now - snapshot.governance.value.rules(for: nil).feedbackWindow)
    let span = EpochSpan(
      number: snapshot.epoch, opened: snapshot.opened, closed: now, after: folded, through: position)
    let terms = Epoch.Terms(opened: now, catalogue: catalogue, governance: governance)
    var closed =
      try map.version == snapshot.map.version
      ? fold(span, terms, next, orphaned: orphaned) : rebuild(span, terms, next, orphaned: orphaned)
    let own = closed.record.counted.first { $0.tallies.epoch == span.number }?.tallies
    // A close that fails is tried again as if it had not been: what it counted must not stay.
    var learning = residuals
    closed.record.residuals = try learning.due(
      ledger, closed.snapshot, own ?? EpochTallies(epoch: span.number), through: position.judgements, next,
      isRebuilt: closed.record.isRebuilt)
    for fitted in closed.record.residuals {
      closed.snapshot = closed.snapshot.adopting(fitted.model, fitted.capability)
    }
    try ledger.append(epoch: closed.record)
    let summary = closed.record.summary(catalogue: snapshot.catalogue.version, map: snapshot.map.version)
    snapshot = closed.snapshot
    residuals = learning
    index = next
    folded = position
    publish(TableCache(snapshot))
    // The epoch is closed and stored; what could not be tidied away is tidied at the next one.
    do { try tidy(now) } catch { logger.warning("not tidied", metadata: ["error": "\(error)"]) }
    logger.info(
      "epoch closed",
      metadata: [
        "epoch": "\(summary.number)", "decisions": "\(summary.summary.decisions)",
        "observations": "\(summary.summary.observations)", "restated": "\(summary.summary.restatedEpochs)",
      ])
    return summary
  }

  private func fold(
    _ span: EpochSpan, _ terms: Epoch.Terms, _ index: EpochIndex, orphaned: Int
  ) throws -> (snapshot: Snapshot, record: ClosedEpoch) {
    let input = try Gathering(ledger, map: map, index: index).closing(span)
    let next = Epoch.fold(snapshot, input, terms, index)
    let counted = [input.tallies] + input.restated
    let record = ClosedEpoch(
      span, snapshot.governance.version, input, next, counted: counted, orphaned: orphaned, isRebuilt: false)
    return (next, record)
  }

  /// Counts the whole past again under the new map.
  private func rebuild(
    _ span: EpochSpan, _ terms: Epoch.Terms, _ index: EpochIndex, orphaned: Int
  ) throws -> (snapshot: Snapshot, record: ClosedEpoch) {
    var history = try Replay.History(ledger)
    history.summaries.append(
      EpochSummary(
        number: span.number, opened: span.opened, closed: span.closed, through: span.through,
        catalogueVersion: snapshot.catalogue.version, governanceVersion: snapshot.governance.version,
        mapVersion: snapshot.map.version,
        summary: .init(
          decisions: 0, explored: 0, observations: 0, meanReward: nil, restatedEpochs: 0, orphaned: 0)))
    let (folded, inputs) = try Replay.fold(ledger, map, index, history, last: terms)
    // What was fitted holds until it is fitted again.
    let next = Capability.allCases.reduce(folded) { $0.adopting(snapshot[$1].residuals, $1) }
    let record = ClosedEpoch(
      span, snapshot.governance.version, inputs[span.number], next, counted: inputs.map(\.tallies),
      orphaned: orphaned,
      isRebuilt: true)
    return (next, record)
  }

  /// Fits regions where governance asks for it and enough distinct intents came.
  private func learnRegions() throws {
    let rules = governance.value.rules(for: nil)
    let decisions = try ledger.position().decisions
    for capability in Capability.allCases where snapshot[capability].columns > 0 {
      // Counting distinct texts is dear: look again only when there is a tenth more to look at.
      guard let wanted = RegionFitting.intentsWanted(after: map.plan.mean(of: capability), rules),
        decisions >= wanted, decisions * 10 >= (counted[capability] ?? 0) * 11
      else { continue }
      counted[capability] = decisions
      guard try ledger.distinctIntents(capability, limit: wanted) >= wanted else { continue }
      try fit(capability, count: nil, seed: UInt64(capability.rawValue), isAutomatic: true)
    }
  }

  /// Fits regions to the past intents of a capability, for the next epoch.
  ///
  /// - Parameter count: how many; nil for as many as governance gives to so many intents.
  /// - Returns: how many intents there were; 0 means that nothing was fitted.
  @discardableResult
  public func fit(_ capability: Capability, count: Int?, seed: UInt64, isAutomatic: Bool = false) throws
    -> Int
  {
    let embeddings = try ledger.embeddings(capability, limit: RegionFitting.maximumIntents)
    let count =
      count ?? RegionFitting.regionsWanted(intents: embeddings.count, governance.value.rules(for: nil))
    guard
      let fit = RegionFitting.fit(embeddings, capability, count: count, seed: seed, isAutomatic: isAutomatic)
    else {
      return 0
    }
    try rebase { $0.replaceLearned(of: capability, by: fit) }
    return embeddings.count
  }

  private func tidy(_ now: Instant) throws {
    let rules = snapshot.governance.value.rules(for: nil)
    try ledger.dropAnswers(before: now - rules.idempotencyWindow)
    try ledger.forgetEmbeddings(before: now - rules.embeddingRetention, map: snapshot.map)
    let dropped = try ledger.dropJobs(endedBefore: now - rules.jobRetention)
    if dropped > 0 { logger.info("dropped jobs that ended long ago", metadata: ["jobs": "\(dropped)"]) }
    try ledger.dropHealthChecks(before: now - rules.jobRetention)
    _ = try ledger.dropDeliveries(endedBefore: now - rules.jobRetention)
    _ = try ledger.dropGenerations(endedBefore: now - rules.jobRetention)
  }
}

extension EpochKeeper: Service {
  /// Closes epochs when they are due, until shutdown begins. A failed close is tried again a second later: nothing is
  /// lost by waiting, since everything is in the ledger.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        let wait = await (due - clock.now).seconds
        // In steps of a second, since governance may shorten the epoch meanwhile.
        do { try await Task.sleep(for: .seconds(min(max(wait, 0), 1))) } catch { return }
        guard await clock.now >= due else { continue }
        do {
          _ = try await close()
        } catch {
          logger.error("epoch not closed", metadata: ["error": "\(error)"])
          try? await Task.sleep(for: .seconds(1))
        }
      }
    }
  }
}

extension ClosedEpoch {
  init(
    _ span: EpochSpan, _ governanceVersion: Int, _ input: Epoch.Input, _ next: Snapshot,
    counted: [EpochTallies],
    orphaned: Int, isRebuilt: Bool
  ) {
    let sums = Dictionary(uniqueKeysWithValues: next.history.map { ($0.epoch, $0) })
    let mass = input.tallies.tallies.reduce(0) { $0 + Double($1.mass) } / Tally.unit
    let reward = input.tallies.tallies.reduce(0) { $0 + Double($1.sum) } / Tally.unit
    self.init(
      number: span.number, opened: span.opened, closed: span.closed, through: span.through,
      governanceVersion: governanceVersion,
      summary: Summary(
        decisions: input.traffic.reduce(0) { $0 + $1.decisions },
        explored: input.traffic.reduce(0) { $0 + $1.explored },
        observations: mass, meanReward: mass > 0 ? reward / mass : nil, restatedEpochs: input.restated.count,
        orphaned: orphaned),
      next: EpochState(next),
      counted: counted.map { ($0, sums[$0.epoch] ?? EpochSums(epoch: $0.epoch, sums: [])) },
      isRebuilt: isRebuilt)
  }

  func summary(catalogue: Int, map: Int) -> EpochSummary {
    EpochSummary(
      number: number, opened: opened, closed: closed, through: through, catalogueVersion: catalogue,
      governanceVersion: governanceVersion, mapVersion: map, summary: summary)
  }
}

extension EpochState {
  init(_ snapshot: Snapshot) {
    self.init(
      epoch: snapshot.epoch, opened: snapshot.opened, catalogueVersion: snapshot.catalogue.version,
      governanceVersion: snapshot.governance.version, mapVersion: snapshot.map.version,
      learned: snapshot.learnedBytes)
  }
}
