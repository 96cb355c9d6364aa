import Routing
import Synchronization
import Vectors
import World

/// The maps that a router of one seed learns, and where every intent lies in them.
///
/// Every policy sees the same intents in the same order, so the maps are the same for all of them: they are computed
/// once, by whoever comes first. All products are of fixed order (``Vectors/DeterministicDot``): the same regions and
/// the same placements on every processor.
final class RegionCourse: Sendable {
  struct Stage: Sendable {
    let map: RegionMap
    /// Row of each intent.
    let rows: [Int32]

    /// u of each intent, a row each; zeros where there is none.
    ///
    /// As large as all embeddings: made for a run, and not kept for all.
    func directions(_ setup: Setup) -> Matrix {
      let embeddings = setup.world.embeddings
      let mean = map.plan.mean(of: setup.capability)?.vector
      var storage = embeddings.storage
      embeddings.storage.withUnsafeBufferPointer { from in
        storage.withUnsafeMutableBufferPointer { into in
          for start in stride(from: 0, to: from.count, by: embeddings.columns) {
            let row = start..<start + embeddings.columns
            let direction = UnsafeMutableBufferPointer(rebasing: into[row])
            let isDirected = CentredDirection.write(
              of: UnsafeBufferPointer(rebasing: from[row]), from: mean, into: direction)
            if !isDirected { direction.update(repeating: 0) }
          }
        }
      }
      return Matrix(rows: embeddings.rows, columns: embeddings.columns, storage: storage)
    }
  }

  /// All that a map depends on.
  struct Key: Hashable {
    var seed: UInt64
    /// Distinct intents seen at each fit so far.
    var fits: [Int]
    /// Regions asked for.
    var count: Int
    var floor: Double?
  }

  private let setup: Setup
  private let stages = Mutex<[Key: Stage]>([:])

  init(_ setup: Setup) { self.setup = setup }

  /// The map at the start.
  func first(_ seed: UInt64, _ governance: Governance) -> Stage {
    let rules = governance.rules(for: setup.capability)
    switch setup.regions {
    case .learned, .none:
      return stage(Key(seed: seed, fits: [], count: 0, floor: rules.noveltyFloor)) { plan(governance) }
    case .given:
      return stage(Key(seed: 0, fits: [], count: -1, floor: rules.noveltyFloor)) {
        var plan = plan(governance)
        let centres = (setup.world as? SyntheticWorld)?.centres
        plan.regions = setup.world.groups.indices.compactMap { group in
          centres.map {
            Region(
              id: setup.world.groups[group], capability: setup.capability, origin: .named,
              vector: Array($0.row(group)))
          }
        }
        return plan
      }
    case .fitted(let count):
      let all = Array(0..<setup.world.intentCount)
      return stage(Key(seed: seed, fits: [all.count], count: count, floor: rules.noveltyFloor)) {
        fitted(plan(governance), all, count: count, seed: seed, number: 0)
      }
    }
  }

  /// The map after another fit.
  ///
  /// - Parameters:
  ///   - before: the map in force.
  ///   - seen: distinct intents so far, in the order of their first coming.
  ///   - fits: how many there were at each fit so far, this one included.
  func next(after before: RegionMap, seen: [Int], fits: [Int], seed: UInt64, _ governance: Governance)
    -> Stage
  {
    let rules = governance.rules(for: nil)
    let count = RegionFitting.regionsWanted(intents: seen.count, rules)
    let floor = governance.rules(for: setup.capability).noveltyFloor
    return stage(Key(seed: seed, fits: fits, count: count, floor: floor)) {
      fitted(before.plan, seen, count: count, seed: seed, number: fits.count)
    }
  }

  private func stage(_ key: Key, _ plan: () -> RegionMap.Plan) -> Stage {
    if let stage = stages.withLock({ $0[key] }) { return stage }
    // Outside the lock: two threads may do the same work, and get the same bits.
    let map = RegionMap(version: key.fits.count, plan: plan())
    let embeddings = setup.world.embeddings
    let rows = (0..<embeddings.rows).map { intent in
      Int32(map.placeReproducibly(Array(embeddings.row(intent)), setup.capability).row)
    }
    let stage = Stage(map: map, rows: rows)
    stages.withLock { $0[key] = stage }
    return stage
  }

  private func plan(_ governance: Governance) -> RegionMap.Plan {
    var plan = RegionMap.Plan(
      embedding: setup.embedding, dimension: setup.world.embeddings.columns, noveltyFloor: setup.noveltyFloor)
    plan.applyFloors(of: governance)
    return plan
  }

  private func fitted(
    _ plan: RegionMap.Plan, _ intents: [Int], count: Int, seed: UInt64, number: Int
  ) -> RegionMap.Plan {
    var plan = plan
    var chance = Chance.fit.generator(seed: seed, index: UInt64(number))
    let embeddings = setup.world.embeddings
    let fit = RegionFitting.fit(
      intents.suffix(RegionFitting.maximumIntents).map { Array(embeddings.row($0)) }, setup.capability,
      count: count, seed: chance.next(), isAutomatic: true, reproducible: true)
    if let fit { plan.replaceLearned(of: setup.capability, by: fit) }
    return plan
  }
}
