import Jobs
import Routing
import Testing

/// The health of services on one's own machine, which nobody may have started.
@Suite("Own services")
struct OwnServiceTests {
  static let refused = VendorFailure(.transient, cause: .unreachable, message: "connection refused")
  static let late = VendorFailure(.transient, cause: .timedOut, message: "no answer in time")

  static func check(_ seconds: Double, _ failure: VendorFailure? = nil, latency: Span = .milliseconds(20))
    -> ProviderHealth.Check
  {
    ProviderHealth.Check(at: Sample.at(seconds), latency: latency, failure: failure)
  }

  static func health(past: [ProviderHealth.Check] = []) -> ProviderHealth {
    ProviderHealth(provider: "a", rules: ProviderHealth.Rules().ofOwnService, past: past)
  }

  static func record(_ check: ProviderHealth.Check, _ health: inout ProviderHealth) -> HealthAlert? {
    health.record(check)
  }

  @Test("It is down until this process has seen it answer, whatever was yesterday, and is asked at once")
  func unseen() {
    let health = Self.health(past: [Self.check(0), Self.check(60)])
    #expect(health.state == .down && health.history.count == 2)
    #expect(health.nextCheck(after: Sample.at(70)) == Sample.at(70))
    let other = ProviderHealth(provider: "a", past: [Self.check(0), Self.check(60)])
    #expect(other.state == .healthy && other.nextCheck(after: Sample.at(70)) == Sample.at(360))
  }

  @Test(
    "That it is not there at the start changes nothing; that it has come is told, at the first check to no person"
  )
  func beginnings() throws {
    var there = Self.health()
    let first = try #require(Self.record(Self.check(0), &there))
    #expect(first.to == .healthy && first.isFirst)
    var absent = Self.health()
    #expect(Self.record(Self.check(0, Self.refused), &absent) == nil)
    #expect(absent.state == .down)
    let started = try #require(Self.record(Self.check(60), &absent))
    #expect(started.to == .healthy && !started.isFirst)
  }

  @Test("Nothing at its address is decisive; that it is slow to answer once is not")
  func endings() throws {
    var health = Self.health()
    _ = health.record(Self.check(0))
    #expect(Self.record(Self.check(60, Self.late), &health)?.to == .degraded)
    let gone = try #require(Self.record(Self.check(120, Self.refused), &health))
    #expect(
      gone.to == .down && gone.message == "a is down after 2 failed checks in a row: connection refused")
    _ = health.record(Self.check(180))
    let again = try #require(Self.record(Self.check(240, Self.refused), &health))
    #expect(again.message == "a is down: connection refused")
    #expect(health.nextCheck(after: Sample.at(241)) == Sample.at(300))
    // Elsewhere one refused connection is a hiccup of the network.
    var remote = ProviderHealth(provider: "b")
    #expect(Self.record(Self.check(0, Self.refused), &remote)?.to == .degraded)
  }

  @Test(
    "Its status follows from the latest check",
    arguments: [
      (check(0), .healthy), (check(0, latency: .milliseconds(5_001)), .running),
      (check(0, VendorFailure(httpStatus: 503, message: "loading")), .running),
      (check(0, VendorFailure(httpStatus: 429, message: "busy")), .running),
      (check(0, VendorFailure(httpStatus: 404, message: "no such path")), .running),
      (check(0, VendorFailure(httpStatus: 500, message: "ffmpeg is missing")), .error),
      (check(0, refused), .error), (check(0, late), .error),
    ] as [(ProviderHealth.Check, ServiceStatus.State)])
  func statuses(check: ProviderHealth.Check, state: ServiceStatus.State) {
    let status = ServiceStatus(check)
    #expect(status.state == state && status.at == check.at)
    #expect((status.detail == nil) == (state == .healthy))
  }
}
