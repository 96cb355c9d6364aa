@testable import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct WebhookRoutesTests {
  private static func call(
    _ world: JobRouter, _ body: String, provider: String = "north", query: String = "",
    signature: String? = "good"
  ) async throws -> Reply {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.signature] = signature
    return try await world.router.send(
      .post, "/webhooks/\(provider)\(query)", body: Array(body.utf8), headers: headers)
  }

  /// A job at a vendor that is not asked; only a webhook tells of its end.
  private static func running(_ world: JobRouter) async throws -> (job: String, vendor: String) {
    world.north.reply(JobRouter.slow)
    let id = try await world.job()
    #expect(try await world.reaches("running", id))
    return (id, try #require(world.north.works.first { $0.token.hasPrefix(id) }?.id))
  }

  @Test("a webhook ends a job at once; said again, it changes nothing")
  func taken() async throws {
    try await JobRouter.run(contract: JobRouter.silent) { world in
      let (id, vendor) = try await Self.running(world)
      world.vendorClock.advance(by: .minutes(2))
      let reply = try await Self.call(world, vendor)
      #expect(reply.status == 200 && reply["/outcome"] == "taken")
      #expect(try await world.done(id)["/state"] == "succeeded")
      let again = try await Self.call(world, vendor)
      #expect(again.status == 200 && again["/outcome"] == "no_change")
      #expect(again["/detail"]?.stringValue != nil)
    }
  }

  @Test(
    "the query may hold what a vendor adds; the token there names a job that the vendor's id does not yet")
  func query() async throws {
    try await JobRouter.run(contract: JobRouter.silent) { world in
      let (id, vendor) = try await Self.running(world)
      world.vendorClock.advance(by: .minutes(2))
      let reply = try await Self.call(world, vendor, query: "?token=\(id)-0&event=done&event=again")
      #expect(reply.status == 200 && reply["/outcome"] == "taken")
      let foreign = try await Self.call(world, "another", query: "?token=\(id)-0")
      #expect(foreign.status == 200 && foreign["/outcome"] == "no_change")
    }
  }

  @Test("a job of nobody's is taken note of, so that it is not sent again")
  func unknownJob() async throws {
    try await JobRouter.run { world in
      for query in ["", "?token=nonsense", "?token=019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f-0"] {
        let reply = try await Self.call(world, "north-nobody", query: query)
        #expect(reply.status == 202 && reply["/outcome"] == "unknown_job")
      }
      let providers = try await world.get("/v1/providers")["/providers"]?.arrayValue
      let dropped = providers?.map { $0["live"]?["webhooks_dropped"] }
      #expect(dropped == [3, 0, 0])
    }
  }

  @Test("a webhook that overtakes the answer to the submission waits for it")
  func overtaking() async throws {
    let pauses = [Span](repeating: .milliseconds(20), count: 1_000)
    try await JobRouter.run(contract: JobRouter.silent, strangerPauses: pauses) { world in
      world.north.reply(
        .init(.accepts(.succeeded(.sample), after: .seconds(30)), delay: .minutes(1)))
      let id = try await world.job()
      let isTaken = try await eventually { world.north.works.count == 1 }
      #expect(isTaken)
      let vendor = try #require(world.north.works.first?.id)
      async let told = Self.call(world, vendor)
      #expect(try await world.get("/v1/jobs/\(id)")["/state"] == "submitting")
      world.vendorClock.advance(by: .minutes(2))
      let reply = try await told
      #expect(reply.status == 200 && reply["/outcome"] == "taken", "\(reply.text)")
      #expect(try await world.done(id)["/state"] == "succeeded")
    }
  }

  @Test("a wrong signature, an unknown provider, too much, and another method are refused")
  func refusals() async throws {
    try await JobRouter.run(contract: JobRouter.silent) { world in
      let (id, vendor) = try await Self.running(world)
      world.vendorClock.advance(by: .minutes(2))
      let wrong = try await Self.call(world, vendor, signature: "bad")
      #expect(wrong.status == 401 && wrong.slug == "webhook-refused")
      for provider in ["nobody", "west"] {
        #expect(try await Self.call(world, vendor, provider: provider).slug == "not-found")
      }
      let large = try await Self.call(world, String(repeating: "x", count: 1_048_577))
      #expect(large.status == 413 && large.slug == "payload-too-large")
      #expect(try await world.get("/webhooks/north").headers[.allow] == "POST")
      #expect(try await world.get("/v1/jobs/\(id)")["/state"] == "running")
    }
  }

  @Test("what cannot be recorded is to be sent again")
  func diskFull() async throws {
    let ledger = FailingLedger()
    try await JobRouter.run(on: ledger, contract: JobRouter.silent) { world in
      let (id, vendor) = try await Self.running(world)
      world.vendorClock.advance(by: .minutes(2))
      ledger.fails = true
      let reply = try await Self.call(world, vendor)
      #expect(reply.status == 503 && reply.slug == "unavailable" && reply.headers[.retryAfter] == "5")
      ledger.fails = false
      #expect(try await Self.call(world, vendor).status == 200)
      #expect(try await world.done(id)["/state"] == "succeeded")
    }
  }

  @Test(
    "what this router lacks is not told to strangers",
    arguments: [
      (WebhookRefusal.missingSecret(variable: "NORTH_SECRET"), 503), (.keysUnavailable("at 10.0.0.1"), 503),
      (.stale, 401), (.missingHeader("X-Id"), 401), (.malformed("no JSON"), 400), (.notExpected, 404),
    ])
  func details(refusal: WebhookRefusal, status: Int) {
    let problem = Problem.refused(refusal)
    #expect(problem.status.code == status && problem.slug == "webhook-refused")
    #expect(!problem.detail.contains("NORTH_SECRET") && !problem.detail.contains("10.0.0.1"))
    #expect((problem.retryAfter != nil) == (status == 503))
  }

  @Test("refusals get one line of the log a second, which counts them")
  func log() {
    var count = RefusalCount()
    let start = Sample.at()
    #expect(count.note(at: start) == 1)
    for step in 1...9 { #expect(count.note(at: start + .milliseconds(Int64(step) * 100)) == nil) }
    #expect(count.note(at: start + .seconds(1)) == 10)
    #expect(count.note(at: start + .milliseconds(1_500)) == nil)
    #expect(count.note(at: start + .minutes(5)) == 2)
    // A clock that was put back.
    #expect(count.note(at: start) == 1)
  }
}
