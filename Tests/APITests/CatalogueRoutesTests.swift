import API
import Declarations
import HTTPTypes
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Wire

@Suite struct CatalogueRoutesTests {
  static let intake = CatalogueIntake(parse: { text in
    do throws(DeclarationErrors) {
      return try CatalogueFile.parse(text, file: "catalogue")
    } catch {
      throw CatalogueFaults(error.errors.map { .init(line: $0.line, message: $0.message) })
    }
  })
  static let parts = RouterParts(catalogueIntake: intake)

  static let yaml = """
    version: 1
    providers:
      - id: fal
        credential: FAL_KEY
        rates: [{count: 10, per: 1m}]
    models:
      - id: fal/veo-3
        capabilities: [text_to_video]
        price: {per_second: 0.2}
        prior: {quality: 0.7, mass: 5, regions: {sea: 0.9}}
        latency_p90: 90s
      - id: fal/veo-4
        capabilities: [text_to_video]
        lifecycle: {stage: draining, ends: 2027-03-01, replacement: fal/veo-3}
    regions:
      - id: sea
        capability: text_to_video
        examples: [waves and fjords]
    """

  private static func put(
    _ router: TestRouter, _ text: String, _ type: String? = "application/yaml", _ query: String = ""
  ) async throws -> Reply {
    var headers: HTTPFields = [:]
    headers[.contentType] = type
    return try await router.send(.put, "/v1/catalogue\(query)", body: Array(text.utf8), headers: headers)
  }

  @Test("a catalogue that is put holds from the next epoch on")
  func replaces() async throws {
    try await TestRouter.run(parts: Self.parts) { router in
      let reply = try await Self.put(router, Self.yaml)
      #expect(reply.status == 200 && reply["/version"] == 2 && reply["/effective_epoch"] == 1)
      #expect(reply["/dry_run"] == false && reply["/candidates"] == 2)
      let changes = reply["/changes"]?.arrayValue ?? []
      #expect(changes.count == 8)
      #expect(changes.first { $0["candidate"] == "fal/flux" }?["kind"] == "removed")
      let veo = changes.first { $0["candidate"] == "fal/veo-3" }
      #expect(
        veo?["fields"]?.arrayValue?.contains(["name": "price.per_second", "before": 0.15, "after": 0.2])
          == true)
      let before = try await router.get("/v1/catalogue")
      #expect(before["/version"] == 1 && before["/in_force"] == true && before["/pending_version"] == 2)
      try await router.closeEpoch()
      let after = try await router.get("/v1/catalogue")
      #expect(after["/version"] == 2 && after["/pending_version"] == .null)
      #expect(
        after["/catalogue/models/0/id"] == "fal/veo-3"
          && after["/catalogue/providers/0/credential"] == "FAL_KEY")
      #expect(try await router.get("/v1/catalogue?version=1")["/in_force"] == false)
      #expect(try await router.get("/v1/regions")["/regions/0/id"] == "sea")
      let id = try await router.decide([
        "capability": "text_to_video", "intent": "x", "constraints": ["only": ["fal/veo-4"]],
      ])
      #expect(id.status == 200)
    }
  }

  @Test("what is read can be put back, as JSON too, and changes nothing")
  func roundTrip() async throws {
    try await TestRouter.run(parts: Self.parts) { router in
      #expect(try await Self.put(router, Self.yaml).status == 200)
      try await router.closeEpoch()
      let catalogue = try #require(try await router.get("/v1/catalogue")["/catalogue"])
      for isPretty in [false, true] {
        let text = String(decoding: catalogue.serialized(pretty: isPretty), as: UTF8.self)
        let reply = try await Self.put(router, text, "application/json; charset=utf-8")
        #expect(reply.status == 200 && reply["/version"] == 2 && reply["/changes"] == [], "\(reply.text)")
      }
    }
  }

  @Test("whoever must know of a new catalogue is told of each once")
  func notice() async throws {
    let told = Mutex<[Int]>([])
    var intake = Self.intake
    intake.onStocked = { stocked in told.withLock { $0.append(stocked.catalogue.version) } }
    try await TestRouter.run(parts: RouterParts(catalogueIntake: intake)) { router in
      _ = try await Self.put(router, Self.yaml, "application/yaml", "?dry_run=true")
      #expect(told.withLock { $0 } == [])
      for _ in 0..<2 {
        let reply = try await Self.put(router, Self.yaml)
        #expect(reply.status == 200)
      }
      #expect(told.withLock { $0 } == [2])
    }
  }

  @Test("a dry run says what would change, and changes nothing")
  func dryRun() async throws {
    try await TestRouter.run(parts: Self.parts) { router in
      let reply = try await Self.put(router, Self.yaml, nil, "?dry_run=true")
      #expect(
        reply["/version"] == 2 && reply["/dry_run"] == true && reply["/changes"]?.arrayValue?.count == 8)
      try await router.closeEpoch()
      #expect(try await router.get("/v1/catalogue")["/version"] == 1)
      #expect(try await Self.put(router, Self.yaml, nil, "?dry_run=yes").pointers == ["?dry_run"])
    }
  }

  @Test("every fault comes with its line, and nothing is taken")
  func faults() async throws {
    try await TestRouter.run(parts: Self.parts) { router in
      let wrong = Self.yaml.replacing("per_second: 0.2", with: "per_second: -1").replacing(
        "id: fal/veo-4", with: "id: fal/veo-3")
      let reply = try await Self.put(router, wrong)
      #expect(reply.status == 400 && reply.slug == "invalid-catalogue")
      #expect(reply["/faults"]?.arrayValue?.compactMap { $0["line"] } == [9, 12, 14])
      #expect(reply["/faults/1/detail"]?.stringValue?.contains("declared twice") == true)
      for text in ["", "version: [", "- 1", "version: 2\nproviders: []\nmodels: []"] {
        #expect(try await Self.put(router, text).slug == "invalid-catalogue", "\(text)")
      }
      let mute = Self.yaml.replacing("waves and fjords", with: "'!?'")
      let region = try await Self.put(router, mute)
      #expect(region.slug == "invalid-catalogue" && region["/detail"]?.stringValue?.contains("sea") == true)
      let bytes = try await router.send(.put, "/v1/catalogue", body: [0x61, 0xFF])
      #expect(bytes.slug == "invalid-catalogue" && bytes["/detail"] == "is not UTF-8")
      #expect(try await Self.put(router, "{\"version\": 1,}", "application/json").slug == "malformed-json")
      let type = try await Self.put(router, Self.yaml, "text/html")
      #expect(type.status == 415 && type.slug == "unsupported-media-type")
      #expect(try await router.get("/v1/catalogue")["/pending_version"] == .null)
    }
    var limits = RequestLimits()
    limits.catalogueBody = 100
    try await TestRouter.run(parts: Self.parts, limits: limits) { router in
      let reply = try await Self.put(router, Self.yaml)
      #expect(reply.status == 413)
    }
  }

  @Test("a candidate's history is what each catalogue changed of it, the latest first")
  func history() async throws {
    try await TestRouter.run(parts: Self.parts) { router in
      #expect(try await Self.put(router, Self.yaml).status == 200)
      #expect(
        try await Self.put(router, Self.yaml.replacing("per_second: 0.2", with: "per_second: 0.3")).status
          == 200)
      #expect(try await Self.put(router, Self.yaml.replacing("FAL_KEY", with: "FAL_KEY_2")).status == 200)
      let veo = try await router.get("/v1/catalogue/history?candidate=fal/veo-3")
      #expect(veo["/versions"]?.arrayValue?.compactMap { $0["version"] } == [4, 3, 2, 1])
      #expect(
        veo["/versions/1/changes"] == [
          [
            "candidate": "fal/veo-3", "kind": "changed",
            "fields": [["name": "price.per_second", "before": 0.2, "after": 0.3]],
          ]
        ])
      #expect(veo["/versions/3/changes/0/kind"] == "added")
      let flux = try await router.get("/v1/catalogue/history?candidate=fal/flux")
      #expect(
        flux["/versions"]?.arrayValue?.compactMap { $0.text("/changes/0/kind") } == ["removed", "added"])
      let first = try await router.get("/v1/catalogue/history?limit=1")
      #expect(first["/versions/0/version"] == 4 && first["/next"] == 4)
      let second = try await router.get("/v1/catalogue/history?limit=1&before=4")
      #expect(second["/versions/0/version"] == 3 && second["/next"] == 3)
      #expect(try await router.get("/v1/catalogue/history")["/next"] == .null)
    }
  }

  @Test("what is not there is not found, and what is not known is refused")
  func refusals() async throws {
    try await TestRouter.run(parts: Self.parts) { router async throws in
      #expect(try await router.get("/v1/catalogue?version=9").slug == "not-found")
      #expect(try await router.get("/v1/catalogue?version=x").pointers == ["?version"])
      #expect(try await router.get("/v1/catalogue?verison=1").pointers == ["?verison"])
      #expect(try await router.get("/v1/catalogue/history?candidate=no/body").slug == "not-found")
      #expect(try await router.get("/v1/catalogue/history?limit=0").pointers == ["?limit"])
      #expect(try await router.delete("/v1/catalogue").headers[.allow] == "GET, HEAD, PUT")
    }
    try await TestRouter.run { router in
      let reply = try await router.send(.put, "/v1/catalogue", body: [])
      #expect(reply.status == 405 && reply.headers[.allow] == "GET, HEAD")
    }
    try await TestRouter.run(catalogue: nil, parts: Self.parts) { router async throws in
      #expect(try await router.get("/v1/catalogue")["/catalogue/models"] == [])
      #expect(try await router.get("/v1/catalogue/history").json == ["versions": [], "next": .null])
      #expect(try await Self.put(router, Self.yaml)["/version"] == 1)
    }
  }
}
