import Routing
import Statistics
import TestSupport
import Testing

@Suite("Who is let in at a moment")
struct AdmissionTests {
  private static let ids = ["a/x", "b/x", "c/x", "d/x"]
  private static let now = RoutingSamples.opened
  private static let intent = Intent(capability: .textToVideo)
  private static let root = Placement(row: 0, similarity: 0)

  private static let plain = RoutingSamples.snapshot(ids.map { RoutingSamples.candidate($0) })

  private static func live(_ states: [String: LiveState], _ snapshot: Snapshot = plain) -> LiveRoster? {
    ResolvedMarket(LiveMarket(states: states), snapshot)[.textToVideo]
  }

  private static func blocked(
    _ kind: LiveObstacle.Kind, until: Instant? = nil, admission: Double = 1
  ) -> LiveState {
    LiveState(
      obstacle: LiveObstacle(kind, until: until, detail: "a \(kind.rawValue)"), admission: admission)
  }

  private static func admitted(
    _ states: [String: LiveState], _ execution: Execution = .elsewhere, at now: Instant = now,
    id: Identifier = Identifier(high: 1, low: 2), _ intent: Intent = intent
  ) -> Admission {
    plain[.textToVideo].roster.admission(
      intent, Circumstances(id: id, at: now, live: live(states), execution: execution))
  }

  @Test(
    "the vendors' obstacles hold for everybody, this router's own only where it executes itself",
    arguments: LiveObstacle.Kind.allCases)
  func kinds(kind: LiveObstacle.Kind) {
    let states = ["b/x": Self.blocked(kind)]
    let isVendors = [.circuitOpen, .down, .foundGone].contains(kind)
    #expect(Self.admitted(states).eligible.positions == (isVendors ? [0, 2, 3] : [0, 1, 2, 3]))
    #expect(Self.admitted(states, .here(unable: [:])).eligible.positions == [0, 2, 3])
  }

  @Test("an obstacle stands until its time, and no longer")
  func until() {
    let states = ["b/x": Self.blocked(.circuitOpen, until: Self.now + .seconds(30))]
    let last = Self.now + Span(microseconds: 29_999_999)
    #expect(Self.admitted(states, at: last).eligible.positions == [0, 2, 3])
    #expect(Self.admitted(states, at: Self.now + .seconds(30)).eligible.positions == [0, 1, 2, 3])
  }

  @Test("everyone kept out has a stable reason, and a wait where one is known")
  func exclusions() throws {
    var candidates = Self.ids.map { RoutingSamples.candidate($0) }
    candidates[3].isEnabled = false
    let snapshot = RoutingSamples.snapshot(candidates)
    let live = Self.live(
      [
        "a/x": Self.blocked(.circuitOpen, until: Self.now + .seconds(24)), "b/x": Self.blocked(.foundGone),
        "d/x": Self.blocked(.down, until: Self.now + .seconds(1)),
      ], snapshot)
    let circumstances = Circumstances(
      id: Identifier(high: 1, low: 2), at: Self.now, live: live, execution: .here(unable: ["c/x": "no seeds"])
    )
    do {
      _ = try TableCache(snapshot).decide(
        Intent(capability: .textToVideo, constraints: Constraints(exclude: ["a/x"])), Self.root, circumstances
      )
      Issue.record("somebody served")
    } catch {
      // What holds always is said before what holds now.
      #expect(error.excluded.map(\.reason.reason) == ["excluded", "found_gone", "cannot_do", "disabled"])
      #expect(error.excluded.map(\.reason.detail)[1...2] == ["a found_gone", "no seeds"])
      #expect(error.retryAfter == nil)
    }
    let set = try #require(snapshot[.textToVideo].roster.open.first)
    #expect(set == 0)
    let excluded = snapshot.exclusions(for: Self.intent, except: CandidateSet(), circumstances)
    #expect(excluded.map(\.reason.reason) == ["circuit_open", "found_gone", "cannot_do", "disabled"])
    #expect(excluded.map(\.retryAfter) == [.seconds(24), nil, nil, nil])
    // Made again from the record alone, nothing is known of the moment.
    let later = snapshot.exclusions(for: Self.intent, except: CandidateSet())
    #expect(
      later.map(\.reason.reason) == ["unavailable_then", "unavailable_then", "unavailable_then", "disabled"])
    #expect(later.allSatisfy { $0.retryAfter == nil })
  }

  @Test("advice is refused when nobody is left, with the soonest wait of all")
  func refused() {
    let states = [
      "a/x": Self.blocked(.circuitOpen, until: Self.now + .seconds(40)),
      "b/x": Self.blocked(.down, until: Self.now + .seconds(25)), "c/x": Self.blocked(.foundGone),
      "d/x": Self.blocked(.circuitOpen),
    ]
    let circumstances = Circumstances(id: Identifier(high: 1, low: 2), at: Self.now, live: Self.live(states))
    do {
      _ = try TableCache(Self.plain).decide(Self.intent, Self.root, circumstances)
      Issue.record("somebody served")
    } catch {
      #expect(error.excluded.map(\.candidate) == Self.ids)
      #expect(error.retryAfter == .seconds(25))
    }
  }

  @Test("where this router executes, what passes is waited for when nobody else is left")
  func waiting() {
    var states = [
      "a/x": Self.blocked(.circuitOpen, until: Self.now + .seconds(40)),
      "b/x": Self.blocked(.noHeadroom, until: Self.now + .seconds(25)),
      "c/x": Self.blocked(.down, until: Self.now + .seconds(5)), "d/x": LiveState(),
    ]
    let free = Self.admitted(states, .here(unable: [:]))
    #expect(free.eligible.positions == [3] && free.opens == nil)
    let here = Execution.here(unable: ["d/x": "too long"])
    let waits = Self.admitted(states, here)
    #expect(waits.eligible.positions == [0, 1] && waits.opens == Self.now + .seconds(25))
    // Neither a constraint nor an inability passes.
    let constrained = Intent(capability: .textToVideo, constraints: Constraints(exclude: ["b/x"]))
    let fewer = Self.admitted(states, here, constrained)
    #expect(fewer.eligible.positions == [0] && fewer.opens == Self.now + .seconds(40))
    let none = Self.admitted(states, .here(unable: ["a/x": "", "b/x": "", "d/x": ""]))
    #expect(none.eligible.isEmpty && none.opens == nil)
    // Whom only the coin kept out need not be waited for.
    states["d/x"] = LiveState(admission: 0)
    let halfOpen = Self.admitted(states, .here(unable: [:]))
    #expect(halfOpen.eligible.positions == [0, 1, 3] && halfOpen.opens == nil)
    #expect(Self.admitted(states).eligible.positions == [1])
  }

  @Test("half open at 25 % and 60 %: let in that often, by one coin; the same id is treated alike")
  func halfOpen() {
    let states = ["b/x": LiveState(admission: 0.25), "d/x": LiveState(admission: 0.6)]
    var generator = Xoshiro256(seed: 41)
    var counts = [0, 0]
    let live = Self.live(states)
    let roster = Self.plain[.textToVideo].roster
    for _ in 0..<40_000 {
      let set = roster.admission(
        Self.intent, Circumstances(id: generator.identifier(), at: Self.now, live: live)
      ).eligible
      #expect(set.contains(0) && set.contains(2))
      #expect(!set.contains(1) || set.contains(3))
      if set.contains(1) { counts[0] += 1 }
      if set.contains(3) { counts[1] += 1 }
    }
    // 5 standard deviations of a binomial: √(40,000 · 0.25 · 0.75) = 86.6 and √(40,000 · 0.6 · 0.4) = 98.
    #expect((counts[0] - 10_000).magnitude < 433 && (counts[1] - 24_000).magnitude < 490, "\(counts)")
    let id = generator.identifier()
    #expect(Self.admitted(states, id: id) == Self.admitted(states, id: id))
  }

  @Test("a circuit whose time has come is still half open")
  func reopening() {
    let states = ["b/x": Self.blocked(.circuitOpen, until: Self.now + .seconds(30), admission: 0)]
    let set = Self.admitted(states, at: Self.now + .seconds(31)).eligible
    #expect(set.positions == [0, 2, 3])
  }

  @Test("a measured p90 stands in the place of the stated one")
  func measured() {
    var candidates = Self.ids.map { RoutingSamples.candidate($0) }
    for place in candidates.indices { candidates[place].latencyP90 = .seconds(10) }
    candidates[3].latencyP90 = nil
    let snapshot = RoutingSamples.snapshot(candidates)
    let states = [
      "a/x": LiveState(latencyP90: .seconds(31)), "b/x": LiveState(latencyP90: .seconds(30)),
      "d/x": LiveState(latencyP90: .seconds(60)),
    ]
    let roster = snapshot[.textToVideo].roster
    let live = Self.live(states, snapshot)
    func open(_ limit: Span) -> [Int] {
      roster.eligible(
        for: Intent(capability: .textToVideo, constraints: Constraints(maximumLatency: limit)), live
      ).positions
    }
    #expect(open(.seconds(30)) == [1, 2] && open(.seconds(60)) == [0, 1, 2, 3] && open(.seconds(9)) == [])
    let intent = Intent(capability: .textToVideo, constraints: Constraints(maximumLatency: .seconds(30)))
    #expect(roster.ineligibility(0, for: intent, live) == .tooSlow(p90: .seconds(31)))
    #expect(roster.ineligibility(0, for: intent) == nil)
  }

  @Test("a market of strangers leaves nothing to look at")
  func strangers() {
    #expect(Self.live(["z/z": Self.blocked(.down)]) == nil)
    #expect(Self.live(["a/x": LiveState()]) != nil)
  }
}
