public import Routing

/// A catalogue that was taken in, or could be.
public struct Stocked: Sendable {
  public var catalogue: Versioned<Catalogue>
  /// What it changes of the one before it, by candidate.
  public var changes: [CandidateChange]
  /// From which epoch on it holds.
  public var effectiveEpoch: Int
}

extension RoutingService {
  /// Records a catalogue and its named regions for the next epoch; one that says the same as the last changes nothing.
  ///
  /// - Parameter isTrial: only checks; the version is the one that it would get.
  /// - Throws: ``RegionError`` when a region's examples say nothing to the embedding, or its id belongs to a learned
  ///   region.
  public func stock(
    _ catalogue: Catalogue, from origin: CatalogueOrigin, isTrial: Bool = false
  ) async throws -> Stocked {
    let pending = await keeper.pending
    let learned = Set(pending.map.plan.regions.filter { $0.origin == .learned }.map(\.id))
    var regions: [Region] = []
    for named in catalogue.regions {
      guard !learned.contains(named.id) else { throw RegionError.learned(named.id) }
      regions.append(try await Region(named: named, embedder))
    }
    let changes = catalogue.changes(since: pending.catalogue.value)
    let epoch = snapshot.epoch + 1
    if isTrial {
      let isNew = catalogue != pending.catalogue.value
      let version = pending.catalogue.version + (isNew ? 1 : 0)
      return Stocked(
        catalogue: Versioned(version: version, value: catalogue), changes: changes, effectiveEpoch: epoch)
    }
    let placed = regions
    let stocked = try await keeper.stock(catalogue, from: origin)
    try await keeper.rebase { plan in placed.forEach { plan.replaceNamed($0) } }
    return Stocked(catalogue: stocked, changes: changes, effectiveEpoch: epoch)
  }

  /// A recorded decision with what it was made from: quickly while its epoch is open.
  public func answered(_ decision: Decision) throws -> Answered {
    let current = tables
    let tables =
      current.snapshot.epoch == decision.epoch
      ? current : TableCache(try archive.snapshot(ofEpoch: decision.epoch))
    return Answered(decision: decision, choice: tables.rederive(decision), tables: tables)
  }
}
