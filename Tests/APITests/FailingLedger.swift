import Routing
import Serving
import Synchronization

/// A ledger in memory whose disk can be full.
final class FailingLedger: Ledger {
  struct DiskFull: Error, CustomStringConvertible { var description: String { "disk full" } }

  private let base = MemoryLedger()
  private let isFailing = Mutex(false)

  var fails: Bool {
    get { isFailing.withLock { $0 } }
    set { isFailing.withLock { $0 = newValue } }
  }

  func append(_ batch: LedgerBatch) throws -> [Receipt] {
    if fails { throw DiskFull() }
    return try base.append(batch)
  }

  func append(catalogue: Catalogue, at: Instant) throws -> Versioned<Catalogue> {
    try base.append(catalogue: catalogue, at: at)
  }
  func append(governance: GovernanceChange) throws -> GovernanceChange {
    try base.append(governance: governance)
  }
  func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap { try base.append(plan: plan, at: at) }
  func append(opening state: EpochState) throws { try base.append(opening: state) }
  func append(epoch: ClosedEpoch) throws { try base.append(epoch: epoch) }
  func recover() throws -> Recovery { try base.recover() }
  func position() throws -> LedgerPosition { try base.position() }
  func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic] {
    try base.traffic(after: after, through: through, map: map)
  }
  func judged(after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void) throws {
    try base.judged(after: after, through: through, map: map, body)
  }
  func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws {
    try base.unjudged(capability, from: from, to: to, through: through, map: map, body)
  }
  func judged(_ id: Identifier, map: RegionMap) throws -> Judged? { try base.judged(id, map: map) }
  func tallies(epoch: Int) throws -> EpochTallies { try base.tallies(epoch: epoch) }
  func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]] {
    try base.embeddings(capability, limit: limit)
  }
  func distinctIntents(_ capability: Capability, limit: Int) throws -> Int {
    try base.distinctIntents(capability, limit: limit)
  }
  func forgetEmbeddings(before: Instant, map: RegionMap) throws {
    try base.forgetEmbeddings(before: before, map: map)
  }
  func dropParked(before: Instant) throws -> Int { try base.dropParked(before: before) }
  func decision(_ id: Identifier) throws -> Decision? { try base.decision(id) }
  func feedback(about id: Identifier) throws -> [RecordedFeedback] { try base.feedback(about: id) }
  func answer(key: String) throws -> Answer? { try base.answer(key: key) }
  func dropAnswers(before: Instant) throws { try base.dropAnswers(before: before) }
  func sessions(since: Instant) throws -> [SessionSeat] { try base.sessions(since: since) }
  func epochs(from: Int, limit: Int) throws -> [EpochSummary] { try base.epochs(from: from, limit: limit) }
  func state(ofEpoch epoch: Int) throws -> EpochState? { try base.state(ofEpoch: epoch) }
  func catalogue(version: Int) throws -> Versioned<Catalogue>? { try base.catalogue(version: version) }
  func governance(version: Int) throws -> Versioned<Governance>? { try base.governance(version: version) }
  func map(version: Int) throws -> RegionMap? { try base.map(version: version) }
  func governanceHistory() throws -> [GovernanceChange] { try base.governanceHistory() }
  func counts() throws -> LedgerCounts { try base.counts() }
  func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws {
    try base.decisions(after: after, body)
  }
  func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws {
    try base.feedback(after: after, body)
  }
  func close() throws { try base.close() }
}
