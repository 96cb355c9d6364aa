import HTTPTypes
import Jobs
import NIOCore
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

/// How many webhooks are let in, and of whom.
@Suite struct WebhookGateTests {
  private static func limits(
    _ rate: Double, _ burst: Double, cost: Double = 100, proxies: Int = 0
  ) -> RequestLimits {
    var limits = RequestLimits()
    limits.webhooks.rate = rate
    limits.webhooks.burst = burst
    limits.webhooks.refusalCost = cost
    limits.webhooks.trustedProxies = proxies
    return limits
  }

  private static func call(
    _ world: JobRouter, _ signature: String = "good", provider: String = "north", from source: String? = nil
  ) async throws -> Reply {
    var headers: HTTPFields = [.signature: signature]
    headers[.forwardedFor] = source
    return try await world.router.send(
      .post, "/webhooks/\(provider)", body: Array("nobody's".utf8), headers: headers)
  }

  private static func limited(_ world: JobRouter) async throws -> [JSONValue?]? {
    try await world.get("/v1/providers")["/providers"]?.arrayValue?.map { $0["live"]?["webhooks_limited"] }
  }

  @Test("beyond the burst a source is told to wait, is counted, and stands in no other provider's way")
  func burst() async throws {
    // One in a thousand seconds, so that none comes back while the test runs.
    try await JobRouter.run(contract: JobRouter.silent, limits: Self.limits(0.001, 3)) { world in
      for _ in 0..<3 { #expect(try await Self.call(world).status == 202) }
      let refused = try await Self.call(world)
      #expect(refused.status == 429 && refused.slug == "too-many-webhooks", "\(refused.text)")
      let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
      #expect((1...1_000).contains(wait))
      #expect(try await Self.call(world, provider: "south").status == 202)
      #expect(try await Self.limited(world) == [1, 0, 0])
    }
  }

  @Test("a wrong signature takes many at once, and what this router lacks takes none")
  func wrongSignatures() async throws {
    try await JobRouter.run(contract: JobRouter.silent, limits: Self.limits(0.001, 250)) { world in
      for _ in 0..<3 { #expect(try await Self.call(world, "bad").status == 401) }
      let fourth = try await Self.call(world, "bad")
      #expect(fourth.status == 429)
      #expect(try await Self.call(world).status == 429)
      // Names that nobody has share one account.
      for name in ["x", "y", "z"] { #expect(try await Self.call(world, provider: name).status == 404) }
      #expect(try await Self.call(world, provider: "w").status == 429)
      #expect(try await Self.call(world, provider: "south").status == 202)
    }
    #expect(!WebhookRefusal.missingSecret(variable: "X").isSendersFault)
    #expect(!WebhookRefusal.keysUnavailable("x").isSendersFault)
    #expect(WebhookRefusal.stale.isSendersFault && WebhookRefusal.wrongSignature.isSendersFault)
  }

  @Test(
    "behind a proxy that is trusted each of its callers is one source; without trust its word counts for nothing"
  )
  func proxies() async throws {
    try await JobRouter.run(
      contract: JobRouter.silent, limits: Self.limits(0.001, 1, proxies: 1)
    ) { world in
      for source in ["192.0.2.1", "192.0.2.2", "192.0.2.1, 192.0.2.3"] {
        #expect(try await Self.call(world, from: source).status == 202)
      }
      #expect(try await Self.call(world, from: "192.0.2.77, 192.0.2.1").status == 429)
      let bare = try await Self.call(world)
      #expect(bare.status == 202)
      #expect(try await Self.call(world, from: "nonsense").status == 429)
    }
    try await JobRouter.run(contract: JobRouter.silent, limits: Self.limits(0.001, 1)) { world in
      let first = try await Self.call(world, from: "192.0.2.1")
      #expect(first.status == 202)
      #expect(try await Self.call(world, from: "192.0.2.2").status == 429)
    }
  }

  @Test("a source is an IPv4 address or an IPv6 network, however it is written")
  func addresses() throws {
    let four = try #require(SourceAddress("192.0.2.7"))
    #expect(SourceAddress("::ffff:192.0.2.7") == four && SourceAddress("192.0.2.8") != four)
    #expect(SourceAddress("2001:db8:1:2::1") == SourceAddress("2001:DB8:1:2:ffff::9"))
    #expect(SourceAddress("2001:db8:1:2::1") != SourceAddress("2001:db8:1:3::1"))
    #expect(SourceAddress("::1") != four && SourceAddress("192.0.2") == nil && SourceAddress("") == nil)
  }

  @Test(
    "of N trusted proxies the N-th entry from the right is the source",
    arguments: [
      (["192.0.2.1"], 1, "192.0.2.1"), (["6.6.6.6, 192.0.2.1"], 1, "192.0.2.1"),
      (["6.6.6.6", "192.0.2.1"], 1, "192.0.2.1"), (["6.6.6.6, 192.0.2.1, 10.0.0.1"], 2, "192.0.2.1"),
      (["192.0.2.1:4711"], 1, "192.0.2.1"), (["[2001:db8::1]:443"], 1, "2001:db8::1"),
      (["2001:db8::1"], 1, "2001:db8::1"),
      // Not through all proxies, unreadable, or not trusted: the connection's.
      (["192.0.2.1"], 2, "127.0.0.1"), ([], 1, "127.0.0.1"), (["192.0.2.1, unknown"], 1, "127.0.0.1"),
      (["192.0.2.1"], 0, "127.0.0.1"),
    ] as [([String], Int, String)])
  func forwarded(fields: [String], proxies: Int, expected: String) throws {
    let peer = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
    #expect(SourceAddress(peer, forwarded: fields, proxies: proxies) == SourceAddress(expected))
    #expect(SourceAddress(nil, forwarded: [], proxies: proxies) == .unknown)
  }
}
