public import Embedding
public import Routing
import Synchronization
import Vectors

/// The router in operation: decides from memory, records behind the answer, takes in what is said, and reads out what
/// was learned. Everything that computes is in `Routing`; this holds the current snapshot and the order of things.
public final class RoutingService: Sendable {
  public let ledger: any Ledger
  public let embedder: any Embedder
  public let recorder: Recorder
  public let keeper: EpochKeeper
  public let clock: any WallClock
  let archive: SnapshotArchive
  let current: CurrentTables
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
  public var tables: TableCache { current.value.tables }
  public var snapshot: Snapshot { tables.snapshot }

  /// Decides one intent for whoever executes elsewhere: of what is known of the moment, only the vendors' obstacles
  /// keep candidates out.
  ///
  /// - Parameters:
  ///   - embedding: the caller's own, D floats; nil to embed the intent's text.
  ///   - tenant: whose decision it is; nil for nobody's in particular.
  ///   - keep: makes an answer to be remembered under the caller's key; it is committed with the decision, before
  ///     this returns.
  /// - Throws: ``NoEligibleCandidate``, ``ServiceError``.
  public func decide(
    _ intent: Intent, embedding: [Float]? = nil, tenant: String? = nil, keep: ((Answered) -> Answer)? = nil
  ) async throws -> Answered {
    let vector = try await self.vector(intent, embedding)
    let answered = try answer(intent, vector, tenant: tenant).answered
    try await record([answered], [vector], keeping: keep.map { [$0(answered)] } ?? [])
    return answered
  }

  /// Decides one intent if nothing has to be waited for, neither a vector from elsewhere nor a disk; nil otherwise,
  /// with nothing recorded.
  public func decideAtOnce(
    _ intent: Intent, embedding: [Float]? = nil, tenant: String? = nil
  ) throws(NoEligibleCandidate) -> Answered? {
    guard let vector = embedding ?? embedder.embedAtOnce(intent.text ?? "") else { return nil }
    let answered = try answer(intent, vector, tenant: tenant).answered
    guard !waits(answered), recorder.post(answered.decision, vector) else { return nil }
    return answered
  }

  /// Decides many at once: one sgemm per capability places them all. Each succeeds or fails on its own.
  public func decide(
    _ requests: [(intent: Intent, embedding: [Float]?)], tenant: String? = nil
  ) async throws -> [Result<Answered, NoEligibleCandidate>] {
    var vectors: [[Float]] = []
    vectors.reserveCapacity(requests.count)
    for request in requests {
      vectors.append(try await vector(request.intent, request.embedding))
    }
    let present = current.value
    var placements = [Placement](repeating: Placement(row: 0, similarity: 0), count: requests.count)
    for capability in Set(requests.map(\.intent.capability)) {
      let places = requests.indices.filter { requests[$0].intent.capability == capability }
      let placed = present.tables.snapshot.map.place(places.map { vectors[$0] }, capability)
      for (place, placement) in zip(places, placed) { placements[place] = placement }
    }
    var answers: [Result<Answered, NoEligibleCandidate>] = []
    var recorded: [Answered] = []
    var recordedVectors: [[Float]] = []
    for (index, request) in requests.enumerated() {
      do throws(NoEligibleCandidate) {
        let answered = try answer(
          request.intent, vectors[index], placements[index], present, tenant: tenant
        ).answered
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

  /// The caller's vector, or that of the intent's text.
  func vector(_ intent: Intent, _ embedding: [Float]?) async throws -> [Float] {
    if let embedding { return embedding }
    return try await embedder.embed(intent.text ?? "")
  }

  /// Places and decides. Whoever asks records.
  func answer(
    _ intent: Intent, _ vector: [Float], _ execution: Execution = .elsewhere, tenant: String?
  ) throws(NoEligibleCandidate) -> (answered: Answered, admission: Admission) {
    let present = current.value
    let placement = present.tables.snapshot.map.place(vector, intent.capability)
    return try answer(intent, vector, placement, present, execution, tenant: tenant)
  }

  private func answer(
    _ intent: Intent, _ vector: [Float], _ placement: Placement, _ present: CurrentTables.Value,
    _ execution: Execution = .elsewhere, tenant: String?
  ) throws(NoEligibleCandidate) -> (answered: Answered, admission: Admission) {
    let now = clock.now
    let tables = present.tables
    let rules = tables.snapshot[intent.capability].rules
    let sticky = intent.session.flatMap {
      sessions.candidate(of: $0, intent.capability, at: now, window: rules.sessionWindow)
    }
    let turn = rules.policy == .roundRobin ? turns.wrappingAdd(1, ordering: .relaxed).oldValue : 0
    let circumstances = Circumstances(
      id: mint.next(at: now), at: now, live: present.market?[intent.capability], execution: execution)
    // Of the vector as it will be kept, so that the same is preferred when the decision is made again.
    let direction = tables.snapshot.direction(
      of: QuantisedVector(vector).elements, row: placement.row, intent.capability)
    let (made, choice, admission) = try tables.decide(
      intent, placement, direction: direction, circumstances, sticky: sticky, turn: turn)
    var decision = made
    decision.tenant = tenant
    if let session = intent.session {
      sessions.seat(
        SessionSeat(session: session, capability: intent.capability, ordinal: decision.chosen, at: now))
    }
    let answered = Answered(
      decision: decision, choice: choice, tables: tables, circumstances: circumstances)
    return (answered, admission)
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
