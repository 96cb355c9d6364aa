public import Jobs
public import Logging
public import Routing
import Synchronization

/// A store of artefacts whose contents are accounted for, so that what nobody needs can be removed.
///
/// Everything that is kept is recorded behind it. Of a folder or bucket that others use too, only what was recorded here
/// is ever removed. A router that is killed between keeping and recording leaves a file that nobody removes, until the
/// same bytes are kept again.
///
/// The store may find that it has a file already just when that file is removed, and between the two no transaction
/// decides. So removals are announced in memory before they are written, and a copy looks whether its own name was
/// announced after it was recorded: whichever comes second sees the first.
public final class ArtefactRegister: Sendable {
  let store: any ArtefactKeeping
  let ledger: any ArtefactLedger
  private let recorder: Recorder?
  private let clock: any WallClock
  private let logger: Logger
  private let traffic = Mutex(Traffic())

  private struct Traffic {
    /// Copies under way.
    var incoming = 0
    /// Names that were removed while copies were under way.
    var gone: Set<String> = []
    /// Names being removed.
    var leaving: Set<String> = []
    /// Names that a new reference is being written to, and by how many.
    var held: [String: Int] = [:]
    var isCleaning = false
  }

  /// Records read at once.
  static let page = 200
  /// Faults of the store in a row after which a cleaning ends: the others would fail as well.
  static let patience = 3

  /// - Parameter recorder: of the same ledger: commits what is kept in groups with everything else, and lets nobody's
  ///   thread wait for the disk. Nil for a transaction each.
  public init(
    _ store: any ArtefactKeeping, ledger: any ArtefactLedger, recorder: Recorder? = nil,
    clock: any WallClock, logger: Logger
  ) {
    self.recorder = recorder
    self.store = store
    self.ledger = ledger
    self.clock = clock
    self.logger = logger
  }

  /// Whether what keeps artefacts has those of a result, and none of them is about to go.
  public func holds(_ result: JobResult) async throws -> Bool {
    for copy in result.copies {
      // A removal that a process did not live to end is ended by the next cleaning, whoever refers to the file by then.
      if try ledger.artefactRecord(copy.name)?.isLeaving == true { return false }
      guard try await store.artefact(named: copy.name) != nil else { return false }
    }
    return true
  }

  /// What is kept, by name: those behind `after`.
  public func records(after name: String?, limit: Int) throws -> [ArtefactRecord] {
    try ledger.artefactRecords(after: name, limit: limit)
  }

  public func totals() throws -> ArtefactTotals { try ledger.artefactTotals() }

  // MARK: Coming in

  private func record(_ artefact: Artefact) async throws {
    guard let name = ArtefactName(address: artefact.url)?.description else { return }
    let record = ArtefactRecord(name: name, byteCount: artefact.byteCount ?? 0, kept: clock.now)
    if let recorder {
      var batch = LedgerBatch()
      batch.kept = [record]
      _ = try await recorder.commit(batch)
    } else {
      try ledger.note(record)
    }
    let isDoubtful = traffic.withLock { $0.leaving.contains(name) || $0.gone.contains(name) }
    if isDoubtful { throw ArtefactRefusal.removedMeanwhile(name: name) }
  }

  private func incoming(_ copy: () async throws -> Artefact) async throws -> Artefact {
    traffic.withLock { $0.incoming += 1 }
    defer {
      traffic.withLock {
        $0.incoming -= 1
        if $0.incoming == 0 { $0.gone = [] }
      }
    }
    do {
      let artefact = try await copy()
      try await record(artefact)
      return artefact
    } catch let failure as VendorFailure {
      throw failure
    } catch {
      // The job tries again, and makes do with its vendor's address in the end: who runs this must hear of it.
      logger.error("an artefact cannot be kept", metadata: ["error": "\(error)"])
      throw error
    }
  }

  /// Keeps files from being removed while a new reference to them is written.
  ///
  /// - Returns: false when one of them is being removed.
  func hold(_ names: [String]) -> Bool {
    traffic.withLock { traffic in
      guard !names.contains(where: { traffic.leaving.contains($0) }) else { return false }
      for name in names { traffic.held[name, default: 0] += 1 }
      return true
    }
  }

  func release(_ names: [String]) {
    traffic.withLock { traffic in
      for name in names {
        let left = (traffic.held[name] ?? 1) - 1
        traffic.held[name] = left > 0 ? left : nil
      }
    }
  }

  // MARK: Going

  /// Removes what is to go by now. Cancelling the task ends it between two files; the next one goes on.
  ///
  /// - Throws: ``ArtefactRefusal/cleaning``, what the ledger throws, `CancellationError`.
  public func clean(_ retention: ArtefactRetention) async throws -> ArtefactCleaning {
    let isFree = traffic.withLock { traffic in
      defer { traffic.isCleaning = true }
      return !traffic.isCleaning
    }
    guard isFree else { throw ArtefactRefusal.cleaning }
    defer { traffic.withLock { $0.isCleaning = false } }
    let now = clock.now
    var cleaning = ArtefactCleaning()
    var last: String?
    var faults = 0
    while faults < ArtefactRegister.patience {
      let page = try ledger.artefactRecords(
        unusedSince: now - retention.unused, keptBefore: now - retention.longest, after: last,
        limit: ArtefactRegister.page)
      for record in page where faults < ArtefactRegister.patience {
        try Task.checkCancellation()
        let verdict = retention.verdict(on: record, at: now)
        do {
          if try await remove(record.name, retention, at: now) {
            cleaning.removed += 1
            cleaning.bytes += record.byteCount
            if verdict == .expired, record.uses > 0 { cleaning.expired += 1 }
          }
          faults = 0
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          faults += 1
          cleaning.failed += 1
          logger.warning(
            "an artefact could not be removed",
            metadata: ["name": "\(record.name)", "error": "\(error)"])
        }
      }
      last = page.last?.name
      if page.count < ArtefactRegister.page { break }
    }
    if cleaning.removed > 0 {
      logger.info(
        "removed artefacts", metadata: ["files": "\(cleaning.removed)", "bytes": "\(cleaning.bytes)"])
    }
    return cleaning
  }

  private func remove(_ name: String, _ retention: ArtefactRetention, at now: Instant) async throws -> Bool {
    let mayGo = traffic.withLock { traffic in
      guard traffic.held[name] == nil else { return false }
      traffic.leaving.insert(name)
      return true
    }
    guard mayGo else { return false }
    var isGone = false
    defer {
      traffic.withLock { traffic in
        traffic.leaving.remove(name)
        if isGone, traffic.incoming > 0 { traffic.gone.insert(name) }
      }
    }
    guard try ledger.beginRemoval(of: name, isDue: { retention.verdict(on: $0, at: now) != .stays }) else {
      return false
    }
    // From here on it may be half gone.
    isGone = true
    try await store.remove(name)
    try ledger.endRemoval(of: name)
    return true
  }
}

extension ArtefactRegister: ArtefactStore {
  public func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    do {
      return try await incoming { try await store.keep(bytes, contentType: contentType) }
    } catch ArtefactRefusal.removedMeanwhile {
      return try await incoming { try await store.keep(bytes, contentType: contentType) }
    }
  }
}

extension ArtefactRegister: ArtefactIntake {
  public func receive(
    _ artefact: Artefact,
    _ download:
      @Sendable (_ descriptor: Int32) async throws(VendorFailure) -> (
        contentType: String?, byteCount: Int
      )
  ) async throws -> Artefact {
    try await incoming { try await store.receive(artefact, download) }
  }
}

extension ArtefactRegister: ArtefactReading {
  public func artefact(named name: String) async throws -> StoredArtefact? {
    try await store.artefact(named: name)
  }

  public func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    try await store.read(artefact, range)
  }

  public func directAddress(
    of artefact: StoredArtefact, method: String, from now: Instant, lifetime: Span
  ) async throws -> String? {
    try await store.directAddress(of: artefact, method: method, from: now, lifetime: lifetime)
  }
}

extension ArtefactRegister: ArtefactRemoval {
  /// Whoever refers to it.
  public func remove(_ name: String) async throws {
    try await store.remove(name)
    try ledger.endRemoval(of: name)
  }
}
