import API
import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct DeliveryRoutesTests {
  static func secret(_ world: JobRouter, _ body: JSONValue = [:]) async throws -> Reply {
    let reply = try await world.router.send(.post, "/v1/callback-secrets", body: body.serialized())
    try #require(reply.status == 201, "\(reply.text)")
    return reply
  }

  @Test("What an endpoint is sent is the job as GET shows it, with the event's type and time")
  func payload() async throws {
    try await JobRouter.run { world in
      _ = try await Self.secret(world)
      let id = try await world.delivery(to: "https://acme.example/done", reaching: .delivered)
      let sent = try #require(world.door.sent.first)
      let payload = try JSONValue.parse(sent.payload)
      let job = try await world.get("/v1/jobs/\(sent.delivery.job)")
      #expect(payload["type"]?.stringValue == "job.succeeded")
      #expect(payload["timestamp"] == job["/ended_at"])
      #expect(payload["data"] == job.json)
      #expect(job["/callback_url"] == "https://acme.example/done" && job["/state"] == "succeeded")
      // And the record of it holds the same, byte for byte.
      let record = try await world.get("/v1/deliveries/\(id)")
      #expect(record.json.text("/payload") == String(decoding: sent.payload, as: UTF8.self))
      #expect(
        record["/log/0/status"] == 204 && record["/log/0/number"] == 1 && record["/state"] == "delivered")
    }
  }

  @Test("A dead letter is listed as such, says why, and is retried once")
  func deadLetter() async throws {
    try await JobRouter.run { world in
      _ = try await Self.secret(world)
      let id = try await world.delivery(to: "https://acme.example/broken", reaching: .dead)
      _ = try await world.delivery(to: "https://acme.example/fine", reaching: .delivered)
      let dead = try await world.get("/v1/deliveries?state=dead")
      #expect(dead.json["deliveries"]?.arrayValue?.count == 1)
      #expect(dead.json.text("/deliveries/0/id") == id.description)
      #expect(dead["/deliveries/0/last_failure"] == "answered 500" && dead["/deliveries/0/attempts"] == 2)
      #expect(try await world.get("/v1/deliveries").json["deliveries"]?.arrayValue?.count == 2)
      let page = try await world.get("/v1/deliveries?limit=1")
      let next = try #require(page.json.text("/next"))
      #expect(
        try await world.get("/v1/deliveries?before=\(next)").json.text("/deliveries/0/id") == id.description)
      #expect(try await world.get("/v1/deliveries/\(id)")["/log/1/answer"] == "out of order")
      let retried = try await world.router.send(.post, "/v1/deliveries/\(id)/retry")
      #expect(retried.status == 202 && retried["/state"] == "pending" && retried["/tries"] == 0)
      #expect(
        try await eventually {
          try await world.get("/v1/deliveries/\(id)").json.text("/state") == "delivered"
        })
      let again = try await world.router.send(.post, "/v1/deliveries/\(id)/retry")
      #expect(again.status == 409 && again["/type"] == "urn:pointsman:not-dead")
    }
  }

  @Test("A secret is shown once, and the next one ends it")
  func secrets() async throws {
    try await JobRouter.run { world in
      let first = try await Self.secret(world, ["tenant": "acme"])
      let text = try #require(first.json.text("/secret"))
      #expect(text.hasPrefix("whsec_") && first.headers[.cacheControl] == "no-store")
      let second = try await Self.secret(world, ["tenant": "acme", "overlap_s": 60])
      #expect(second.json.text("/secret") != text)
      let list = try await world.get("/v1/callback-secrets")
      #expect(!list.text.contains("whsec_") && !list.text.contains(text.dropFirst(6)))
      #expect(list["/secrets/0/expires_at"] != .null && list["/secrets/1/expires_at"] == .null)
      let id = try #require(first.json.text("/id"))
      #expect(try await world.router.send(.delete, "/v1/callback-secrets/\(id)").status == 200)
      #expect(try await world.router.send(.delete, "/v1/callback-secrets/\(id)").status == 404)
    }
  }

  @Test("A job is refused with 422 and the field, when its end can never be told")
  func refused() async throws {
    try await JobRouter.run { world in
      for (url, reason) in [
        ("https://acme.example", "there is no secret to sign deliveries with"),
        ("http://acme.example", "must be https"),
      ] {
        let reply = try await world.post(JobRouter.body("a fox", [.init("callback_url", .string(url))]))
        #expect(reply.status == 422 && reply["/type"] == "urn:pointsman:callback-refused")
        #expect(reply["/errors/0/pointer"] == "/callback_url")
        #expect(reply.json.text("/errors/0/detail")?.hasPrefix(reason) == true, "\(reply.text)")
      }
      #expect(world.north.orders.isEmpty)
    }
  }
}
