import Jobs
import Routing
import Testing

@Suite("Retirement")
struct RetirementTests {
  static func candidate(
    _ id: String, _ stage: Lifecycle.Stage = .active, ends: Double? = nil, replacement: String? = nil,
    perRequest: Double = 1, capabilities: [Capability] = [.textToVideo]
  ) -> Candidate {
    var price = Price()
    price.perRequest = perRequest
    return Candidate(
      id: id, provider: String(id.prefix { $0 != "/" }), model: "m", capabilities: capabilities, price: price,
      lifecycle: Lifecycle(stage: stage, ends: ends.map(Sample.at), replacement: replacement))
  }

  static let day = 86_400.0

  @Test("A vendor that says the model is gone retires the candidate, once, with a successor")
  func foundGone() throws {
    var catalogue = [
      Self.candidate("a/model"), Self.candidate("a/next", perRequest: 3), Self.candidate("b/near"),
    ]
    let failure = VendorFailure(httpStatus: 404, message: "This model is no longer available")
    let report = try CandidateFiguresTests.failed(failure)
    let event = try #require(Retirement.after(report, in: catalogue, at: Sample.at(5)))
    #expect(event.kind == .foundGone && event.candidate == "a/model" && event.replacement == "a/next")
    catalogue[0].lifecycle = Retirement.lifecycle(of: catalogue[0], after: event)
    #expect(catalogue[0].lifecycle == Lifecycle(stage: .retired, ends: Sample.at(5), replacement: "a/next"))
    #expect(Retirement.after(report, in: catalogue, at: Sample.at(6)) == nil)
    let wrongPath = try CandidateFiguresTests.failed(VendorFailure(httpStatus: 404, message: "no route"))
    #expect(Retirement.after(wrongPath, in: catalogue, at: Sample.at(6)) == nil)
  }

  @Test("A stand-in that must be named never becomes a successor")
  func standIns() {
    let old = Self.candidate("a/old")
    var standIn = Self.candidate("sandbox/steady")
    standIn.isOnlyByName = true
    #expect(Retirement.replacement(for: old, in: [old, standIn], at: Sample.at(0)) == nil)
    standIn.isOnlyByName = false
    #expect(Retirement.replacement(for: old, in: [old, standIn], at: Sample.at(0)) == "sandbox/steady")
  }

  @Test(
    "The provider's own successor comes first, if it is here; else its own models, then the nearest price, then the id"
  )
  func replacements() {
    let old = Self.candidate("a/old", replacement: "a/named")
    let named = Self.candidate("a/named", capabilities: [.imageGeneration])
    let others = [
      Self.candidate("c/dear", perRequest: 9), Self.candidate("b/near", perRequest: 2),
      Self.candidate("a/draining", .draining, ends: 9e9),
      Self.candidate("d/other", capabilities: [.embedding]),
    ]
    #expect(Retirement.replacement(for: old, in: others + [old, named], at: Sample.at(0)) == "a/named")
    #expect(Retirement.replacement(for: old, in: others + [old], at: Sample.at(0)) == "b/near")
    let sibling = Self.candidate("a/dearest", perRequest: 99)
    #expect(Retirement.replacement(for: old, in: others + [sibling], at: Sample.at(0)) == "a/dearest")
    // Nobody can: the name that the provider gave is still worth saying.
    #expect(Retirement.replacement(for: old, in: [old], at: Sample.at(0)) == "a/named")
  }

  @Test("Each date is announced once as near and once as come, however often one looks")
  func dates() {
    let catalogue = [
      Self.candidate("b/soon", .draining, ends: 20 * Self.day), Self.candidate("a/never"),
      Self.candidate("c/gone", .retired, ends: 1),
    ]
    var events: [LifecycleEvent] = []
    var last = Sample.at(0)
    for hour in 1...(30 * 24) {
      let now = Sample.at(Double(hour) * 3_600)
      events += Retirement.due(catalogue, since: last, at: now)
      last = now
    }
    #expect(events.map(\.kind) == [.endsSoon, .ended])
    #expect(events.map(\.at) == [Sample.at(6 * Self.day), Sample.at(20 * Self.day)])
    #expect(events.first?.replacement == "a/never")
    // A look after a long pause says only that it is over.
    let late = Retirement.due(catalogue, since: Sample.at(0), at: Sample.at(40 * Self.day))
    #expect(late.map(\.kind) == [.ended])
  }

  @Test(
    "A vendor's list announces what the catalogue does not know",
    arguments: [
      // The catalogue's, the vendor's, and what is told on day 10.
      (Lifecycle(), Lifecycle(stage: .legacy), LifecycleEvent.Kind.turnedLegacy),
      (Lifecycle(), Lifecycle(stage: .draining, ends: Sample.at(90 * day)), .endsSoon),
      (Lifecycle(), Lifecycle(ends: Sample.at(90 * day)), .endsSoon),
      (Lifecycle(), Lifecycle(stage: .draining, ends: Sample.at(9 * day)), .ended),
      (Lifecycle(), Lifecycle(stage: .retired), .ended),
      // The catalogue has it later.
      (
        Lifecycle(stage: .draining, ends: Sample.at(99 * day)),
        Lifecycle(stage: .draining, ends: Sample.at(90 * day)), .endsSoon
      ),
      (Lifecycle(), Lifecycle(), nil),
      (Lifecycle(stage: .legacy), Lifecycle(stage: .legacy), nil),
      (Lifecycle(stage: .retired), Lifecycle(stage: .draining, ends: Sample.at(9 * day)), nil),
      // The same day at another hour.
      (
        Lifecycle(stage: .draining, ends: Sample.at(90 * day)),
        Lifecycle(stage: .draining, ends: Sample.at(90 * day + 3_600)), nil
      ),
    ])
  func announced(known: Lifecycle, told: Lifecycle, kind: LifecycleEvent.Kind?) {
    var candidate = Self.candidate("a/old")
    candidate.lifecycle = known
    let catalogue = [candidate, Self.candidate("a/next")]
    let event = Retirement.announced(told, of: candidate, in: catalogue, at: Sample.at(10 * Self.day))
    #expect(event?.kind == kind)
    guard let event else { return }
    #expect(event.replacement == "a/next" && event.ends == told.ends)
    // Words of warning change nothing by themselves.
    let after = Retirement.lifecycle(of: candidate, after: event)
    #expect((after.stage == .retired) == (kind == .ended))
  }

  @Test("A draining candidate takes only what it can finish before its end")
  func draining() {
    let lifecycle = Lifecycle(stage: .draining, ends: Sample.at(100))
    #expect(Retirement.mayBegin(lifecycle, at: Sample.at(0), deadline: Sample.at(100)))
    #expect(!Retirement.mayBegin(lifecycle, at: Sample.at(0), deadline: Sample.at(101)))
    #expect(!Retirement.mayBegin(lifecycle, at: Sample.at(100), deadline: Sample.at(100)))
    #expect(Retirement.mayBegin(Lifecycle(), at: Sample.at(0), deadline: Sample.at(1e9)))
    #expect(!Retirement.mayBegin(Lifecycle(stage: .retired), at: Sample.at(0), deadline: Sample.at(1)))
  }
}
