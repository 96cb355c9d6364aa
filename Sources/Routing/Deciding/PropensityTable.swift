import Statistics
import Synchronization

/// Everything that decisions of one kind share during an epoch: who is preferred, with what probability each is
/// chosen, in which order they would stand in for each other. Immutable and computed once.
public final class PropensityTable: Sendable {
  public let scene: Scene
  public let allocation: Allocation
  /// Arms by falling AgentRank: the order of fallbacks.
  public let ranking: [Int]
  /// The arm of the baseline.
  public let baseline: Int
  private let alias: AliasTable

  public init(_ scene: Scene) {
    self.scene = scene
    allocation = scene.rules.policy.policy.allocate(scene)
    ranking = scene.ranking()
    baseline = scene.baseline
    alias = AliasTable(probabilities: allocation.probabilities)
  }

  /// An arm by chance, or by turn where the policy rotates or goes by an order of the moment.
  public func draw(turn: UInt64, using generator: inout some RandomNumberGenerator) -> Int {
    if allocation.isRotating { return Int(turn % UInt64(scene.arms.count)) }
    return allocation.isOrdered ? preferred(turn: turn) : alias.draw(using: &generator)
  }

  /// The arm that the policy would choose if it did not have to learn: where it goes by an order of the moment, the one
  /// at the roster position `turn`, or the first if that may not serve.
  public func preferred(turn: UInt64) -> Int {
    guard allocation.isOrdered else { return allocation.preferred }
    return Int(exactly: turn).flatMap { arm(at: $0) } ?? 0
  }

  public func arm(at position: Int) -> Int? { scene.arms.firstIndex { $0.position == position } }
}

/// What a table is computed from, besides the snapshot.
public struct TableKey: Hashable, Sendable {
  public var capability: Capability
  public var row: Int
  public var eligible: CandidateSet
  public var allowsExploration: Bool
  public var costWeight: Double
  /// What costs are estimated for; nil where cost does not matter.
  public var work: Work?
  /// Ordinal of whom the intent's own direction prefers to the region's first; nil for that one itself.
  public var preferred: UInt32?

  public init(
    capability: Capability, row: Int, eligible: CandidateSet, allowsExploration: Bool, costWeight: Double,
    work: Work?, preferred: UInt32? = nil
  ) {
    self.capability = capability
    self.row = row
    self.eligible = eligible
    self.allowsExploration = allowsExploration
    self.costWeight = costWeight
    self.work = costWeight > 0 ? work : nil
    self.preferred = preferred
  }
}

extension Snapshot {
  /// Computes a table from nothing.
  ///
  /// - Precondition: the key's eligible set is not empty.
  public func table(_ key: TableKey) -> PropensityTable {
    let knowledge = self[key.capability]
    let costs =
      key.work.map { work in knowledge.roster.candidates.map { $0.price?.dollars(for: work) } } ?? []
    let scene = Scene(
      knowledge, row: key.row, eligible: key.eligible, costs: costs, costWeight: key.costWeight,
      allowsExploration: key.allowsExploration)
    guard let preferred = key.preferred, let position = knowledge.roster.position(of: preferred),
      let arm = scene.arms.firstIndex(where: { $0.position == position })
    else { return PropensityTable(scene) }
    return PropensityTable(scene.preferring(arm))
  }
}

/// The tables of one snapshot, each computed at most about once, at most `capacity` of them.
public final class TableCache: Sendable {
  public let snapshot: Snapshot
  private let capacity: Int
  private let tables = Mutex<[TableKey: PropensityTable]>([:])

  /// - Parameter capacity: beyond it, the cache begins anew: a table costs tens of microseconds.
  public init(_ snapshot: Snapshot, capacity: Int = 16_384) {
    self.snapshot = snapshot
    self.capacity = capacity
  }

  public func table(_ key: TableKey) -> PropensityTable {
    if let table = tables.withLock({ $0[key] }) { return table }
    // Computed outside the lock: two threads may do the same work, and get the same bits.
    let table = snapshot.table(key)
    tables.withLock { tables in
      if tables.count >= capacity { tables.removeAll(keepingCapacity: true) }
      tables[key] = table
    }
    return table
  }

  public var count: Int { tables.withLock { $0.count } }
}
