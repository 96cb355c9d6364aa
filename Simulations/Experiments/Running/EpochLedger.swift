import Routing
import World

/// What an epoch's feedback adds up to, on the terms of the production judging.
///
/// A decision with one signal is the common case, and its tally can be written down at once; where a decision has
/// several, `Routing/Judged` is asked. Tests hold that both give the same numbers.
struct EpochLedger {
  let capability: Capability
  /// Tallies of feedback that names no rater, by row and ordinal.
  private var masses: [Int64]
  private var sums: [Int64]
  private let ordinals: Int
  private var named: [Tally] = []
  /// Decisions by row, and the explored ones.
  private var decisions: [Int]
  private var explored: [Int]

  init(capability: Capability, rows: Int, ordinals: Int) {
    self.capability = capability
    self.ordinals = ordinals
    masses = Array(repeating: 0, count: rows * ordinals)
    sums = masses
    decisions = Array(repeating: 0, count: rows)
    explored = decisions
  }

  mutating func count(row: Int, explored isExplored: Bool) {
    decisions[row] += 1
    if isExplored { explored[row] += 1 }
  }

  /// Counts decisions by their rows: all of them, and those that were explored.
  mutating func count(rows: [Int], explored: [Int]) {
    for row in rows { decisions[row] += 1 }
    for row in explored { self.explored[row] += 1 }
  }

  mutating func add(row: Int, ordinal: UInt32, rater: UInt64, mass: Int64, sum: Int64) {
    guard rater == 0 else {
      let cell = CellKey(capability: capability, row: row, ordinal: ordinal)
      return named.append(Tally(cell: cell, rater: rater, mass: mass, sum: sum))
    }
    masses[row * ordinals + Int(ordinal)] += mass
    sums[row * ordinals + Int(ordinal)] += sum
  }

  func input(epoch: Int) -> Epoch.Input {
    var tallies = named
    for place in masses.indices where masses[place] != 0 {
      let cell = CellKey(
        capability: capability, row: place / ordinals, ordinal: UInt32(place % ordinals))
      tallies.append(Tally(cell: cell, rater: 0, mass: masses[place], sum: sums[place]))
    }
    let traffic = decisions.indices.filter { decisions[$0] > 0 }.map {
      Epoch.Traffic(capability: capability, row: $0, decisions: decisions[$0], explored: explored[$0])
    }
    return Epoch.Input(tallies: EpochTallies(epoch: epoch, tallies: tallies), traffic: traffic)
  }
}

/// The tally of a decision with a single signal, as `Routing/Judged/changes(after:through:_:)` makes it.
enum SingleSignal {
  static func tally(value: Double, weight: Double) -> (mass: Int64, sum: Int64) {
    guard weight > 0 else { return (0, 0) }
    let share = min(1, weight) * weight / weight
    return (Int64((share * Tally.unit).rounded()), Int64((share * value * Tally.unit).rounded()))
  }
}
