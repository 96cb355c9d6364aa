import Jobs
import Routing
import Statistics
import Testing

@Suite("Backoff and polling")
struct TimingTests {
  @Test("Full jitter: a share of min(cap, base · 2^n)")
  func fullJitter() {
    // 0.25 × 0.5 · 2³ s = 1 s; from n = 7 on the cap: 0.5 · 2⁷ = 64 > 60.
    #expect(Backoff.standard.delay(attempt: 3, random: 0.25) == .seconds(1))
    #expect((0..<8).map { Backoff.standard.upperEnd(attempt: $0).seconds } == [0.5, 1, 2, 4, 8, 16, 32, 60])
    #expect(Backoff.standard.delay(attempt: 0, random: 0) == .seconds(0))
    #expect(Backoff.standard.upperEnd(attempt: 1_000_000) == .seconds(60))
  }

  @Test("A cooldown is 5 to 60 s; a Retry-After is never undercut, and spread by at most the base")
  func cooldown() {
    #expect(Backoff.cooldown.delay(attempt: 0, random: 0) == .seconds(5))
    #expect(Backoff.cooldown.delay(attempt: 3, random: 0.5) == .milliseconds(32_500))
    #expect(Backoff.standard.delay(attempt: 9, random: 0, retryAfter: .seconds(10)) == .seconds(10))
    #expect(
      Backoff.standard.delay(attempt: 9, random: 0.5, retryAfter: .seconds(10)) == .milliseconds(10_250))
    #expect(Backoff.standard.delay(attempt: 0, random: 0, retryAfter: .days(400)) == .hours(24))
  }

  @Test("Delays stay within their bounds, and use them up")
  func bounds() {
    var random = Xoshiro256(seed: 11)
    for attempt in 0..<12 {
      let end = max(Backoff.cooldown.upperEnd(attempt: attempt), Backoff.cooldown.floor)
      let delays = (0..<400).map { _ in Backoff.cooldown.delay(attempt: attempt, random: random.uniform()) }
      #expect(delays.allSatisfy { $0 >= .seconds(5) && $0 <= end })
      let middle = (5 + end.seconds) / 2
      let mean = delays.reduce(0) { $0 + $1.seconds } / 400
      // The mean of 400 uniform draws is within 5 standard errors: width/√(12 · 400) each.
      #expect((mean - middle).magnitude < 5 * (end.seconds - 5) / 69.28)
    }
  }

  @Test("Polls start at the vendor's floor, grow by half to the ceiling, and jitter only upwards")
  func polls() {
    let schedule = PollSchedule(floor: .seconds(5), ceiling: .seconds(30))
    let still = (0..<7).map { schedule.interval(after: $0, random: 0).seconds }
    #expect(still == [5, 7.5, 11.25, 16.875, 25.3125, 30, 30])
    #expect(schedule.interval(after: 50, random: 0.999_999) <= .milliseconds(37_500))
    #expect(schedule.interval(after: .max, random: 0) == .seconds(30))
    var random = Xoshiro256(seed: 12)
    for count in 0..<1_000 {
      #expect(schedule.interval(after: count, random: random.uniform()) >= .seconds(5))
    }
  }

  @Test("A floor of nothing is no floor, and a ceiling below the floor is the floor")
  func oddSchedules() {
    let schedule = PollSchedule(floor: .seconds(0), ceiling: .seconds(0), growth: 0, jitter: 9)
    #expect(schedule.interval(after: 0, random: 0) == .milliseconds(100))
    #expect(schedule.interval(after: 5, random: 1) == .milliseconds(200))
  }
}
