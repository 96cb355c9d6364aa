import Testing
import Unified
import Wire

@Suite("Migrations of the unified contract")
struct MigrationTests {
  private let graph = MigrationGraph.standard

  @Test("Every step takes its golden request to the next version, and nothing else changes")
  func steps() throws {
    let first = try SchemaMigration.addingMetadata.request(Golden.read("request-pinned-1.0"))
    #expect(try first == Golden.read("request-pinned-1.1"))
    let second = try SchemaMigration.separatingProviders.request(first)
    #expect(try second == Golden.read("request-pinned-2.0"))
    let free = try SchemaMigration.separatingProviders.request(Golden.read("request-free-1.1"))
    #expect(try free == Golden.read("request-free-2.0"))
  }

  @Test(
    "A request of any version comes to the current one by the whole way",
    arguments: ["request-pinned-1.0", "request-pinned-1.1", "request-pinned-2.0"])
  func upgrades(name: String) throws {
    let (request, version) = try graph.upgrade(Golden.read(name))
    #expect(try request == Golden.read("request-pinned-2.0"))
    #expect(name.hasSuffix(version.rawValue))
  }

  @Test("An answer is said in the words of every version", arguments: ["success", "failure"])
  func downgrades(name: String) throws {
    let answer = try Golden.read("response-\(name)-2.0")
    for version in SchemaVersion.allCases {
      #expect(
        try graph.downgrade(answer, to: version) == Golden.read("response-\(name)-\(version.rawValue)"))
    }
  }

  @Test("A version that nobody speaks is refused by its name", arguments: ["3.0", "1.2", "2"])
  func unsupported(name: String) throws {
    let error = #expect(throws: UnsupportedVersion.self) {
      try graph.upgrade(["schema_version": .string(name)])
    }
    #expect(error?.name == name)
    #expect(
      error?.description == "schema_version '\(name)' is not supported; this router speaks 1.0, 1.1, 2.0")
  }

  @Test("A number is no version, and a request must have one")
  func unnamed() throws {
    #expect(throws: UnsupportedVersion("2.0")) { try graph.upgrade(["schema_version": 2.0]) }
    let error = #expect(throws: FieldErrors.self) { try graph.upgrade(["prompt": "x"]) }
    #expect(error?.errors.map(\.pointer) == ["/schema_version"])
    #expect(throws: FieldErrors.self) { try graph.upgrade([1]) }
  }

  @Test("What a version does not have is refused in its own words")
  func strange() throws {
    let early = #expect(throws: FieldErrors.self) {
      try graph.upgrade(["schema_version": "1.0", "metadata": [:], "retry_config": nil])
    }
    #expect(early?.errors.map(\.pointer) == ["/metadata", "/retry_config"])
    #expect(
      early?.errors.first?.message == "unknown field in version 1.0; 'metadata' exists since 1.1")
    let apart = #expect(throws: FieldErrors.self) {
      try graph.upgrade(["schema_version": "1.0", "provider": "flux", "model": "flux-pro"])
    }
    #expect(apart?.errors.map(\.pointer) == ["/model"])
    for half in ["/flux-pro", "flux/"] {
      let error = #expect(throws: FieldErrors.self) {
        try graph.upgrade(["schema_version": "1.1", "provider": .string(half)])
      }
      #expect(error?.errors.map(\.pointer) == ["/provider"])
    }
  }

  @Test("A model may have slashes of its own: the first one parts it from its provider")
  func slashes() throws {
    let (request, _) = try graph.upgrade([
      "schema_version": "1.0", "provider": "fal/fal-ai/flux/dev", "prompt": "x",
    ])
    #expect(request["provider"] == "fal" && request["model"] == "fal-ai/flux/dev")
  }

  @Test("The way found is the shortest, and none is found where none leads")
  func paths() {
    func step(_ lower: SchemaVersion, _ upper: SchemaVersion) -> SchemaMigration {
      SchemaMigration(from: lower, to: upper, request: { $0 }, response: { $0 })
    }
    func way(_ graph: MigrationGraph, _ lower: SchemaVersion, _ upper: SchemaVersion) -> [String]? {
      graph.path(from: lower, to: upper)?.map { "\($0.lower.rawValue)>\($0.upper.rawValue)" }
    }
    #expect(way(graph, .v1_0, .v2_0) == ["1.0>1.1", "1.1>2.0"])
    #expect(way(graph, .v2_0, .v2_0) == [])
    #expect(way(graph, .v2_0, .v1_0) == nil)
    let short = MigrationGraph([step(.v1_0, .v1_1), step(.v1_1, .v2_0), step(.v1_0, .v2_0)])
    #expect(way(short, .v1_0, .v2_0) == ["1.0>2.0"])
    // Even where steps lead round in a circle.
    let round = MigrationGraph([step(.v1_0, .v1_1), step(.v1_1, .v1_0)])
    #expect(way(round, .v1_0, .v2_0) == nil)
  }
}
