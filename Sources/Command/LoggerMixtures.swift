import Persistence
import Routing
import Serving
import Vectors

/// π̄ of every decision: what balanced estimation divides by where every epoch logged with a policy of its own.
///
///     π̄(a | x) = Σ_t (n_t / n) π_t(a | x)
///
/// over the epochs t of the decision's stratum. A decision was placed by the map of its time, among the candidates of
/// the catalogue of its time, and a policy can only be asked about those of its own: so the epochs under one map and
/// one catalogue make a stratum, and each is balanced by itself.
struct LoggerMixtures {
  /// By decision, in (0, 1].
  let propensities: [Double]

  /// Tables that are computed at most; beyond it, decisions of too many kinds were made in too many epochs.
  static let maximumTables = 500_000

  private struct Stratum: Hashable {
    let map: Int
    let catalogue: Int
  }

  private struct Kind: Hashable {
    let stratum: Stratum
    let key: TableKey
  }

  /// Nil where that would take more than ``maximumTables``; where an epoch's policy went by figures of the moment, since
  /// what it would have chosen at another decision's moment is not known; and where one heard intents one by one, and the
  /// embedding of one was forgotten.
  ///
  /// - Parameter embeddings: of the decisions.
  init?(_ ledger: SQLiteLedger, _ drawn: [RewardedDecision], _ embeddings: [QuantisedVector?]) throws {
    let roll = try ledger.recover().roll
    let counts = Dictionary(grouping: drawn, by: \.decision.epoch).mapValues(\.count)
    var strata: [Int: Stratum] = [:]
    var totals: [Stratum: Int] = [:]
    for (epoch, count) in counts {
      guard let state = try ledger.state(ofEpoch: epoch) else {
        throw CommandFailure("the state of epoch \(epoch) is not in the database")
      }
      let stratum = Stratum(map: state.mapVersion, catalogue: state.catalogueVersion)
      strata[epoch] = stratum
      totals[stratum, default: 0] += count
    }
    let kinds = drawn.map { entry in
      var key = entry.decision.tableKey
      key.preferred = nil
      return Kind(stratum: strata[entry.decision.epoch]!, key: key)
    }
    let members = Dictionary(grouping: drawn.indices) { kinds[$0] }
    let keys = Dictionary(grouping: members.keys, by: \.stratum)
    let tables = strata.values.reduce(0) { $0 + keys[$1]!.count }
    guard tables <= LoggerMixtures.maximumTables else { return nil }

    // By kind and candidate, and by decision where intents were heard one by one. Epochs in order: the sums must not
    // depend on a dictionary's.
    var mixtures: [Kind: [UInt32: Double]] = [:]
    var heard = [Double](repeating: 0, count: drawn.count)
    for epoch in counts.keys.sorted() {
      guard let state = try ledger.state(ofEpoch: epoch),
        let snapshot = try Snapshot(ledger, state, roll: roll)
      else { throw CommandFailure("the state of epoch \(epoch) cannot be read") }
      let stratum = strata[epoch]!
      let share = Double(counts[epoch]!) / Double(totals[stratum]!)
      let tables = TableCache(snapshot)
      for kind in keys[stratum]! {
        if snapshot[kind.key.capability].hearsIntents(ofRow: kind.key.row) {
          for place in members[kind]! {
            guard let embedding = embeddings[place] else { return nil }
            var key = kind.key
            let direction = snapshot.direction(of: embedding.elements, row: key.row, key.capability)
            let table = tables.preferring(along: direction, &key)
            let position = snapshot[key.capability].roster.position(of: drawn[place].decision.chosen)
            heard[place] += share * (position.flatMap { table.probability(ofServing: $0) } ?? 0)
          }
          continue
        }
        guard let served = tables.served(kind.key) else { return nil }
        for (candidate, probability) in served {
          mixtures[kind, default: [:]][candidate, default: 0] += share * probability
        }
      }
    }
    propensities = drawn.indices.map { place in
      let decision = drawn[place].decision
      let mixture = (mixtures[kinds[place]]?[decision.chosen] ?? 0) + heard[place]
      return mixture > 0 ? mixture : decision.propensity
    }
  }
}

extension PropensityTable {
  /// π(a | x) of the candidate at a roster position; nil for one that may not serve.
  fileprivate func probability(ofServing position: Int) -> Double? {
    guard let arm = arm(at: position) else { return nil }
    return served?[arm]
  }
}

extension TableCache {
  /// π(a | x) of decisions of one kind: the ordinals of the eligible candidates with their probabilities; nil where they
  /// depend on figures of the moment.
  func served(_ key: TableKey) -> [(candidate: UInt32, probability: Double)]? {
    let table = table(key)
    let ordinals = snapshot[key.capability].roster.ordinals
    return table.served.map { served in zip(table.scene.arms, served).map { (ordinals[$0.position], $1) } }
  }
}
