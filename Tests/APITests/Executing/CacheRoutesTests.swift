import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

@Suite struct CacheRoutesTests {
  static let wish: [JSONValue.Member] = [.init("cache", true)]

  @Test("the same order again is answered at once and says so, until it is dropped")
  func hit() async throws {
    try await JobRouter.run { world in
      let id = try await world.job(JobRouter.body("a fox", Self.wish))
      let first = try await world.done(id)
      #expect(first["/cached"] == false && first["/cached_from"] == nil && first["/decision/cached"] == nil)
      let reply = try await world.post(JobRouter.body(" a fox ", Self.wish))
      #expect(reply.status == 200 && reply.json.text("/state") == "succeeded")
      #expect(reply["/cached"] == true && reply.json.number("/cost_usd") == 0 && reply["/attempts"] == [])
      #expect(reply.json.text("/cached_from/job") == id && reply["/decision/cached"] == true)
      #expect(reply["/decision/decision_id"] == first["/decision/decision_id"])
      #expect(reply["/result"] == first["/result"] && reply["/executed"] == "north/a")
      let again = try await world.get("/v1/jobs/\(try #require(reply.json.text("/id")))")
      #expect(again["/cached"] == true && again.json.text("/id") != id)
      #expect(world.north.tokens.count == 1)

      let shown = try await world.get("/v1/cache")
      #expect(shown["/hits"] == 1 && shown["/misses"] == 1 && shown["/hit_rate"] == 0.5)
      #expect(shown["/memory/hits"] == 1 && shown["/disk/entries"] == 1 && shown["/strategy"] == "lru")
      #expect(try await world.router.delete("/v1/cache?pattern=image_generation:*")["/dropped"] == 0)
      #expect(try await world.router.delete("/v1/cache?provider=north&model=a")["/dropped"] == 1)
      #expect(try await world.post(JobRouter.body("a fox", Self.wish)).status == 202)
      #expect(try await world.router.delete("/v1/cache?vendor=north").pointers == ["?vendor"])
      #expect(try await world.router.delete("/v1/cache?model=").pointers == ["?model"])
    }
  }

  @Test("an answer under a key is replayed as it was, and a cached one keeps its status")
  func idempotent() async throws {
    try await JobRouter.run { world in
      _ = try await world.done(try await world.job(JobRouter.body("a fox", Self.wish)))
      let replies = [
        try await world.post(JobRouter.body("a fox", Self.wish), [.idempotencyKey: "k"]),
        try await world.post(JobRouter.body("a fox", Self.wish), [.idempotencyKey: "k"]),
      ]
      #expect(replies.map(\.status) == [200, 200] && replies[0].text == replies[1].text)
      #expect(replies[1].headers[.idempotentReplay] == "true" && replies[0]["/cached"] == true)
    }
  }

  @Test(
    "a wish that cannot be is refused by its field",
    arguments: [
      (7, "/cache"), (["ttl_s": 0], "/cache/ttl_s"), (["ttl_s": 99_999_999], "/cache/ttl_s"),
      (["mode": "near"], "/cache/mode"), (["mode": "semantic", "similarity": 0.2], "/cache/similarity"),
      (["similarity": 0.9], "/cache/similarity"), (["more": 1], "/cache/more"),
    ] as [(JSONValue, String)])
  func refused(wish: JSONValue, pointer: String) async throws {
    try await JobRouter.run { world in
      let reply = try await world.post(JobRouter.body("x", [.init("cache", wish)]))
      #expect(reply.status == 400 && reply.pointers == [pointer], "\(reply.text)")
    }
  }

  @Test("a conversation has no prompt to be near to")
  func semanticNeedsPrompt() async throws {
    try await JobRouter.run { world in
      let reply = try await world.post([
        "capability": "text_generation", "cache": ["mode": "semantic"],
        "input": ["messages": [["role": "user", "content": "hello"]]],
      ])
      #expect(reply.status == 400 && reply.pointers == ["/cache/mode"], "\(reply.text)")
      #expect(try await world.post(JobRouter.body("x", [.init("cache", false)])).status == 202)
    }
  }
}
