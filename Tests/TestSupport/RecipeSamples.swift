public import Jobs
public import Recipes
import Routing
public import Serving
public import Wire

extension Sample {
  /// Reads a recipe that a test has written down correctly.
  public static func recipe(_ json: JSONValue) -> Recipe { try! Recipe(json) }

  /// A picture, then the same larger.
  public static func recipe(_ name: String = "large-picture", title: String = "") -> Recipe {
    recipe([
      "name": .string(name), "capability": "image_generation", "title": .string(title),
      "steps": [
        ["name": "picture", "capability": "image_generation", "input": ["prompt": "{request.prompt}"]],
        [
          "name": "large", "capability": "super_resolution",
          "input": ["prompt": "{request.prompt}", "image_url": "{steps.picture.url}"],
        ],
      ],
    ])
  }

  /// A text that is parted, a picture for every part, and a review at the end.
  public static let fanOut = recipe([
    "name": "pictures", "capability": "image_generation", "result": "pictures",
    "steps": [
      ["name": "script", "capability": "text_generation", "input": ["prompt": "{request.prompt}"]],
      [
        "name": "pictures", "capability": "image_generation",
        "for_each": ["in": "{steps.script.text}", "split": "lines", "most": 4],
        "input": ["prompt": "{index}: {item}"],
      ],
      [
        "name": "review", "capability": "quality_review",
        "input": ["prompt": "Judge these:\n{steps.pictures.urls}"],
        "review": ["least": 0.5],
      ],
    ],
  ])

  public static func version(
    _ recipe: Recipe = Sample.recipe(), origin: RecipeOrigin = .put, at minutes: Int64 = 0
  ) -> RecipeVersion {
    RecipeVersion(recipe, origin: origin, author: "ada", reason: "for “now”", at: at(minutes))
  }

  /// The n-th generation, made in the n-th minute, with ten minutes of time.
  public static func generation(
    _ number: Int, _ recipe: Recipe = Sample.recipe(), version: Int = 1,
    request: JSONValue = ["prompt": "a fox"], intent: String? = "a fox",
    terms: Generation.Terms = Generation.Terms()
  ) throws -> Generation {
    try Generation(
      id: Identifier(at: at(Int64(number)), random: UInt64(number), 99), recipe: recipe, version: version,
      request: request, intent: intent, terms: terms, created: at(Int64(number)),
      deadline: at(Int64(number) + 10))
  }

  public static func batch(generations: GenerationChange...) -> LedgerBatch {
    var batch = LedgerBatch()
    batch.generations = generations
    return batch
  }

  /// How a job that delivers ends.
  public static func delivered(
    text: String? = nil, urls: [String] = [], cost: Int64 = 1_000
  ) -> ElementOutcome {
    var outcome = ended(.succeeded, cost: cost)
    outcome.executed = "north/a"
    outcome.result = JobResult(
      artefacts: urls.map { Artefact(url: $0, contentType: "image/png") }, text: text)
    return outcome
  }

  public static func ended(
    _ state: JobState, cost: Int64 = 0, message: String? = nil
  ) -> ElementOutcome {
    ElementOutcome(
      state: state, decision: id(1), cost: Money(micros: cost),
      error: message.map { ErrorDetails(VendorFailure(httpStatus: 503, message: $0), provider: "north") })
  }
}
