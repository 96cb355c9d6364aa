import Routing
import Statistics
import TestSupport

/// A ledger's worth of decisions and what was said about them, with what was in force, epoch by epoch; it is gathered
/// as the service gathers from its ledger.
struct RandomLog {
  struct Entry {
    var judged: Judged
    var epoch: Int
    var explored: Bool
  }

  var decisions: [Entry] = []
  /// The last sequence of every epoch.
  var ends: [Int64] = []
  /// What is in force in every epoch, and after the last.
  var terms: [Epoch.Terms] = []
  let map: RegionMap

  var epochs: Int { ends.count }

  var empty: Snapshot {
    Snapshot(
      opened: terms[0].opened, catalogue: terms[0].catalogue, governance: terms[0].governance, map: map)
  }

  /// The epochs up to and including one.
  func index(through epoch: Int) -> EpochIndex {
    var index = EpochIndex()
    for number in 0...epoch {
      index.append(through: ends[number], governance: terms[number].governance.value)
    }
    return index
  }

  /// What the close of an epoch takes in.
  ///
  /// - Parameter stored: the tallies of the epochs before, as their closing left them.
  func closing(_ epoch: Int, stored: [EpochTallies]) -> Epoch.Input {
    let index = index(through: epoch)
    let after = epoch == 0 ? 0 : ends[epoch - 1]
    var changes: [Int: [Tally]] = [:]
    for entry in decisions where entry.epoch <= epoch {
      var judged = entry.judged
      judged.judgements.removeAll { $0.sequence > ends[epoch] }
      guard let last = judged.judgements.last, last.sequence > after else { continue }
      for change in judged.changes(after: after, through: ends[epoch], index) {
        changes[change.epoch, default: []].append(change.tally)
      }
    }
    changes[epoch, default: []] += defaults(epoch, index)
    let own = EpochTallies(epoch: epoch, tallies: changes.removeValue(forKey: epoch) ?? [])
    let restated = changes.keys.sorted().map { number in
      var tallies = stored[number]
      tallies.add(changes[number]!)
      return tallies
    }
    return Epoch.Input(tallies: own, restated: restated, traffic: traffic(epoch))
  }

  /// All epochs up to and including one, with corrections where they belong.
  func all(through last: Int) -> [Epoch.Input] {
    let index = index(through: last)
    var tallies = (0...last).map { EpochTallies(epoch: $0) }
    for entry in decisions where entry.epoch <= last {
      for change in entry.judged.changes(after: 0, through: ends[last], index) {
        tallies[change.epoch].add([change.tally])
      }
    }
    for epoch in 0...last { tallies[epoch].add(defaults(epoch, index)) }
    return (0...last).map { Epoch.Input(tallies: tallies[$0], traffic: traffic($0)) }
  }

  private func defaults(_ epoch: Int, _ index: EpochIndex) -> [Tally] {
    decisions.compactMap { entry in
      let rules = index.rules(epoch, entry.judged.capability)
      guard let reward = rules.defaultReward, entry.epoch <= epoch,
        entry.judged.decided >= terms[epoch].opened - rules.feedbackWindow,
        entry.judged.decided < terms[epoch + 1].opened - rules.feedbackWindow,
        !entry.judged.judgements.contains(where: { $0.sequence <= ends[epoch] })
      else { return nil }
      return Tally(
        cell: CellKey(
          capability: entry.judged.capability, row: entry.judged.row, ordinal: entry.judged.ordinal),
        rater: 0, mass: Int64(Tally.unit), sum: Int64((Tally.unit * reward).rounded()))
    }
  }

  private func traffic(_ epoch: Int) -> [Epoch.Traffic] {
    var counts: [Int: Epoch.Traffic] = [:]
    for entry in decisions where entry.epoch == epoch {
      let key = entry.judged.capability.index << 16 | entry.judged.row
      let empty = Epoch.Traffic(
        capability: entry.judged.capability, row: entry.judged.row, decisions: 0, explored: 0)
      counts[key, default: empty].decisions += 1
      if entry.explored { counts[key]!.explored += 1 }
    }
    return counts.keys.sorted().map { counts[$0]! }
  }

  /// Folds epoch by epoch.
  ///
  /// - Parameter visit: sees each epoch's number, input, the snapshot after it, and all tallies as they now stand.
  func foldEach(_ visit: (Int, Epoch.Input, inout Snapshot, [EpochTallies]) -> Void = { _, _, _, _ in })
    -> Snapshot
  {
    var snapshot = empty
    var stored: [EpochTallies] = []
    for epoch in 0..<epochs {
      let input = closing(epoch, stored: stored)
      for tallies in input.restated { stored[tallies.epoch] = tallies }
      stored.append(input.tallies)
      snapshot = Epoch.fold(snapshot, input, terms[epoch + 1], index(through: epoch))
      visit(epoch, input, &snapshot, stored)
    }
    return snapshot
  }

  /// Folds from nothing, with final tallies.
  func refold(through last: Int) -> Snapshot {
    Epoch.refold(from: empty, all(through: last), { terms[$0 + 1] }, index(through: last))
  }
}

extension RandomLog {
  /// What may happen in a random log.
  struct Habits {
    var epochs = 24
    /// Catalogue and governance change on the way.
    var changesTerms = true
    /// Feedback comes late, reaches back beyond the horizon, or never comes.
    var isLate = true
    /// Twice as many decisions, all of one capability and between two candidates.
    var isBusy = false
    /// From the middle on rewards are a tenth of what they were, and changes are looked for eagerly.
    var worsens = false
  }

  init(seed: UInt64, _ habits: Habits = Habits()) {
    map = RoutingSamples.map(regions: 3, seed: seed)
    var generator = Xoshiro256(seed: seed)
    var catalogue = RandomLog.catalogue(version: 1, habits.changesTerms, using: &generator)
    var governance = RoutingSamples.governance(
      habits.isLate
        ? [
          ("correction_horizon", .text("2h")), ("feedback_window", .text("90m")), ("half_life", .text("6h")),
        ]
        : [("half_life", .text("6h"))])
    if habits.isBusy { catalogue = RoutingSamples.catalogue(Array(catalogue.value.candidates.prefix(2))) }
    if habits.worsens {
      var value = governance.value
      try! value.apply([("change_threshold", .number(4))])
      governance = Versioned(version: 1, value: value)
    }
    var roll = Roll()
    var sequence: Int64 = 0
    var opened = RoutingSamples.opened
    for epoch in 0...habits.epochs {
      if epoch > 0, habits.changesTerms {
        if generator.chance(0.3) {
          catalogue = RandomLog.catalogue(version: catalogue.version + 1, true, using: &generator)
        }
        if generator.chance(0.4) { governance = RandomLog.changed(governance, using: &generator) }
      }
      terms.append(Epoch.Terms(opened: opened, catalogue: catalogue, governance: governance))
      guard epoch < habits.epochs else { return }
      roll = roll.including(catalogue.value)
      for _ in 0..<Int.random(in: habits.isBusy ? 30...50 : 0...25, using: &generator) {
        let capability =
          habits.isBusy
          ? Capability.textToVideo
          : [.textToVideo, .imageGeneration, .qualityReview].randomElement(using: &generator)!
        let serving = catalogue.value.candidates.filter {
          $0.capabilities.contains(capability) && $0.isEnabled
        }
        guard let chosen = serving.randomElement(using: &generator) else { continue }
        let judged = Judged(
          capability: capability, row: Int.random(in: 0...3, using: &generator),
          ordinal: roll.ordinal(of: chosen.id)!,
          decided: opened + .seconds(Int64.random(in: 0..<900, using: &generator)),
          judgements: [])
        decisions.append(Entry(judged: judged, epoch: epoch, explored: generator.chance(0.1)))
      }
      let quality = habits.worsens && epoch >= habits.epochs / 2 ? 0.1 : 1
      for _ in 0..<Int.random(in: habits.isBusy ? 40...80 : 0...40, using: &generator)
      where !decisions.isEmpty {
        sequence += 1
        // Half of what is said is about the last decisions, the rest about any.
        let reach = generator.chance(0.5) ? min(decisions.count, 20) : decisions.count
        let place = decisions.count - 1 - Int.random(in: 0..<reach, using: &generator)
        let serving = terms[decisions[place].epoch].catalogue.value.candidates.filter {
          $0.capabilities.contains(decisions[place].judged.capability)
        }
        let executed = roll.ordinal(of: serving.randomElement(using: &generator)!.id)!
        var judgement = RandomLog.judgement(
          sequence, about: decisions[place].judged, at: opened + .seconds(900), executed: executed,
          using: &generator)
        judgement.reward *= quality
        decisions[place].judged.judgements.append(judgement)
      }
      ends.append(sequence)
      opened = opened + .minutes(15)
    }
  }

  private static func judgement(
    _ sequence: Int64, about judged: Judged, at now: Instant, executed: UInt32,
    using generator: inout Xoshiro256
  ) -> Judgement {
    let said = now - .seconds(Int64.random(in: 0..<3_600, using: &generator))
    if generator.chance(0.1) {
      return Judgement(
        sequence: sequence, origin: sequence, kind: nil, reward: 0, at: said, received: now,
        executed: executed)
    }
    let earlier = judged.judgements.filter { $0.kind != nil }.randomElement(using: &generator)
    if let earlier, generator.chance(0.6) {
      if generator.chance(0.3) {
        return Judgement(
          sequence: sequence, origin: earlier.origin, kind: nil, reward: 0, at: said, received: now,
          isRevocation: true)
      }
      var again = earlier
      again.sequence = sequence
      again.received = now
      // One in four says the same again.
      if generator.chance(0.75) {
        again.reward = generator.uniform()
        again.at = said
      }
      return again
    }
    return Judgement(
      sequence: sequence, origin: sequence, kind: SignalKind.allCases.randomElement(using: &generator)!,
      reward: generator.uniform(), trust: generator.chance(0.1) ? generator.uniform() : 1,
      rater: generator.chance(0.5) ? 0 : generator.next() % 3 + 1, at: said, received: now)
  }

  private static func catalogue(
    version: Int, _ varies: Bool, using generator: inout Xoshiro256
  ) -> Versioned<Catalogue> {
    var candidates: [Candidate] = []
    for id in ["a/one", "a/two", "b/one", "c/one", "c/two", "d/one", "e/one"] {
      if varies, generator.chance(0.35) { continue }
      var candidate = RoutingSamples.candidate(
        id, [.textToVideo, .imageGeneration, .qualityReview].filter { _ in !varies || generator.chance(0.7) })
      if generator.chance(0.3) {
        candidate.prior = Prior(
          quality: generator.uniform(), mass: 20 * generator.uniform(),
          regions: generator.chance(0.5) ? [.init(region: "r1", quality: generator.uniform())] : [])
      }
      candidate.isEnabled = !varies || generator.chance(0.9)
      candidates.append(candidate)
    }
    return RoutingSamples.catalogue(candidates, version: version)
  }

  private static func changed(
    _ governance: Versioned<Governance>, using generator: inout Xoshiro256
  ) -> Versioned<Governance> {
    let changes: [(key: String, value: Setting)] = [
      ("half_life", .text(["1h", "6h", "14d"].randomElement(using: &generator)!)),
      ("text_to_video.half_life", generator.chance(0.3) ? .none : .text("30m")),
      ("correction_horizon", .text(["30m", "1h", "2h", "3h"].randomElement(using: &generator)!)),
      ("feedback_window", .text(["30m", "90m", "7d"].randomElement(using: &generator)!)),
      ("image_generation.default_reward", generator.chance(0.3) ? .none : .number(generator.uniform())),
      ("weight.user.thumb", .number(2 * generator.uniform())),
      ("weight.user.view", .number(generator.chance(0.2) ? 0 : generator.uniform())),
      ("value.user.view", .number(generator.uniform())),
      ("rater_cap", .number(0.05 + 0.5 * generator.uniform())),
      ("rater_cap_from", .number(generator.chance(0.5) ? 1 : 3)),
      ("ema", .text(EMA.allCases.randomElement(using: &generator)!.rawValue)),
      ("quality_review.alpha_new", .number(0.3 + 0.7 * generator.uniform())),
      ("minimum_observations", .number(1 + 10 * generator.uniform())),
      ("exploration_share", .number(0.2 * generator.uniform())),
      ("exploration_grant", .number(generator.chance(0.5) ? 0 : 5)),
      ("kappa_maximum", .number(10 + 400 * generator.uniform())),
      ("change_threshold", .number(3 + 12 * generator.uniform())),
      ("optimism", .number(2 * generator.uniform())),
      ("exploration_sharpness", .number(0.5 + 2 * generator.uniform())),
    ]
    var value = governance.value
    try! value.apply([changes.randomElement(using: &generator)!])
    return Versioned(version: governance.version + 1, value: value)
  }
}
