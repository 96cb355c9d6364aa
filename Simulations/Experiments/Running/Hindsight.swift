import World

/// What is known only afterwards: what each candidate would have brought over the whole run.
struct Hindsight {
  /// Ids, the best first; ties go to the first id.
  let order: [String]

  init(_ setup: Setup, seed: UInt64) {
    let ids = setup.world.candidates
    var arrivals = Arrivals(setup.world, kind: setup.arrivals, seed: seed)
    var conditions = setup.timeline.conditions(at: 0)
    var truth = Truth(setup.world, conditions)
    var nextChange = 0
    var totals = [Double](repeating: 0, count: ids.count)
    for decision in 0..<setup.timeline.length {
      if decision >= nextChange {
        conditions = setup.timeline.conditions(at: decision)
        nextChange = setup.timeline.nextChange(after: decision)
        truth.move(to: conditions)
      }
      let intent = arrivals.intent(of: decision, rates: conditions.rates)
      for candidate in ids.indices where conditions.answers[candidate] {
        totals[candidate] += truth.quality(intent: intent, candidate: candidate)
      }
    }
    order = ids.indices.sorted { totals[$0] == totals[$1] ? $0 < $1 : totals[$0] > totals[$1] }.map {
      ids[$0]
    }
  }
}
