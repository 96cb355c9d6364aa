import Declarations
import Experiments
import Routing
import Testing

@testable import pointsman

@Suite struct TableCatalogueTests {
  @Test(
    "names become ids and back",
    arguments: [
      ("gpt-5.1", "gpt-5.1"), ("google/gemini-2.5-pro", "google__gemini-2.5-pro"), ("Yi-34B", "_yi-34_b"),
      ("Meta-Llama-3_1-8B", "_meta-_llama-3_-1-8_b"), ("a b", "a_.20b"), ("é", "_.c3_.a9"),
      ("a:free", "a_.3afree"),
    ])
  func names(model: String, name: String) {
    #expect(TableCatalogue.name(of: model) == name)
    #expect(TableCatalogue.model(named: name) == model)
  }

  @Test("two models never get one id: every printable ASCII pair comes back as it was")
  func reversible() {
    let scalars = (0x20..<0x7F).compactMap { Unicode.Scalar($0) }
    var seen: Set<String> = []
    for first in scalars {
      for second in scalars {
        let model = String(Character(first)) + String(Character(second))
        let name = TableCatalogue.name(of: model)
        #expect(TableCatalogue.model(named: name) == model)
        seen.insert(name)
      }
    }
    #expect(seen.count == scalars.count * scalars.count)
    #expect(TableCatalogue.model(named: "a_") == nil)
    #expect(TableCatalogue.model(named: "a_.4") == nil)
    #expect(TableCatalogue.model(named: "_9") == nil)
  }

  @Test("the catalogue of a table is one that a router starts with")
  func catalogue() throws {
    let table = OutcomeTable(
      text: """
        {"id":"1","intent":"x","outcomes":{"google/gemini-2.5-pro":{"quality":1,"cost_usd":0.01},"Yi \\"34\\": #B":{"quality":1},"free":{"quality":0,"cost_usd":0}}}
        {"id":"2","intent":"y","outcomes":{"google/gemini-2.5-pro":{"quality":1,"cost_usd":0.02}}}
        """)
    let yaml = try TableCatalogue.yaml(
      table, source: "some table.jsonl", capability: .textToVideo, provider: "bench")
    let catalogue = try CatalogueFile.parse(yaml, file: "catalogue.yaml")
    #expect(catalogue.providers.map(\.id) == ["bench"])
    #expect(
      catalogue.candidates.map(\.id) == [
        "bench/_yi_.20_.2234_.22_.3a_.20_.23_b", "bench/free", "bench/google__gemini-2.5-pro",
      ])
    #expect(catalogue.candidates.map(\.model) == ["Yi \"34\": #B", "free", "google/gemini-2.5-pro"])
    #expect(catalogue.candidates.allSatisfy { $0.capabilities == [.textToVideo] })
    // The mean of 0.01 and 0.02; free is known to be free, and of Yi nobody knows.
    #expect(catalogue.candidates.map { $0.price?.perRequest } == [nil, 0, 0.015])
  }

  @Test("a name too long for an id is refused by name")
  func tooLong() {
    let table = OutcomeTable(
      text: #"{"id":"1","intent":"x","outcomes":{"\#(String(repeating: "M", count: 33))":{"quality":1}}}"#)
    #expect(throws: CommandFailure.self) {
      try TableCatalogue.yaml(table, source: "t", capability: .textGeneration, provider: "table")
    }
  }
}
