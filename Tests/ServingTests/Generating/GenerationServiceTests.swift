import Jobs
import Recipes
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite("Recipes carried out")
struct GenerationServiceTests {
  static func order(
    _ recipe: Recipe = Sample.recipe(), terms: Generation.Terms = Generation.Terms(), time: Span? = nil
  ) -> GenerationOrder {
    GenerationOrder(
      capability: recipe.capability, input: ["prompt": "a fox"], recipe: recipe.name, time: time, terms: terms
    )
  }

  static func run(
    on ledger: any Ledger = MemoryLedger(),
    _ body: (GenerationWorld, GenerationWorld.Vendors) async throws -> Void
  ) async throws {
    let vendors = GenerationWorld.Vendors()
    for recipe in [Sample.recipe(), Sample.fanOut] { _ = try ledger.append(recipe: Sample.version(recipe)) }
    let world = try await GenerationWorld.start(on: ledger, vendors)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(world, vendors))
    } catch {
      result = .failure(error)
    }
    await world.stop()
    try result.get()
  }

  @Test("Steps of a list are done by whoever is chosen for each, and each fails over by itself")
  func failover() async throws {
    try await Self.run { world, vendors in
      vendors.north.follow { _, order in
        order.input[.prompt] == "2: two"
          ? .init(.fails(VendorFailure(httpStatus: 503, message: "out of order")))
          : GenerationWorld.reply(to: order)
      }
      let generation = try await world.done(Self.order(Sample.fanOut))
      #expect(generation.state == .succeeded, "\(generation.failure as Any)")
      #expect(generation.steps[1].elements.map(\.executed) == ["north/a", "south/b", "north/a"])
      #expect(generation.verdict?.score == 0.9 && generation.verdict?.reason == "sharp")
      // The review is heard, once, about each of those whose work it judged.
      for element in generation.steps[1].elements {
        let said = try world.router.ledger.feedback(about: try #require(element.decision))
        let signals = said.filter { $0.submission.id.hasPrefix("review:") }
        #expect(signals.map(\.submission.value) == [.number(0.9)])
        #expect(signals.map(\.submission.rater) == ["recipe pictures"])
      }
      // What is said of jobs is said of the generation.
      let jobs = try world.router.ledger.jobs(states: nil, before: nil, limit: 9)
      let costs = jobs.reduce(Money.zero) { $0 + $1.cost }
      #expect(generation.cost == costs && jobs.count == 5)
    }
  }

  @Test("Two steps that wait for nothing of each other are under way at the same time")
  func parallel() async throws {
    let recipe = Sample.recipe([
      "name": "two", "capability": "image_generation",
      "steps": ["a", "b"].map { name -> JSONValue in
        [
          "name": .string(name), "capability": "image_generation",
          "input": ["prompt": .string("{request.prompt} \(name)")],
        ]
      }.asArray,
    ])
    try await Self.run { world, vendors in
      _ = try world.generations.book.put(recipe, author: "ada", reason: "new")
      vendors.north.reply(.init(.accepts(.succeeded(.sample), after: .minutes(1))))
      let id = try await world.generations.submit(Self.order(recipe)).generation.id
      #expect(await eventually { vendors.north.works.count == 2 })
      vendors.clock.advance(by: .minutes(2))
      #expect(try await world.finish(id).state == .succeeded)
    }
  }

  @Test("A failure calls the others off, and the end comes when they have ended")
  func failing() async throws {
    try await Self.run { world, vendors in
      vendors.north.follow { _, order in
        switch order.input[.prompt] {
        case "1: one": .init(.fails(VendorFailure(.moderated, httpStatus: 400, message: "not this")))
        case "2: two", "3: three": .init(.accepts(.succeeded(.sample), after: .hours(1)))
        default: GenerationWorld.reply(to: order)
        }
      }
      let generation = try await world.done(Self.order(Sample.fanOut))
      #expect(generation.state == .failed && generation.failure?.step == "pictures")
      #expect(generation.failure?.element == 0 && generation.failure?.code == .contentPolicyViolation)
      #expect(generation.steps[1].elements.map(\.state) == [.failed, .stopped, .stopped])
      // Those that had arrived there were called off there.
      let long = vendors.north.works.filter { $0.ending == .succeeded(.sample) }
      #expect(long.count { !$0.isCanceled } == 0)
      let open = try world.router.ledger.jobs(
        states: [.queued, .submitting, .running], before: nil, limit: 9)
      #expect(open.isEmpty)
    }
  }

  @Test(
    "With a full disk nothing is taken in and nothing spent; what is under way goes on when there is room")
  func diskFull() async throws {
    let ledger = FailingLedger()
    try await Self.run(on: ledger) { world, vendors in
      ledger.fails = true
      await #expect(throws: ServiceError.self) { try await world.generations.submit(Self.order()) }
      #expect(vendors.north.orders.isEmpty)
      ledger.fails = false
      vendors.north.follow { number, order in
        // The disk is full from the moment at which the first step is at its vendor.
        if number == 0 { ledger.fails = true }
        return GenerationWorld.reply(to: order)
      }
      let id = try await world.generations.submit(Self.order()).generation.id
      #expect(await eventually { vendors.north.works.count == 1 })
      await #expect(throws: ServiceError.self) { try await world.generations.cancel(id) }
      ledger.fails = false
      let generation = try await world.finish(id)
      #expect(generation.state == .succeeded, "\(generation.failure as Any)")
      #expect(vendors.bought == 2)
    }
  }

  @Test("What a step is given that no job takes fails it, by name; so does a deadline that has passed")
  func refused() async throws {
    let recipe = Sample.recipe([
      "name": "wrong", "capability": "image_generation",
      "steps": [
        ["name": "text", "capability": "text_generation", "input": ["prompt": "{request.prompt}"]],
        [
          "name": "picture", "capability": "image_generation",
          "input": ["prompt": "x", "image_url": "{steps.text.text}"],
        ],
      ],
    ])
    try await Self.run { world, vendors in
      _ = try world.generations.book.put(recipe, author: "ada", reason: "new")
      let generation = try await world.done(Self.order(recipe))
      #expect(generation.state == .failed && generation.failure?.step == "picture")
      #expect(generation.failure?.message.contains("/image_url") == true)
      #expect(vendors.bought == 1)
      vendors.north.reply(.init(.accepts(.succeeded(.sample), after: .hours(1))))
      let late = try await world.done(Self.order(time: .milliseconds(300)))
      #expect(late.state == .expired && late.failure?.step == "picture", "\(late.failure as Any)")
    }
  }

  @Test("A recipe is never changed by an update of the program once somebody has put his own")
  func shipped() async throws {
    let ledger = MemoryLedger()
    let book = RecipeBook(ledger, clock: ManualClock())
    func load(_ title: String) throws {
      try book.load([Sample.recipe(title: title)], logger: TestRouter.quiet)
    }
    try load("one")
    try load("two")
    #expect(try book.recipe("large-picture")?.version == 2)
    _ = try book.put(Sample.recipe(title: "mine"), author: "ada", reason: "better")
    try load("three")
    #expect(try book.recipe("large-picture")?.recipe.title == "mine")
    #expect(try ledger.recipeHistory("large-picture").map(\.author) == ["pointsman", "pointsman", "ada"])
    #expect(try book.recipe("large-picture@1")?.recipe.title == "one")
    #expect(try book.recipe("large-picture@x") == nil && book.recipe("embedding@1") == nil)
  }

  @Test("What serves: the last choice, else a recipe that says so, else the built-in one")
  func serving() throws {
    let ledger = MemoryLedger()
    let book = RecipeBook(ledger, clock: ManualClock())
    #expect(try book.serving(.imageGeneration).recipe.isBuiltIn)
    _ = try book.put(Sample.recipe(), author: "ada", reason: "new")
    #expect(try book.serving(.imageGeneration).recipe.isBuiltIn)
    let standing = Sample.recipe([
      "name": "standing", "capability": "image_generation", "default": true,
      "steps": [["name": "a", "capability": "image_generation", "input": "{request}"]],
    ])
    _ = try book.put(standing, author: "ada", reason: "new")
    #expect(try book.serving(.imageGeneration).recipe.name == "standing")
    for name in ["large-picture", "image_generation", "large-picture"] {
      _ = try book.choose(name, author: "ada", reason: "to see")
      #expect(try book.serving(.imageGeneration).recipe.name == name)
    }
    #expect(try book.choose("nobody", author: "ada", reason: "x") == nil)
    #expect(try book.serving(.textGeneration).recipe.isBuiltIn)
  }
}

extension [JSONValue] {
  fileprivate var asArray: JSONValue { .array(self) }
}
