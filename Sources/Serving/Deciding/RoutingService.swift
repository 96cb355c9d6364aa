public import Embedding
public import Routing
import Synchronization

/// The router in operation: decides from memory, records behind the answer, takes in what is said, and reads out what
/// was learned. Everything that computes is in `Routing`; this holds the current snapshot and the order of things.
public final class RoutingService: Sendable {
  public let ledger: any Ledger
  public let embedder: any Embedder
  public let recorder: Recorder
  public let keeper: EpochKeeper
  public let clock: any WallClock
  let archive: SnapshotArchive
  private let current: CurrentTables
  private let mint: IdentifierMint
  private let sessions: Sessions
  private let turns = Atomic<UInt64>(0)

  init(
    ledger: any Ledger, embedder: any Embedder, recorder: Recorder, keeper: EpochKeeper,
    current: CurrentTables,
    clock: any WallClock, mint: IdentifierMint, sessions: Sessions
  ) {
    self.ledger = ledger
    self.embedder = embedder
    self.recorder = recorder
    self.keeper = keeper
    self.current = current
    self.clock = clock
    self.mint = mint
    self.sessions = sessions
    archive = SnapshotArchive(ledger)
  }

  /// The snapshot in force, with its tables.
  public var tables: TableCache { current.tables }
  public var snapshot: Snapshot { tables.snapshot }

  /// Decides one intent.
  ///
  /// - Parameters:
  ///   - embedding: the caller's own, D floats; nil to embed the intent's text.
  ///   - keep: makes an answer to be remembered under the caller's key; it is committed with the decision, before
  ///     this returns.
  /// - Throws: ``NoEligibleCandidate``, ``ServiceError``.
  public func decide(
    _ intent: Intent, embedding: [Float]? = nil, keep: ((Answered) -> Answer)? = nil
  ) async throws -> Answered {
    let vector: [Float]
    if let embedding { vector = embedding } else { vector = try await embedder.embed(intent.text ?? "") }
    let answered = try answer(intent, vector)
    try await record([answered], [vector], keeping: keep.map { [$0(answered)] } ?? [])
    return answered
  }

  /// Decides one intent if nothing has to be waited for, neither a vector from elsewhere nor a disk; nil otherwise,
  /// with nothing recorded.
  public func decideAtOnce(
    _ intent: Intent, embedding: [Float]? = nil
  ) throws(NoEligibleCandidate) -> Answered? {
    guard let vector = embedding ?? embedder.embedAtOnce(intent.text ?? "") else { return nil }
    let answered = try answer(intent, vector)
    guard !waits(answered), recorder.post(answered.decision, vector) else { return nil }
    return answered
  }

  /// Decides many at once: one sgemm per capability places them all. Each succeeds or fails on its own.
  public func decide(
    _ requests: [(intent: Intent, embedding: [Float]?)]
  ) async throws -> [Result<Answered, NoEligibleCandidate>] {
    var vectors: [[Float]] = []
    vectors.reserveCapacity(requests.count)
    for request in requests {
      if let embedding = request.embedding {
        vectors.append(embedding)
      } else {
        vectors.append(try await embedder.embed(request.intent.text ?? ""))
      }
    }
    let tables = tables
    var placements = [Placement](repeating: Placement(row: 0, similarity: 0), count: requests.count)
    for capability in Set(requests.map(\.intent.capability)) {
      let places = requests.indices.filter { requests[$0].intent.capability == capability }
      let placed = tables.snapshot.map.place(places.map { vectors[$0] }, capability)
      for (place, placement) in zip(places, placed) { placements[place] = placement }
    }
    var answers: [Result<Answered, NoEligibleCandidate>] = []
    var recorded: [Answered] = []
    var recordedVectors: [[Float]] = []
    for (index, request) in requests.enumerated() {
      do throws(NoEligibleCandidate) {
        let answered = try answer(request.intent, placements[index], tables)
        answers.append(.success(answered))
        recorded.append(answered)
        recordedVectors.append(vectors[index])
      } catch {
        answers.append(.failure(error))
      }
    }
    try await record(recorded, recordedVectors)
    return answers
  }

  private func answer(_ intent: Intent, _ vector: [Float]) throws(NoEligibleCandidate) -> Answered {
    let tables = tables
    return try answer(intent, tables.snapshot.map.place(vector, intent.capability), tables)
  }

  private func answer(
    _ intent: Intent, _ placement: Placement, _ tables: TableCache
  ) throws(NoEligibleCandidate) -> Answered {
    let now = clock.now
    let rules = tables.snapshot[intent.capability].rules
    let sticky = intent.session.flatMap {
      sessions.candidate(of: $0, intent.capability, at: now, window: rules.sessionWindow)
    }
    let turn = rules.policy == .roundRobin ? turns.wrappingAdd(1, ordering: .relaxed).oldValue : 0
    let (decision, choice) = try tables.decide(
      intent, placement, id: mint.next(at: now), at: now, sticky: sticky, turn: turn)
    if let session = intent.session {
      sessions.seat(
        SessionSeat(session: session, capability: intent.capability, ordinal: decision.chosen, at: now))
    }
    return Answered(decision: decision, choice: choice, tables: tables)
  }

  private func record(_ answers: [Answered], _ vectors: [[Float]], keeping kept: [Answer] = []) async throws {
    guard !answers.isEmpty else { return }
    let waits = !kept.isEmpty || waits(answers[0])
    var batch = LedgerBatch()
    batch.answers = kept
    for (answered, vector) in zip(answers, vectors) where waits || !recorder.post(answered.decision, vector) {
      batch.decisions.append(answered.decision)
      batch.embeddings.append(vector)
    }
    if !batch.isEmpty { _ = try await recorder.commit(batch) }
  }

  /// Whether the record has to be on disk before the answer leaves.
  private func waits(_ answered: Answered) -> Bool {
    answered.snapshot[answered.decision.intent.capability].rules.decisionDurability == .sync
  }

  /// Takes in what is said about decisions; returns when it is durable, with a receipt each.
  public func judge(_ submissions: [Submission]) async throws -> [Receipt] {
    guard !submissions.isEmpty else { return [] }
    var batch = LedgerBatch()
    batch.judgements = submissions
    return try await recorder.commit(batch)
  }

  /// An id that nobody has, for what came without one.
  public func mintIdentifier() -> Identifier { mint.next(at: clock.now) }

  /// Names a region by examples; it takes effect at the next epoch.
  public func addRegion(_ region: NamedRegion) async throws -> (region: Region, map: RegionMap) {
    let placed = try await Region(named: region, embedder)
    return (placed, try await keeper.rebase { $0.replaceNamed(placed) })
  }

  /// The snapshot with which an epoch began.
  public func snapshot(ofEpoch epoch: Int) throws -> Snapshot { try archive.snapshot(ofEpoch: epoch) }

  /// The reward that a decision has by all that was said up to now; nil without any.
  public func reward(of id: Identifier) async throws -> Reward? {
    guard let judged = try ledger.judged(id, map: snapshot.map) else { return nil }
    return judged.reward(through: .max, await keeper.openIndex)
  }
}

/// A decision with what it was made from.
public struct Answered: Sendable {
  public let decision: Decision
  public let choice: Choice
  private let tables: TableCache

  /// The snapshot that decided.
  public var snapshot: Snapshot {
    _read { yield tables.snapshot }
  }

  public init(decision: Decision, choice: Choice, tables: TableCache) {
    self.decision = decision
    self.choice = choice
    self.tables = tables
  }

  /// An explored decision costs this much more than the preferred one would have; 0 where a price is unknown.
  public var subsidy: Money {
    guard choice.reason == .explore else { return .zero }
    let roster = snapshot[decision.intent.capability].roster
    let scene = choice.table.scene
    let work = decision.intent.assumedWork
    func dollars(_ arm: Int) -> Double? {
      roster.candidates[scene.arms[arm].position].price?.dollars(for: work)
    }
    guard let explored = dollars(choice.arm), let preferred = dollars(choice.table.allocation.preferred)
    else { return .zero }
    return Money(dollars: max(0, explored - preferred)) ?? .zero
  }
}

/// The tables that the decision path reads, swapped in whole when an epoch closes.
final class CurrentTables: Sendable {
  private let value: Mutex<TableCache>

  init(_ tables: TableCache) { value = Mutex(tables) }

  var tables: TableCache { value.withLock { $0 } }

  func swap(to tables: TableCache) { value.withLock { $0 = tables } }
}
