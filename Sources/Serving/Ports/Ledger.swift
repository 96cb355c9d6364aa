public import Routing
public import Vectors

/// The append-only log of everything that was decided and said, and what is derived from it: the port behind which
/// SQLite (``Persistence``) and memory (``MemoryLedger``) stand. `LedgerContract` holds both to the same behaviour.
///
/// Methods block; the service calls them from threads where that is fine. All may be called from any thread; a ledger
/// puts concurrent writes in a row by itself. When a writing method returns, what it wrote is durable.
/// Sequences are positive, ascending and never reused, one series for decisions and one for judgements.
/// A `body` runs within a snapshot and must not call the ledger; one that returns a `Bool` returns false to stop.
public protocol Ledger: JobLedger, DeliveryLedger, RecipeLedger, CreditLedger {
  // MARK: Appending

  /// Commits a batch in one transaction, in this order: decisions, then parked judgements that waited for them, then new
  /// judgements, then jobs, deliveries, generations and the books.
  ///
  /// - Throws: ``LedgerConflict``, with nothing written, when a job, a delivery or a generation is not at the revision
  ///   that its change expects, or a job's log would have a gap, or an entry is booked already or overdraws an account.
  ///
  /// - Returns: one receipt per judgement, in order.
  func append(_ batch: LedgerBatch) throws -> [Receipt]

  /// Records a catalogue; its version is one more than the last. The roll grows by the new candidates.
  func append(catalogue: Catalogue, from origin: CatalogueOrigin, at: Instant) throws -> Versioned<Catalogue>

  /// Records a change of governance; its version is one more than the last.
  func append(governance: GovernanceChange) throws -> GovernanceChange

  /// Records a region map; its version is one more than the last.
  func append(plan: RegionMap.Plan, at: Instant) throws -> RegionMap

  /// Records the state with which epoch 0 begins: once, in an empty ledger.
  func append(opening state: EpochState) throws

  /// Records a closed epoch with all that it changed, in one transaction.
  func append(epoch: ClosedEpoch) throws

  // MARK: The state at start

  /// What is in force: the newest of everything, and the last closed epoch.
  func recover() throws -> Recovery

  // MARK: What the fold reads

  /// The last sequences committed.
  func position() throws -> LedgerPosition

  /// Decisions with sequences in (after, through], counted by capability, row of `map`, and whether explored; sorted.
  ///
  /// A decision that another map placed is placed again by ``RegionMap/placeReproducibly(_:_:)`` from its stored
  /// embedding; without an embedding it belongs to the root row.
  func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic]

  /// Every decision with a judgement whose sequence is in (after, through], each once, with all its judgements up to
  /// `through` in ascending order; its row as in ``traffic(after:through:map:)``.
  func judged(
    after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void
  ) throws

  /// Decisions of a capability made in [from, to) that have no signal up to `through`, without their judgements; the
  /// ordinal is that of the candidate that executed, where a report says so.
  func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws

  /// One decision with all its judgements; nil when it is unknown.
  func judged(_ id: Identifier, map: RegionMap) throws -> Judged?

  /// The latest decisions of a capability that have an embedding and a judgement up to `through`, `limit` at most, in
  /// ascending order of sequence; each with those judgements, its row as in ``traffic(after:through:map:)``, and the
  /// embedding as it is kept.
  func lessons(
    _ capability: Capability, limit: Int, through: Int64, map: RegionMap,
    _ body: (Judged, _ embedding: [Float]) throws -> Void
  ) throws

  /// What counted in an epoch; empty when nothing did.
  func tallies(epoch: Int) throws -> EpochTallies

  /// Embeddings of the latest decisions of a capability with distinct texts, newest first; `limit` at most.
  func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]]

  /// A decision's embedding as it is kept; nil where it was forgotten, or never known.
  func embedding(of decision: Identifier) throws -> QuantisedVector?

  /// How many distinct texts the decisions of a capability have, counted up to `limit`.
  func distinctIntents(_ capability: Capability, limit: Int) throws -> Int

  /// Forgets the embeddings of decisions made before an instant, keeping the row they have in `map`.
  func forgetEmbeddings(before: Instant, map: RegionMap) throws

  /// Drops parked judgements that were received before an instant; returns how many there were.
  func dropParked(before: Instant) throws -> Int

  // MARK: Reading

  func decision(_ id: Identifier) throws -> Decision?
  /// Everything said about a decision, in ascending order of sequence.
  func feedback(about: Identifier) throws -> [RecordedFeedback]
  /// The decisions that something was said about under a sender's id, or that it waits for; empty for an unknown id.
  func feedbackSubjects(of id: String) throws -> Set<Identifier>
  func answer(key: String) throws -> Answer?
  func dropAnswers(before: Instant) throws
  /// The latest decision of every session since an instant.
  func sessions(since: Instant) throws -> [SessionSeat]

  /// Closed epochs from `from` on, ascending; `limit` at most.
  func epochs(from: Int, limit: Int) throws -> [EpochSummary]
  /// The state with which an epoch began, and the versions in force during it.
  func state(ofEpoch epoch: Int) throws -> EpochState?
  /// The residual models in force during an epoch, by capability.
  func residuals(inEpoch epoch: Int) throws -> [FittedResiduals]
  func catalogue(version: Int) throws -> Versioned<Catalogue>?
  /// The newest of an origin; nil when there is none.
  func catalogue(from origin: CatalogueOrigin) throws -> Versioned<Catalogue>?
  func governance(version: Int) throws -> Versioned<Governance>?
  func map(version: Int) throws -> RegionMap?
  /// All changes, oldest first.
  func governanceHistory() throws -> [GovernanceChange]
  func counts() throws -> LedgerCounts

  /// Streams, in ascending order of sequence.
  func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws
  func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws

  /// Releases everything; nothing may be called afterwards.
  func close() throws
}

/// Who brought a catalogue.
public enum CatalogueOrigin: String, CaseIterable, Hashable, Sendable {
  /// The file that the router is started with.
  case file
  /// A caller.
  case request
  /// The router, which found a candidate gone.
  case router
}
