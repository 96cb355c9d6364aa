import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite("Jobs in the words of the unified contract") struct UnifiedRoutesTests {
  private static func body(_ version: String, _ more: [JSONValue.Member] = []) -> JSONValue {
    .object(
      [
        .init("schema_version", .string(version)), .init("prompt", "a fox"), .init("media_type", "text"),
      ] + more)
  }

  private static func post(
    _ world: JobRouter, _ body: JSONValue, _ query: String = "", _ headers: HTTPFields = [:]
  ) async throws -> Reply {
    try await world.router.send(.post, "/v1/unified\(query)", body: body.serialized(), headers: headers)
  }

  @Test("A request of every version is done, and answered in its own words")
  func versions() async throws {
    try await JobRouter.run { world in
      let first = try await Self.post(world, Self.body("1.0", [.init("provider", "south/b")]))
      #expect(first.status == 200 && first["/schema_version"] == "1.0" && first["/status"] == "success")
      #expect(first["/provider"] == "south/b" && first["/model"] == nil && first["/metadata"] == nil)
      #expect(first["/result/text"] == "done" && first["/cost"] == 0.25)
      let second = try await Self.post(
        world, Self.body("1.1", [.init("metadata", ["campaign": "autumn"])]))
      #expect(second["/schema_version"] == "1.1" && second["/provider"] == "north/a")
      #expect(second["/metadata/request/campaign"] == "autumn")
      let third = try await Self.post(
        world, Self.body("2.0", [.init("provider", "south"), .init("model", "b")]))
      #expect(third["/provider"] == "south" && third["/model"] == "b" && third["/error"] == .null)
      let job = try #require(third.json.text("/metadata/job_id"))
      #expect(try await world.get("/v1/jobs/\(job)")["/executed"] == "south/b")
      // The version asked for is the query's, where there is one.
      let other = try await Self.post(world, Self.body("1.0"), "?schema_version=2.0")
      #expect(other["/schema_version"] == "2.0" && other["/provider"] == "north")
    }
  }

  @Test("An unknown version is refused by its name")
  func unsupported() async throws {
    try await JobRouter.run { world in
      for (body, query) in [(Self.body("3.0"), ""), (Self.body("2.0"), "?schema_version=3.0")] {
        let reply = try await Self.post(world, body, query)
        #expect(reply.status == 400 && reply["/type"] == "urn:pointsman:unsupported-version")
        #expect(
          reply["/detail"] == "schema_version '3.0' is not supported; this router speaks 1.0, 1.1, 2.0")
      }
      #expect(world.north.orders.isEmpty && world.south.orders.isEmpty)
    }
  }

  @Test("The same request_id with the same body is the same job, and can be read by it")
  func replays() async throws {
    try await JobRouter.run { world in
      let body = Self.body("2.0", [.init("request_id", "order 7/a"), .init("metadata", ["a": 1])])
      let first = try await Self.post(world, body)
      let again = try await Self.post(world, body)
      #expect(again.headers[.idempotentReplay] == "true" && first.headers[.idempotentReplay] == nil)
      #expect(again["/metadata"] == first["/metadata"] && again["/request_id"] == "order 7/a")
      #expect(world.north.orders.count == 1)
      let path = try #require(first.headers[.location])
      #expect(path == "/v1/unified/order%207%2Fa")
      let read = try await world.get(path)
      #expect(read.status == 200 && read["/metadata"] == first["/metadata"] && read["/status"] == "success")
      #expect(try await world.get(path + "?schema_version=1.0")["/schema_version"] == "1.0")
      let other = try await Self.post(world, Self.body("2.0", [.init("request_id", "order 7/a")]))
      #expect(other.status == 409 && other["/error/code"] == "INVALID_REQUEST")
      let apart = try await Self.post(world, body, "", [.idempotencyKey: "order 8"])
      #expect(apart.status == 400 && apart["/error/details/errors/0/pointer"] == "/request_id")
      #expect(try await world.get("/v1/unified/nobody").status == 404)
    }
  }

  @Test("Work that goes on is processing, and a request without a name gets one to read it by")
  func processing() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.slow)
      let reply = try await Self.post(world, Self.body("2.0"), "", [.prefer: "wait=0"])
      #expect(reply.status == 202 && reply["/status"] == "processing" && reply["/cost"] == .null)
      #expect(reply["/processing_time_ms"] == .null)
      let id = try #require(reply.json.text("/request_id"))
      let job = try #require(reply.json.text("/metadata/job_id"))
      #expect(try await world.reaches("running", job))
      world.vendorClock.advance(by: .minutes(2))
      let done = try await world.get("/v1/unified/\(id)", [.prefer: "wait=60"])
      #expect(done["/status"] == "success" && done["/processing_time_ms"]?.doubleValue ?? 0 > 0)
    }
  }

  @Test("A failure of the work and one of the request are told in the contract's own words")
  func failures() async throws {
    try await JobRouter.run { world in
      world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this"))))
      let moderated = try await Self.post(world, Self.body("2.0"))
      #expect(moderated.status == 200 && moderated["/status"] == "failed")
      #expect(
        moderated["/error/code"] == "CONTENT_POLICY_VIOLATION" && moderated["/error/retryable"] == false)
      #expect(moderated["/error/provider"] == "north" && moderated["/error/details/class"] == "moderated")
      let wrong = try await Self.post(
        world, Self.body("2.0", [.init("parameters", ["width": 0, "capability": "text_generation"])]))
      #expect(wrong.status == 400 && wrong["/error/code"] == "INVALID_REQUEST")
      #expect(wrong["/error/details/errors/0/pointer"] == "/parameters/width")
      let old = try await Self.post(world, Self.body("1.0", [.init("metadata", [:])]))
      #expect(old.status == 400 && old["/schema_version"] == "1.0")
      #expect(old["/error/message"]?.stringValue?.contains("exists since 1.1") == true)
      let unknown = try await Self.post(
        world, Self.body("2.0", [.init("provider", "north"), .init("model", "z")]))
      #expect(unknown.status == 422 && unknown["/error/code"] == "INVALID_MODEL")
      #expect(
        unknown["/error/message"] == "provider 'north' has no model 'z' for text_generation; it has: a")
      let nobody = try await Self.post(
        world,
        .object([
          .init("schema_version", "2.0"), .init("prompt", "x"), .init("media_type", "video"),
        ]))
      #expect(nobody.status == 422 && nobody["/status"] == "failed")
    }
  }

  @Test("No more attempts are made than were asked for")
  func retries() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.broken)
      let once = try await Self.post(
        world, Self.body("2.0", [.init("retry_config", ["max_retries": 0])]))
      #expect(once["/status"] == "failed" && once["/metadata/attempts"] == 1)
      #expect(world.south.orders.isEmpty)
      world.north.reply(JobRouter.broken)
      let twice = try await Self.post(
        world, Self.body("2.0", [.init("retry_config", ["max_retries": 1])]))
      #expect(twice["/status"] == "success" && twice["/metadata/attempts"] == 2)
      #expect(twice["/provider"] == "south")
    }
  }
}
