import API
import Foundation
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct JobEventRoutesTests {
  /// An event as a client reads it.
  struct Event {
    var id: Int
    var kind: String
    var data: JSONValue
  }

  private static func events(_ text: String) throws -> [Event] {
    try text.components(separatedBy: "\n\n").compactMap { block in
      var fields: [String: String] = [:]
      for line in block.split(separator: "\n") where !line.hasPrefix(":") {
        let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
        fields[parts[0]] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
      }
      guard let id = fields["id"].flatMap(Int.init), let kind = fields["event"], let data = fields["data"]
      else { return nil }
      return Event(id: id, kind: kind, data: try JSONValue.parse(data))
    }
  }

  @Test(
    "the events of a finished job come in order and end; a client goes on after the last that it has seen")
  func finished() async throws {
    try await JobRouter.run { world in
      world.north.reply(JobRouter.broken)
      let id = try await world.job()
      _ = try await world.done(id)
      let reply = try await world.get("/v1/jobs/\(id)/events")
      #expect(reply.status == 200 && reply.headers[.contentType] == "text/event-stream")
      #expect(reply.headers[.cacheControl] == "no-cache")
      let events = try Self.events(reply.text)
      #expect(events.map(\.id) == Array(1...events.count))
      #expect(events.first?.kind == "queued" && events.last?.kind == "succeeded")
      #expect(events.map(\.kind).contains("failover"))
      #expect(events.allSatisfy { $0.data.text("/at").flatMap { Instant($0) } != nil })
      #expect(events.first?.data.text("/candidate") == "north/a")
      let rest = try await world.get(
        "/v1/jobs/\(id)/events", [.lastEventID: "2", .accept: "text/event-stream"])
      #expect(try Self.events(rest.text).map(\.id) == Array(3...events.count))
      let nothing = try await world.get("/v1/jobs/\(id)/events", [.lastEventID: "\(events.count)"])
      #expect(nothing.status == 204 && nothing.bytes == [])
      let head = try await world.router.send(.head, "/v1/jobs/\(id)/events")
      #expect(head.status == 200 && head.bytes == [])
    }
  }

  @Test("events of a running job come as they happen, with comments while nothing does, until it is over")
  func running() async throws {
    try await JobRouter.run(heartbeat: .milliseconds(50)) { world in
      world.north.reply(JobRouter.slow)
      let id = try await world.job()
      #expect(try await world.reaches("running", id))
      let socket = try PlainSocket(port: try #require(world.router.client.port))
      try socket.send("GET /v1/jobs/\(id)/events HTTP/1.1\r\nHost: x\r\n\r\n")
      try await socket.wait(for: "event: running")
      // "\r\n" is one character: only what follows the chunk's size is looked for.
      try await socket.wait(for: ":\n\n", times: 3)
      world.vendorClock.advance(by: .minutes(2))
      try await socket.wait(for: "event: succeeded")
      let reply = try await world.get("/v1/jobs/\(id)/events")
      let events = try Self.events(reply.text)
      #expect(events.map(\.kind).prefix(3) == ["queued", "submitting", "running"])
      #expect(events.last?.kind == "succeeded" && events.map(\.id) == Array(1...events.count))
    }
  }

  @Test("a client that goes away leaves the job and the router as they were")
  func leaving() async throws {
    try await JobRouter.run(heartbeat: .milliseconds(20)) { world in
      world.north.reply(JobRouter.slow)
      let id = try await world.job()
      let port = try #require(world.router.client.port)
      for _ in 0..<5 {
        let socket = try PlainSocket(port: port)
        try socket.send("GET /v1/jobs/\(id)/events HTTP/1.1\r\nHost: x\r\n\r\n")
      }
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await world.get("/healthz").status == 200)
      world.vendorClock.advance(by: .minutes(2))
      #expect(try await world.done(id)["/state"] == "succeeded")
    }
  }

  @Test("a router that shuts down does not wait for those who listen")
  func shutdown() async throws {
    let id = try await JobRouter.run(heartbeat: .seconds(600)) { world in
      world.north.reply(JobRouter.slow)
      let id = try await world.job()
      #expect(try await world.reaches("running", id))
      let port = try #require(world.router.client.port)
      Task.detached {
        let socket = try PlainSocket(port: port)
        try socket.send("GET /v1/jobs/\(id)/events HTTP/1.1\r\nHost: x\r\n\r\n")
        try await Task.sleep(for: .seconds(60))
      }
      try await Task.sleep(for: .milliseconds(200))
      return id
    }
    #expect(!id.isEmpty)
  }

  @Test("what cannot be answered is refused before the stream begins")
  func refusals() async throws {
    try await JobRouter.run { world in
      let id = try await world.job()
      let path = "/v1/jobs/\(id)/events"
      let type = try await world.get(path, [.accept: "application/json"])
      #expect(type.status == 406 && type.slug == "not-acceptable")
      #expect(try await world.get(path, [.accept: "text/*"]).status == 200)
      for last in ["x", "-1", "1.5", ""] {
        let reply = try await world.get(path, [.lastEventID: last])
        #expect(reply.status == 400 && reply.slug == "invalid-request")
      }
      #expect(try await world.get("\(path)?after=1").pointers == ["?after"])
      #expect(try await world.router.delete(path).headers[.allow] == "GET, HEAD")
    }
  }
}
