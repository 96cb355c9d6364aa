import Routing
import Statistics
import TestSupport
import Testing

@testable import Serving

@Suite("Timers")
struct TimerHeapTests {
  @Test("Keys come out when they are due, the earliest first, each at the time set last")
  func order() {
    var timers = TimerHeap<String>()
    timers.set("b", at: Sample.at(2))
    timers.set("a", at: Sample.at(3))
    timers.set("a", at: Sample.at(1))
    timers.setIfEarlier("b", at: Sample.at(5))
    timers.set("c", at: Sample.at(1))
    timers.remove("c")
    #expect(timers.next == Sample.at(1) && timers.count == 2)
    #expect(timers.popDue(at: Sample.at(0)) == nil)
    #expect(timers.popDue(at: Sample.at(9)) == "a" && timers.popDue(at: Sample.at(9)) == "b")
    #expect(timers.popDue(at: Sample.at(9)) == nil && timers.next == nil && timers.count == 0)
  }

  @Test("A thousand settings agree with a sorted list")
  func sweep() {
    var random = Xoshiro256(seed: 11)
    var timers = TimerHeap<Int>()
    var plain: [Int: Instant] = [:]
    for step in 0..<5_000 {
      let key = Int.random(in: 0..<40, using: &random)
      if random.chance(0.2) {
        timers.remove(key)
        plain[key] = nil
      } else {
        let at = Sample.at(Int64.random(in: 0...500, using: &random))
        timers.set(key, at: at)
        plain[key] = at
      }
      #expect(timers.next == plain.values.min() && timers.count == plain.count)
      if step % 50 == 0, let first = plain.values.min(), let due = timers.popDue(at: first) {
        #expect(plain.removeValue(forKey: due) == first)
      }
    }
  }
}
