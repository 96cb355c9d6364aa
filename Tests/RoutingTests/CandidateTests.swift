import Routing
import TestSupport
import Testing

@Suite("Candidate")
struct CandidateTests {
  @Test("a model is gone when it is retired, or draining and past its day")
  func retirement() {
    let day = RoutingSamples.opened
    #expect(!Lifecycle().isRetired(at: day))
    #expect(!Lifecycle(stage: .legacy, ends: day - .days(1)).isRetired(at: day))
    #expect(Lifecycle(stage: .retired).isRetired(at: day))
    #expect(Lifecycle(stage: .retired, ends: day + .days(1)).isRetired(at: day))
    #expect(!Lifecycle(stage: .draining).isRetired(at: day))
    #expect(!Lifecycle(stage: .draining, ends: day + Span(microseconds: 1)).isRetired(at: day))
    #expect(Lifecycle(stage: .draining, ends: day).isRetired(at: day))
  }

  @Test("a prior's regions are sorted by id")
  func prior() {
    let prior = Prior(
      quality: 0.5, mass: 1, regions: [.init(region: "b", quality: 0.2), .init(region: "a", quality: 0.8)])
    #expect(prior.regions.map(\.region) == ["a", "b"])
  }
}
