import Routing
import Testing

@Suite("Orders by figures of the moment")
struct LiveOrderTests {
  @Test("load: (1 + 3) jobs for 8 places are 0.5; without a limit a job is one of a hundred")
  func load() {
    #expect(LiveState.load(inUse: 1, queued: 3, concurrency: 8) == 0.5)
    #expect(LiveState.load(inUse: 20, queued: 0, concurrency: nil) == 0.2)
    #expect(LiveState.load(inUse: 2, queued: 0, concurrency: 0) == 2)
  }

  @Test("least_loaded: the least work for each place, then the faster, then the first")
  func leastLoaded() {
    let states = [
      LiveState(load: 1.5), LiveState(load: 0.5, latencyP50: .seconds(9)),
      LiveState(load: 0.5, latencyP50: .seconds(4)), LiveState(load: 0.2),
    ]
    #expect(LiveOrder.leastLoaded.positions(states) == [3, 2, 1, 0])
    #expect(LiveOrder.leastLoaded.positions([LiveState(), LiveState()]) == [0, 1])
    #expect(LiveOrder.leastLoaded.positions([]) == [])
  }

  @Test("latency: the fastest first; who was never tried and has no work goes first of all, once")
  func latency() {
    var states = [
      LiveState(latencyP50: .seconds(4), latencyP90: .seconds(9)),
      LiveState(latencyP50: .seconds(4), latencyP90: .seconds(8)),
      LiveState(), LiveState(load: 0.5, latencyP50: .seconds(1)),
    ]
    #expect(LiveOrder.latency.positions(states) == [2, 3, 1, 0])
    states[2].load = 0.01
    #expect(LiveOrder.latency.positions(states) == [3, 1, 0, 2])
  }
}
