import Jobs
import Logging
import Routing

/// Lets things happen to jobs, to each in a row: an event changes the job, the change is stored with all that belongs
/// to it in one transaction, and only then its actions are carried out.
///
/// The sequence of one job is ``drain(_:)`` and nothing else: it alone replaces ``LiveJob/job``, and for one job it
/// runs once at a time. All else here is synchronous, and so never sees a job halfway.
actor Dispatcher {
  /// What the timers are set for.
  enum TimerKey: Hashable, Sendable {
    /// The job's own timer.
    case job(Identifier)
    /// An event waits for a ledger that can be written again.
    case inbox(Identifier)
    /// A provider's rate allows the next call.
    case provider(String)
    case market
    /// A cancellation that got no answer.
    case cancellation(Lease)
    case waiter(Identifier, Int)
  }

  let router: RoutingService
  let settings: JobSettings
  let artefacts: (any ArtefactIntake)?
  let deliveries: DeliveryService?
  let cache: ResponseCache?
  let credits: CreditService
  let chance: Chance
  let logger: Logger
  let alarm = Alarm()
  private let doubts: AsyncStream<ProviderFailure>.Continuation

  var adapters: any AdapterSource
  var board: ProviderBoard
  var live: [Identifier: LiveJob] = [:]
  var timers = TimerHeap<TimerKey>()
  var polling: [Lease: Bool] = [:]
  var cancellations: [Lease: (work: VendorWork, tries: Int)] = [:]
  var market = LiveMarket()
  var isMarketDue = false
  var isStopping = false
  var lastNumber = 0
  /// Everything that is being done at this moment: rows being gone through, calls, commits.
  var underWay = 0

  init(
    router: RoutingService, adapters: any AdapterSource, catalogue: Catalogue, settings: JobSettings,
    artefacts: (any ArtefactIntake)?, deliveries: DeliveryService?, cache: ResponseCache? = nil,
    credits: CreditService, seed: UInt64, logger: Logger,
    doubts: AsyncStream<ProviderFailure>.Continuation
  ) {
    self.router = router
    self.adapters = adapters
    self.settings = settings
    self.artefacts = artefacts
    self.deliveries = deliveries
    self.cache = cache
    self.credits = credits
    self.logger = logger
    self.doubts = doubts
    chance = Chance(seed: seed)
    board = ProviderBoard(
      catalogue,
      circuits: CircuitBoard(
        candidateRules: settings.candidateCircuit, providerRules: settings.providerCircuit),
      at: router.clock.now)
  }

  var now: Instant { router.clock.now }

  // MARK: One job, one thing after another

  /// Puts an event of the router's own behind what waits for the job already. It is never lost: where it cannot be
  /// stored, it is tried again.
  func post(_ errand: Errand, to id: Identifier) {
    guard live[id] != nil else {
      drop(errand)
      return
    }
    live[id]?.inbox.append(errand)
    kick(id)
  }

  /// Lets an event from outside happen, and returns when it is durable.
  ///
  /// - Returns: why it changed nothing; nil when it did.
  /// - Throws: when it could not be stored; then it has not happened.
  func tell(_ event: JobEvent, to id: Identifier) async throws -> Ignored? {
    guard try revive(id) else { return .unknownAttempt }
    return try await withCheckedThrowingContinuation { continuation in
      live[id]?.inbox.append(Errand(event, reply: continuation))
      kick(id)
    }
  }

  /// Has a job in memory, from the ledger if need be; false when there is none.
  func revive(_ id: Identifier) throws -> Bool {
    if live[id] != nil { return true }
    guard let job = try router.ledger.job(id) else { return false }
    live[id] = LiveJob(job, lastEntry: job.state.isTerminal ? 0 : try lastEntry(of: id))
    return true
  }

  func lastEntry(of id: Identifier) throws -> Int {
    var last = 0
    while let entry = try router.ledger.jobEvents(of: id, after: last, limit: 1_000).last {
      last = entry.number
    }
    return last
  }

  func kick(_ id: Identifier) {
    guard live[id]?.isBusy == false, live[id]?.inbox.isEmpty == false else { return }
    live[id]?.isBusy = true
    underWay += 1
    Task { await drain(id) }
  }

  /// Goes through a job's inbox. The first event that cannot be stored stays where it is, for later.
  private func drain(_ id: Identifier) async {
    while let errand = live[id]?.inbox.first {
      live[id]?.inbox.removeFirst()
      do {
        try await handle(errand, of: id)
      } catch {
        hold(errand, of: id, after: error)
        break
      }
    }
    live[id]?.isBusy = false
    underWay -= 1
    forgetIfSpent(id)
  }

  /// The event, the transaction, the actions.
  ///
  /// - Throws: when it could not be stored: the job is as it was.
  private func handle(_ errand: Errand, of id: Identifier) async throws {
    guard let slot = live[id] else { return }
    let before = slot.job
    if let candidate = errand.candidate, before.turn?.candidate != candidate {
      drop(errand)
      errand.reply?.resume(returning: .notNow)
      return
    }
    let now = now
    var job = before
    let transition = job.apply(errand.event, at: now, random: chance.uniform(), rules: settings.rules)
    guard transition.changed else {
      drop(errand)
      errand.reply?.resume(returning: transition.ignored)
      return
    }
    let entries = JobLog.entries(
      from: before, to: job, records: transition.records, at: now, last: slot.lastEntry,
      ahead: ahead(of: job, at: now))
    var batch = LedgerBatch()
    batch.jobs = [JobChange(job, before: before.revision, entries: entries)]
    batch.judgements = AttemptOutcomes.submissions(of: job, transition.records, at: now)
    batch.credits = creditChanges(from: before, to: job, at: now)
    if job.state.isTerminal, !before.state.isTerminal { batch.deliveries = try callbacks(of: job, at: now) }
    batch.cached = await cached(of: job, before: before)
    do {
      let hasTime = live[id]?.hasTime(errand, transition) ?? false
      try note(try await router.recorder.commit(batch, hasTime: hasTime), batch.judgements)
    } catch {
      // The disk may have it all the same.
      guard let stored = try? router.ledger.job(id), stored == job else { throw error }
    }
    live[id]?.job = job
    live[id]?.lastEntry = slot.lastEntry + entries.count
    if !batch.deliveries.isEmpty { deliveries?.ring() }
    for answer in batch.cached { cache?.note(answer) }
    book(batch.credits)
    errand.reply?.resume(returning: nil)
    settle(from: before, to: job, transition.records, at: now)
    announce(entries, of: id)
    for action in transition.actions { carryOut(action, for: id) }
  }

  /// Who is to be told of a job's end, in the same transaction.
  private func callbacks(of job: Job, at now: Instant) throws -> [DeliveryChange] {
    guard job.callbackURL != nil else { return [] }
    guard let deliveries else {
      logger.error("nobody makes callbacks here, and a job wants one", metadata: ["job": "\(job.id)"])
      return []
    }
    return try deliveries.delivery(of: job, at: now).map { [$0] } ?? []
  }

  /// Refused reports are no reason to stop, and no reason to be silent.
  private func note(_ receipts: [Receipt], _ submissions: [Submission]) throws {
    for (receipt, submission) in zip(receipts, submissions) {
      if case .rejected(let reason) = receipt {
        logger.warning(
          "an attempt's report was refused", metadata: ["id": "\(submission.id)", "reason": "\(reason)"])
      }
    }
  }

  /// After a commit that failed: who waits outside hears of it, the router's own events stay in their order.
  private func hold(_ errand: Errand, of id: Identifier, after error: any Error) {
    guard var slot = live[id] else { return }
    slot.inbox.insert(errand, at: 0)
    for waiting in slot.inbox { waiting.reply?.resume(throwing: error) }
    slot.inbox.removeAll { $0.reply != nil }
    live[id] = slot
    if error as? ServiceError == .stopped {
      isStopping = true
      return
    }
    if !slot.inbox.isEmpty { setTimer(.inbox(id), at: now + settings.commitPause) }
  }

  /// An errand that leads to nothing gives back what was taken for it.
  private func drop(_ errand: Errand) {
    guard let lease = errand.lease else { return }
    // The attempt that took the place may have begun by another word.
    if let job = live[lease.job]?.job, board.leases(of: job)[lease] != nil { return }
    release([lease])
  }

  func forgetIfSpent(_ id: Identifier) {
    guard let slot = live[id], slot.isSpent else { return }
    for reader in slot.readers.values { reader.continuation.finish() }
    for (number, waiter) in slot.waiters {
      timers.remove(.waiter(id, number))
      waiter.resume()
    }
    timers.remove(.job(id))
    timers.remove(.inbox(id))
    live[id] = nil
  }

  // MARK: What a change means for the rest

  /// After a change is durable: places, circuits, figures, the market.
  private func settle(from before: Job, to after: Job, _ records: [JobRecord], at now: Instant) {
    if after.state.isTerminal { timers.remove(.job(after.id)) }
    if after.state != .queued { leaveQueue(after.id) }
    var touched: Set<String> = []
    let (held, holds) = (board.leases(of: before), board.leases(of: after))
    for (lease, key) in holds where held[lease] == nil {
      board.restore(lease, to: key, at: now)
      touched.insert(key.provider)
    }
    for case .attemptEnded(let report) in records {
      touched.insert(report.provider)
      if isAboutCallersKey(report.failure, after.plan[after.attempts[report.attempt].candidate]) { continue }
      let changes = board.record(report, tenant: after.tenant, at: now, random: chance.uniform())
      note(changes)
      if report.failure?.failureClass == .retired, board.gone[report.candidate] != nil { retire(report) }
      if let failure = report.failure, !report.isRevision { doubt(report.provider, failure) }
    }
    let freed = held.keys.filter { holds[$0] == nil }
    if !freed.isEmpty { touched.formUnion(held.filter { holds[$0.key] == nil }.map(\.value.provider)) }
    release(freed, serving: false)
    for provider in touched {
      serve(provider)
      touch(provider)
    }
  }

  func doubt(_ provider: String, _ failure: VendorFailure) {
    switch failure.treatment.circuit {
    case .counts, .opensHard: doubts.yield(ProviderFailure(provider: provider, failure: failure))
    default: break
    }
  }

  func note(_ changes: [CircuitChange]) {
    for change in changes {
      isMarketDue = true
      logger.info(
        "circuit",
        metadata: ["of": "\(change.id)", "from": "\(change.from)", "to": "\(change.to)"])
    }
  }

  /// Tells a job's readers; after its last entry they are let go, and so is who waits for its end.
  private func announce(_ entries: [JobLogEntry], of id: Identifier) {
    guard var slot = live[id] else { return }
    for number in slot.readers.keys { slot.readers[number]?.tell(entries) }
    if slot.job.state.isTerminal {
      for reader in slot.readers.values { reader.continuation.finish() }
      for (number, waiter) in slot.waiters {
        timers.remove(.waiter(id, number))
        waiter.resume()
      }
      (slot.readers, slot.waiters) = ([:], [:])
    }
    live[id] = slot
  }

  func setTimer(_ key: TimerKey, at instant: Instant) {
    let before = timers.next
    timers.set(key, at: instant)
    if before.map({ instant < $0 }) ?? true { alarm.ring() }
  }
}
