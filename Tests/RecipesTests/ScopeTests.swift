import Recipes
import Testing
import Wire

@Suite("Inputs made from requests and results")
struct ScopeTests {
  static let scope = Scope(
    request: ["prompt": "a fox", "seed": 7, "ratio": 1.5, "tags": ["red", "quick"], "nothing": .null],
    intent: "something red",
    results: [
      "script": ["text": "One. Two."],
      "picture": ["urls": ["u0", "u1"], "artefacts": [["url": "u0", "bytes": 9], ["url": "u1"]]],
      "many": ["each": [["text": "a"], ["text": "b"]], "urls": [.null, "v1"]],
    ],
    item: ["name": "Ada"], place: 1)

  @Test(
    "A text that is one reference becomes its value, of whatever kind",
    arguments: [
      ("{request.prompt}", "a fox"), ("{request.seed}", 7), ("{request.tags}", ["red", "quick"]),
      ("{request.tags[1]}", "quick"), ("{steps.script.text}", "One. Two."),
      ("{steps.picture.artefacts[0].bytes}", 9), ("{steps.picture.urls[i]}", "u1"),
      ("{steps.many.each[1].text}", "b"), ("{intent}", "something red"), ("{item.name}", "Ada"),
      ("{index}", 2),
      ("{request.missing|request.nothing|request.prompt}", "a fox"), ("{request.missing|index?}", 2),
      ("plain", "plain"), ("", ""),
    ] as [(String, JSONValue)])
  func whole(text: String, value: JSONValue) throws {
    #expect(try Self.scope.fill(.string(text)) == value)
  }

  @Test("In a longer text numbers are written out and lists line by line; a doubled brace is a brace")
  func inside() throws {
    let text =
      "{index}. {request.prompt} ({request.seed}, {request.ratio}){request.missing?}:\n{request.tags}"
    #expect(try Self.scope.fill(.string(text)) == "2. a fox (7, 1.5):\nred\nquick")
    let object = "{{\"score\": {request.seed}, \"of\": {item}}}"
    #expect(try Self.scope.fill(.string(object)) == #"{"score": 7, "of": {"name":"Ada"}}"#)
  }

  @Test("What may be missing is left out of objects and lists, null too; all else stays as it is")
  func missing() throws {
    let value: JSONValue = [
      "a": "{request.missing?}", "b": ["{request.nothing?}", "{request.prompt}", 7, true, .null],
      "c": ["d": "{steps.nobody.text?}"],
    ]
    #expect(try Self.scope.fill(value) == ["b": ["a fox", 7, true, .null], "c": [:]])
    #expect(try Self.scope.fill("{request.missing?}") == nil)
  }

  @Test("What may not be missing is told by name")
  func required() {
    #expect(throws: TemplateFault.self) { try Self.scope.fill("{request.missing}") }
    do {
      _ = try Self.scope.fill(["x": ["{steps.many.urls[0]|request.nothing}"]])
      Issue.record("nothing was missing")
    } catch {
      #expect(error.message == "neither {steps.many.urls[0]} nor {request.nothing} has a value")
    }
    #expect(throws: TemplateFault.self) { try Self.scope.fill("{steps.picture.urls[2]}") }
  }
}
