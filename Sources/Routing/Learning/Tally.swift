/// One cell of what is learned, as a key: a capability, a row of its regions, and a candidate.
///
/// The row is a position in the region map in force; the row after the last region collects intents that no region
/// claims. The candidate is its ordinal in the ``Roll``. Keys order by capability, row, ordinal.
public struct CellKey: Hashable, Comparable, Sendable {
  public let packed: UInt64

  public init(packed: UInt64) { self.packed = packed }

  public init(capability: Capability, row: Int, ordinal: UInt32) {
    packed = UInt64(capability.rawValue) << 48 | UInt64(UInt16(row)) << 32 | UInt64(ordinal)
  }

  public var capability: Capability { Capability(rawValue: UInt8(truncatingIfNeeded: packed >> 48))! }
  public var row: Int { Int(packed >> 32 & 0xFFFF) }
  public var ordinal: UInt32 { UInt32(truncatingIfNeeded: packed) }

  public static func < (left: CellKey, right: CellKey) -> Bool { left.packed < right.packed }
}

/// What one rater brought to one cell in one epoch.
///
/// Mass and sum are whole numbers of 2⁻³⁰: whole numbers add in any order to the same bits, so that a correction is
/// a subtraction that leaves nothing behind, threads may share the work, and routers' epochs merge by addition.
public struct Tally: Hashable, Sendable {
  public let cell: CellKey
  /// A hash of the rater's name; 0 for signals that name no rater.
  public let rater: UInt64
  /// Observations × 2³⁰.
  public var mass: Int64
  /// Reward × observations × 2³⁰.
  public var sum: Int64

  public init(cell: CellKey, rater: UInt64, mass: Int64, sum: Int64) {
    self.cell = cell
    self.rater = rater
    self.mass = mass
    self.sum = sum
  }

  /// One observation.
  public static let unit = Double(1 << 30)

  static func precedes(_ left: Tally, _ right: Tally) -> Bool {
    (left.cell.packed, left.rater) < (right.cell.packed, right.rater)
  }
}

/// Everything that counted in one epoch: sorted by cell and rater, none of it zero.
public struct EpochTallies: Hashable, Sendable {
  public let epoch: Int
  public private(set) var tallies: [Tally]

  public init(epoch: Int, tallies: [Tally] = []) {
    self.epoch = epoch
    self.tallies = []
    add(tallies)
  }

  /// Adds tallies in any order, negative ones included; what becomes zero is dropped.
  public mutating func add(_ changes: [Tally]) {
    guard !changes.isEmpty else { return }
    var sorted = tallies + changes
    sorted.sort(by: Tally.precedes)
    tallies.removeAll(keepingCapacity: true)
    for tally in sorted {
      if let last = tallies.last, last.cell == tally.cell, last.rater == tally.rater {
        tallies[tallies.count - 1].mass += tally.mass
        tallies[tallies.count - 1].sum += tally.sum
      } else {
        if let last = tallies.last, last.mass == 0, last.sum == 0 { tallies.removeLast() }
        tallies.append(tally)
      }
    }
    if let last = tallies.last, last.mass == 0, last.sum == 0 { tallies.removeLast() }
  }

  /// The epoch's sums per cell, in the order of their keys, with every rater held to its share.
  ///
  /// In a cell of at least `rater_cap_from` observations, a named rater with more than `rater_cap` of them counts as
  /// if it had brought just that share, at its own mean.
  public func sums(_ rules: (Capability) -> Rules) -> [CellSum] {
    var result: [CellSum] = []
    var start = 0
    while start < tallies.count {
      let cell = tallies[start].cell
      var end = start
      var total: Int64 = 0
      while end < tallies.count, tallies[end].cell == cell {
        total += tallies[end].mass
        end += 1
      }
      let limits = rules(cell.capability)
      let mass = Double(total) / Tally.unit
      let cap = mass >= limits.raterCapFrom ? limits.raterCap * mass : .infinity
      var sum = CellSum(cell: cell, mass: 0, sum: 0)
      for tally in tallies[start..<end] {
        let own = Double(tally.mass) / Tally.unit
        let share = tally.rater != 0 && own > cap ? cap / own : 1
        sum.mass += share * own
        sum.sum += share * Double(tally.sum) / Tally.unit
      }
      result.append(sum)
      start = end
    }
    return result
  }
}

/// One cell's new observations in one epoch: N_e and S_e of the routing model.
public struct CellSum: Hashable, Sendable {
  public let cell: CellKey
  public var mass: Double
  public var sum: Double

  public init(cell: CellKey, mass: Double, sum: Double) {
    self.cell = cell
    self.mass = mass
    self.sum = sum
  }
}

/// The order in which candidates first appeared: an ordinal never changes its meaning, so that what is stored under
/// it stays true when the catalogue changes.
public struct Roll: Hashable, Sendable {
  public private(set) var ids: [String]
  private var ordinals: [String: UInt32]

  public init(_ ids: [String] = []) {
    self.ids = ids
    ordinals = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, UInt32($0)) })
  }

  public func ordinal(of id: String) -> UInt32? { ordinals[id] }
  public func id(of ordinal: UInt32) -> String { ids[Int(ordinal)] }

  /// The roll with a catalogue's candidates on it, new ones at the end in the order of their ids.
  public func including(_ catalogue: Catalogue) -> Roll {
    let new = catalogue.candidates.map(\.id).filter { ordinals[$0] == nil }
    return new.isEmpty ? self : Roll(ids + new)
  }
}
