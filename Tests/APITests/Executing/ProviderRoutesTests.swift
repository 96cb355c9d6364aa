import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct ProviderRoutesTests {
  @Test("a provider's figures come from its attempts, and what keeps it from working is said")
  func list() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.broken)
      _ = try await world.done(try await world.job())
      let reply = try await world.get("/v1/providers")
      let providers = reply["/providers"]?.arrayValue ?? []
      #expect(providers.compactMap { $0.text("/id") } == ["north", "south", "west"])
      #expect(providers[0].text("/payment") == "on_demand" && providers[0].text("/credential") == "NORTH_KEY")
      #expect(providers[0].at("/live/concurrency") == 4 && providers[1].at("/live/concurrency") == .null)
      #expect(providers[1].text("/kind") == "local" && providers[0].at("/candidates") == 1)
      #expect(providers[0].at("/live/obstacle") == .null)
      #expect(providers[2].text("/live/obstacle")?.contains("no declaration") == true)
      let north = providers[0].at("/live/candidates/0")
      let south = providers[1].at("/live/candidates/0")
      // One attempt that was not answered: (0 + 1)/(0 + 1 + 1), and one that was.
      #expect(abs((north?.number("/availability") ?? 0) - 0.5) < 0.01)
      #expect(south?.number("/availability") == 1 && south?.number("/attempts") ?? 0 > 0.9)
      #expect(north?.text("/circuit/phase") == "closed" && north?.at("/circuit/until") == .null)
      #expect(north?.at("/obstacle") == .null && north?.number("/admission") == 1)
      #expect(south?.number("/refusal_rate") == 0 && south?.at("/cost_drift") == .null)
    }
  }

  @Test("a circuit that is open says until when")
  func circuit() async throws {
    try await JobRouter.run { world in
      world.north.reply(
        .init(
          .fails(
            VendorFailure(.rateConcurrency, httpStatus: 429, message: "slow down", retryAfter: .minutes(5)))))
      _ = try await world.done(try await world.job())
      let providers = try await world.get("/v1/providers")["/providers"]
      let candidate = providers?[0]?.at("/live/candidates/0")
      let phases = [providers?[0]?.text("/live/circuit/phase"), candidate?.text("/circuit/phase")]
      #expect(phases.contains("cooling_down"))
      #expect(candidate?.text("/obstacle/kind") == "circuit_open")
      #expect(candidate?.text("/obstacle/until").flatMap { Instant($0) } != nil)
    }
  }

  @Test("a missing credential is named, and its provider passed over")
  func credential() async throws {
    try await JobRouter.run { world in
      world.north.obstruct(.missingCredential(provider: "north", variable: "NORTH_KEY"))
      let done = try await world.done(try await world.job())
      #expect(done["/executed"] == "south/b" && world.north.orders.isEmpty)
      let north = try await world.get("/v1/providers")["/providers/0/live"]
      #expect(north?.text("/obstacle")?.contains("NORTH_KEY") == true)
    }
  }

  @Test("a provider's health is the history of its checks, the latest first")
  func health() async throws {
    try await JobRouter.run { world in
      let none = try await world.get("/v1/providers/north/health")
      #expect(none["/status"] == "unobserved" && none["/uptime"] == .null && none["/checks"] == [])
      #expect(none["/detail"]?.stringValue != nil)
      var batch = LedgerBatch()
      var health = ProviderHealth(provider: "north")
      for minute in 0..<4 {
        let failure = minute == 3 ? VendorFailure(httpStatus: 503, message: "maintenance") : nil
        _ = health.record(.init(at: Sample.at(Int64(minute)), latency: .milliseconds(250), failure: failure))
        batch.checks.append(HealthRecord(provider: "north", entry: health.history.last!))
      }
      _ = try await world.router.service.recorder.commit(batch)
      let reply = try await world.get("/v1/providers/north/health")
      #expect(reply["/status"] == "degraded" && reply["/uptime"] == 0.75 && reply["/detail"] == nil)
      #expect(reply["/checks"]?.arrayValue?.count == 4)
      #expect(
        reply["/checks/0"] == [
          "at": "2026-11-20T10:03:00.000Z", "latency_ms": 250.0, "state": "degraded",
          "error": ["class": "transient", "code": "PROVIDER_ERROR", "message": "maintenance"],
        ])
      #expect(reply["/checks/1/error"] == .null && reply["/checks/1/state"] == "healthy")
      #expect(try await world.get("/v1/providers/north/health?limit=1")["/uptime"] == 0.0)
    }
  }

  @Test("an unknown provider is not found, and unknown parameters are refused")
  func refusals() async throws {
    try await JobRouter.run { world async throws in
      #expect(try await world.get("/v1/providers/nobody/health").slug == "not-found")
      #expect(try await world.get("/v1/providers/north/health?limit=0").pointers == ["?limit"])
      #expect(try await world.get("/v1/providers?state=down").pointers == ["?state"])
      #expect(try await world.router.send(.post, "/v1/providers").headers[.allow] == "GET, HEAD")
    }
  }
}
