import API
import HTTPTypes
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct ProblemTests {
  @Test(
    "a path that nobody serves is a problem",
    arguments: [
      "/", "/v1", "/v1/", "/v2/decisions", "/v1/decision", "/v1/decisions/x/y/z", "/v1/jobs", "/metrics",
      "/v1/decisions:many",
      "/%2e%2e/etc/passwd", "/v1/ledger",
    ])
  func unknownPath(path: String) async throws {
    try await TestRouter.run { router in
      for method in [HTTPRequest.Method.get, .post, .delete] {
        let reply = try await router.send(method, path)
        #expect(reply.status == 404 && reply.slug == "not-found")
      }
    }
  }

  @Test(
    "a method that a path does not have is a problem that names those it has",
    arguments: [
      (HTTPRequest.Method.get, "/v1/decisions", "POST"), (.delete, "/v1/decisions:batch", "POST"),
      (.post, "/v1/decisions/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "GET, HEAD"),
      (.get, "/v1/feedback", "POST"),
      (.get, "/v1/feedback/r", "DELETE"), (.put, "/v1/regions", "GET, HEAD, POST"),
      (.post, "/v1/governance", "GET, HEAD, PATCH"), (.delete, "/v1/epochs/3", "GET, HEAD"),
      (.post, "/healthz", "GET, HEAD"),
      (.options, "/v1/rankings", "GET, HEAD"),
    ])
  func wrongMethod(method: HTTPRequest.Method, path: String, allowed: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.send(method, path)
      #expect(reply.status == 405 && reply.slug == "method-not-allowed")
      #expect(reply.headers[.allow] == allowed)
    }
  }

  @Test(
    "a query parameter that is not known, comes twice or is wrong is refused",
    arguments: [
      ("/v1/candidates?capabilty=text_to_video", "?capabilty"),
      ("/v1/candidates?capability=video", "?capability"),
      ("/v1/rankings", "?capability"), ("/v1/rankings?capability=", "?capability"),
      ("/v1/candidates?capability=", "?capability"), ("/v1/epochs?from=", "?from"),
      ("/v1/epochs?limit", "?limit"),
      ("/v1/rankings?capability=text_to_video&capability=embedding", "?capability"),
      ("/v1/rankings?capability=text_to_video&regoin=x", "?regoin"),
      ("/v1/frontier?capability=embedding&history=-1", "?history"),
      ("/v1/frontier?capability=embedding&history=501", "?history"),
      ("/v1/frontier?capability=embedding&history=x", "?history"),
      ("/v1/epochs?limit=0", "?limit"), ("/v1/epochs?limit=10001", "?limit"), ("/v1/epochs?from=-1", "?from"),
      ("/v1/epochs?from=99999999999999999999", "?from"), ("/v1/epochs/0?x=1", "?x"),
      ("/v1/providers?x", "?x"),
      ("/v1/providers/fal/health?x=1", "?x"), ("/v1/regions?x=1", "?x"), ("/v1/governance?x=1", "?x"),
      ("/v1/governance/history?x=1", "?x"), ("/healthz?x=1", "?x"), ("/readyz?x=1", "?x"),
      ("/openapi.yaml?x=1", "?x"),
      ("/v1/decisions/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f?x=1", "?x"),
    ])
  func query(path: String, pointer: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.get(path)
      #expect(reply.status == 400 && reply.slug == "invalid-request")
      #expect(reply.pointers == [pointer])
    }
  }

  @Test(
    "what changes something takes no query parameter either",
    arguments: [
      (HTTPRequest.Method.post, "/v1/decisions"), (.post, "/v1/decisions:batch"), (.post, "/v1/feedback"),
      (.post, "/v1/regions"), (.post, "/v1/regions:fit"), (.post, "/v1/epochs"), (.patch, "/v1/governance"),
      (.delete, "/v1/feedback/r"), (.post, "/v1/decisions/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f/outcome"),
    ])
  func queryOfChanges(method: HTTPRequest.Method, path: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.send(method, "\(path)?dry_run=1", body: Array("{}".utf8))
      #expect(reply.status == 400 && reply.pointers == ["?dry_run"])
      #expect(try await router.counts().epochs == 0)
    }
  }

  @Test(
    "bodies beyond the limit are refused, each route by its own",
    arguments: [
      (HTTPRequest.Method.post, "/v1/decisions", 1_000), (.post, "/v1/regions", 1_000),
      (.post, "/v1/regions:fit", 1_000),
      (.patch, "/v1/governance", 1_000), (.post, "/v1/decisions:batch", 5_000),
      (.post, "/v1/feedback", 5_000),
      (.post, "/v1/decisions/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f/outcome", 1_000),
    ])
  func limits(method: HTTPRequest.Method, path: String, limit: Int) async throws {
    var limits = RequestLimits()
    limits.smallBody = 1_000
    limits.largeBody = 5_000
    try await TestRouter.run(limits: limits) { router in
      func send(_ count: Int) async throws -> Reply {
        try await router.send(method, path, body: Array(repeating: UInt8(ascii: " "), count: count))
      }
      let over = try await send(limit + 1)
      #expect(over.slug == "payload-too-large")
      // White space alone: small enough, and no JSON.
      let within = try await send(limit)
      #expect(within.slug == "malformed-json")
    }
  }

  @Test("a ledger that cannot be written is a 503 with Retry-After, and shows in /readyz; decisions go on")
  func unavailable() async throws {
    let ledger = FailingLedger()
    try await TestRouter.run(on: ledger) { router in
      let id = try await router.decision()
      _ = try await router.counts()
      #expect(try await router.get("/readyz")["/status"] == "ready")
      ledger.fails = true
      let feedback: JSONValue = ["decision_id": .string(id), "signal": "score", "value": 1]
      let reply = try await router.feedback(feedback)
      #expect(reply.status == 503 && reply.slug == "unavailable" && reply.headers[.retryAfter] == "1")
      let ready = try await router.get("/readyz")
      #expect(ready.status == 503 && ready["/status"] == "failing")
      #expect(ready.json.text("/detail")?.contains("disk full") == true)
      #expect(try await router.decide(["capability": "text_to_video", "intent": "fjords"]).status == 200)
      ledger.fails = false
      #expect(try await router.feedback(feedback).status == 202)
      #expect(try await router.get("/readyz").status == 200)
    }
  }
}
