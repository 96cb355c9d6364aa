import Foundation
public import Logging
public import Routing
import Synchronization

/// Commits in groups: everything that arrives while one transaction is on its way to the disk goes into the next.
///
/// One thread writes. A decision may be handed over without waiting (`grouped`) and is committed within 50 ms or with
/// the next thousand; whoever waits makes the group leave at once, unless he has time: then he stays a few milliseconds
/// for company, and who has none goes first, alone. When the disk fails, waiters get the error, and
/// decisions that were handed over stay here and are tried again. When one batch of a group contradicts the ledger,
/// the group is taken apart, and only that one is refused.
public final class Recorder: Sendable {
  private struct Inbox {
    /// What nobody waits for: decisions.
    var posted = LedgerBatch()
    var waiters: [Waiter] = []
    /// Those who have time, and when the first of them came; long ago when somebody has asked for all.
    var patient: [Waiter] = []
    var patientSince: Date?
    var isStopped = false
    var failure: String?

    var isEmpty: Bool { posted.isEmpty && waiters.isEmpty && patient.isEmpty }
  }

  private struct Waiter {
    var batch: LedgerBatch
    var continuation: CheckedContinuation<[Receipt], any Error>
  }

  private final class State: @unchecked Sendable {
    // Guarded by `condition`, which the writing thread also sleeps on.
    var inbox = Inbox()
    let condition = NSCondition()
  }

  private let state = State()
  private let ledger: any Ledger
  private let logger: Logger
  private let patience: Patience
  private let finished = DispatchSemaphore(value: 0)

  /// How long a batch that has time stays, in seconds.
  ///
  /// With it a job's changes need fewer transactions, and an order seldom comes while the disk writes what nobody waits
  /// for.
  public struct Patience: Sendable {
    /// For company, while nobody else wants the disk.
    public var alone = 0.004
    /// While others do: after it, it goes with them.
    public var most = 0.025

    public init() {}
  }

  /// Decisions that may wait for the disk; beyond it, deciding waits too. Ten seconds of them at full load: an epoch of a
  /// million scores keeps the disk for some of these. With texts never seen before, each takes about 1.3 kB.
  public static let capacity = 200_000
  static let groupSize = 1_000
  static let groupDelay = 0.05
  /// A third of the share of those who decide: enough to keep up, and they are waited for.
  private static let niceness: Int32 = 5

  public init(_ ledger: any Ledger, logger: Logger, patience: Patience = Patience()) {
    self.ledger = ledger
    self.patience = patience
    self.logger = logger
    WorkThread.start("recorder", niceness: Recorder.niceness, stackSize: 1 << 21) { [self] in run() }
  }

  /// Why the last commit failed; nil when it did not.
  public var failure: String? {
    state.condition.lock()
    defer { state.condition.unlock() }
    return state.inbox.failure
  }

  /// Hands a decision over without waiting. False when too many wait already: then ``commit(_:)`` is the way.
  public func post(_ decision: Decision, _ embedding: [Float]?) -> Bool {
    state.condition.lock()
    defer { state.condition.unlock() }
    guard !state.inbox.isStopped, state.inbox.posted.decisions.count < Recorder.capacity else { return false }
    state.inbox.posted.decisions.append(decision)
    state.inbox.posted.embeddings.append(embedding)
    // The writer wakes by itself at the end of its delay; only a full group is worth a signal.
    if state.inbox.posted.decisions.count == 1 || state.inbox.posted.decisions.count == Recorder.groupSize {
      state.condition.signal()
    }
    return true
  }

  /// Returns when everything in the batch is durable, with one receipt per judgement.
  ///
  /// - Parameter hasTime: whether the caller can wait some milliseconds longer (``Patience``). Batches that come later may
  ///   be durable before it, so what builds on it must not be committed until this has returned.
  public func commit(_ batch: LedgerBatch, hasTime: Bool = false) async throws -> [Receipt] {
    try await withCheckedThrowingContinuation { continuation in
      state.condition.lock()
      guard !state.inbox.isStopped else {
        state.condition.unlock()
        continuation.resume(throwing: ServiceError.stopped)
        return
      }
      let waiter = Waiter(batch: batch, continuation: continuation)
      if hasTime {
        state.inbox.patient.append(waiter)
        if state.inbox.patientSince == nil { state.inbox.patientSince = Date() }
      } else {
        state.inbox.waiters.append(waiter)
      }
      // The writer wakes by itself when those who have time have had it.
      let isNews = !hasTime || state.inbox.patient.count == 1
      state.condition.unlock()
      guard isNews else { return }
      // Not under the lock: the writer would wake only to wait for it.
      state.condition.signal()
    }
  }

  /// Returns when everything handed over before is durable.
  public func flush() async throws {
    hurry()
    _ = try await commit(LedgerBatch())
  }

  /// Those who have time have none any more.
  private func hurry() {
    state.condition.lock()
    if state.inbox.patientSince != nil { state.inbox.patientSince = .distantPast }
    state.condition.unlock()
  }

  /// Commits what is there, then ends the thread.
  public func stop() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      Thread {
        self.state.condition.lock()
        self.state.inbox.isStopped = true
        self.state.condition.signal()
        self.state.condition.unlock()
        self.finished.wait()
        continuation.resume()
      }.start()
    }
  }

  private func run() {
    while let (posted, waiters) = next() {
      do {
        try commit(posted, waiters)
      } catch let conflict as LedgerConflict where waiters.count + (posted.isEmpty ? 0 : 1) > 1 {
        logger.error(
          "taking a group apart", metadata: ["error": "\(conflict)", "batches": "\(waiters.count)"])
        if !posted.isEmpty { tryCommitting(posted, []) }
        for waiter in waiters { tryCommitting(LedgerBatch(), [waiter]) }
      } catch {
        refuse(posted, waiters, error)
      }
    }
    finished.signal()
  }

  private func tryCommitting(_ posted: LedgerBatch, _ waiters: [Waiter]) {
    do { try commit(posted, waiters) } catch { refuse(posted, waiters, error) }
  }

  /// One transaction for all of them.
  private func commit(_ posted: LedgerBatch, _ waiters: [Waiter]) throws {
    var group = posted
    for waiter in waiters { group.append(waiter.batch) }
    var receipts = group.isEmpty ? [] : try ledger.append(group)[...]
    if !group.isEmpty { note(failure: nil) }
    for waiter in waiters {
      let count = waiter.batch.judgements.count
      waiter.continuation.resume(returning: Array(receipts.prefix(count)))
      receipts = receipts.dropFirst(count)
    }
  }

  private func refuse(_ posted: LedgerBatch, _ waiters: [Waiter], _ error: any Error) {
    logger.error(
      "commit failed",
      metadata: [
        "error": "\(error)", "decisions": "\(posted.decisions.count)", "batches": "\(waiters.count)",
      ])
    note(failure: "\(error)")
    for waiter in waiters { waiter.continuation.resume(throwing: ServiceError.ledger("\(error)")) }
    // A conflict would come again with the same batch; a disk may get better.
    if !(error is LedgerConflict), keep(posted) { Thread.sleep(forTimeInterval: 0.25) }
  }

  /// Waits for work, lets a group gather, and takes it. Nil when stopped and empty.
  private func next() -> (posted: LedgerBatch, waiters: [Waiter])? {
    state.condition.lock()
    defer { state.condition.unlock() }
    while state.inbox.isEmpty {
      if state.inbox.isStopped { return nil }
      state.condition.wait()
    }
    var full: Date?
    while state.inbox.waiters.isEmpty, !state.inbox.isStopped,
      state.inbox.posted.decisions.count < Recorder.groupSize
    {
      if full == nil, !state.inbox.posted.isEmpty { full = Date(timeIntervalSinceNow: Recorder.groupDelay) }
      let due = state.inbox.patientSince?.addingTimeInterval(patience.alone)
      guard state.condition.wait(until: min(full ?? .distantFuture, due ?? .distantFuture)) else { break }
    }
    var waiters = state.inbox.waiters
    state.inbox.waiters = []
    let waited = state.inbox.patientSince.map { -$0.timeIntervalSinceNow } ?? 0
    // A clock that was set back must not make anybody wait.
    if waiters.isEmpty || state.inbox.isStopped || !(0...patience.most).contains(waited) {
      waiters += state.inbox.patient
      state.inbox.patient = []
      state.inbox.patientSince = nil
    }
    defer { state.inbox.posted = LedgerBatch() }
    return (state.inbox.posted, waiters)
  }

  private func note(failure: String?) {
    state.condition.lock()
    state.inbox.failure = failure
    state.condition.unlock()
  }

  /// Puts decisions back that could not be committed: nobody else has them. False when stopping: they are lost, and
  /// the log says how many.
  private func keep(_ batch: LedgerBatch) -> Bool {
    state.condition.lock()
    defer { state.condition.unlock() }
    guard !state.inbox.isStopped else {
      logger.critical(
        "stopped with decisions that could not be committed", metadata: ["count": "\(batch.decisions.count)"])
      return false
    }
    state.inbox.posted.decisions = batch.decisions + state.inbox.posted.decisions
    state.inbox.posted.embeddings = batch.embeddings + state.inbox.posted.embeddings
    return true
  }
}

/// What the service cannot do at the moment.
public enum ServiceError: Error, Hashable, CustomStringConvertible {
  case stopped
  case ledger(String)
  case overloaded

  public var description: String {
    switch self {
    case .stopped: "the router is shutting down"
    case .ledger(let reason): "the ledger cannot be written: \(reason)"
    case .overloaded: "too many decisions wait for the disk"
    }
  }
}
