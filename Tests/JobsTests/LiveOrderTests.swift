import Jobs
import Routing
import Testing

@Suite("Orders by figures of the moment")
struct LiveOrderTests {
  @Test("least_loaded: the least work for each place, waiting jobs included, then the faster, then the id")
  func load() {
    let candidates = [
      LiveFigures(candidate: "d", inUse: 3, queued: 3, concurrency: 4),
      LiveFigures(candidate: "c", inUse: 1, concurrency: 2, latencyP50: .seconds(9)),
      LiveFigures(candidate: "b", inUse: 5, concurrency: 10, latencyP50: .seconds(4)),
      LiveFigures(candidate: "a", inUse: 20),
    ]
    // Loads 1.5, 0.5, 0.5 and 20 of a hundred.
    #expect(LiveOrder.leastLoaded(candidates) == [3, 2, 1, 0])
    let equal = [LiveFigures(candidate: "z"), LiveFigures(candidate: "y")]
    #expect(LiveOrder.leastLoaded(equal) == [1, 0] && LiveOrder.leastLoaded([]) == [])
  }

  @Test("latency: the fastest first; who was never tried and has no work goes first of all, once")
  func latency() {
    var candidates = [
      LiveFigures(candidate: "a", latencyP50: .seconds(4), latencyP90: .seconds(9)),
      LiveFigures(candidate: "b", latencyP50: .seconds(4), latencyP90: .seconds(8)),
      LiveFigures(candidate: "c"),
      LiveFigures(candidate: "d", inUse: 50, latencyP50: .seconds(1)),
    ]
    #expect(LiveOrder.latency(candidates) == [2, 3, 1, 0])
    candidates[2].queued = 1
    #expect(LiveOrder.latency(candidates) == [3, 1, 0, 2])
  }
}
