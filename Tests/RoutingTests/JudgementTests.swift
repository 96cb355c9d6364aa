import Statistics
import TestSupport
import Testing

@testable import Routing

@Suite("Judgement and reward")
struct JudgementTests {
  static let decided = RoutingSamples.opened

  /// Ten epochs of ten entries each: entry s belongs to epoch (s − 1) / 10.
  private func index(_ settings: [(key: String, value: Setting)] = [], epochs: Int = 10) throws -> EpochIndex
  {
    let governance = try Governance(settings)
    var index = EpochIndex()
    for epoch in 0..<epochs { index.append(through: Int64(epoch * 10 + 10), governance: governance) }
    return index
  }

  private func signal(
    _ sequence: Int64, _ kind: SignalKind?, _ reward: Double = 0, origin: Int64? = nil, trust: Double = 1,
    rater: UInt64 = 0, at: Span = .minutes(1), received: Span? = nil, isRevocation: Bool = false,
    executed: UInt32? = nil
  ) -> Judgement {
    Judgement(
      sequence: sequence, origin: origin ?? sequence, kind: kind, reward: reward, trust: trust, rater: rater,
      at: Self.decided + at, received: Self.decided + (received ?? at), isRevocation: isRevocation,
      executed: executed)
  }

  private func judged(_ judgements: [Judgement]) -> Judged {
    Judged(capability: .textToVideo, row: 1, ordinal: 5, decided: Self.decided, judgements: judgements)
  }

  private func agrees(_ a: Double?, _ b: Double) -> Bool { a.map { ($0 - b).magnitude < 1e-12 } ?? false }

  @Test("a thumb up and a view: y = (1·1 + 0.1·0.6) / 1.1 = 0.963636…, m = min(1, 1.1) = 1")
  func thumbAndView() throws {
    let reward = judged([signal(1, .thumb, 1), signal(2, .view)]).reward(through: 10, try index())
    #expect(agrees(reward?.value, 1.06 / 1.1))
    #expect(reward?.mass == 1)
    #expect(reward?.epoch == 0)
    #expect(reward?.ordinal == 5)
  }

  @Test("a view alone: y = 0.6 with m = 0.1")
  func view() throws {
    let reward = judged([signal(1, .view)]).reward(through: 10, try index())
    #expect(agrees(reward?.value, 0.6))
    #expect(agrees(reward?.mass, 0.1))
  }

  @Test("a download and a review of 0.4: y = (0.5·0.9 + 0.7·0.4) / 1.2; an untrusted reviewer weighs less")
  func mixtures() throws {
    let index = try index()
    let both = judged([signal(1, .download), signal(2, .review, 0.4)]).reward(through: 10, index)
    #expect(agrees(both?.value, 0.73 / 1.2))
    #expect(both?.mass == 1)
    // 0.5 × trust 0.4 = 0.2.
    let half = judged([signal(1, .reputation, 0.8, trust: 0.4)]).reward(through: 10, index)
    #expect(agrees(half?.value, 0.8))
    #expect(agrees(half?.mass, 0.2))
    #expect(judged([signal(1, .reputation, 0.8, trust: 0)]).reward(through: 10, index) == nil)
  }

  @Test("the parts by rater add up to the mass and the sum, in units of 2⁻³⁰")
  func parts() throws {
    let judged = judged([
      signal(1, .thumb, 1, rater: 11), signal(2, .view, rater: 12), signal(3, .score, 0.5),
    ])
    let changes = judged.changes(after: 0, through: 10, try index())
    #expect(changes.map(\.tally.rater) == [11, 12, 0])
    #expect(
      changes.allSatisfy {
        $0.epoch == 0 && $0.tally.cell == CellKey(capability: .textToVideo, row: 1, ordinal: 5)
      })
    // 1/2.1, 0.1/2.1 and 1/2.1 of one observation.
    for (change, (weight, value)) in zip(changes, [(1.0, 1.0), (0.1, 0.6), (1, 0.5)]) {
      #expect((Double(change.tally.mass) - Tally.unit * weight / 2.1).magnitude <= 0.5)
      #expect((Double(change.tally.sum) - Tally.unit * weight * value / 2.1).magnitude <= 0.5)
    }
  }

  @Test("rewards and weights of events are those of the epoch in which the decision counts")
  func governed() throws {
    var index = EpochIndex()
    index.append(through: 10, governance: try Governance([("value.user.view", .number(0.2))]))
    index.append(through: 20, governance: try Governance([("weight.user.view", .number(0.4))]))
    let early = judged([signal(1, .view), signal(11, .view)]).reward(through: 20, index)
    #expect(agrees(early?.value, 0.2))
    #expect(agrees(early?.mass, 0.2))
    let late = judged([signal(11, .view)]).reward(through: 20, index)
    #expect(agrees(late?.value, 0.6))
    #expect(agrees(late?.mass, 0.4))
  }

  @Test("the same signal twice changes nothing")
  func repetition() throws {
    let index = try index()
    let once = judged([signal(1, .thumb, 1, rater: 3)])
    let twice = judged([
      signal(1, .thumb, 1, rater: 3), signal(12, .thumb, 1, origin: 1, rater: 3, at: .minutes(20)),
    ])
    #expect(twice.reward(through: 20, index) == once.reward(through: 20, index))
    #expect(twice.changes(after: 10, through: 20, index).isEmpty)
    #expect(
      twice.changes(after: 0, through: 20, index).map(\.tally)
        == once.changes(after: 0, through: 10, index).map(\.tally))
  }

  @Test("a correction takes the old reward out of the epoch in which it counted and puts the new one there")
  func correction() throws {
    let index = try index()
    let judged = judged([signal(1, .thumb, 1), signal(35, .thumb, 0, origin: 1, at: .minutes(50))])
    let changes = judged.changes(after: 30, through: 40, index)
    #expect(changes.map(\.epoch) == [0, 0])
    #expect(changes.map(\.tally.mass) == [-(1 << 30), 1 << 30])
    #expect(changes.map(\.tally.sum) == [-(1 << 30), 0])
    #expect(judged.changes(after: 40, through: 50, index).isEmpty)
  }

  @Test("of one sender's statements the latest by its own clock wins, whenever it arrives")
  func clock() throws {
    let index = try index()
    let overtaken = judged([
      signal(1, .thumb, 1, at: .minutes(9)),
      signal(12, .thumb, 0, origin: 1, at: .minutes(5), received: .minutes(16)),
    ])
    #expect(overtaken.reward(through: 20, index)?.value == 1)
    #expect(overtaken.changes(after: 10, through: 20, index).isEmpty)
    // Said at the same instant: the later arrival.
    let level = judged([signal(1, .thumb, 1), signal(12, .thumb, 0, origin: 1)])
    #expect(level.reward(through: 20, index)?.value == 0)
  }

  @Test("a revocation leaves what the others said, in the epoch of the earliest that stands")
  func revocation() throws {
    let index = try index()
    let alone = judged([
      signal(1, .thumb, 1), signal(25, nil, origin: 1, at: .minutes(40), isRevocation: true),
    ])
    #expect(alone.reward(through: 20, index)?.value == 1)
    #expect(alone.reward(through: 30, index) == nil)
    #expect(alone.changes(after: 20, through: 30, index).map(\.tally.mass) == [-(1 << 30)])
    let accompanied = judged([
      signal(1, .thumb, 1), signal(15, .score, 0.25, at: .minutes(20)),
      signal(25, nil, origin: 1, at: .minutes(40), isRevocation: true),
    ])
    #expect(accompanied.reward(through: 20, index)?.epoch == 0)
    #expect(accompanied.reward(through: 30, index)?.epoch == 1)
    #expect(accompanied.reward(through: 30, index)?.value == 0.25)
    #expect(Set(accompanied.changes(after: 20, through: 30, index).map(\.epoch)) == [0, 1])
    // Said again after it was taken back: it counts where it first did.
    let restored = judged(alone.judgements + [signal(36, .thumb, 0, origin: 1, at: .minutes(60))])
    #expect(restored.reward(through: 40, index)?.epoch == 0)
    #expect(restored.reward(through: 40, index)?.value == 0)
  }

  @Test("beyond the horizon a correction is ignored on arrival, and on every later replay alike")
  func horizon() throws {
    // Four epochs back: an entry of epoch e may change epoch e − 4, not e − 5.
    let index = try index([("correction_horizon", .text("1h"))])
    for (sequence, isTaken) in [(Int64(41), true), (50, true), (51, false), (99, false)] {
      let judged = judged([signal(1, .thumb, 1), signal(sequence, .thumb, 0, origin: 1, at: .minutes(80))])
      let through = (sequence + 9) / 10 * 10
      #expect(judged.reward(through: through, index)?.value == (isTaken ? 0 : 1))
      #expect(judged.reward(through: 100, index)?.value == (isTaken ? 0 : 1))
      #expect(judged.changes(after: through - 10, through: through, index).isEmpty == !isTaken)
    }
    // The same for a revocation, for a second signal, and for a correction of a correction that was in time.
    let revoked = judged([
      signal(1, .thumb, 1), signal(61, nil, origin: 1, at: .minutes(90), isRevocation: true),
    ])
    #expect(revoked.reward(through: 100, index)?.value == 1)
    let joined = judged([signal(1, .thumb, 1), signal(61, .score, 0, at: .minutes(90))])
    #expect(joined.reward(through: 100, index)?.value == 1)
    let chain = judged([
      signal(1, .score, 0.1), signal(41, .score, 0.2, origin: 1, at: .minutes(61)),
      signal(51, .score, 0.3, origin: 1, at: .minutes(76)),
    ])
    #expect(chain.reward(through: 100, index)?.value == 0.2)
  }

  @Test("a longer horizon cannot reach what a shorter one has let go")
  func changingHorizon() throws {
    let short = try Governance([("correction_horizon", .text("30m"))])
    let long = try Governance([("correction_horizon", .text("2h"))])
    var index = EpochIndex()
    for epoch in 0..<12 {
      index.append(through: Int64(epoch * 10 + 10), governance: (3...5).contains(epoch) ? short : long)
    }
    // Horizons of 8, then 2, then 8 epochs: after epoch 5 the oldest sums are those of epoch 4.
    #expect((0..<12).map { index.floor($0) } == [0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 4, 4])
    #expect((0..<12).map { index.oldestKept(after: $0) } == [0, 0, 0, 2, 3, 4, 4, 4, 4, 4, 4, 4])
    #expect(index.rules(4, .textToVideo).correctionHorizon == .minutes(30))
    #expect(index.governance(6) == long)
  }

  @Test("an entry belongs to the first epoch whose end it does not pass")
  func epochs() throws {
    let index = try index(epochs: 3)
    #expect([1, 10, 11, 20, 21, 30, 31].map { index.epoch(of: $0) } == [0, 0, 1, 1, 2, 2, 3])
    #expect(index.count == 3)
    // Epochs in which nothing was said share an end.
    var quiet = EpochIndex()
    for end in [Int64(0), 0, 5, 5] { quiet.append(through: end, governance: Governance()) }
    #expect([1, 5, 6].map { quiet.epoch(of: $0) } == [2, 2, 4])
  }

  @Test("a first signal after the feedback window adds nothing, the last moment of it still does")
  func window() throws {
    let index = try index([("feedback_window", .text("1h")), ("image_to_video.feedback_window", .text("1s"))])
    #expect(judged([signal(1, .thumb, 1, received: .hours(1))]).reward(through: 10, index) != nil)
    let late = judged([signal(1, .thumb, 1, at: .minutes(5), received: .milliseconds(3_600_001))])
    #expect(late.reward(through: 10, index) == nil)
    #expect(late.changes(after: 0, through: 10, index).isEmpty)
    // After a first one in time others may follow.
    let followed = judged([signal(1, .view), signal(2, .thumb, 1, received: .hours(3))])
    #expect(followed.reward(through: 10, index)?.mass == 1)
  }

  @Test("an executor's report is not a signal: it does not keep the window open")
  func reportAndWindow() throws {
    let index = try index([("feedback_window", .text("1h"))])
    let judged = judged([signal(1, nil, executed: 6), signal(2, .thumb, 1, received: .hours(3))])
    #expect(judged.reward(through: 10, index) == nil)
  }

  @Test("the reward goes to the candidate that executed, whenever that is reported")
  func executed() throws {
    let index = try index()
    let thumb = signal(2, .thumb, 1)
    #expect(judged([signal(1, nil, executed: 6), thumb]).reward(through: 10, index)?.ordinal == 6)
    #expect(judged([signal(1, nil, executed: 6)]).reward(through: 10, index) == nil)
    let late = judged([thumb, signal(12, nil, at: .minutes(20), executed: 6)])
    #expect(late.reward(through: 10, index)?.ordinal == 5)
    let changes = late.changes(after: 10, through: 20, index)
    #expect(changes.map(\.tally.cell.ordinal) == [5, 6])
    #expect(changes.map(\.epoch) == [0, 0])
    #expect(changes.map(\.tally.mass) == [-(1 << 30), 1 << 30])
    // The last report is right.
    let twice = judged([signal(1, nil, executed: 6), thumb, signal(3, .badOutput, executed: 7)])
    #expect(twice.reward(through: 10, index)?.ordinal == 7)
    #expect(twice.reward(through: 10, index)?.value == 0.5)
  }

  @Test(
    "bad output counts against the candidate that delivered it, the rewards go to the one that took its place"
  )
  func badOutputBeforeFailover() throws {
    let index = try index()
    let bad = signal(1, .badOutput, executed: 6)
    let alone = judged([bad, signal(2, nil, executed: 7)])
    #expect(alone.reward(through: 10, index)?.ordinal == 6 && alone.reward(through: 10, index)?.value == 0)
    let both = judged([bad, signal(2, nil, executed: 7), signal(12, .thumb, 1)])
    let reward = both.reward(through: 20, index)
    #expect(reward?.ordinal == 7 && reward?.value == 1 && reward?.mass == 1)
    let changes = both.changes(after: 0, through: 20, index)
    #expect(changes.map(\.tally.cell.ordinal) == [6, 7])
    #expect(changes.map(\.tally.mass) == [1 << 30, 1 << 30])
    #expect(changes.map(\.tally.sum) == [0, 1 << 30])
  }

  @Test("increments add up to the final reward, for random threads of entries under any cut into epochs")
  func increments() throws {
    var generator = Xoshiro256(seed: 9)
    let governance = try Governance([("correction_horizon", .text("45m")), ("feedback_window", .text("1h"))])
    var ignored = 0
    for _ in 0..<400 {
      var index = EpochIndex()
      for epoch in 0..<8 { index.append(through: Int64(epoch * 4 + 4), governance: governance) }
      var entries: [Judgement] = []
      for sequence in Int64(1)...32 where generator.chance(0.25) {
        let earlier = entries.filter { $0.kind != nil || $0.isRevocation }.randomElement(using: &generator)
        let origin = generator.chance(0.6) ? earlier?.origin : nil
        let isRevocation = origin != nil && generator.chance(0.3)
        entries.append(
          signal(
            sequence, isRevocation ? nil : .score, generator.uniform(), origin: origin,
            rater: generator.next() % 3,
            at: .minutes(Int64(generator.next() % 100)), received: .minutes(sequence),
            isRevocation: isRevocation))
      }
      let judged = judged(entries)
      var total: [Int: EpochTallies] = [:]
      for epoch in 0..<8 {
        // What an epoch's close sees: only what has arrived, under the epochs there are.
        var open = EpochIndex()
        for past in 0...epoch { open.append(through: Int64(past * 4 + 4), governance: governance) }
        var seen = judged
        seen.judgements.removeAll { $0.sequence > Int64(epoch * 4 + 4) }
        for change in seen.changes(after: Int64(epoch * 4), through: Int64(epoch * 4 + 4), open) {
          #expect(change.epoch >= open.floor(epoch))
          total[change.epoch, default: EpochTallies(epoch: change.epoch)].add([change.tally])
        }
      }
      let final = judged.changes(after: 0, through: 32, index)
      for epoch in 0..<8 {
        #expect(
          (total[epoch] ?? EpochTallies(epoch: epoch))
            == EpochTallies(epoch: epoch, tallies: final.filter { $0.epoch == epoch }.map(\.tally)))
      }
      var unlimited = EpochIndex()
      for epoch in 0..<8 { unlimited.append(through: Int64(epoch * 4 + 4), governance: Governance()) }
      if judged.reward(through: 32, unlimited) != judged.reward(through: 32, index) { ignored += 1 }
    }
    // The horizon did something.
    #expect(ignored > 20)
  }
}
