import Testing

@testable import Experiments

@Suite struct CoarseningTests {
  @Test("Buckets put together keep every sum, and the last may be shorter")
  func sums() {
    var run = RunResult(
      policy: "p", seed: 1, candidates: ["a", "b"], groups: ["g"], buckets: [], lastQuarterTraffic: [],
      posteriors: [], frontiers: [], epochs: 7)
    run.buckets = (0..<7).map { index in
      var bucket = RunResult.Bucket(start: 100 * index, candidates: 2)
      bucket.decisions = 100
      bucket.reward = Double(index)
      bucket.traffic = [60, 40]
      return bucket
    }
    let coarse = run.coarsened(to: 3)
    #expect(coarse.buckets.map(\.start) == [0, 300, 600])
    #expect(coarse.buckets.map(\.decisions) == [300, 300, 100])
    #expect(coarse.buckets.map(\.reward) == [3, 12, 6])
    #expect(coarse.buckets[1].traffic == [180, 120])
    #expect(run.coarsened(to: 7) == run)
  }
}
