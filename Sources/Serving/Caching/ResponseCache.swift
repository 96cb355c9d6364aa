public import Embedding
public import Jobs
public import Logging
import Routing
import Synchronization
import Vectors
import Wire

/// Results of earlier jobs for orders that are the same: in memory, and behind it in the ledger, which outlives the
/// process. What is in memory is in the ledger too.
///
/// Asked only by orders that wish it. The decisions are values (``CacheTicket``, ``CacheShelf``, ``CachedAnswer``); this
/// puts them in order, counts, and makes sure that files are still there.
public final class ResponseCache: Sendable {
  public struct Settings: Sendable {
    public var strategy = CacheStrategy.lru
    /// Bytes of answers in memory; 0 for none.
    public var memory = 64 << 20
    /// Bytes of answers in the ledger, which hold texts and addresses, not files.
    public var disk = 1 << 30

    public init() {}
  }

  /// An answer, and how near its prompt is to the one that was asked with; nil for the same order.
  public struct Found: Sendable {
    public var answer: CachedAnswer
    public var similarity: Double?
  }

  /// Since the start.
  public struct Counts: Hashable, Sendable {
    public var memoryHits = 0
    public var diskHits = 0
    /// Those among the hits that were found by similarity.
    public var semanticHits = 0
    public var misses = 0
    public var kept = 0
    public var memoryEvictions = 0
    public var diskEvictions = 0
    public var expired = 0
    /// Answers that were found and whose files were gone.
    public var stale = 0
    public var dropped = 0

    public var hits: Int { memoryHits + diskHits }
    /// Hits among lookups; nil before the first.
    public var hitRate: Double? { hits + misses > 0 ? Double(hits) / Double(hits + misses) : nil }
  }

  public struct Statistics: Sendable {
    public var counts: Counts
    public var settings: Settings
    public var memory: CacheTotals
    public var disk: CacheTotals
  }

  private struct State {
    var shelf: CacheShelf<String, CachedAnswer>
    var counts = Counts()
    /// Bytes in the ledger, as far as known here: what was kept since the last look is added.
    var diskBytes: Int
  }

  public let settings: Settings
  private let ledger: any CacheLedger
  private let embedder: any Embedder
  private let artefacts: ArtefactRegister?
  private let clock: any WallClock
  private let logger: Logger
  private let state: Mutex<State>

  /// Prompts that one is compared with in `semantic` mode, the latest of its kin.
  public static let comparisons = 2_000

  /// - Parameter artefacts: where files of answers must still be; nil where none are kept.
  /// - Throws: what the ledger throws.
  public init(
    ledger: any CacheLedger, embedder: any Embedder, artefacts: ArtefactRegister?, clock: any WallClock,
    settings: Settings = Settings(), logger: Logger
  ) throws {
    self.ledger = ledger
    self.embedder = embedder
    self.artefacts = artefacts
    self.clock = clock
    self.settings = settings
    self.logger = logger
    state = Mutex(
      State(
        shelf: CacheShelf(settings.strategy, capacity: settings.memory),
        diskBytes: try ledger.cacheTotals().bytes))
  }

  // MARK: Looking up

  private enum Tier { case memory, disk }

  /// What an order can be answered with; nil when it must be worked on. A fault of the cache is a miss.
  func find(_ order: JobOrder, _ wish: CacheWish) async -> Found? {
    do {
      let ticket = CacheTicket(order, wish)
      var similarity: Double?
      var found = try await valid(ticket.key)
      if found == nil, wish.mode == .semantic, let near = try await nearest(order, ticket, wish) {
        found = try await valid(near.key)
        similarity = near.similarity
      }
      guard let found else {
        state.withLock { $0.counts.misses += 1 }
        return nil
      }
      state.withLock { state in
        switch found.tier {
        case .memory: state.counts.memoryHits += 1
        case .disk: state.counts.diskHits += 1
        }
        if similarity != nil { state.counts.semanticHits += 1 }
      }
      return Found(answer: found.answer, similarity: similarity)
    } catch {
      logger.warning("the cache could not be asked", metadata: ["error": "\(error)"])
      state.withLock { $0.counts.misses += 1 }
      return nil
    }
  }

  /// What is kept under a key, when its time is not over and its files are still there.
  private func valid(_ key: String) async throws -> (answer: CachedAnswer, tier: Tier)? {
    let now = clock.now
    let found: (answer: CachedAnswer, tier: Tier)
    switch state.withLock({ $0.shelf.find(key, at: now) }) {
    case .hit(let answer): found = (answer, .memory)
    case .missing, .expired:
      guard let answer = try ledger.cachedAnswer(key) else { return nil }
      guard now < answer.expires else {
        try ledger.dropCached([key])
        state.withLock { $0.counts.expired += 1 }
        return nil
      }
      found = (answer, .disk)
    }
    guard try await artefacts?.holds(found.answer.result) ?? true else {
      try ledger.dropCached([key])
      state.withLock { state in
        state.shelf.remove(key)
        state.counts.stale += 1
      }
      return nil
    }
    if found.tier == .disk { remember(found.answer, at: now) }
    return found
  }

  /// The earlier prompt that is nearest to an order's, if it is near enough.
  private func nearest(
    _ order: JobOrder, _ ticket: CacheTicket, _ wish: CacheWish
  ) async throws -> (key: String, similarity: Double)? {
    let known = try ledger.cachedVectors(
      ofKin: ticket.kin, at: clock.now, limit: ResponseCache.comparisons)
    guard !known.isEmpty, let vector = try await direction(of: order) else { return nil }
    var best: (key: String, similarity: Double)?
    for (key, bytes) in known {
      guard let other = QuantisedVector(bytes: bytes).flatMap({ UnitVector(normalising: $0.elements) }),
        other.dimension == vector.count
      else { continue }
      let similarity = min(1, Double(DeterministicDot.dot(vector, other.elements)))
      // Of equals the latest, which comes first.
      if similarity > best?.similarity ?? -1 { best = (key, similarity) }
    }
    return best.flatMap { $0.similarity >= wish.similarity ? $0 : nil }
  }

  /// Of the prompt, and not of the intent, whose text may be another: what is made follows the prompt.
  private func direction(of order: JobOrder) async throws -> [Float]? {
    guard let prompt = order.input[.prompt]?.stringValue else { return nil }
    return UnitVector(normalising: try await embedder.embed(prompt))?.elements
  }

  // MARK: Keeping

  /// What a job that has just ended leaves, to be stored with its end; nil when it leaves nothing.
  ///
  /// - Parameters:
  ///   - model: the vendor's name of the one that delivered.
  ///   - prompt: as it was given; nil when there was none.
  func answer(of job: Job, model: String, prompt: @Sendable () -> String?) async -> CachedAnswer? {
    let now = clock.now
    guard var answer = CachedAnswer(job, model: model, at: now) else { return nil }
    if answer.ticket.isSemantic, let prompt = prompt(), let vector = try? await embedder.embed(prompt),
      UnitVector(normalising: vector) != nil
    {
      answer.vector = QuantisedVector(vector).bytes
    }
    return answer
  }

  /// An answer is in the ledger.
  func note(_ answer: CachedAnswer) {
    let now = clock.now
    remember(answer, at: now)
    let isFull = state.withLock { state in
      state.counts.kept += 1
      state.diskBytes += answer.byteCount
      return state.diskBytes > settings.disk
    }
    guard isFull else { return }
    do { try trim() } catch {
      logger.warning("the cache could not be trimmed", metadata: ["error": "\(error)"])
    }
  }

  private func remember(_ answer: CachedAnswer, at now: Instant) {
    state.withLock { state in
      let gone = state.shelf.insert(
        answer.ticket.key, answer, bytes: answer.byteCount, expires: answer.expires, at: now)
      state.counts.memoryEvictions += gone.count
    }
  }

  // MARK: Leaving

  /// Drops what has expired and what is too much.
  public func trim() throws {
    let trimmed = try ledger.trimCache(to: settings.disk, by: settings.strategy, at: clock.now)
    let bytes = try ledger.cacheTotals().bytes
    state.withLock { state in
      for key in trimmed.expired + trimmed.evicted { state.shelf.remove(key) }
      state.counts.expired += trimmed.expired.count
      state.counts.diskEvictions += trimmed.evicted.count
      state.diskBytes = bytes
    }
  }

  /// Drops what is selected from both tiers.
  ///
  /// - Returns: how many answers there were.
  public func drop(_ selection: CacheSelection) throws -> Int {
    let keys = try ledger.dropCached(matching: selection)
    let bytes = try ledger.cacheTotals().bytes
    state.withLock { state in
      for key in keys { state.shelf.remove(key) }
      state.counts.dropped += keys.count
      state.diskBytes = bytes
    }
    return keys.count
  }

  public func statistics() throws -> Statistics {
    let disk = try ledger.cacheTotals()
    return state.withLock { state in
      Statistics(
        counts: state.counts, settings: settings,
        memory: CacheTotals(entries: state.shelf.count, bytes: state.shelf.bytes), disk: disk)
    }
  }

  // MARK: For a job that is answered

  /// Keeps an answer's files while the job that is answered with it is written; nil when they are being removed.
  func holding<Value>(_ answer: CachedAnswer, _ body: () async throws -> Value) async rethrows -> Value? {
    let names = answer.result.copies.map(\.name)
    guard let artefacts else { return try await body() }
    guard artefacts.hold(names) else { return nil }
    defer { artefacts.release(names) }
    return try await body()
  }
}
