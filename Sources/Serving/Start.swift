public import Embedding
public import Logging
public import Routing
import Vectors

/// Why a router cannot start on a ledger.
public enum StartError: Error, Hashable, CustomStringConvertible {
  case otherEmbedding(stored: String, given: String)
  case damagedState(epoch: Int)

  public var description: String {
    switch self {
    case .otherEmbedding(let stored, let given):
      "this database was learned with the embedding \(stored), and \(given) was given: start with the former (make setup "
        + "fetches the static table), or on a new database"
    case .damagedState(let epoch):
      "the stored state of epoch \(epoch) cannot be read, and its region map is missing; restore a backup"
    }
  }
}

extension RoutingService {
  /// Starts a router on a ledger: from the last snapshot, without folding the log again.
  ///
  /// What changed since (a catalogue, its named regions) takes effect by closing the open epoch at once; in an empty
  /// ledger epoch 0 opens.
  ///
  /// - Parameters:
  ///   - catalogue: nil to go on with the one in the ledger.
  ///   - governance: settings that the command line insists on; recorded as a change when they differ.
  public static func start(
    on ledger: any Ledger, embedder: any Embedder, catalogue: Catalogue? = nil,
    settings: [(key: String, value: Setting)] = [], clock: any WallClock = SystemClock(),
    mint: IdentifierMint = IdentifierMint(), logger: Logger
  ) async throws -> RoutingService {
    let recovery = try ledger.recover()
    let now = clock.now
    if let plan = recovery.map?.plan, plan.embedding != embedder.name {
      throw StartError.otherEmbedding(stored: plan.embedding, given: embedder.name)
    }
    var stocked = recovery.catalogue ?? Versioned(version: 0, value: .empty)
    // A file that says what it said when it was last read does not undo what has come since by another way.
    if let catalogue, catalogue != recovery.catalogue?.value,
      try catalogue != ledger.catalogue(from: .file)?.value
    {
      stocked = try ledger.append(catalogue: catalogue, from: .file, at: now)
    }
    var governed = recovery.governance
    var changed = governed.value
    try changed.apply(settings)
    if changed != governed.value {
      let change = try ledger.append(
        governance: GovernanceChange(
          governance: changed, author: "command line", reason: "given at start", at: now))
      governed = Versioned(version: change.version, value: changed)
    }
    var plan =
      recovery.map?.plan
      ?? RegionMap.Plan(
        embedding: embedder.name, dimension: embedder.dimension, noveltyFloor: embedder.noveltyFloor)
    plan.applyFloors(of: governed.value)
    for region in stocked.value.regions {
      plan.replaceNamed(try await Region(named: region, embedder))
    }
    var map = recovery.map ?? RegionMap(version: 0, plan: plan)
    if recovery.map?.plan != plan { map = try ledger.append(plan: plan, at: now) }

    let roll = try ledger.recover().roll
    let opening: Snapshot
    var isRebuilt = false
    if let state = recovery.state {
      if LearnedFormat(state.learned) == .current,
        let snapshot = try Snapshot(ledger, state, roll: roll, history: recovery.history)
      {
        opening = snapshot
      } else {
        // Damaged, or written in another version's format: the log says it all again.
        guard let map = try ledger.map(version: state.mapVersion) else {
          throw StartError.damagedState(epoch: state.epoch)
        }
        opening = try Replay.fold(
          ledger, map, recovery.index, try Replay.History(ledger), last: try Epoch.Terms(ledger, state)
        ).snapshot.adopting(residualsOf: state.epoch, ledger)
        isRebuilt = true
        logger.warning(
          "the stored state is damaged or of an earlier version, and was folded again from the log",
          metadata: ["epoch": "\(state.epoch)"])
      }
    } else {
      opening = Snapshot(opened: now, catalogue: stocked, governance: governed, roll: roll, map: map)
      try ledger.append(opening: EpochState(opening))
    }
    let current = CurrentTables(TableCache(opening))
    let recorder = Recorder(ledger, logger: logger)
    let keeper = EpochKeeper(
      ledger: ledger, recorder: recorder, clock: clock, logger: logger, snapshot: opening,
      index: recovery.index,
      folded: recovery.folded, catalogue: stocked, governance: governed, map: map,
      publish: { current.swap(to: $0) })
    let sessions = Sessions()
    let window = governed.value.rules(for: nil).sessionWindow
    for seat in try ledger.sessions(since: now - window) { sessions.seat(seat) }
    let service = RoutingService(
      ledger: ledger, embedder: embedder, recorder: recorder, keeper: keeper, current: current, clock: clock,
      mint: mint,
      sessions: sessions)
    // What was rebuilt is closed at once too: a decision is explained from a state that is stored.
    let isBehind =
      isRebuilt || opening.catalogue.version != stocked.version
      || opening.governance.version != governed.version || opening.map.version != map.version
    if isBehind { _ = try await keeper.close() }
    return service
  }

  /// Ends: everything accepted is committed before this returns. The ledger is the caller's to close.
  public func stop() async {
    await recorder.stop()
  }
}

extension Region {
  /// A named region: the centroid is the normalised mean of its examples' embeddings.
  public init(named region: NamedRegion, _ embedder: any Embedder) async throws {
    var sum = [Float](repeating: 0, count: embedder.dimension)
    for example in region.examples {
      let vector = try await embedder.embed(example)
      for axis in sum.indices { sum[axis] += vector[axis] }
    }
    guard let unit = UnitVector(normalising: sum) else { throw RegionError.noDirection(region.id) }
    self.init(
      id: region.id, capability: region.capability, origin: .named, examples: region.examples,
      vector: unit.elements)
  }
}

public enum RegionError: Error, Hashable, CustomStringConvertible {
  case noDirection(String)
  /// The id is that of a learned region, and an id never changes its meaning.
  case learned(String)

  public var description: String {
    switch self {
    case .learned(let id): "'\(id)' is the id of a learned region; give the named one another"
    case .noDirection(let id): "the examples of region '\(id)' contain no words that the embedding knows"
    }
  }
}

extension RegionMap.Plan {
  /// Adds a named region, or puts it in the place of the one with its id; an equal one changes nothing.
  public mutating func replaceNamed(_ region: Region) {
    if let place = regions.firstIndex(where: { $0.id == region.id }) {
      regions[place] = region
    } else {
      // Named regions first, in the order of their ids: the order of rows.
      let place = regions.firstIndex { $0.origin == .learned || $0.id > region.id } ?? regions.endIndex
      regions.insert(region, at: place)
    }
  }
}
