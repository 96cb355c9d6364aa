import Routing
import Statistics
import TestSupport
import Testing

@Suite("Epoch")
struct EpochTests {
  @Test(
    "folding the whole log from nothing gives the bits of folding it epoch by epoch, with corrections, revocations, defaults, and catalogues and governance that change on the way",
    arguments: 1...24)
  func foldIsRefold(seed: Int) {
    let log = RandomLog(seed: UInt64(seed))
    var restatements = 0
    let final = log.foldEach { epoch, input, snapshot, stored in
      restatements += input.restated.count
      #expect(snapshot.check() == [])
      #expect(snapshot.epoch == epoch + 1)
      guard epoch % 6 == 5 else { return }
      #expect(log.all(through: epoch).map(\.tallies) == stored)
      let refolded = log.refold(through: epoch)
      #expect(refolded.learnedBytes == snapshot.learnedBytes)
      #expect(refolded.history == snapshot.history)
      for capability in Capability.allCases {
        #expect(refolded[capability].posteriors == snapshot[capability].posteriors)
        #expect(refolded[capability].quality == snapshot[capability].quality)
        #expect(refolded[capability].affordable == snapshot[capability].affordable)
        #expect(refolded[capability].cells == snapshot[capability].cells)
        #expect(refolded[capability].checkpoints == snapshot[capability].checkpoints)
        #expect(refolded[capability].detectors == snapshot[capability].detectors)
        #expect(refolded[capability].detectorCheckpoints == snapshot[capability].detectorCheckpoints)
      }
    }
    // The log was worth folding.
    #expect(restatements > 5)
    #expect(final.history.first.map { $0.epoch > 0 } == true)
    #expect(final[.textToVideo].cells.contains { $0.observations > 0 })
  }

  @Test(
    "a fold is a refold where candidates worsen and are learned again, with corrections that reach back before it",
    arguments: 201...208)
  func foldIsRefoldThroughChanges(seed: Int) {
    let log = RandomLog(
      seed: UInt64(seed), .init(epochs: 40, changesTerms: false, isBusy: true, worsens: true))
    var changes = 0
    var before: [UInt32: Double] = [:]
    _ = log.foldEach { epoch, _, snapshot, _ in
      #expect(snapshot.check() == [])
      let knowledge = snapshot[.textToVideo]
      for (column, ordinal) in knowledge.roster.ordinals.enumerated() {
        let now = knowledge.cells[knowledge.rootRow * knowledge.columns + column].observations
        // No half-life of the log takes a third in one epoch.
        if now < 0.66 * (before[ordinal] ?? 0) { changes += 1 }
        before[ordinal] = now
      }
      guard epoch % 8 == 7 else { return }
      let refolded = log.refold(through: epoch)
      #expect(refolded.learnedBytes == snapshot.learnedBytes)
      #expect(refolded.history == snapshot.history)
    }
    #expect(changes > 0)
  }

  @Test("a state that was stored and read back on the way folds on to the same bits", arguments: 31...36)
  func resumed(seed: Int) throws {
    let log = RandomLog(seed: UInt64(seed))
    let straight = log.foldEach()
    let resumed = log.foldEach { epoch, _, snapshot, _ in
      guard epoch % 3 == 1 else { return }
      let read = Snapshot(
        learned: snapshot.learnedBytes, history: snapshot.history, opened: snapshot.opened,
        catalogue: snapshot.catalogue, governance: snapshot.governance, roll: snapshot.roll, map: snapshot.map
      )
      guard let read else {
        Issue.record("epoch \(epoch) could not be read back")
        return
      }
      snapshot = read
    }
    #expect(resumed.learnedBytes == straight.learnedBytes)
    #expect(resumed.history == straight.history)
    for capability in Capability.allCases {
      #expect(resumed[capability].posteriors == straight[capability].posteriors)
    }
  }

  @Test(
    "after late corrections and revocations all is, Q included, as if the right signals had been given at first",
    arguments: 41...50)
  func lateIsExact(seed: Int) {
    let log = RandomLog(seed: UInt64(seed), .init(epochs: 16, changesTerms: false, isLate: false))
    var right = log
    var corrected = 0
    for place in right.decisions.indices {
      let said = log.decisions[place].judged.judgements
      var final: [Judgement] = []
      for first in said where first.sequence == first.origin {
        let thread = said.filter { $0.origin == first.origin }
        // The latest by its sender's clock, and of the same instant the latest to arrive.
        let winner = thread.max { ($0.at, $0.sequence) < ($1.at, $1.sequence) }!
        if thread.count > 1 { corrected += 1 }
        if winner.isRevocation { continue }
        var given = winner
        given.sequence = first.sequence
        given.received = first.received
        final.append(given)
      }
      right.decisions[place].judged.judgements = final.sorted { $0.sequence < $1.sequence }
    }
    #expect(corrected > 20)
    let late = log.foldEach()
    let early = right.foldEach()
    #expect(late.learnedBytes == early.learnedBytes)
    #expect(late.history == early.history)
    #expect(late[.textToVideo].quality == early[.textToVideo].quality)
    #expect(late[.textToVideo].posteriors == early[.textToVideo].posteriors)
  }

  /// Decisions for `a/x` and `b/y` in epoch 0, an hour of 4 epochs as horizon, and what is said, by epoch.
  private func log(
    _ said: [[(decision: Int, judgement: (Int64) -> Judgement)]],
    catalogues: [Versioned<Catalogue>]? = nil
  ) -> RandomLog {
    let candidates = RoutingSamples.catalogue([
      RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y"),
    ])
    let governance = RoutingSamples.governance([
      ("correction_horizon", .text("1h")), ("half_life", .text("2h")),
    ])
    var log = RandomLog(map: RoutingSamples.map(regions: 2))
    log.decisions = (0..<4).map { number in
      RandomLog.Entry(
        judged: Judged(
          capability: .textToVideo, row: number % 3, ordinal: UInt32(number % 2),
          decided: RoutingSamples.opened,
          judgements: []),
        epoch: 0, explored: false)
    }
    var sequence: Int64 = 0
    for (epoch, entries) in said.enumerated() {
      for entry in entries {
        sequence += 1
        log.decisions[entry.decision].judged.judgements.append(entry.judgement(sequence))
      }
      log.ends.append(sequence)
      log.terms.append(
        Epoch.Terms(
          opened: RoutingSamples.opened + .minutes(15 * Int64(epoch)),
          catalogue: catalogues?[epoch] ?? candidates,
          governance: governance))
    }
    log.terms.append(
      Epoch.Terms(
        opened: RoutingSamples.opened + .minutes(15 * Int64(said.count)),
        catalogue: catalogues?.last ?? candidates,
        governance: governance))
    return log
  }

  private func score(_ reward: Double, origin: Int64? = nil, minute: Int64 = 1) -> (Int64) -> Judgement {
    { sequence in
      let at = RoutingSamples.opened + .minutes(minute)
      return Judgement(
        sequence: sequence, origin: origin ?? sequence, kind: .score, reward: reward, at: at, received: at)
    }
  }

  @Test("one correction three epochs late, by hand: Q and the evidence are those of the right score")
  func workedCorrection() {
    let wrong = log([
      [(0, score(0.2)), (2, score(0.5))], [(1, score(1))], [], [(0, score(0.9, origin: 1, minute: 46))], [],
    ])
    let right = log([[(0, score(0.9)), (2, score(0.5))], [(1, score(1))], [], [], []])
    let (late, early) = (wrong.foldEach(), right.foldEach())
    #expect(late.learnedBytes == early.learnedBytes)
    #expect(late.history == early.history)
    // One observation in epoch 0, then four epochs of 2^(−1/8) each.
    let cell = late[.textToVideo].cells[0]
    #expect((cell.quality! - 0.9).magnitude < 1e-9)
    #expect((cell.observations - Exponential.two(to: -0.5)).magnitude < 1e-12)
    #expect((cell.rewards - 0.9 * Exponential.two(to: -0.5)).magnitude < 1e-9)
  }

  @Test("a revocation leaves nothing behind; a signal given twice adds nothing")
  func revocationAndRepetition() {
    let revocation: (Int64) -> Judgement = {
      let at = RoutingSamples.opened + .minutes(31)
      return Judgement(
        sequence: $0, origin: 1, kind: nil, reward: 0, at: at, received: at, isRevocation: true)
    }
    let revoked = log([[(0, score(0.2)), (2, score(0.5))], [], [(0, revocation)], []]).foldEach()
    let never = log([[(2, score(0.5))], [], [], []]).foldEach()
    #expect(revoked.learnedBytes == never.learnedBytes)
    #expect(revoked.history == never.history)
    let once = log([[(0, score(0.2))], [], []]).foldEach()
    let twice = log([
      [(0, score(0.2))], [(0, score(0.2, origin: 1))], [(0, score(0.2, origin: 1, minute: 40))],
    ]).foldEach()
    #expect(once.learnedBytes == twice.learnedBytes)
    #expect(once.history == twice.history)
  }

  @Test("a correction beyond the horizon changes nothing, on arrival and on replay")
  func beyondTheHorizon() {
    let quiet: [[(decision: Int, judgement: (Int64) -> Judgement)]] = [
      [(0, score(0.2))], [], [], [], [], [], [],
    ]
    var late = quiet
    late[5] = [(0, score(0.9, origin: 1, minute: 80))]
    let (a, b) = (log(quiet), log(late))
    #expect(a.foldEach().learnedBytes == b.foldEach().learnedBytes)
    #expect(b.refold(through: 6).learnedBytes == a.refold(through: 6).learnedBytes)
    #expect(b.closing(5, stored: (0..<5).map { EpochTallies(epoch: $0) }).restated.isEmpty)
    // The last moment at which it still counts is epoch 4.
    var timely = quiet
    timely[4] = [(0, score(0.9, origin: 1, minute: 70))]
    let c = log(timely)
    #expect(c.foldEach().learnedBytes != a.foldEach().learnedBytes)
    #expect(c.foldEach().learnedBytes == c.refold(through: 6).learnedBytes)
  }

  @Test("a report that names a candidate which came after the reward first counted folds and refolds alike")
  func executedByANewcomer() {
    let two = [RoutingSamples.candidate("a/x"), RoutingSamples.candidate("b/y")]
    let before = RoutingSamples.catalogue(two)
    let after = RoutingSamples.catalogue(two + [RoutingSamples.candidate("c/z")], version: 2)
    let report: (Int64) -> Judgement = {
      let at = RoutingSamples.opened + .minutes(46)
      return Judgement(sequence: $0, origin: $0, kind: nil, reward: 0, at: at, received: at, executed: 2)
    }
    let log = log(
      [[(0, score(0.8)), (1, score(0.1))], [], [], [(0, report)], []],
      catalogues: [before, before, after, after, after])
    let folded = log.foldEach { _, _, snapshot, _ in #expect(snapshot.check() == []) }
    #expect(folded.learnedBytes == log.refold(through: 4).learnedBytes)
    #expect(folded.history == log.refold(through: 4).history)
    #expect(folded[.textToVideo].cells[2].observations > 0)
  }

  @Test("an epoch in which nothing happened fades the evidence and nothing else")
  func silence() {
    let snapshot = RoutingSamples.snapshot([RoutingSamples.candidate("a/x")], regions: 1)
      .learning([Evidence("a/x", mass: 30, sum: 24)])
    let next = snapshot.learning([])
    #expect(next[.textToVideo].cells[0].observations == 30 * Rules().discount)
    #expect(next[.textToVideo].cells[0].quality == snapshot[.textToVideo].cells[0].quality)
    #expect(next.epoch == snapshot.epoch + 1)
    #expect(next.opened == snapshot.opened + .minutes(15))
  }

  @Test("a fold does not depend on the order in which tallies and traffic come")
  func order() {
    var generator = Xoshiro256(seed: 10)
    let snapshot = RoutingSamples.snapshot(
      ["a/x", "b/y", "c/z"].map { RoutingSamples.candidate($0) }, regions: 3)
    var evidence = (0..<60).map { number in
      let mass = generator.uniform()
      return Evidence(
        ["a/x", "b/y", "c/z"][number % 3], row: number % 4, mass: mass, sum: mass * generator.uniform())
    }
    let reference = snapshot.learning(evidence)
    for _ in 0..<10 {
      evidence.shuffle(using: &generator)
      #expect(snapshot.learning(evidence).learnedBytes == reference.learnedBytes)
    }
  }
}
