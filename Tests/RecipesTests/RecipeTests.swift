import Declarations
import Foundation
import Recipes
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite("Recipes as they are written down")
struct RecipeTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "data/recipes")

  static func shipped(_ name: String) throws -> Recipe {
    let fields = try YAMLFields(ofFile: folder.appending(path: "\(name).yaml").path, kind: "recipe")
    let members = fields.rest()
    try fields.finish()
    return try Recipe(.object(members.map { .init($0.name, $0.value) }))
  }

  @Test(
    "The shipped recipes are sound, and their stored form gives them back",
    arguments: ["image-to-video", "narrated-film", "reviewed-picture"])
  func shippedRecipes(name: String) throws {
    let recipe = try Self.shipped(name)
    #expect(recipe.name == name && !recipe.title.isEmpty)
    #expect(RecipeBook.faults(of: recipe) == nil)
    #expect(try Recipe(JSONValue.parse(recipe.bytes)) == recipe)
    #expect(try Recipe(stored: JSONValue.parse(recipe.bytes)).bytes == recipe.bytes)
  }

  @Test("Every capability has a built-in recipe of one job that takes whatever a job takes")
  func builtIn() throws {
    for capability in Capability.allCases {
      let recipe = Recipe.builtIn(capability)
      #expect(recipe.isBuiltIn && recipe.capability == capability && recipe.steps.count == 1)
      #expect(recipe.parameters == nil)
      #expect(try Recipe(stored: JSONValue.parse(recipe.bytes)) == recipe)
    }
  }

  static func recipe(_ steps: JSONValue..., more: [JSONValue.Member] = []) -> JSONValue {
    .object(
      [.init("name", "x"), .init("capability", "image_generation"), .init("steps", .array(steps))] + more)
  }

  static func step(_ name: String, _ prompt: String, _ more: [JSONValue.Member] = []) -> JSONValue {
    .object(
      [
        .init("name", .string(name)), .init("capability", "image_generation"),
        .init("input", ["prompt": .string(prompt)]),
      ] + more)
  }

  static func list(_ list: JSONValue, _ more: JSONValue.Member...) -> [JSONValue.Member] {
    [.init("for_each", .object([.init("in", list), .init("most", 4)] + more))]
  }

  /// A recipe, the pointer of its fault, and a part of what is said about it.
  static let faulty: [(JSONValue, String, String)] = [
    (recipe(step("a", "{steps.b.text}")), "/steps/0/input/prompt", "no step 'b'"),
    (
      recipe(step("picture", "x"), step("b", "{steps.pictures.url}")), "/steps/1/input/prompt",
      "did you mean 'picture'"
    ),
    (recipe(step("a", "{steps.b.text}"), step("b", "x")), "/steps/0/input/prompt", "comes later"),
    (
      recipe(step("a", "{steps.b.url}"), step("b", "{steps.a.url}")), "/steps/0/input/prompt",
      "closes a circle"
    ),
    (recipe(step("a", "{steps.a.url}")), "/steps/0/input/prompt", "its own result"),
    (recipe(step("a", "x"), step("a", "x")), "/steps/1/name", "twice"),
    (recipe(step("a", "{request.x")), "/steps/0/input/prompt", "without its }"),
    (recipe(step("a", "{foo}")), "/steps/0/input/prompt", "does not understand {foo}"),
    (recipe(step("a", "x }")), "/steps/0/input/prompt", "without its {"),
    (recipe(step("a", "{item}")), "/steps/0/input/prompt", "has no for_each"),
    (recipe(step("a", "x"), step("b", "{steps.a.words}")), "/steps/1/input/prompt", "'words' is not known"),
    (recipe(step("a", "x"), step("b", "{steps.a}")), "/steps/1/input/prompt", "does not say what"),
    (
      recipe(step("a", "{item}", list("{request.x}")), step("b", "{steps.a.url}")), "/steps/1/input/prompt",
      "each, texts, urls"
    ),
    (
      recipe(step("a", "x", [.init("unless", "{request.x?}")]), step("b", "{steps.a.url}")),
      "/steps/1/input/prompt", "may be left out"
    ),
    (recipe(step("a", "x", list("{item}"))), "/steps/0/for_each/in", "no element"),
    (
      recipe(step("a", "x", list("{request.x}", .init("split", "words")))), "/steps/0/for_each/split", "lines"
    ),
    (
      recipe(step("a", "x", list("{request.x}", .init("split", ["characters": 19])))),
      "/steps/0/for_each/split",
      "20"
    ),
    (
      recipe(step("a", "x", [.init("for_each", ["in": "{request.x}", "most": 65])])),
      "/steps/0/for_each/most",
      "64"
    ),
    (recipe(step("a", "x", [.init("review", ["least": 0.5])])), "/steps/0/review", "quality_review"),
    (recipe(step("a", "x", [.init("more", 1)])), "/steps/0/more", "unknown field"),
    (recipe(), "/steps", "1"),
    (recipe(["name": "A", "capability": "x", "input": 7]), "/steps/0/name", "lower-case"),
    (recipe(["name": "a", "capability": "magic", "input": [:]]), "/steps/0/capability", "image_generation"),
    (recipe(["name": "a", "capability": "embedding", "input": 7]), "/steps/0/input", "object"),
    (recipe(step("a", "x"), more: [.init("result", "b")]), "/result", "no step 'b'"),
    (["name": "embedding", "capability": "embedding", "steps": []], "/name", "is a capability"),
  ]

  @Test("What is wrong with a recipe is told with its place", arguments: faulty)
  func faults(json: JSONValue, pointer: String, message: String) {
    do {
      _ = try Recipe(json)
      Issue.record("it was taken")
    } catch {
      #expect(
        error.errors.contains { $0.pointer == pointer && $0.message.contains(message) }, "\(error)")
    }
  }

  @Test("Not more steps and jobs than are allowed, and one verdict")
  func limits() {
    func errors(_ json: JSONValue) -> String {
      do {
        _ = try Recipe(json)
        return ""
      } catch { return "\(error)" }
    }
    let steps = (0..<33).map { Self.step("s\($0)", "x") }
    #expect(errors(Self.recipe(more: [])).contains("/steps"))
    #expect(errors(["name": "x", "capability": "embedding", "steps": .array(steps)]).contains("/steps"))
    let wide = (0..<5).map {
      Self.step("s\($0)", "x", [.init("for_each", ["in": "{request.x}", "most": 64])])
    }
    #expect(
      errors(["name": "x", "capability": "embedding", "steps": .array(wide)]).contains("may come to 320 jobs")
    )
    let review: [JSONValue] = ["r", "q"].map {
      [
        "name": .string($0), "capability": "quality_review", "input": ["prompt": "x"],
        "review": ["least": 0.5],
      ]
    }
    #expect(errors(Self.recipe(Self.step("a", "x"), review[0], review[1])).contains("one verdict"))
    #expect(errors(Self.recipe(review[0])).contains("beside the review"))
    #expect(
      errors(Self.recipe(Self.step("a", "x"), review[0], more: [.init("result", "r")])).contains("/result"))
  }

  @Test("A step's input has a job's names, and a request's input the names that the recipe asks for")
  func names() throws {
    let wrong = try Recipe(
      Self.recipe(["name": "a", "capability": "embedding", "input": ["promt": "x"]]))
    #expect(RecipeBook.faults(of: wrong)?.errors.first?.pointer == "/steps/0/input/promt")
    let film = try Self.shipped("narrated-film")
    #expect(
      film.parameters?.map(\.name) == ["prompt", "voice", "language", "style", "width", "height"])
    #expect(film.parameters?.filter(\.isRequired).map(\.name) == ["prompt"])
    #expect(film.faults(of: ["prompt": "x", "voice": .null]) == nil)
    #expect(film.faults(of: ["voice": "x"])?.errors.map(\.pointer) == ["/prompt"])
    #expect(
      film.faults(of: ["prompt": "x", "stile": "y"])?.errors.first?.message.contains("\"style\"") == true)
    #expect(film.faults(of: "x") != nil)
  }
}
