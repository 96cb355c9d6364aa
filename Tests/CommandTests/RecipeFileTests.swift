import Declarations
import Foundation
import Recipes
import Testing
import Wire

@testable import pointsman

@Suite("Recipes as files")
struct RecipeFileTests {
  static func with<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "recipe-\(UUID().uuidString).yaml")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  @Test("YAML and JSON say the same, and `recipes show` gives what `recipes put` takes")
  func forms() throws {
    let yaml = """
      name: large
      capability: image_generation
      steps:
        - {name: a, capability: image_generation, input: {prompt: "{request.prompt}"}}
      """
    let recipe = try Self.with(yaml) { try RecipeFile.read($0) }
    let json = String(
      decoding: try JSONValue.parse(recipe.bytes).serialized(pretty: true), as: UTF8.self)
    #expect(try Self.with(json) { try RecipeFile.read($0) } == recipe)
  }

  @Test("What is wrong is told with the file, the line and the place")
  func faults() throws {
    let text = "name: x\ncapability: magic\nsteps:\n  - {name: a, capability: embedding, input: {promt: x}}\n"
    let told = Self.told(text)
    #expect(told.contains(".yaml:2: /capability: must be one of text_generation"), "\(told)")
    #expect(told.count(where: { $0 == "\n" }) == 0, "names of inputs are looked at in a sound recipe")
    #expect(
      Self.told(text.replacingOccurrences(of: "magic", with: "embedding")).contains("/steps/0/input/promt"))
  }

  private static func told(_ text: String) -> String {
    do {
      _ = try with(text) { try RecipeFile.read($0) }
      return ""
    } catch { return "\(error)" }
  }

  @Test("A folder that was named must be there")
  func folders() {
    var settings = ServeSettings()
    settings.recipes = "/nowhere"
    #expect(throws: (any Error).self) { try RecipeFile.shipped(settings) }
  }

  @Test("The list says what serves, the history who changed what")
  func texts() {
    let list = RecipesCommand.list([
      "recipes": [
        [
          "name": "film", "capability": "image_to_video", "steps": 2, "version": 3, "origin": "put",
          "title": "A film",
        ]
      ],
      "serving": [
        ["capability": "image_to_video", "recipe": "film", "version": 3],
        ["capability": "embedding", "recipe": "embedding", "version": 0],
      ],
    ])
    #expect(list.contains("film") && list.contains("yes") && list.hasSuffix("one job each: embedding"))
    let history = RecipesCommand.history([
      ["version": 1, "at": "2026-11-20T10:00:00.000Z", "origin": "put", "author": "ada", "reason": "faster"]
    ])
    #expect(history.contains("ada") && history.contains("faster"))
  }
}
