import Jobs
import Routing
import Statistics
import Testing

@Suite("Health")
struct HealthTests {
  static func check(_ seconds: Double, latency: Span = .milliseconds(200), fails: Bool = false)
    -> ProviderHealth.Check
  {
    ProviderHealth.Check(
      at: Sample.at(seconds), latency: latency,
      failure: fails ? VendorFailure(httpStatus: 503, message: "overloaded") : nil)
  }

  @Test("Slow or failing once is degraded, failing three times in a row is down, one good answer is healthy")
  func states() {
    var health = ProviderHealth(provider: "a")
    let story = [
      Self.check(0), Self.check(1, latency: .milliseconds(5_001)), Self.check(2, latency: .seconds(5)),
      Self.check(3, fails: true), Self.check(4, fails: true), Self.check(5, fails: true),
      Self.check(6, fails: true), Self.check(7, latency: .seconds(9)), Self.check(8),
    ]
    var states: [ProviderHealth.State] = []
    var alerts: [HealthAlert] = []
    for check in story {
      if let alert = health.record(check) { alerts.append(alert) }
      states.append(health.state)
    }
    #expect(
      states == [
        .healthy, .degraded, .healthy, .degraded, .degraded, .down, .down, .degraded, .healthy,
      ])
    #expect(alerts.map(\.to) == [.degraded, .healthy, .degraded, .down, .degraded, .healthy])
    #expect(alerts.map(\.level) == [.warning, .info, .warning, .error, .warning, .info])
    #expect(alerts[3].message == "a is down after 3 failed checks in a row: overloaded")
    #expect(health.uptime == 5.0 / 9)
  }

  @Test("Checks come every five minutes, and soon after an attempt has failed, but not for a caller's error")
  func schedule() {
    var health = ProviderHealth(provider: "a")
    #expect(health.nextCheck(after: Sample.at(9)) == Sample.at(9))
    _ = health.record(Self.check(10))
    #expect(health.nextCheck(after: Sample.at(11)) == Sample.at(310))
    health.doubt(VendorFailure(httpStatus: 422, message: ""))
    #expect(health.nextCheck(after: Sample.at(11)) == Sample.at(310))
    health.doubt(VendorFailure(httpStatus: 500, message: ""))
    #expect(health.nextCheck(after: Sample.at(11)) == Sample.at(25))
    _ = health.record(Self.check(25))
    #expect(health.nextCheck(after: Sample.at(26)) == Sample.at(325))
  }

  @Test("The history is a day of checks, the oldest going first")
  func history() {
    var health = ProviderHealth(provider: "a")
    for number in 0..<300 { _ = health.record(Self.check(Double(number) * 300)) }
    #expect(health.history.count == 288 && health.history.first?.check.at == Sample.at(12 * 300))
  }

  @Test("A count halves with each half-life, and an addition from the past counts as if made now")
  func discountedCount() {
    var count = DiscountedCount(halfLife: .seconds(10))
    count.add(8, at: Sample.at(0))
    #expect(count.value(at: Sample.at(30)) == 1)
    count.add(1, at: Sample.at(10))
    count.add(1, at: Sample.at(5))
    #expect(count.value(at: Sample.at(10)) == 6 && count.value(at: Sample.at(0)) == 6)
  }

  @Test("A quantile is off by at most a class of 12 %")
  func quantiles() {
    for seed in 0..<20 {
      var random = Xoshiro256(seed: UInt64(seed))
      var histogram = LatencyHistogram()
      // From 15 ms to some 30 minutes, evenly on the logarithmic scale.
      let values = (0..<2_000).map { _ in
        Span(microseconds: Int64(15_000 * Exponential.power(120_000, random.uniform())))
      }
      for value in values { histogram.record(value, at: Sample.at(0)) }
      let sorted = values.sorted()
      for probability in [0.1, 0.5, 0.9, 0.99] {
        let exact = sorted[Int(probability * 2_000) - 1].seconds
        let estimate = histogram.quantile(probability)?.seconds ?? 0
        #expect((estimate / exact - 1).magnitude <= 0.12, "\(probability): \(estimate), not \(exact)")
      }
    }
  }

  @Test("Old latencies fade, and a thousand half-lives later nothing has overflowed")
  func fading() {
    var histogram = LatencyHistogram(halfLife: .hours(1))
    #expect(histogram.quantile(0.5) == nil && histogram.evidence(at: Sample.at(0)) == 0)
    for _ in 0..<1_000 { histogram.record(.seconds(1), at: Sample.at(0)) }
    // Ten half-lives later the thousand weigh less than one.
    for _ in 0..<10 { histogram.record(.seconds(30), at: Sample.at(36_000)) }
    #expect((histogram.evidence(at: Sample.at(36_000)) - (10 + 1_000 / 1_024.0)).magnitude < 1e-9)
    #expect((histogram.quantile(0.5)?.seconds ?? 0) > 26)
    histogram.record(.milliseconds(1), at: Sample.at(3_600_000))
    #expect((histogram.evidence(at: Sample.at(3_600_000)) - 1).magnitude < 1e-9)
    #expect(histogram.quantile(1) == .milliseconds(10))
    histogram.record(.hours(90), at: Sample.at(3_600_000))
    #expect((histogram.quantile(1)?.seconds ?? 0) > 3 * 3_600)
  }
}
