import Routing
import Testing
import World

@Suite("The timeline")
struct TimelineTests {
  @Test("Without events everything is as at the start, for the whole run")
  func empty() {
    let timeline = SmallWorld.timeline()
    #expect(timeline.conditions(at: 999) == SmallWorld.start)
    #expect(timeline.nextChange(after: 0) == 1_000)
    #expect(timeline.emptiness == nil)
  }

  @Test("Rates of arrival multiply, and only while their events hold")
  func arrival() {
    let timeline = SmallWorld.timeline(
      WorldEvent(.arrival(group: 1, rate: 3), during: 100..<300),
      WorldEvent(.arrival(group: 1, rate: 0.5), during: 200..<400))
    #expect(timeline.conditions(at: 99).rates == [1, 1])
    #expect(timeline.conditions(at: 100).rates == [1, 3])
    #expect(timeline.conditions(at: 200).rates == [1, 1.5])
    #expect(timeline.conditions(at: 399).rates == [1, 0.5])
    #expect(timeline.conditions(at: 400).rates == [1, 1])
    #expect([0, 100, 200, 300].map { timeline.nextChange(after: $0) } == [100, 200, 300, 400])
  }

  @Test("A sudden drift holds in full during its event, where and for whom it says")
  func sudden() {
    let drift = Drift(.sudden, candidates: [0, 2], groups: [1], factor: 0.6, shift: 0.1)
    let timeline = SmallWorld.timeline(WorldEvent(.drift(drift), during: 500..<700))
    #expect(timeline.conditions(at: 499).factors == [1, 1, 1, 1, 1, 1])
    #expect(timeline.conditions(at: 500).factors == [1, 1, 1, 0.6, 1, 0.6])
    #expect(timeline.conditions(at: 500).shifts == [0, 0, 0, 0.1, 0, 0.1])
    #expect(timeline.conditions(at: 700).factors == [1, 1, 1, 1, 1, 1])
  }

  @Test("A linear drift grows in steps of fifty decisions, and stays")
  func linear() {
    let drift = Drift(.linear, candidates: [0], groups: [0], factor: 0.5)
    let timeline = SmallWorld.timeline(WorldEvent(.drift(drift), during: 200..<400))
    // A quarter of the way after 50 of 200 decisions: 1 − 0.25 · 0.5.
    #expect(timeline.conditions(at: 249).factors[0] == 1)
    #expect(timeline.conditions(at: 250).factors[0] == 0.875)
    #expect(timeline.conditions(at: 399).factors[0] == 0.625)
    #expect(timeline.conditions(at: 400).factors[0] == 0.5)
    #expect(timeline.conditions(at: 999).factors[0] == 0.5)
    #expect(timeline.nextChange(after: 200) == 250)
    #expect(timeline.nextChange(after: 199) == 200)
    #expect(timeline.nextChange(after: 400) == 1_000)
  }

  @Test(
    "A seasonal drift is nothing at the start of its period, all at half of it, and nothing again at its end")
  func seasonal() {
    let drift = Drift(.seasonal(period: 400), candidates: [1], groups: [0], shift: -0.4)
    let timeline = SmallWorld.timeline(WorldEvent(.drift(drift), during: 100..<1_000))
    // (1 − cos 2πt/400)/2 with t = 0, 100, 200, 400: 0, ½, 1, 0.
    #expect(timeline.conditions(at: 100).shifts[1] == 0)
    #expect((timeline.conditions(at: 200).shifts[1] + 0.2).magnitude < 1e-12)
    #expect((timeline.conditions(at: 300).shifts[1] + 0.4).magnitude < 1e-12)
    #expect(timeline.conditions(at: 500).shifts[1].magnitude < 1e-12)
  }

  @Test("Two drifts of one candidate compose: factors multiply, shifts add")
  func composed() {
    let timeline = SmallWorld.timeline(
      WorldEvent(
        .drift(Drift(.sudden, candidates: [0], groups: [0], factor: 0.5, shift: 0.1)), during: 0..<1_000),
      WorldEvent(
        .drift(Drift(.sudden, candidates: [0], groups: [0], factor: 0.8, shift: 0.2)), during: 0..<1_000))
    #expect((timeline.conditions(at: 5).factors[0] - 0.4).magnitude < 1e-15)
    #expect((timeline.conditions(at: 5).shifts[0] - 0.3).magnitude < 1e-15)
  }

  @Test(
    "An outage is not listed anywhere; a retirement is; an entrant is neither there nor listed before its time"
  )
  func comingAndGoing() {
    let prior = Prior(quality: 0.8, mass: 10)
    let timeline = SmallWorld.timeline(
      WorldEvent(.outage(candidate: 0), during: 100..<200),
      WorldEvent(.retirement(candidate: 1), during: 300..<1_000),
      WorldEvent(.entrant(candidate: 2, prior: prior), during: 50..<1_000))
    #expect(timeline.conditions(at: 49).answers == [true, true, false])
    #expect(timeline.conditions(at: 49).isListed == [true, true, false])
    #expect(timeline.conditions(at: 150).answers == [false, true, true])
    #expect(timeline.conditions(at: 150).isListed == [true, true, true])
    #expect(timeline.conditions(at: 150).priors == [nil, nil, prior])
    #expect(timeline.conditions(at: 300).answers == [true, false, true])
    #expect(timeline.conditions(at: 300).isListed == [true, false, true])
  }

  @Test("Prices multiply from their moment on")
  func price() {
    let timeline = SmallWorld.timeline(
      WorldEvent(.price(candidate: 1, factor: 0.5), during: 10..<1_000),
      WorldEvent(.price(candidate: 1, factor: 0.5), during: 20..<1_000))
    #expect([9, 10, 20].map { timeline.conditions(at: $0).priceFactors[1] } == [1, 0.5, 0.25])
  }

  @Test("Of raters' faults the last listed that is in force wins")
  func feedback() {
    let ring = RaterRing(raters: 2, share: 0.5, lifts: [1], sinks: [])
    let timeline = SmallWorld.timeline(
      WorldEvent(.delay(.constant(5)), during: 0..<1_000),
      WorldEvent(.delay(.constant(9)), during: 100..<200),
      WorldEvent(.missing(share: 0.25), during: 0..<50),
      WorldEvent(.noise(RaterNoise(flip: 0.1)), during: 0..<50),
      WorldEvent(.ring(ring), during: 0..<50),
      WorldEvent(.burst(signals: 3), during: 20..<40))
    #expect(timeline.conditions(at: 10).feedback.delay == .constant(5))
    #expect(timeline.conditions(at: 150).feedback.delay == .constant(9))
    #expect(timeline.conditions(at: 10).feedback.missing == 0.25)
    #expect(timeline.conditions(at: 50).feedback.missing == 0)
    #expect(timeline.conditions(at: 10).feedback.noise.flip == 0.1)
    #expect(timeline.conditions(at: 10).feedback.ring == ring)
    #expect(timeline.conditions(at: 30).feedback.heldUntil == 40)
    #expect(timeline.conditions(at: 30).feedback.signals == 3)
    #expect(timeline.conditions(at: 40).feedback.heldUntil == nil)
  }

  @Test("A clock that stands still does so from its first decision to before the one after its last")
  func stall() {
    let timeline = SmallWorld.timeline(WorldEvent(.stall, during: 100..<200))
    #expect([99, 100, 199, 200].map { timeline.isStalled(at: $0) } == [false, true, true, false])
  }

  @Test("A stretch in which nobody answers, or nothing arrives, is found with its decision")
  func emptiness() {
    let gone = SmallWorld.timeline(
      WorldEvent(.retirement(candidate: 0), during: 10..<1_000),
      WorldEvent(.outage(candidate: 1), during: 20..<30), WorldEvent(.outage(candidate: 2), during: 25..<28))
    #expect(gone.emptiness?.decision == 25)
    let silent = SmallWorld.timeline(
      WorldEvent(.arrival(group: 0, rate: 0), during: 0..<1_000),
      WorldEvent(.arrival(group: 1, rate: 0), during: 400..<500))
    #expect(silent.emptiness?.decision == 400)
    #expect(silent.emptiness?.reason == "no intent arrives")
  }
}
