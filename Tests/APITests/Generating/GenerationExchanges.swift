@testable import API
import HTTPTypes
import Jobs
import Routing
import TestSupport
import Testing
import Wire

/// One of everything that recipes and generations say, as it goes over the wire.
enum GenerationExchanges {
  static func record(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    world.north.reply(.init(.delivers(.sample, cost: nil)))
    let recipe = GenerationRoutesTests.recipe
    let signed = GenerationRoutesTests.signed(.init("recipe", recipe))
    for _ in 0..<2 { try await record.send(.put, "/v1/recipes/told-picture", signed) }
    for body in [
      [], ["recipe": recipe, "author": "ada"], ["recipe": recipe, "author": "", "reason": "x"],
      ["recipe": recipe, "author": "ada", "reason": " "], GenerationRoutesTests.signed(.init("recipe", 7)),
      GenerationRoutesTests.signed(.init("recipe", ["name": "x"])),
    ] as [JSONValue] {
      try await record.send(.put, "/v1/recipes/told-picture", body)
    }
    try await record.send(.put, "/v1/recipes/other", signed, isBeyondSchema: true)
    for path in ["told-picture", "text_generation", "nobody"] {
      try await record.send(.get, "/v1/recipes/\(path)")
      try await record.send(.post, "/v1/recipes/\(path)/default", GenerationRoutesTests.signed())
    }
    try await record.send(.post, "/v1/recipes/told-picture/default", ["author": "ada"])
    try await record.send(.get, "/v1/recipes/told-picture@1")
    try await record.send(.get, "/v1/recipes/told-picture?x=1")
    try await record.send(.get, "/v1/recipes")
    try await record.send(.get, "/v1/recipes?x=1")
    try await generations(world, record)
    for path in ["/v1/recipes", "/v1/recipes/x", "/v1/recipes/x/default", "/v1/generations"] {
      try await record.send(.delete, path)
    }
    try await record.send(.get, "/v1/generate/image_generation")
  }

  private static func generations(_ world: JobRouter, _ record: ExchangeRecorder) async throws {
    let path = "/v1/generate/image_generation"
    let body: JSONValue = [
      "input": ["prompt": "x", "seed": 7], "intent": "foxes", "recipe": "told-picture@1", "priority": "high",
      "constraints": ["max_cost_usd": 9, "exclude": ["west"], "only": .null], "deadline_s": 60,
      "fallback_on_moderation": .null, "tenant": "acme",
    ]
    try await record.send(.post, path, body, headers: [.prefer: "wait=60"])
    try await record.send(.post, path, body, headers: [.idempotencyKey: "g"])
    try await record.send(.post, path, ["input": ["prompt": "x"]], headers: [.idempotencyKey: "g"])
    try await record.send(
      .post, path, ["input": ["prompt": "x"]], headers: [.providerKey: "north=secret"], isBeyondSchema: true)
    for body in [
      [], ["input": 7], ["input": [:], "x": 1], ["input": [:], "priority": "urgent"],
      ["input": [:], "deadline_s": 0], ["input": [:], "constraints": ["only": []]],
      ["input": [:], "recipe": ""], ["input": [:], "tenant": ""],
    ] as [JSONValue] {
      try await record.send(.post, path, body)
    }
    try await record.send(.post, path, ["input": ["sede": 7]], isBeyondSchema: true)
    try await record.send(.post, path, ["input": [:], "recipe": "nobody"], isBeyondSchema: true)
    try await record.send(
      .post, path, ["input": ["prompt": "x"], "tenant": "nobody", "callback_url": "https://a.b"])
    try await record.send(.post, "/v1/generate/magic", ["input": [:]])
    world.north.reply(.init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this"))))
    try await record.send(.post, path, ["input": ["prompt": "x"]], headers: [.prefer: "wait=60"])
    world.north.reply(JobRouter.slow)
    let slow = try await world.send(.post, path, ["input": ["prompt": "x"], "recipe": "image_generation"])
    let id = try #require(slow.json.text("/id"))
    let isRunning = try await eventually {
      try await world.get("/v1/generations/\(id)")["/steps/0/jobs/0/job_state"] == "running"
    }
    try #require(isRunning)
    try await record.send(.get, "/v1/generations/\(id)")
    try await record.send(.delete, "/v1/generations/\(id)")
    try await record.send(.get, "/v1/generations/\(id)", headers: [.prefer: "wait=60"])
    try await record.send(.delete, "/v1/generations/\(id)")
    try await record.send(.get, "/v1/generations/\(id)?x=1")
    try await record.send(.get, "/v1/generations/019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f")
    for query in ["", "?state=canceled,succeeded", "?limit=1", "?limit=0", "?before=x", "?state=lost"] {
      try await record.send(.get, "/v1/generations\(query)")
    }
  }
}
