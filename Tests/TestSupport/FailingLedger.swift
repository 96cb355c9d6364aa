import Foundation
public import Credits
public import Jobs
public import Recipes
public import Routing
public import Serving
import Synchronization
public import Vectors

/// A ledger, in memory unless said otherwise, whose disk can be full, or slow, and whose process can be killed.
public final class FailingLedger: Ledger {
  public struct DiskFull: Error, CustomStringConvertible { public var description: String { "disk full" } }
  public struct Stopped: Error, CustomStringConvertible { public var description: String { "stopped" } }

  /// Where it writes; a second ledger may go on where this one was stopped.
  public let base: any Ledger
  private let isFailing = Mutex(false)
  private let seconds = Mutex(0.0)
  private let life = Mutex<(left: Int?, writesLast: Bool, isWriting: Bool)>((nil, false, false))

  public init(_ base: any Ledger = MemoryLedger()) { self.base = base }

  /// Lets so many more commits through and then none, and nothing about jobs is read any more: the process is gone.
  ///
  /// - Parameter writesLast: whether the first commit beyond is written all the same, and nobody hears of it.
  public func stop(after commits: Int, writesLast: Bool = false) {
    life.withLock { $0 = (commits, writesLast, false) }
  }

  /// Whether it was stopped.
  public var isDead: Bool { life.withLock { ($0.left ?? 0) < 0 } }

  /// Whether it was stopped, and what it wrote last is there: another one may go on.
  public var isGone: Bool { life.withLock { ($0.left ?? 0) < 0 && !$0.isWriting } }

  private func live() throws { if isDead { throw Stopped() } }

  private func spend() throws -> Bool {
    try life.withLock { life in
      guard let left = life.left else { return true }
      life.left = left - 1
      if left > 0 { return true }
      if left == 0, life.writesLast {
        life.isWriting = true
        return false
      }
      throw Stopped()
    }
  }

  public var fails: Bool {
    get { isFailing.withLock { $0 } }
    set { isFailing.withLock { $0 = newValue } }
  }

  /// How long each commit takes, in seconds.
  public var pause: Double {
    get { seconds.withLock { $0 } }
    set { seconds.withLock { $0 = newValue } }
  }

  public func append(_ batch: LedgerBatch) throws -> [Receipt] {
    if pause > 0 { Thread.sleep(forTimeInterval: pause) }
    if fails { throw DiskFull() }
    guard try spend() else {
      defer { life.withLock { $0.isWriting = false } }
      _ = try base.append(batch)
      throw Stopped()
    }
    return try base.append(batch)
  }

  public func append(catalogue: Catalogue, from origin: CatalogueOrigin, at: Instant) throws -> Versioned<
    Catalogue
  > {
    try base.append(catalogue: catalogue, from: origin, at: at)
  }
  public func append(governance: GovernanceChange) throws -> GovernanceChange {
    try base.append(governance: governance)
  }
  public func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap {
    try base.append(plan: plan, at: at)
  }
  public func append(opening state: EpochState) throws { try base.append(opening: state) }
  public func append(epoch: ClosedEpoch) throws { try base.append(epoch: epoch) }
  public func recover() throws -> Recovery { try base.recover() }
  public func position() throws -> LedgerPosition { try base.position() }
  public func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic] {
    try base.traffic(after: after, through: through, map: map)
  }
  public func judged(after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void) throws {
    try base.judged(after: after, through: through, map: map, body)
  }
  public func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws {
    try base.unjudged(capability, from: from, to: to, through: through, map: map, body)
  }
  public func judged(_ id: Identifier, map: RegionMap) throws -> Judged? { try base.judged(id, map: map) }
  public func lessons(
    _ capability: Capability, limit: Int, through: Int64, map: RegionMap,
    _ body: (Judged, _ embedding: [Float]) throws -> Void
  ) throws {
    try base.lessons(capability, limit: limit, through: through, map: map, body)
  }
  public func embedding(of decision: Identifier) throws -> QuantisedVector? {
    try base.embedding(of: decision)
  }
  public func tallies(epoch: Int) throws -> EpochTallies { try base.tallies(epoch: epoch) }
  public func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]] {
    try base.embeddings(capability, limit: limit)
  }
  public func distinctIntents(_ capability: Capability, limit: Int) throws -> Int {
    try base.distinctIntents(capability, limit: limit)
  }
  public func forgetEmbeddings(before: Instant, map: RegionMap) throws {
    try base.forgetEmbeddings(before: before, map: map)
  }
  public func dropParked(before: Instant) throws -> Int { try base.dropParked(before: before) }
  public func decision(_ id: Identifier) throws -> Decision? { try base.decision(id) }
  public func feedback(about id: Identifier) throws -> [RecordedFeedback] { try base.feedback(about: id) }
  public func answer(key: String) throws -> Answer? { try base.answer(key: key) }
  public func dropAnswers(before: Instant) throws { try base.dropAnswers(before: before) }
  public func sessions(since: Instant) throws -> [SessionSeat] { try base.sessions(since: since) }
  public func epochs(from: Int, limit: Int) throws -> [EpochSummary] {
    try base.epochs(from: from, limit: limit)
  }
  public func residuals(inEpoch epoch: Int) throws -> [FittedResiduals] {
    try base.residuals(inEpoch: epoch)
  }
  public func state(ofEpoch epoch: Int) throws -> EpochState? { try base.state(ofEpoch: epoch) }
  public func catalogue(from origin: CatalogueOrigin) throws -> Versioned<Catalogue>? {
    try base.catalogue(from: origin)
  }
  public func catalogue(version: Int) throws -> Versioned<Catalogue>? { try base.catalogue(version: version) }
  public func governance(version: Int) throws -> Versioned<Governance>? {
    try base.governance(version: version)
  }
  public func map(version: Int) throws -> RegionMap? { try base.map(version: version) }
  public func governanceHistory() throws -> [GovernanceChange] { try base.governanceHistory() }
  public func counts() throws -> LedgerCounts { try base.counts() }
  public func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws {
    try base.decisions(after: after, body)
  }
  public func feedbackSubjects(of id: String) throws -> Set<Identifier> {
    try base.feedbackSubjects(of: id)
  }
  public func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws {
    try base.feedback(after: after, body)
  }
  public func close() throws { try base.close() }
  public func dropJobs(endedBefore: Instant) throws -> Int { try base.dropJobs(endedBefore: endedBefore) }
  public func dropHealthChecks(before: Instant) throws { try base.dropHealthChecks(before: before) }
  public func job(_ id: Identifier) throws -> Job? {
    try live()
    return try base.job(id)
  }
  public func unfinishedJobs(_ body: (Job) throws -> Void) throws { try base.unfinishedJobs(body) }
  public func jobs(
    states: Set<JobState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Job] {
    try base.jobs(states: states, tenant: tenant, before: before, limit: limit)
  }
  public func jobs(of decision: Identifier) throws -> [Job] { try base.jobs(of: decision) }
  public func attempt(atVendor id: String, of provider: String) throws -> (job: Identifier, attempt: Int)? {
    try live()
    return try base.attempt(atVendor: id, of: provider)
  }
  public func jobInput(_ reference: String) throws -> [UInt8]? {
    try live()
    return try base.jobInput(reference)
  }
  public func jobEvents(of id: Identifier, after number: Int, limit: Int) throws -> [JobLogEntry] {
    try live()
    return try base.jobEvents(of: id, after: number, limit: limit)
  }
  public func delivery(_ id: Identifier) throws -> Delivery? {
    try live()
    return try base.delivery(id)
  }
  public func deliveries(
    state: DeliveryState?, job: Identifier?, before: Identifier?, limit: Int
  ) throws -> [Delivery] {
    try base.deliveries(state: state, job: job, before: before, limit: limit)
  }
  public func deliveryPayload(_ id: Identifier) throws -> [UInt8]? {
    try live()
    return try base.deliveryPayload(id)
  }
  public func deliveryAttempts(of id: Identifier) throws -> [DeliveryAttempt] {
    try base.deliveryAttempts(of: id)
  }
  public func dueDeliveries(
    by now: Instant, after receiver: String?, busy: Set<String>, receivers: Int, each: Int
  ) throws -> [DueDeliveries] {
    try live()
    return try base.dueDeliveries(by: now, after: receiver, busy: busy, receivers: receivers, each: each)
  }
  public func dueDeliveries(by now: Instant, for receiver: String, limit: Int) throws -> [Identifier] {
    try live()
    return try base.dueDeliveries(by: now, for: receiver, limit: limit)
  }
  public func nextDelivery(after now: Instant) throws -> Instant? {
    try live()
    return try base.nextDelivery(after: now)
  }
  public func signingSecrets(of tenant: String?) throws -> [SigningSecret] {
    try base.signingSecrets(of: tenant)
  }
  public func signingSecrets() throws -> [SigningSecret] { try base.signingSecrets() }
  public func append(secret: SigningSecret, endingOthers end: Instant) throws {
    if fails { throw DiskFull() }
    try base.append(secret: secret, endingOthers: end)
  }
  public func creditAccounts() throws -> [CreditAccount] {
    try live()
    return try base.creditAccounts()
  }
  public func creditEntries(
    of account: CreditAccountID?, before: Int64?, limit: Int
  ) throws -> [NumberedCreditEntry] {
    try base.creditEntries(of: account, before: before, limit: limit)
  }
  public func creditEntries(of job: Identifier) throws -> [CreditEntry] { try base.creditEntries(of: job) }
  public func budgetUses(from day: BudgetDay) throws -> [BudgetUse] { try base.budgetUses(from: day) }
  public func apiKeys() throws -> [APIKey] { try base.apiKeys() }
  public func append(key: APIKey) throws {
    if fails { throw DiskFull() }
    try base.append(key: key)
  }
  public func revokeKey(_ id: Identifier, at now: Instant) throws -> Bool {
    try base.revokeKey(id, at: now)
  }
  public func dropSecret(_ id: Identifier) throws -> Bool { try base.dropSecret(id) }
  public func dropDeliveries(endedBefore: Instant) throws -> Int {
    try base.dropDeliveries(endedBefore: endedBefore)
  }
  public func append(recipe: RecipeVersion) throws -> RecipeSuccession { try base.append(recipe: recipe) }
  public func recipe(_ name: String, version: Int?) throws -> RecipeVersion? {
    try base.recipe(name, version: version)
  }
  public func recipes() throws -> [RecipeVersion] { try base.recipes() }
  public func recipeHistory(_ name: String) throws -> [RecipeVersion] { try base.recipeHistory(name) }
  public func append(choice: RecipeChoice) throws { try base.append(choice: choice) }
  public func recipeChoices() throws -> [RecipeChoice] { try base.recipeChoices() }
  public func generation(_ id: Identifier) throws -> Generation? {
    try live()
    return try base.generation(id)
  }
  public func unfinishedGenerations(_ body: (Generation) throws -> Void) throws {
    try base.unfinishedGenerations(body)
  }
  public func generations(
    states: Set<GenerationState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Generation] {
    try base.generations(states: states, tenant: tenant, before: before, limit: limit)
  }
  public func dropGenerations(endedBefore: Instant) throws -> Int {
    try base.dropGenerations(endedBefore: endedBefore)
  }
  public func healthChecks(of provider: String, limit: Int) throws -> [ProviderHealth.Entry] {
    try base.healthChecks(of: provider, limit: limit)
  }
}
