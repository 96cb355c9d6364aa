import Jobs
import Recipes
import Routing
import TestSupport
import Testing
import Wire

@Suite("Recipes on their way")
struct GenerationTests {
  static func place(_ step: Int, _ element: Int = 0) -> ElementPlace {
    ElementPlace(step: step, element: element)
  }

  @Test("One step after the other: the second is given what the first has made")
  func chain() throws {
    var generation = try Sample.generation(1)
    #expect(generation.running == [Self.place(0)])
    #expect(try generation.work(at: Self.place(0)).input == ["prompt": "a fox"])
    let first = generation.apply(
      .ended(Self.place(0), Sample.delivered(urls: ["u"], cost: 40)), at: Sample.at(2))
    #expect(first.changed && first.begun == [Self.place(1)] && first.stopped.isEmpty)
    #expect(try generation.work(at: Self.place(1)).input == ["prompt": "a fox", "image_url": "u"])
    #expect(generation.result == nil && generation.revision == 1)
    _ = generation.apply(.ended(Self.place(1), Sample.delivered(urls: ["v"], cost: 2)), at: Sample.at(3))
    #expect(generation.state == .succeeded && generation.ended == Sample.at(3))
    #expect(generation.cost == Money(micros: 42) && generation.result?["url"] == "v")
    // The same again is no news.
    let again = generation
    #expect(
      generation.apply(.ended(Self.place(1), Sample.delivered(urls: ["w"])), at: Sample.at(4)).changed
        == false)
    #expect(generation.apply(.cancelAsked, at: Sample.at(4)).changed == false && generation == again)
  }

  @Test("A list is done all at once, each element with its own words, and comes together in its order")
  func fanOut() throws {
    var generation = try Sample.generation(1, Sample.fanOut)
    let begun = generation.apply(
      .ended(Self.place(0), Sample.delivered(text: "one\n\ntwo\n three")), at: Sample.at(2)
    ).begun
    #expect(begun == [Self.place(1, 0), Self.place(1, 1), Self.place(1, 2)])
    #expect(
      try begun.map { try generation.work(at: $0).input["prompt"] } == ["1: one", "2: two", "3: three"])
    let ids = begun.map { generation[$0].job }
    #expect(Set(ids).count == 3 && ids.allSatisfy { $0.instant == Sample.at(2) })
    for element in [2, 0, 1] {
      #expect(generation.steps[2].state == .waiting)
      _ = generation.apply(
        .ended(Self.place(1, element), Sample.delivered(urls: ["u\(element)"])), at: Sample.at(3))
    }
    #expect(try generation.work(at: Self.place(2)).input["prompt"] == "Judge these:\nu0\nu1\nu2")
    _ = generation.apply(
      .ended(Self.place(2), Sample.delivered(text: #"Well: {"score": 0.5}"#)), at: Sample.at(4))
    #expect(generation.state == .succeeded && generation.verdict?.isAccepted == true)
    #expect(generation.result?["urls"] == ["u0", "u1", "u2"])
  }

  @Test(
    "The review's score decides what the end says; an answer without one fails",
    arguments: [
      (#"{"score": 0.49, "reason": "dull"}"#, GenerationState.rejected),
      (#"{"score": 0.5}"#, .succeeded), (#"I see {a fox}. {"reason": "}", "score": 1}"#, .succeeded),
      ("```json\n{\"score\": 0}\n```", .rejected), ("fine", .failed), (#"{"score": 7}"#, .failed),
      (#"{"score": "high"}"#, .failed),
    ])
  func review(answer: String, state: GenerationState) throws {
    var generation = try Sample.generation(1, Sample.fanOut)
    _ = generation.apply(.ended(Self.place(0), Sample.delivered(text: "one")), at: Sample.at(1))
    _ = generation.apply(.ended(Self.place(1), Sample.delivered(urls: ["u"])), at: Sample.at(1))
    _ = generation.apply(.ended(Self.place(2), Sample.delivered(text: answer)), at: Sample.at(1))
    #expect(generation.state == state)
    #expect((generation.failure?.step == "review") == (state == .failed))
    // What was made is there all the same.
    #expect(generation.result?["urls"] == ["u"])
  }

  @Test("A step that fails ends all: its siblings are called off, and the end waits for what they cost")
  func failing() throws {
    var generation = try Sample.generation(1, Sample.fanOut)
    _ = generation.apply(
      .ended(Self.place(0), Sample.delivered(text: "one\ntwo\nthree", cost: 1)), at: Sample.at(1))
    _ = generation.apply(.ended(Self.place(1, 2), Sample.delivered(urls: ["u"], cost: 10)), at: Sample.at(2))
    let failed = generation.apply(
      .ended(Self.place(1, 1), Sample.ended(.failed, cost: 100, message: "no more power")), at: Sample.at(2))
    #expect(failed.stopped == [Self.place(1, 0)] && failed.begun.isEmpty)
    #expect(generation.state == .running && generation.ending == .failed && generation.isEnding)
    #expect(
      generation.failure
        == GenerationFailure(
          step: "pictures", element: 1, code: .providerError, message: "no more power", isRetryable: true))
    let end = generation.apply(
      .ended(Self.place(1, 0), Sample.ended(.canceled, cost: 1_000)), at: Sample.at(3))
    #expect(end.changed && generation.state == .failed && generation.ended == Sample.at(3))
    #expect(generation.cost == Money(micros: 1_111))
    #expect(generation.steps.map(\.state) == [.succeeded, .failed, .stopped])
    #expect(generation.steps[1].elements.map(\.state) == [.stopped, .failed, .succeeded])
  }

  @Test("Called off: nothing more begins, and what delivers in the meantime is booked")
  func canceling() throws {
    var generation = try Sample.generation(1)
    #expect(generation.apply(.cancelAsked, at: Sample.at(1)).stopped == [Self.place(0)])
    #expect(generation.apply(.cancelAsked, at: Sample.at(1)).changed == false)
    let end = generation.apply(
      .ended(Self.place(0), Sample.delivered(urls: ["u"], cost: 9)), at: Sample.at(2))
    #expect(end.begun.isEmpty && generation.state == .canceled && generation.cost == Money(micros: 9))
    #expect(generation.steps.map(\.state) == [.succeeded, .stopped] && generation.failure == nil)
  }

  @Test("Past the deadline the end is another")
  func expiring() throws {
    var generation = try Sample.generation(1)
    _ = generation.apply(.ended(Self.place(0), Sample.ended(.expired)), at: generation.deadline)
    #expect(generation.state == .expired && generation.failure?.code == .timeout)
    #expect(generation.failure?.step == "picture")
  }

  @Test("A step is left out where what it would make is there, and the next takes that")
  func unless() throws {
    let recipe = try RecipeTests.shipped("image-to-video")
    let given = try Sample.generation(
      1, recipe, request: ["prompt": "it runs", "image_url": "https://a.b/c"])
    #expect(given.steps.map(\.state) == [.skipped, .running] && given.running == [Self.place(1)])
    #expect(
      try given.work(at: Self.place(1)).input == ["prompt": "it runs", "image_url": "https://a.b/c"])
    var made = try Sample.generation(1, recipe, request: ["prompt": "a fox", "motion": "it runs", "seed": 7])
    #expect(try made.work(at: Self.place(0)).input == ["prompt": "a fox", "seed": 7])
    _ = made.apply(.ended(Self.place(0), Sample.delivered(urls: ["u"])), at: Sample.at(1))
    #expect(
      try made.work(at: Self.place(1)).input == ["prompt": "it runs", "image_url": "u", "seed": 7])
  }

  @Test("A review that goes on for ever is read as far as a verdict is long")
  func endlessReview() throws {
    var generation = try Sample.generation(1, Sample.fanOut)
    _ = generation.apply(.ended(Self.place(0), Sample.delivered(text: "one")), at: Sample.at(1))
    _ = generation.apply(.ended(Self.place(1), Sample.delivered(urls: ["u"])), at: Sample.at(1))
    let braces = String(repeating: "{}", count: 200_000)
    _ = generation.apply(.ended(Self.place(2), Sample.delivered(text: braces)), at: Sample.at(1))
    #expect(generation.state == .failed && generation.failure?.message.utf8.count ?? 0 < 300)
  }

  @Test("A recipe whose steps are all left out is over at once")
  func allSkipped() throws {
    let recipe = Sample.recipe([
      "name": "x", "capability": "image_generation",
      "steps": [
        [
          "name": "a", "capability": "image_generation", "unless": "{request.prompt}",
          "input": ["prompt": "x"],
        ]
      ],
    ])
    let generation = try Sample.generation(1, recipe)
    #expect(generation.state == .succeeded && generation.running.isEmpty && generation.result == nil)
    #expect(generation.steps.map(\.state) == [.skipped])
  }

  @Test("What does not fit fails its step, with nothing begun: no list, an empty one, one too long")
  func lists() throws {
    for (text, message) in [
      ("", "is empty"), ("1\n2\n3\n4\n5", "has 5 elements, and the step takes at most 4"),
    ] {
      var generation = try Sample.generation(1, Sample.fanOut)
      let end = generation.apply(.ended(Self.place(0), Sample.delivered(text: text)), at: Sample.at(1))
      #expect(end.begun.isEmpty && generation.state == .failed)
      #expect(generation.failure?.step == "pictures")
      #expect(generation.failure?.message.contains(message) == true, "\(generation.failure!)")
    }
    let recipe = Sample.recipe([
      "name": "x", "capability": "image_generation",
      "steps": [
        [
          "name": "a", "capability": "image_generation", "for_each": ["in": "{request.scenes}", "most": 2],
          "input": ["prompt": "{item.title}"],
        ]
      ],
    ])
    for request in [["scenes": "x"], ["scenes": []], ["scenes": [["titel": "x"]]]] as [JSONValue] {
      #expect(throws: GenerationFailure.self) { try Sample.generation(1, recipe, request: request) }
    }
    let fine = try Sample.generation(1, recipe, request: ["scenes": [["title": "x"], ["title": "y"]]])
    #expect(fine.running.count == 2)
    #expect(try fine.work(at: Self.place(0, 1)).input == ["prompt": "y"])
  }

  @Test("The budget is shared: what begins at the same time gets equal parts of what is free")
  func budget() throws {
    let terms = Generation.Terms(budget: Money(micros: 1_000))
    var generation = try Sample.generation(1, Sample.fanOut, terms: terms)
    #expect(generation[Self.place(0)].allowance == Money(micros: 1_000))
    _ = generation.apply(
      .ended(Self.place(0), Sample.delivered(text: "1\n2\n3", cost: 100)), at: Sample.at(1))
    #expect((0..<3).map { generation[Self.place(1, $0)].allowance?.micros } == [300, 300, 300])
    for element in 0..<3 {
      _ = generation.apply(
        .ended(Self.place(1, element), Sample.delivered(urls: ["u"], cost: 350)), at: Sample.at(2))
    }
    // More was spent than was estimated: nothing is free.
    #expect(generation[Self.place(2)].allowance == .zero)
  }

  @Test("A job's id is the same whenever it is asked for, and another for every place and generation")
  func ids() throws {
    var ids: [Identifier] = []
    for number in 1...50 {
      var generation = try Sample.generation(number, Sample.fanOut)
      let same = try Sample.generation(number, Sample.fanOut)
      #expect(same[Self.place(0)].job == generation[Self.place(0)].job)
      _ = generation.apply(
        .ended(Self.place(0), Sample.delivered(text: "1\n2\n3\n4")), at: generation.created)
      ids += generation.steps.flatMap(\.elements).map(\.job) + [generation.id]
    }
    #expect(Set(ids).count == 50 * 6)
  }
}
