import Jobs
import Routing
import Statistics
import Testing

@Suite("Rate limiter")
struct RateLimiterTests {
  @Test("Two a second and four at once: the fifth waits half a second, and nobody else does")
  func rate() {
    var limiter = RateLimiter<String>(rate: 2, burst: 4, capacity: 8)
    let waits = (0..<5).map { _ in limiter.take(for: "a", at: Sample.at(0)) }
    #expect(waits == [nil, nil, nil, nil, .milliseconds(500)])
    let other = limiter.take(for: "b", at: Sample.at(0))
    #expect(other == nil)
    let later = [0.25, 0.5, 0.5].map { limiter.take(for: "a", at: Sample.at($0)) }
    #expect(later == [.milliseconds(250), nil, .milliseconds(500)])
    // After a rest the burst is there again, and no more.
    let rested = (0..<5).map { _ in limiter.take(for: "a", at: Sample.at(60)) }
    #expect(rested == [nil, nil, nil, nil, .milliseconds(500)])
  }

  @Test("Whose calls cost more has fewer: at 100 a call, 2,000 a second are 20, whatever comes between")
  func charged() {
    var limiter = RateLimiter<String>(rate: 2_000, burst: 4_000, capacity: 8)
    var bad = 0
    // One call a millisecond for a hundred seconds.
    for step in 0..<100_000 {
      let now = Sample.at(Double(step) / 1_000)
      guard limiter.take(for: "a", at: now) == nil else { continue }
      limiter.charge(100, to: "a", at: now)
      bad += 1
    }
    // 4,000 and 2,000 a second, at 101 each.
    #expect((2_018...2_022).contains(bad), "\(bad)")
  }

  @Test("Beyond its capacity the caller heard longest ago is forgotten, and memory grows no more")
  func bounded() {
    var limiter = RateLimiter<Int>(rate: 1, burst: 1, capacity: 3)
    for key in 1...3 { _ = limiter.take(for: key, at: Sample.at(0)) }
    // 1 is heard again, so that 2 is the oldest.
    let again = limiter.take(for: 1, at: Sample.at(0))
    #expect(again == .seconds(1))
    _ = limiter.take(for: 4, at: Sample.at(0))
    let known = [1, 3, 4].map { limiter.take(for: $0, at: Sample.at(0)) }
    #expect(known == [.seconds(1), .seconds(1), .seconds(1)] && limiter.count == 3)
    let forgotten = limiter.take(for: 2, at: Sample.at(0))
    #expect(forgotten == nil && limiter.count == 3)
  }

  @Test("It forgets and remembers as a list of callers in the order of their last calls does")
  func sweep() {
    for seed in 0..<20 {
      var random = Xoshiro256(seed: UInt64(seed))
      let capacity = Int.random(in: 1...6, using: &random)
      var limiter = RateLimiter<Int>(rate: 1, burst: 2, capacity: capacity)
      var order: [Int] = []
      var buckets: [Int: TokenBucket] = [:]
      for step in 0..<400 {
        let now = Sample.at(Double(step) / 7)
        let key = Int.random(in: 0..<9, using: &random)
        if let place = order.firstIndex(of: key) { order.remove(at: place) }
        order.append(key)
        var bucket = buckets[key] ?? TokenBucket(capacity: 2, per: .seconds(2), at: now)
        if order.count > capacity { buckets[order.removeFirst()] = nil }
        let isFree = limiter.take(for: key, at: now) == nil
        let expected = bucket.take(at: now)
        if random.uniform() < 0.2 {
          bucket.charge(1.5, at: now)
          limiter.charge(1.5, to: key, at: now)
        }
        buckets[key] = bucket
        #expect(isFree == expected && limiter.count == order.count, "seed \(seed), step \(step)")
      }
    }
  }
}
