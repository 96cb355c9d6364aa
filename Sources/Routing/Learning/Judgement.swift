/// One entry of the ledger that says something about a decision: a signal, its correction or revocation, or an
/// executor's report of who really did the work.
public struct Judgement: Hashable, Sendable {
  /// Position in the ledger, ascending.
  public var sequence: Int64
  /// The position of the first entry under the same sender's id: what a correction corrects.
  public var origin: Int64
  /// Nil for a report that brings no reward.
  public var kind: SignalKind?
  /// What the sender's value stands for, 0…1; see ``SignalKind/reward(of:)``.
  public var reward: Double
  /// Trust in the reviewer, 0…1; 1 for every kind but `reputation.erc8004`.
  public var trust: Double
  /// A hash of the rater's name; 0 for none.
  public var rater: UInt64
  /// When the sender says it happened; among entries of one origin the latest wins.
  public var at: Instant
  public var received: Instant
  public var isRevocation: Bool
  /// The ordinal of the candidate that executed, where a report names it.
  public var executed: UInt32?

  public init(
    sequence: Int64, origin: Int64, kind: SignalKind?, reward: Double, trust: Double = 1, rater: UInt64 = 0,
    at: Instant, received: Instant, isRevocation: Bool = false, executed: UInt32? = nil
  ) {
    self.sequence = sequence
    self.origin = origin
    self.kind = kind
    self.reward = reward
    self.trust = trust
    self.rater = rater
    self.at = at
    self.received = received
    self.isRevocation = isRevocation
    self.executed = executed
  }
}

/// A decision as the fold sees it.
public struct Judged: Sendable {
  /// Its sequence in the ledger; 0 outside one.
  public var decision: Int64
  public var capability: Capability
  /// Row of the region map in force.
  public var row: Int
  /// Who was chosen.
  public var ordinal: UInt32
  public var decided: Instant
  /// In ascending order of sequence.
  public var judgements: [Judgement]

  public init(
    decision: Int64 = 0, capability: Capability, row: Int, ordinal: UInt32, decided: Instant,
    judgements: [Judgement]
  ) {
    self.decision = decision
    self.capability = capability
    self.row = row
    self.ordinal = ordinal
    self.decided = decided
    self.judgements = judgements
  }
}

/// The reward of one decision: y = Σwv / Σw with the observation mass m = min(1, Σw), and the epoch it counts in.
public struct Reward: Hashable, Sendable {
  public let epoch: Int
  public let ordinal: UInt32
  /// m, 0…1.
  public let mass: Double
  /// y, 0…1.
  public let value: Double
  /// The same by candidate and rater, in whole numbers; see ``Tally``. Holds also what was said about others than
  /// ``ordinal``: bad output of a candidate in whose place another one executed.
  let parts: [Part]

  struct Part: Hashable, Sendable {
    let ordinal: UInt32
    let rater: UInt64
    let mass: Int64
    let sum: Int64
  }
}

/// Which epoch an entry of the ledger belongs to, and the rules of that epoch.
public struct EpochIndex: Sendable {
  /// The last sequence of every closed epoch, from epoch 0 on.
  public private(set) var ends: [Int64]
  private var governance: [Governance]
  private var cachedRules: [[Rules]]
  private var floors: [Int]
  /// After each epoch: the earliest whose sums are still kept.
  private var kept: [Int]

  public init() {
    ends = []
    governance = []
    cachedRules = []
    floors = []
    kept = []
  }

  /// Adds the next epoch: it holds the entries up to `sequence` and was folded under `governance`.
  public mutating func append(through sequence: Int64, governance: Governance) {
    ends.append(sequence)
    if let last = self.governance.last, last == governance, let rules = cachedRules.last {
      cachedRules.append(rules)
    } else {
      cachedRules.append(Capability.allCases.map { governance.rules(for: $0) })
    }
    self.governance.append(governance)
    let epoch = ends.count - 1
    let horizon = cachedRules[epoch][0].correctionEpochs
    let before = kept.last ?? 0
    floors.append(max(epoch - horizon, before))
    kept.append(max(epoch + 1 - horizon, before))
  }

  /// The earliest epoch that an entry arriving in `epoch` may still change: `correction_horizon` before it, and never
  /// one whose sums an earlier, shorter horizon has already let go.
  public func floor(_ epoch: Int) -> Int { floors[epoch] }

  /// The earliest epoch whose sums are still kept once `epoch` is closed.
  public func oldestKept(after epoch: Int) -> Int { kept[epoch] }

  public var count: Int { ends.count }

  /// The first epoch whose end is not before the sequence; `count` when none is.
  public func epoch(of sequence: Int64) -> Int {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  public func rules(_ epoch: Int, _ capability: Capability) -> Rules { cachedRules[epoch][capability.index] }
  public func governance(_ epoch: Int) -> Governance { governance[epoch] }
}

extension Judged {
  /// The decision's reward from the entries up to `sequence`, or nil when it has none.
  ///
  /// Entries are taken in the order of arrival. One that would change an epoch more than `correction_horizon` before
  /// its own arrival is passed over, as is a first signal after the decision's `feedback_window`: the same on the day
  /// it arrives and on every later replay.
  public func reward(through sequence: Int64, _ index: EpochIndex) -> Reward? {
    let known = judgements.prefix { $0.sequence <= sequence }
    // A report without a signal says nothing about quality, and does not keep the window open.
    guard let first = known.first(where: { $0.kind != nil }), let last = known.last else { return nil }
    let arrivals = (first: index.epoch(of: first.sequence), last: index.epoch(of: last.sequence))
    guard first.received <= decided + index.rules(arrivals.first, capability).feedbackWindow else {
      return nil
    }
    if index.floor(arrivals.last) <= arrivals.first { return evaluate(known, index) }
    var accepted: [Judgement] = []
    var reward: Reward?
    for judgement in known {
      let arrival = index.epoch(of: judgement.sequence)
      let next = evaluate((accepted + [judgement])[...], index)
      let earliest = min(reward?.epoch ?? arrival, next?.epoch ?? arrival)
      guard earliest >= index.floor(arrival) else { continue }
      accepted.append(judgement)
      reward = next
    }
    return reward
  }

  /// y and m of the winning entry of every origin; it counts in the epoch of the earliest that is not revoked.
  private func evaluate(_ entries: ArraySlice<Judgement>, _ index: EpochIndex) -> Reward? {
    var winners: [Judgement] = []
    for entry in entries.sorted(by: { ($0.origin, $0.at, $0.sequence) < ($1.origin, $1.at, $1.sequence) }) {
      if winners.last?.origin == entry.origin { winners.removeLast() }
      winners.append(entry)
    }
    // A report that takes back an earlier one's reward still says who executed.
    winners.removeAll { $0.isRevocation && $0.executed == nil }
    let reported = winners.filter { $0.executed != nil }.max { $0.sequence < $1.sequence }
    let executed = reported?.executed ?? ordinal
    winners.removeAll { $0.kind == nil || $0.isRevocation }
    guard let first = winners.first else { return nil }
    let epoch = index.epoch(of: first.origin)
    let rules = index.rules(epoch, capability).signals
    // A report's own reward is about the candidate that it names (one whose output was bad, before another executed in
    // its place); every other is about the one that executed.
    var shares: [Share] = []
    for winner in winners {
      guard let kind = winner.kind else { continue }
      let ordinal = winner.executed ?? executed
      let value = kind.hasConfigurableValue ? rules[value: kind] : winner.reward
      let weight = rules[weight: kind] * winner.trust
      let place = shares.firstIndex { $0.ordinal == ordinal } ?? shares.endIndex
      if place == shares.endIndex { shares.append(Share(ordinal: ordinal)) }
      shares[place].add(winner.rater, weight: weight, value: value)
    }
    shares.removeAll { $0.weight <= 0 }
    guard let main = shares.first(where: { $0.ordinal == executed }) ?? shares.first else { return nil }
    return Reward(
      epoch: epoch, ordinal: main.ordinal, mass: main.mass, value: main.value / main.weight,
      parts: shares.flatMap(\.parts))
  }

  /// What was said about one candidate.
  private struct Share {
    let ordinal: UInt32
    var weight = 0.0
    var value = 0.0
    var entries: [(rater: UInt64, weight: Double, value: Double)] = []

    init(ordinal: UInt32) { self.ordinal = ordinal }

    mutating func add(_ rater: UInt64, weight: Double, value: Double) {
      self.weight += weight
      self.value += weight * value
      entries.append((rater, weight, value))
    }

    var mass: Double { min(1, weight) }

    var parts: [Reward.Part] {
      entries.map { entry in
        let share = mass * entry.weight / weight
        return Reward.Part(
          ordinal: ordinal, rater: entry.rater, mass: Int64((share * Tally.unit).rounded()),
          sum: Int64((share * entry.value * Tally.unit).rounded()))
      }
    }
  }

  /// What the entries after `previous` and up to `sequence` change, by epoch: the old reward taken out, the new one
  /// put in.
  public func changes(after previous: Int64, through sequence: Int64, _ index: EpochIndex) -> [(
    epoch: Int, tally: Tally
  )] {
    let before = reward(through: previous, index)
    let after = reward(through: sequence, index)
    guard before != after else { return [] }
    return tallies(before, sign: -1) + tallies(after, sign: 1)
  }

  private func tallies(_ reward: Reward?, sign: Int64) -> [(epoch: Int, tally: Tally)] {
    guard let reward else { return [] }
    return reward.parts.map { part in
      let cell = CellKey(capability: capability, row: row, ordinal: part.ordinal)
      return (
        reward.epoch, Tally(cell: cell, rater: part.rater, mass: sign * part.mass, sum: sign * part.sum)
      )
    }
  }
}
