import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct JobRoutesTests {
  @Test("a job is taken in at once, and done a moment later")
  func accepted() async throws {
    try await JobRouter.run { world in
      let reply = try await world.post()
      #expect(reply.status == 202)
      let id = try #require(reply.json.text("/id"))
      #expect(reply.headers[.location] == "/v1/jobs/\(id)")
      #expect(reply["/decision/chosen/candidate"] == "north/a" && reply["/capability"] == "text_generation")
      #expect(reply["/decision/fallbacks/0/candidate"] == "south/b")
      #expect(reply["/error"] == .null && reply["/estimated_cost_usd"] == 0.25)
      let done = try await world.done(id)
      #expect(
        done["/state"] == "succeeded" && done["/result/text"] == "done" && done["/executed"] == "north/a")
      #expect(done["/result/artefacts"] == [] && done["/attempts"]?.arrayValue?.count == 1)
      #expect(done["/attempts/0/candidate"] == "north/a" && done["/attempts/0/state"] == "succeeded")
      #expect(done["/cost_usd"] == 0.25 && done["/exposure_usd"] == 0.0 && done["/blocks"] == [])
      #expect(done["/possible_double_spend"] == false && done["/queued_ahead"] == .null)
      #expect(done["/decision"] == reply["/decision"])
    }
  }

  @Test("who would rather wait gets the finished job, or the job as it is when the time is up")
  func waiting() async throws {
    try await JobRouter.run { world in
      let done = try await world.post(JobRouter.body(), [.prefer: "respond-async, wait=60"])
      #expect(done.status == 200 && done["/state"] == "succeeded")
      #expect(done.headers[.preferenceApplied] == "wait=60" && done.headers[.location] != nil)
      world.north.reply(JobRouter.slow)
      let running = try await world.post(JobRouter.body(), [.prefer: "wait=1"])
      #expect(running.status == 202 && running.headers[.preferenceApplied] == "wait=1")
      #expect(running["/state"] == "running")
      let id = try #require(running.json.text("/id"))
      let read = try await world.get("/v1/jobs/\(id)", [.prefer: "wait=0"])
      #expect(read.status == 200 && read["/state"] == "running")
      #expect(read.headers[.preferenceApplied] == "wait=0")
      world.vendorClock.advance(by: .minutes(2))
      #expect(try await world.done(id)["/state"] == "succeeded")
      #expect(try await world.get("/v1/jobs/\(id)", [.prefer: "wait=x"]).headers[.preferenceApplied] == nil)
    }
  }

  @Test("from the request to what was learned: failover, events, result, attempts of the decision, feedback")
  func wholeWay() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.broken)
      let id = try await world.job()
      let done = try await world.done(id)
      #expect(done["/state"] == "succeeded" && done["/executed"] == "south/b")
      #expect(done["/attempts/0/state"] == "failed" && done["/attempts/0/error/code"] == "PROVIDER_ERROR")
      #expect(done["/attempts/0/error/class"] == "transient" && done["/attempts/0/error/retryable"] == true)
      #expect(done["/attempts/1/candidate"] == "south/b" && done["/attempts/1/error"] == .null)
      let events = try await world.get("/v1/jobs/\(id)/events").text
      for word in ["event: attempt_failed", "event: failover", "event: succeeded"] {
        #expect(events.contains(word))
      }
      let decision = try #require(done.json.text("/decision/decision_id"))
      let record = try await world.get("/v1/decisions/\(decision)")
      #expect(record["/chosen/candidate"] == "north/a" && record["/intent"] == "a fox")
      #expect(
        record["/attempts"]?.arrayValue?.map { [$0["candidate"], $0["state"]] } == [
          ["north/a", "failed"], ["south/b", "succeeded"],
        ])
      let feedback = try await world.router.feedback([
        "decision_id": .string(decision), "signal": "score", "value": 1,
      ])
      #expect(feedback.status == 202)
      #expect(try await world.router.send(.post, "/v1/epochs").status == 200)
      let rankings = try await world.get("/v1/rankings?capability=text_generation")
      let seen = rankings["/rankings"]?.arrayValue?.filter { $0.number("/observations") ?? 0 > 0.5 }
      #expect(seen?.compactMap { $0.text("/candidate") } == ["south/b"])
    }
  }

  @Test("a job that fails says why, and whether to try again")
  func failure() async throws {
    try await JobRouter.run { world in
      world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this prompt"))))
      let done = try await world.done(try await world.job())
      #expect(done["/state"] == "failed" && done["/result"] == .null && done["/executed"] == .null)
      #expect(done["/error/code"] == "CONTENT_POLICY_VIOLATION" && done["/error/class"] == "moderated")
      #expect(done["/error/message"] == "not this prompt" && done["/error/retryable"] == false)
      #expect(done["/error/provider"] == "north" && done["/cost_usd"] == 0.0)
      let allowed = JobRouter.body("a fox", [.init("fallback_on_moderation", true)])
      #expect(try await world.done(try await world.job(allowed))["/executed"] == "south/b")
    }
  }

  @Test("jobs are listed, the latest first, by their states and page by page")
  func list() async throws {
    try await JobRouter.run { world in
      var ids: [String] = []
      for number in 0..<3 {
        ids.append(try await world.job(JobRouter.body("fox \(number)")))
        _ = try await world.done(ids[number])
      }
      world.north.reply(JobRouter.slow)
      let running = try await world.job()
      #expect(try await world.reaches("running", running))
      func list(_ query: String) async throws -> [String] {
        try await world.get("/v1/jobs\(query)")["/jobs"]?.arrayValue?.compactMap { $0.text("/id") } ?? []
      }
      #expect(try await list("") == [running] + ids.reversed())
      #expect(try await list("?state=succeeded") == ids.reversed())
      #expect(try await list("?state=running,failed") == [running])
      let page = try await world.get("/v1/jobs?limit=2")
      #expect(page["/jobs"]?.arrayValue?.count == 2 && page["/next"]?.stringValue == ids[2])
      let last = try await world.get("/v1/jobs?limit=2&before=\(ids[2])")
      #expect(last["/jobs/1/id"]?.stringValue == ids[0] && last["/next"] == .null)
      for (query, pointer) in [
        ("state=done", "?state"), ("state=", "?state"), ("state=running,", "?state"), ("before=x", "?before"),
        ("limit=0", "?limit"), ("limit=501", "?limit"), ("states=running", "?states"),
      ] {
        let reply = try await world.get("/v1/jobs?\(query)")
        #expect(reply.status == 400 && reply.pointers == [pointer])
      }
    }
  }

  @Test("a job is called off at its vendor; one that is over stays as it is")
  func cancel() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.slow)
      let id = try await world.job()
      #expect(try await world.reaches("running", id))
      let reply = try await world.router.delete("/v1/jobs/\(id)")
      #expect(reply.status == 200 || reply.status == 202)
      #expect(try await world.done(id)["/state"] == "canceled")
      #expect(world.north.cancels.count == 1)
      let again = try await world.router.delete("/v1/jobs/\(id)")
      #expect(again.status == 409 && again.slug == "job-over" && again["/state"] == "canceled")
      world.north.reply(.init(.delivers(.sample, cost: nil)))
      let done = try await world.job()
      _ = try await world.done(done)
      #expect(try await world.router.delete("/v1/jobs/\(done)").status == 409)
    }
  }

  @Test("a job that nobody knows is not found, whatever is asked of it")
  func unknown() async throws {
    try await JobRouter.run { world async throws in
      for id in ["019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "x", "1"] {
        #expect(try await world.get("/v1/jobs/\(id)").slug == "not-found")
        #expect(try await world.get("/v1/jobs/\(id)", [.prefer: "wait=60"]).slug == "not-found")
        #expect(try await world.get("/v1/jobs/\(id)/events").slug == "not-found")
        #expect(try await world.router.delete("/v1/jobs/\(id)").slug == "not-found")
      }
      #expect(try await world.router.send(.put, "/v1/jobs").headers[.allow] == "GET, HEAD, POST")
    }
  }

  @Test(
    "a router without executors has none of these paths",
    arguments: [
      "/v1/jobs", "/v1/jobs/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f", "/webhooks/fal", "/v1/artefacts/x",
    ])
  func absent(path: String) async throws {
    try await TestRouter.run { router async throws in
      #expect(try await router.get(path).status == 404)
      #expect(try await router.send(.post, path).status == 404)
    }
  }
}
