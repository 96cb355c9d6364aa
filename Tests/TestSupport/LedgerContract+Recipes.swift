import Jobs
import Recipes
import Routing
import Serving
import Wire

extension Ledger {
  fileprivate func store(_ generation: Generation, before: Int?) throws {
    _ = try append(Sample.batch(generations: GenerationChange(generation, before: before)))
  }
}

extension LedgerContract {
  static let recipes: [LedgerContract] = [
    LedgerContract("without recipes there is nothing to find") { ledger in
      try expect(ledger.recipes().isEmpty && ledger.recipeChoices().isEmpty)
      try expect(ledger.recipe("x", version: nil) == nil && ledger.recipe("x", version: 1) == nil)
      try expect(ledger.recipeHistory("x").isEmpty)
    },
    LedgerContract("every version of a recipe is kept, and the same again is none") { ledger in
      let first = Sample.recipe(title: "one")
      let second = Sample.recipe(title: "two \u{0}")
      try expect(try ledger.append(recipe: Sample.version(first)), is: .next(1))
      try expect(try ledger.append(recipe: Sample.version(first, at: 1)), is: .same)
      try expect(try ledger.append(recipe: Sample.version(second, at: 2)), is: .next(2))
      try expect(try ledger.append(recipe: Sample.version(Sample.recipe("another"), at: 3)), is: .next(1))
      // Going back is a change too.
      try expect(try ledger.append(recipe: Sample.version(first, at: 4)), is: .next(3))
      let history = try ledger.recipeHistory("large-picture")
      try expect(history.map(\.version), is: [1, 2, 3])
      try expect(history.map(\.recipe), is: [first, second, first])
      var expected = Sample.version(second, at: 2)
      expected.version = 2
      try expect(try ledger.recipe("large-picture", version: 2), is: expected)
      try expect(try ledger.recipe("large-picture", version: nil)?.version, is: 3)
      try expect(try ledger.recipe("large-picture", version: 4), is: nil)
      try expect(try ledger.recipes().map(\.recipe.name), is: ["another", "large-picture"])
      try expect(try ledger.recipes().map(\.version), is: [1, 3])
    },
    LedgerContract("a shipped recipe is taken until somebody puts his own") { ledger in
      func ship(_ title: String) throws -> RecipeSuccession {
        try ledger.append(recipe: Sample.version(Sample.recipe(title: title), origin: .shipped))
      }
      try expect(try ship("one"), is: .next(1))
      try expect(try ship("one"), is: .same)
      try expect(try ship("two"), is: .next(2))
      try expect(try ledger.append(recipe: Sample.version(Sample.recipe(title: "mine"))), is: .next(3))
      try expect(try ship("three"), is: .kept)
      try expect(try ledger.recipe("large-picture", version: nil)?.recipe.title, is: "mine")
    },
    LedgerContract("choices are kept in their order") { ledger in
      let choices = ["large-picture", "image_generation", "large-picture"].map {
        RecipeChoice(
          capability: .imageGeneration, recipe: $0, author: "ada", reason: "better \u{0}", at: Sample.at())
      }
      for choice in choices { try ledger.append(choice: choice) }
      try expect(try ledger.recipeChoices(), is: choices)
    },
  ]

  static let generations: [LedgerContract] = [
    LedgerContract("a generation comes back as it is, with its input, at every change") { ledger in
      var terms = Generation.Terms(
        only: ["north"], exclude: ["south/c"], budget: Money(micros: 70), priority: .high,
        fallbackOnModeration: true, tenant: "acme", callbackURL: "https://acme.example")
      var generation = try Sample.generation(
        1, Sample.fanOut, request: ["prompt": "a \u{0} fox", "n": 1.5], terms: terms)
      try ledger.store(generation, before: nil)
      try expect(try ledger.generation(generation.id), is: generation)
      var events: [GenerationEvent] = [
        .ended(ElementPlace(step: 0, element: 0), Sample.delivered(text: "one\ntwo", cost: 7))
      ]
      events += (0..<2).map {
        .ended(ElementPlace(step: 1, element: $0), Sample.delivered(urls: ["https://n.example/\($0)"]))
      }
      events.append(
        .ended(
          ElementPlace(step: 2, element: 0), Sample.delivered(text: #"{"score": 0.25, "reason": "dull"}"#)))
      for event in events {
        let before = generation.revision
        try expect(generation.apply(event, at: Sample.at(2)).changed)
        try ledger.store(generation, before: before)
        try expect(try ledger.generation(generation.id), is: generation)
      }
      try expect(generation.state, is: .rejected)
      terms.tenant = nil
      var failed = try Sample.generation(2, terms: terms)
      _ = failed.apply(
        .refused(
          ElementPlace(step: 0, element: 0),
          GenerationFailure(step: "picture", element: 0, code: .timeout, message: "x", isRetryable: true)),
        at: Sample.at(3))
      try ledger.store(failed, before: nil)
      try expect(try ledger.generation(failed.id), is: failed)
      var canceled = try Sample.generation(3)
      _ = canceled.apply(.cancelAsked, at: Sample.at(3))
      try ledger.store(canceled, before: nil)
      try expect(try ledger.generation(canceled.id), is: canceled)
      try expect(try ledger.generation(Sample.id(9)), is: nil)
    },
    LedgerContract("a change made from another revision is refused, with all that came with it") { ledger in
      var generation = try Sample.generation(1)
      try expectConflict(.generationChanged(generation.id, stored: nil, expected: 0)) {
        try ledger.store(generation, before: 0)
      }
      try ledger.store(generation, before: nil)
      try expectConflict(.generationChanged(generation.id, stored: 0, expected: nil)) {
        try ledger.store(generation, before: nil)
      }
      let stored = generation
      _ = generation.apply(.cancelAsked, at: Sample.at(1))
      var batch = Sample.batch(
        generations: GenerationChange(try Sample.generation(2), before: nil),
        GenerationChange(generation, before: 1))
      batch.deliveries = [DeliveryChange(Sample.delivery(1), before: nil, payload: [1])]
      try expectConflict(.generationChanged(generation.id, stored: 0, expected: 1)) {
        _ = try ledger.append(batch)
      }
      try expect(try ledger.generation(generation.id), is: stored)
      try expect(try ledger.generations(states: nil, before: nil, limit: 9).count, is: 1)
      try expect(try ledger.deliveries(state: nil, job: nil, before: nil, limit: 9).isEmpty)
    },
    LedgerContract("a tenant's list has its generations alone") { ledger in
      for number in 1...6 {
        let tenant = number % 3 == 0 ? nil : number % 3 == 1 ? "acme" : "beta"
        try ledger.store(
          try Sample.generation(number, terms: Generation.Terms(tenant: tenant)), before: nil)
      }
      func list(
        _ states: Set<GenerationState>?, of tenant: String?, before: Identifier? = nil, limit: Int = 9
      ) throws -> [Int] {
        try ledger.generations(states: states, tenant: tenant, before: before, limit: limit).map {
          Int(($0.created - Sample.at()).seconds / 60)
        }
      }
      try expect(try list(nil, of: "acme"), is: [4, 1])
      try expect(try list([.running], of: "beta", limit: 1), is: [5])
      try expect(try list([.failed], of: "beta"), is: [])
      try expect(try list(nil, of: "beta", before: Sample.generation(5).id), is: [2])
      try expect(try list(nil, of: nil), is: [6, 5, 4, 3, 2, 1])
      try expect(try list([], of: "acme"), is: [])
    },
    LedgerContract("generations are listed from the latest, by state, and page by page") { ledger in
      for number in 1...5 {
        var generation = try Sample.generation(number)
        if number % 2 == 0 {
          _ = generation.apply(
            .refused(
              ElementPlace(step: 0, element: 0),
              GenerationFailure(step: "picture", code: .timeout, message: "")),
            at: Sample.at(Int64(number)))
        }
        try ledger.store(generation, before: nil)
      }
      func numbers(
        _ states: Set<GenerationState>?, before: Identifier? = nil, limit: Int = 9
      ) throws -> [Int] {
        try ledger.generations(states: states, before: before, limit: limit).map {
          Int(($0.created - Sample.at()).seconds / 60)
        }
      }
      try expect(try numbers(nil), is: [5, 4, 3, 2, 1])
      try expect(try numbers([.failed]), is: [4, 2])
      try expect(try numbers([.running], limit: 2), is: [5, 3])
      try expect(try numbers(nil, before: Sample.generation(3).id), is: [2, 1])
      try expect(try numbers([]), is: [])
      var open: [Int] = []
      try ledger.unfinishedGenerations { open.append(Int(($0.created - Sample.at()).seconds / 60)) }
      try expect(open, is: [1, 3, 5])
      try expect(try ledger.dropGenerations(endedBefore: Sample.at(4)), is: 1)
      try expect(try numbers(nil), is: [5, 4, 3, 1])
      try expect(try ledger.dropGenerations(endedBefore: Sample.at(60)), is: 1)
      try expect(try numbers(nil), is: [5, 3, 1])
    },
  ]
}
