import Routing
import Statistics
import TestSupport
import Testing

@Suite("Eligibility")
struct EligibilityTests {
  /// One candidate that accepts everything within its limits, costs 2 dollars and answers within 60 s.
  private static func candidate(_ change: (inout Candidate) -> Void = { _ in }) -> Candidate {
    var candidate = RoutingSamples.candidate("a/x", dollars: 2)
    candidate.limits.maximumWidth = 1_920
    candidate.limits.maximumHeight = 1_080
    candidate.limits.minimumDuration = 2
    candidate.limits.maximumDuration = 8
    candidate.limits.maximumInputTokens = 1_000
    candidate.limits.maximumOutputTokens = 2_000
    candidate.limits.maximumCharacters = 500
    candidate.limits.maximumImages = 4
    candidate.latencyP90 = .seconds(60)
    change(&candidate)
    return candidate
  }

  private func reason(
    _ candidate: Candidate, _ constraints: Constraints = Constraints(), _ work: Work = Work()
  )
    -> Ineligibility?
  {
    let roster = RoutingSamples.snapshot([candidate])[.textToVideo].roster
    let intent = Intent(capability: .textToVideo, constraints: constraints, work: work)
    let reason = roster.ineligibility(0, for: intent)
    #expect(roster.eligible(for: intent).isEmpty == (reason != nil))
    return reason
  }

  @Test(
    "each limit refuses just what exceeds it, and says which",
    arguments: [
      (Work(width: 1_921), Ineligibility.tooWide(limit: 1_920), "resolution_limit", Work(width: 1_920)),
      (Work(height: 1_081), .tooHigh(limit: 1_080), "resolution_limit", Work(height: 1_080)),
      (Work(duration: 1.9), .tooShort(limit: 2), "duration_limit", Work(duration: 2)),
      (Work(duration: 8.1), .tooLong(limit: 8), "duration_limit", Work(duration: 8)),
      (Work(inputTokens: 1_001), .tooManyInputTokens(limit: 1_000), "token_limit", Work(inputTokens: 1_000)),
      (
        Work(outputTokens: 2_001), .tooManyOutputTokens(limit: 2_000), "token_limit",
        Work(outputTokens: 2_000)
      ),
      (Work(characters: 501), .tooManyCharacters(limit: 500), "character_limit", Work(characters: 500)),
      (Work(images: 5), .tooManyImages(limit: 4), "image_limit", Work(images: 4)),
    ])
  func limits(broken: Work, expected: Ineligibility, slug: String, kept: Work) {
    #expect(reason(Self.candidate(), Constraints(), broken) == expected)
    #expect(expected.reason == slug)
    #expect(reason(Self.candidate(), Constraints(), kept) == nil)
  }

  @Test("a limit is never held against an amount that the caller did not state")
  func unstated() {
    // 1024 × 1024 and 500 tokens would be assumed for a price.
    let narrow = Self.candidate {
      $0.limits.maximumWidth = 100
      $0.limits.maximumOutputTokens = 10
    }
    #expect(reason(narrow) == nil)
    #expect(reason(narrow, Constraints(maximumCost: 5)) == nil)
  }

  @Test("cost: what exceeds max_cost and what has no price")
  func cost() {
    #expect(reason(Self.candidate(), Constraints(maximumCost: 2)) == nil)
    #expect(reason(Self.candidate(), Constraints(maximumCost: 1.99)) == .tooExpensive(dollars: 2))
    #expect(reason(Self.candidate { $0.price = nil }, Constraints(maximumCost: 100)) == .priceUnknown)
    #expect(reason(Self.candidate { $0.price = nil }) == nil)
    #expect(Ineligibility.tooExpensive(dollars: 2).reason == "max_cost")
    #expect(Ineligibility.priceUnknown.reason == "price_unknown")
    // 0.1 dollars a second for the 5 s that are assumed.
    let bySecond = Self.candidate {
      $0.price = Price()
      $0.price?.perSecond = 0.1
    }
    #expect(reason(bySecond, Constraints(maximumCost: 0.5)) == nil)
    #expect(reason(bySecond, Constraints(maximumCost: 0.5), Work(duration: 6))?.reason == "max_cost")
  }

  @Test("latency: what is measured as slower, but not what was never measured")
  func latency() {
    #expect(reason(Self.candidate(), Constraints(maximumLatency: .seconds(60))) == nil)
    #expect(
      reason(Self.candidate(), Constraints(maximumLatency: .seconds(59))) == .tooSlow(p90: .seconds(60)))
    #expect(reason(Self.candidate { $0.latencyP90 = nil }, Constraints(maximumLatency: .seconds(1))) == nil)
    #expect(Ineligibility.tooSlow(p90: .seconds(60)).detail == "answers within 1m in 90 % of cases")
  }

  @Test("only and exclude name candidates or providers")
  func names() {
    #expect(reason(Self.candidate(), Constraints(only: ["a"])) == nil)
    #expect(reason(Self.candidate(), Constraints(only: ["b", "a/x"])) == nil)
    #expect(reason(Self.candidate(), Constraints(only: ["x"])) == .notAmongOnly)
    #expect(reason(Self.candidate(), Constraints(only: [])) == .notAmongOnly)
    #expect(reason(Self.candidate(), Constraints(exclude: ["a"])) == .excludedByCaller)
    #expect(reason(Self.candidate(), Constraints(exclude: ["a/x"])) == .excludedByCaller)
    #expect(reason(Self.candidate(), Constraints(only: ["a"], exclude: ["a"])) == .excludedByCaller)
    #expect(Ineligibility.notAmongOnly.reason == "not_in_only")
    #expect(Ineligibility.excludedByCaller.reason == "excluded")
  }

  @Test("A candidate that serves only by name takes no part where nobody, or somebody else, is named")
  func onlyByName() {
    let standIn = Self.candidate { $0.isOnlyByName = true }
    #expect(reason(standIn) == .onlyByName)
    #expect(reason(standIn, Constraints(maximumCost: 9)) == .onlyByName)
    #expect(reason(standIn, Constraints(), Work(width: 1)) == .onlyByName)
    #expect(reason(standIn, Constraints(only: ["b"])) == .notAmongOnly)
    #expect(reason(standIn, Constraints(only: ["a"])) == nil)
    #expect(reason(standIn, Constraints(only: ["a/x"])) == nil)
    #expect(reason(standIn, Constraints(only: ["a"], exclude: ["a/x"])) == .excludedByCaller)
    #expect(
      reason(
        Self.candidate {
          $0.isOnlyByName = true
          $0.isEnabled = false
        }) == .disabled)
    #expect(Ineligibility.onlyByName.reason == "only_by_name")
  }

  @Test("Beside real candidates it stays out of the open ones, however cheap, until it is named")
  func standIn() {
    let candidates = [
      RoutingSamples.candidate("a/x", dollars: 2), RoutingSamples.candidate("b/y", dollars: 3),
    ]
    var standIn = RoutingSamples.candidate("sandbox/steady", dollars: 0)
    standIn.isOnlyByName = true
    let snapshot = RoutingSamples.snapshot(candidates + [standIn])
    let roster = snapshot[.textToVideo].roster
    #expect(roster.open.positions == [0, 1])
    #expect(roster.eligible(for: Intent(capability: .textToVideo)).positions == [0, 1])
    let named = Intent(capability: .textToVideo, constraints: Constraints(only: ["sandbox"]))
    #expect(roster.eligible(for: named).positions == [2])
    let both = Intent(capability: .textToVideo, constraints: Constraints(only: ["sandbox", "a"]))
    #expect(roster.eligible(for: both).positions == [0, 2])
  }

  @Test("disabled, retired and removed candidates serve nobody")
  func closed() {
    #expect(reason(Self.candidate { $0.isEnabled = false }) == .disabled)
    let gone = Lifecycle(stage: .retired, ends: Instant("2026-11-01"), replacement: "a/y")
    #expect(
      reason(Self.candidate { $0.lifecycle = gone })
        == .retired(since: Instant("2026-11-01"), replacement: "a/y"))
    #expect(
      Ineligibility.retired(since: Instant("2026-11-01"), replacement: "a/y").detail
        == "since 2026-11-01; replaced by a/y")
    // Draining ends exactly when the epoch opens.
    #expect(
      reason(Self.candidate { $0.lifecycle = Lifecycle(stage: .draining, ends: RoutingSamples.opened) })
        == .retired(since: RoutingSamples.opened, replacement: nil))

    let before = RoutingSamples.snapshot([Self.candidate(), RoutingSamples.candidate("b/y")])
    var index = EpochIndex()
    index.append(through: 0, governance: Governance())
    let after = Epoch.fold(
      before, Epoch.Input(tallies: EpochTallies(epoch: 0)),
      Epoch.Terms(
        opened: before.opened + .minutes(15),
        catalogue: RoutingSamples.catalogue([RoutingSamples.candidate("b/y")]),
        governance: before.governance), index)
    let intent = Intent(capability: .textToVideo)
    #expect(after[.textToVideo].roster.ineligibility(0, for: intent) == .removed)
    #expect(after[.textToVideo].roster.eligible(for: intent).positions == [1])
    #expect(Ineligibility.removed.reason == "removed")
  }

  @Test("every refusal has a slug and a sentence")
  func words() {
    let all: [Ineligibility] = [
      .removed, .disabled, .retired(since: nil, replacement: nil), .notAmongOnly, .onlyByName,
      .excludedByCaller,
      .tooWide(limit: 1), .tooHigh(limit: 1), .tooShort(limit: 1), .tooLong(limit: 1),
      .tooManyInputTokens(limit: 1),
      .tooManyOutputTokens(limit: 1), .tooManyCharacters(limit: 1), .tooManyImages(limit: 1), .priceUnknown,
      .tooExpensive(dollars: 1), .tooSlow(p90: .seconds(1)),
    ]
    for reason in all {
      #expect(!reason.detail.isEmpty)
      #expect(reason.reason.allSatisfy { $0 == "_" || ("a"..."z").contains($0) })
    }
  }

  @Test("the eligible set is the complement of the refusals, for random candidates and requests")
  func sweep() {
    var generator = Xoshiro256(seed: 6)
    let candidates = (0..<70).map { number in
      var candidate = RoutingSamples.candidate(
        "p\(number % 7)/m\(number)", dollars: generator.chance(0.8) ? generator.uniform() : nil,
        isEnabled: generator.chance(0.9))
      if generator.chance(0.5) { candidate.limits.maximumDuration = 10 * generator.uniform() }
      if generator.chance(0.5) { candidate.limits.maximumWidth = Int(2_000 * generator.uniform()) }
      if generator.chance(0.5) { candidate.latencyP90 = .milliseconds(Int64(10_000 * generator.uniform())) }
      if generator.chance(0.1) { candidate.lifecycle = Lifecycle(stage: .retired) }
      candidate.isOnlyByName = generator.chance(0.1)
      return candidate
    }
    let snapshot = RoutingSamples.snapshot(candidates)
    let roster = snapshot[.textToVideo].roster
    for _ in 0..<300 {
      let intent = Intent(
        capability: .textToVideo,
        constraints: Constraints(
          maximumCost: generator.chance(0.5) ? generator.uniform() : nil,
          maximumLatency: generator.chance(0.5) ? .milliseconds(Int64(10_000 * generator.uniform())) : nil,
          only: generator.chance(0.3) ? ["p1", "p2", "p3", "p4/m4"] : nil,
          exclude: generator.chance(0.3) ? ["p2", "p3/m3"] : []),
        work: Work(
          width: generator.chance(0.5) ? Int(2_000 * generator.uniform()) : nil,
          duration: generator.chance(0.5) ? 10 * generator.uniform() : nil))
      let eligible = roster.eligible(for: intent)
      let expected = (0..<roster.count).filter { roster.ineligibility($0, for: intent) == nil }
      #expect(eligible.positions == expected)
      let excluded = snapshot.exclusions(for: intent, except: eligible)
      #expect(excluded.count == roster.count - eligible.count)
    }
  }
}
