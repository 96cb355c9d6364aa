public import Jobs
public import Logging
import Routing
public import ServiceLifecycle

/// Tells customers' endpoints how their jobs ended: at least once, in attempts that the ledger plans, to every receiver
/// by itself.
///
/// A delivery is stored with the end of its job. What is due is read page by page, and only what is under way at this
/// moment is in memory. An attempt is nothing until its answer is durable: a router that is killed in between makes it
/// again, under the same id.
public actor DeliveryService {
  public struct Settings: Sendable {
    public var schedule = DeliverySchedule()
    /// Attempts under way at the same time, in all.
    public var atOnce = 512
    /// At one receiver. What waits for it holds up nobody else.
    public var perReceiver = 8
    /// How long an answer is kept back after a commit that failed.
    public var commitPause = Duration.milliseconds(500)
    /// How long attempts under way are waited for at the end.
    public var farewell = Duration.seconds(5)

    public init() {}
  }

  nonisolated let ledger: any Ledger
  nonisolated let recorder: Recorder
  nonisolated let clock: any WallClock
  nonisolated let mint: @Sendable () -> Identifier
  private nonisolated let door: any DeliveryDoor
  private nonisolated let payload: @Sendable (JobView) throws -> [UInt8]
  private nonisolated let settings: Settings
  private nonisolated let chance: Chance
  private nonisolated let logger: Logger
  private nonisolated let alarm = Alarm()

  /// By receiver.
  private var underWay: [String: Set<Identifier>] = [:]
  private var attempts: [Identifier: Task<Void, Never>] = [:]
  /// The receiver that was served last: the next page begins behind it.
  private var cursor: String?
  /// When the time is looked at next, at the latest.
  private var wake = Instant(microseconds: 0)
  private var isStopping = false

  /// - Parameters:
  ///   - payload: makes what is sent of a job that has ended.
  ///   - seed: of the jitter.
  public init(
    router: RoutingService, door: any DeliveryDoor, settings: Settings = Settings(),
    seed: UInt64 = .random(in: .min ... .max), logger: Logger,
    payload: @escaping @Sendable (JobView) throws -> [UInt8]
  ) {
    ledger = router.ledger
    recorder = router.recorder
    clock = router.clock
    mint = { router.mintIdentifier() }
    self.door = door
    self.settings = settings
    self.logger = logger
    self.payload = payload
    chance = Chance(seed: seed)
  }

  // MARK: What is to be delivered

  /// Holds an address of a new job against what is ever called.
  ///
  /// - Returns: its absolute form.
  nonisolated func checked(_ url: String, of tenant: String?) throws -> String {
    let checked = try door.checked(url)
    guard try ledger.signingSecrets(of: tenant).contains(where: { $0.isValid(at: clock.now) }) else {
      throw DeliveryRefusal.noSecret(tenant: tenant)
    }
    return checked
  }

  /// What to store with the end of a job; nil when nobody wants to be told.
  ///
  /// - Parameter job: as it is when it has just ended.
  nonisolated func delivery(of job: Job, at now: Instant) throws -> DeliveryChange? {
    guard let url = job.callbackURL else { return nil }
    guard let decision = try ledger.decision(job.decision) else {
      logger.error("a job's decision is not in the ledger, so nobody is told", metadata: ["job": "\(job.id)"])
      return nil
    }
    let delivery = Delivery(
      id: mint(), job: job.id, tenant: job.tenant, event: "job.\(job.state.rawValue)", url: url, created: now)
    return DeliveryChange(
      delivery, before: nil, payload: try payload(JobView(job: job, decision: decision)))
  }

  /// Something may be due now.
  nonisolated func ring() { alarm.ring() }

  // MARK: Attempts

  /// How many attempts are under way.
  var count: Int { attempts.count }

  /// Begins every attempt that is due and has a place.
  func launch() throws {
    var mayBeginAnew = cursor != nil
    while !isStopping, attempts.count < settings.atOnce {
      let busy = underWay.filter { $0.value.count >= settings.perReceiver }
      let page = try ledger.dueDeliveries(
        by: clock.now, after: cursor, busy: Set(busy.keys), receivers: settings.atOnce - attempts.count,
        each: 2 * settings.perReceiver)
      if page.isEmpty {
        cursor = nil
        guard mayBeginAnew else { return }
        mayBeginAnew = false
      }
      for due in page where attempts.count < settings.atOnce {
        cursor = due.receiver
        launch(due.ids, at: due.receiver)
      }
    }
  }

  private func launch(_ ids: [Identifier], at receiver: String) {
    for id in ids where attempts[id] == nil && attempts.count < settings.atOnce {
      guard underWay[receiver, default: []].count < settings.perReceiver else { return }
      underWay[receiver, default: []].insert(id)
      attempts[id] = Task { [self] in
        let due = await attempt(id)
        ended(id, at: receiver, due: due)
      }
    }
  }

  /// One place is free again: its receiver may have more, and where there was no place at all anybody may.
  ///
  /// - Parameter due: when it is to be tried again, if it is.
  private func ended(_ id: Identifier, at receiver: String, due: Instant?) {
    let wasFull = attempts.count >= settings.atOnce
    attempts[id] = nil
    underWay[receiver]?.remove(id)
    if underWay[receiver]?.isEmpty == true { underWay[receiver] = nil }
    guard !isStopping else { return }
    if let due, due < wake { alarm.ring() }
    do {
      if wasFull { return try launch() }
      let next = try ledger.dueDeliveries(
        by: clock.now, for: receiver, limit: 2 * settings.perReceiver)
      launch(next, at: receiver)
    } catch {
      alarm.ring()
    }
  }

  /// One attempt, and its answer in the ledger.
  ///
  /// - Returns: when there is to be another one, if there is.
  private nonisolated func attempt(_ id: Identifier) async -> Instant? {
    let before: Delivery
    let body: [UInt8]?
    let secrets: [SigningSecret]
    do {
      guard let delivery = try ledger.delivery(id), delivery.state == .pending else { return nil }
      (before, body) = (delivery, try ledger.deliveryPayload(id))
      secrets = try ledger.signingSecrets(of: delivery.tenant).signing(at: clock.now)
    } catch {
      logger.error("a delivery cannot be read", metadata: ["id": "\(id)", "error": "\(error)"])
      try? await Task.sleep(for: settings.commitPause)
      return nil
    }
    let started = clock.now
    let answer: DeliveryAnswer
    if secrets.isEmpty {
      answer = DeliveryAnswer(unanswered: "not sent: \(DeliveryRefusal.noSecret(tenant: before.tenant))")
    } else if let body {
      answer = await door.send(before, body, secrets: secrets, at: started)
    } else {
      answer = DeliveryAnswer(unanswered: "not sent: its payload is not in the ledger")
    }
    // Given up by us, and so no answer of the receiver's.
    if Task.isCancelled, answer.status == nil { return nil }
    var after = before
    guard
      let attempt = after.record(
        answer, started: started, at: clock.now, random: chance.uniform(), schedule: settings.schedule)
    else { return nil }
    await commit(DeliveryChange(after, before: before.revision, attempt: attempt))
    return after.due
  }

  /// Until it is durable, or the router ends: nothing is sent again because the disk was full.
  private nonisolated func commit(_ change: DeliveryChange) async {
    var batch = LedgerBatch()
    batch.deliveries = [change]
    while true {
      do {
        _ = try await recorder.commit(batch)
        return note(change.delivery)
      } catch {
        // The disk may have it all the same.
        if let stored = try? ledger.delivery(change.delivery.id), stored.revision != change.before { return }
        if error as? ServiceError == .stopped { return await stop() }
        do { try await Task.sleep(for: settings.commitPause) } catch { return }
      }
    }
  }

  private func stop() { isStopping = true }

  private nonisolated func note(_ delivery: Delivery) {
    guard delivery.state == .dead else { return }
    logger.warning(
      "a delivery is a dead letter",
      metadata: [
        "id": "\(delivery.id)", "job": "\(delivery.job)", "receiver": "\(delivery.receiver)",
        "reason": "\(delivery.lastFailure ?? "")",
      ])
  }
}

extension DeliveryService: Service {
  /// Delivers until shutdown begins, then waits a while for what is under way. What is given up then is tried again at
  /// the next start.
  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.keepTime() }
    await finish()
  }

  /// Lets what is under way come to its end for a while, and gives the rest up.
  func finish() async {
    isStopping = true
    let end = ContinuousClock.now + settings.farewell
    while !attempts.isEmpty, ContinuousClock.now < end {
      // The task may be cancelled and would not sleep; another one is not.
      await Task { () -> Void in try? await Task.sleep(for: .milliseconds(20)) }.value
    }
    for task in attempts.values { task.cancel() }
    for task in attempts.values { await task.value }
  }

  private func keepTime() async {
    var isFailing = false
    while !Task.isCancelled {
      var wait = 1.0
      do {
        try launch()
        wait = try ledger.nextDelivery(after: clock.now).map { ($0 - clock.now).seconds } ?? 5
        isFailing = false
      } catch {
        if !isFailing { logger.error("deliveries cannot be read", metadata: ["error": "\(error)"]) }
        isFailing = true
      }
      wait = min(max(wait, 0.001), 5)
      wake = clock.now + Span(microseconds: Int64(wait * 1e6))
      await alarm.sleep(for: .seconds(wait))
    }
  }
}
