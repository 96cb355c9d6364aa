import HTTPTypes
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct GenerationRoutesTests {
  /// Two steps that these vendors can do.
  static let recipe: JSONValue = [
    "name": "told-picture", "capability": "image_generation", "title": "A text, then its picture",
    "steps": [
      [
        "name": "text", "capability": "text_generation", "intent": "{intent?}",
        "input": ["prompt": "{request.prompt}", "seed": "{request.seed?}"],
      ],
      [
        "name": "picture", "capability": "image_generation", "input": ["prompt": "{steps.text.text}"],
      ],
    ],
  ]

  static func signed(_ members: JSONValue.Member...) -> JSONValue {
    .object([.init("author", "ada"), .init("reason", "to see")] + members)
  }

  static func put(_ recipe: JSONValue = recipe, _ world: JobRouter) async throws -> Reply {
    let name = try #require(recipe["name"]?.stringValue)
    return try await world.send(.put, "/v1/recipes/\(name)", signed(.init("recipe", recipe)))
  }

  static func generate(
    _ world: JobRouter, _ body: JSONValue, _ headers: HTTPFields = [.prefer: "wait=60"],
    capability: String = "image_generation"
  ) async throws -> Reply {
    try await world.send(.post, "/v1/generate/\(capability)", body, headers)
  }

  @Test("a capability without a recipe is one job, which is given the input as it is")
  func builtIn() async throws {
    try await JobRouter.run { world in
      let reply = try await Self.generate(world, ["input": ["prompt": "a fox", "width": 64]])
      #expect(reply.status == 200 && reply["/state"] == "succeeded", "\(reply.text)")
      let id = try #require(reply.json.text("/id"))
      #expect(reply.headers[.location] == "/v1/generations/\(id)")
      #expect(reply["/recipe"] == ["name": "image_generation", "version": 0])
      #expect(reply["/result/text"] == "done" && reply["/steps/0/jobs/0/executed"] == "north/a")
      #expect(reply["/cost_usd"] == 0.25 && reply["/error"] == .null && reply["/verdict"] == .null)
      let job = try #require(reply.json.text("/steps/0/jobs/0/job"))
      let read = try await world.get("/v1/jobs/\(job)")
      #expect(read["/state"] == "succeeded")
      #expect(read["/decision/decision_id"] == reply["/steps/0/jobs/0/decision"])
      #expect(world.north.orders.first?.input[.width] == 64)
    }
  }

  @Test("a recipe that was put is chosen by its name, then serves, and every version is remembered")
  func recipes() async throws {
    try await JobRouter.run { world in
      let first = try await Self.put(Self.recipe, world)
      #expect(first.status == 201 && first["/version"] == 1 && first["/serves"] == false, "\(first.text)")
      #expect(try await Self.put(Self.recipe, world).status == 200)
      let reply = try await Self.generate(
        world, ["recipe": "told-picture", "intent": "foxes", "input": ["prompt": "a fox", "seed": 7]])
      #expect(reply["/state"] == "succeeded" && reply["/recipe/version"] == 1, "\(reply.text)")
      #expect(world.north.orders.map { $0.input[.prompt] } == ["a fox", "done"])
      let decision = try #require(reply.json.text("/steps/0/jobs/0/decision"))
      #expect(try await world.get("/v1/decisions/\(decision)")["/intent"] == "foxes")
      let chosen = try await world.send(.post, "/v1/recipes/told-picture/default", Self.signed())
      #expect(chosen.status == 200 && chosen["/capability"] == "image_generation")
      #expect(try await Self.generate(world, ["input": ["prompt": "x"]])["/recipe/name"] == "told-picture")
      // A new version serves at once; the one before can be named.
      var members = try #require(Self.recipe.members)
      members[2] = .init("title", "Another title")
      let second = try await Self.put(.object(members), world)
      #expect(second["/version"] == 2 && second["/serves"] == true)
      #expect(second["/history"]?.arrayValue?.map { $0["version"] } == [1, 2])
      #expect(try await Self.generate(world, ["input": ["prompt": "x"]])["/recipe/version"] == 2)
      let old = try await Self.generate(world, ["recipe": "told-picture@1", "input": ["prompt": "x"]])
      #expect(old["/recipe/version"] == 1)
      #expect(
        try await world.get("/v1/recipes/told-picture@1")["/recipe/title"] == "A text, then its picture")
      let listed = try await world.get("/v1/recipes")
      #expect(listed["/recipes/0/version"] == 2)
      #expect(
        listed["/serving"]?.arrayValue?.first { $0["capability"] == "image_generation" }?["recipe"]
          == "told-picture")
      // Back to one job.
      #expect(
        try await world.send(.post, "/v1/recipes/image_generation/default", Self.signed()).status == 200)
      #expect(try await Self.generate(world, ["input": ["prompt": "x"]])["/recipe/version"] == 0)
    }
  }

  @Test("what the recipe does not take is refused by name, before anything is stored")
  func refused() async throws {
    try await JobRouter.run { world in
      _ = try await Self.put(Self.recipe, world)
      for (body, pointer) in [
        (["input": ["prompt": "x", "sede": 7], "recipe": "told-picture"], "/input/sede"),
        (["input": [:], "recipe": "told-picture"], "/input/prompt"),
        (["input": ["prompt": "x"], "recipe": "told-pictures"], "/recipe"),
        (["input": ["prompt": "x"], "recipe": "told-picture@2"], "/recipe"),
        (["input": ["prompt": "x"], "recipe": "text_generation"], "/recipe"),
        (["input": ["prompt": "x", "width": "wide"]], "/input/width"), (["input": 7], "/input"),
        (["input": [:], "more": 1], "/more"), (["input": [:], "deadline_s": 0], "/deadline_s"),
        (["input": ["prompt": "x", "seed": "y"], "recipe": "told-picture"], "/input"),
      ] as [(JSONValue, String)] {
        let reply = try await Self.generate(world, body)
        #expect(reply.status == 400 && reply.pointers.contains(pointer), "\(body): \(reply.text)")
      }
      #expect(try await Self.generate(world, ["input": [:]], capability: "magic").status == 404)
      let callback = try await Self.generate(
        world, ["input": ["prompt": "x"], "callback_url": "https://acme.example"])
      #expect(callback.status == 422 && callback.slug == "callback-refused")
      #expect(try await world.get("/v1/generations")["/generations"] == [])
      #expect(world.north.orders.isEmpty && world.south.orders.isEmpty)
    }
  }

  @Test("the same key and body is answered again, and another body refused")
  func idempotent() async throws {
    try await JobRouter.run { world in
      let headers: HTTPFields = [.idempotencyKey: "k"]
      let first = try await Self.generate(world, ["input": ["prompt": "x"]], headers)
      let second = try await Self.generate(world, ["input": ["prompt": "x"]], headers)
      #expect(first.status == 202 && second.bytes == first.bytes)
      #expect(second.headers[.idempotentReplay] == "true" && first.headers[.idempotentReplay] == nil)
      #expect(try await Self.generate(world, ["input": ["prompt": "y"]], headers).status == 409)
      #expect(try await world.get("/v1/generations")["/generations"]?.arrayValue?.count == 1)
    }
  }

  @Test("a step that fails is named, and its failure is the end")
  func failing() async throws {
    try await JobRouter.run { world in
      _ = try await Self.put(Self.recipe, world)
      let refusal = VendorFailure(.moderated, httpStatus: 400, message: "not this")
      world.north.follow { number, _ in
        number == 0 ? .init(.delivers(.sample, cost: nil)) : .init(.fails(refusal))
      }
      let reply = try await Self.generate(world, ["recipe": "told-picture", "input": ["prompt": "x"]])
      #expect(reply.status == 200 && reply["/state"] == "failed")
      #expect(reply["/error/step"] == "picture" && reply["/error/code"] == "CONTENT_POLICY_VIOLATION")
      #expect(reply["/steps"]?.arrayValue?.map { $0["state"] } == ["succeeded", "failed"])
      // What was made before is there, and booked.
      #expect(reply["/steps/0/jobs/0/result/text"] == "done" && reply["/result"] == .null)
      #expect(reply["/cost_usd"]?.doubleValue ?? 0 >= 0.25)
      let id = try #require(reply.json.text("/id"))
      let over = try await world.send(.delete, "/v1/generations/\(id)")
      #expect(over.status == 409 && over.slug == "generation-over" && over["/state"] == "failed")
    }
  }

  @Test("a generation that is called off calls its jobs off, and begins no more")
  func canceling() async throws {
    try await JobRouter.run { world in
      _ = try await Self.put(Self.recipe, world)
      world.north.reply(JobRouter.slow)
      let reply = try await Self.generate(world, ["recipe": "told-picture", "input": ["prompt": "x"]], [:])
      let id = try #require(reply.json.text("/id"))
      let isRunning = try await eventually {
        try await world.get("/v1/generations/\(id)")["/steps/0/jobs/0/job_state"] == "running"
      }
      #expect(isRunning)
      #expect([200, 202].contains(try await world.send(.delete, "/v1/generations/\(id)").status))
      let end = try await world.get("/v1/generations/\(id)", [.prefer: "wait=60"])
      #expect(end["/state"] == "canceled" && end["/error"] == .null, "\(end.text)")
      #expect(end["/steps"]?.arrayValue?.map { $0["state"] } == ["stopped", "stopped"])
      #expect(world.north.cancels.count == 1 && world.north.orders.count == 1)
      #expect(try await world.get("/v1/generations?state=canceled")["/generations/0/id"] == .string(id))
      #expect(try await world.get("/v1/generations?state=running,failed")["/generations"] == [])
      for query in ["state=lost", "limit=0", "before=x", "x=1"] {
        #expect(try await world.get("/v1/generations?\(query)").status == 400)
      }
    }
  }

  @Test("the end is told once, as an event of the generation and of none of its jobs")
  func callback() async throws {
    try await JobRouter.run { world in
      _ = try await Self.put(Self.recipe, world)
      _ = try await world.send(.post, "/v1/callback-secrets", ["tenant": "acme"])
      let reply = try await Self.generate(
        world,
        [
          "recipe": "told-picture", "input": ["prompt": "x"], "tenant": "acme",
          "callback_url": "https://acme.example/done",
        ])
      let id = try #require(reply.json.text("/id"))
      let isTold = try await eventually {
        try await world.get("/v1/deliveries?state=delivered&job=\(id)")["/deliveries"]?.arrayValue?.count == 1
      }
      #expect(isTold)
      #expect(world.door.sent.map(\.delivery.event) == ["generation.succeeded"])
      let told = try JSONValue.parse(try #require(world.door.sent.first).payload)
      #expect(told["type"] == "generation.succeeded" && told["data"]?["id"] == .string(id))
      #expect(told["data"]?["tenant"] == "acme" && told["data"]?["state"] == "succeeded")
    }
  }

  @Test("a candidate must be within its part of the budget")
  func budget() async throws {
    try await JobRouter.run { world in
      _ = try await Self.put(Self.recipe, world)
      let body: JSONValue = [
        "recipe": "told-picture", "input": ["prompt": "x"], "constraints": ["max_cost_usd": 0.4],
      ]
      // 0.25 for the first; 0.15 are left, and nobody does it for that.
      let reply = try await Self.generate(world, body)
      #expect(reply["/state"] == "failed" && reply["/error/step"] == "picture", "\(reply.text)")
      #expect(reply.json.text("/error/message")?.contains("no candidate may do it") == true)
      #expect(reply["/cost_usd"] == 0.25 && reply["/max_cost_usd"] == 0.4)
    }
  }

  @Test("a recipe that cannot work is refused with its place")
  func faulty() async throws {
    try await JobRouter.run { world in
      var members = try #require(Self.recipe.members)
      members[3] = .init(
        "steps", [["name": "a", "capability": "text_generation", "input": ["promt": "{steps.b.text}"]]])
      let reply = try await Self.put(.object(members), world)
      #expect(reply.status == 400 && reply.pointers == ["/recipe/steps/0/input/promt"], "\(reply.text)")
      for (path, body) in [
        ("other", Self.signed(.init("recipe", Self.recipe))),
        ("told-picture", ["recipe": Self.recipe, "author": "ada"]),
        ("told-picture", ["recipe": Self.recipe, "author": "ada", "reason": " "]),
        ("told-picture", Self.signed()), ("told-picture", Self.signed(.init("recipe", 7))),
      ] as [(String, JSONValue)] {
        #expect(try await world.send(.put, "/v1/recipes/\(path)", body).status == 400)
      }
      #expect(try await world.get("/v1/recipes/nobody").status == 404)
      #expect(try await world.send(.post, "/v1/recipes/nobody/default", Self.signed()).status == 404)
      #expect(try await world.get("/v1/recipes")["/recipes"] == [])
    }
  }
}

extension JobRouter {
  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, _ headers: HTTPFields = [:]
  ) async throws -> Reply {
    try await router.send(method, path, body: body?.serialized(), headers: headers)
  }
}
