import Adapters
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// The adapter contract, held against the street for each vendor's way of working.
@Suite("The adapter contract")
struct AdapterContractTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var id: String
    var model: String
    var capability: Capability
    var input: [JSONValue.Member] = []

    var testDescription: String { id }
  }

  static let cases = [
    Case(id: "bedrock/nova-lite", model: "amazon.nova-lite-v1:0", capability: .textGeneration),
    Case(id: "bedrock/titan-embed-text-2", model: "amazon.titan-embed-text-v2:0", capability: .embedding),
    Case(
      id: "bedrock/stable-image-core", model: "stability.stable-image-core-v1:1",
      capability: .imageGeneration),
    Case(
      id: "bedrock/ray-2", model: "luma.ray-v2:0", capability: .textToVideo, input: [.init("duration_s", 5)]),
    Case(
      id: "vertex/veo-3.1", model: "veo-3.1-generate-001", capability: .textToVideo,
      input: [.init("duration_s", 8), .init("aspect_ratio", "9:16")]),
    // A film in a bucket, which only the token opens.
    Case(
      id: "vertex/veo-3.1-fast", model: "veo-3.1-fast-generate-001", capability: .textToVideo,
      input: [.init("vendor", ["storageUri": "gs://street films/a"])]),
    Case(id: "fal/flux-dev", model: "fal-ai/flux/dev", capability: .imageGeneration),
    Case(
      id: "replicate/flux-schnell", model: "black-forest-labs/flux-schnell", capability: .imageGeneration),
    Case(id: "bfl/flux-2-pro", model: "flux-2-pro", capability: .imageGeneration),
    Case(id: "openai/gpt-image-1-mini", model: "gpt-image-1-mini", capability: .imageGeneration),
    Case(id: "luma/uni-1", model: "uni-1", capability: .imageGeneration),
  ]

  @Test("Every clause holds for every vendor", arguments: cases)
  func clauses(item: Case) async throws {
    let line = "id: \(item.id), model: \"\(item.model)\", capabilities: [\(item.capability.name)]"
    try await StreetWorld.open(.init(models: [line])) { world in
      let shelf = try world.shelf(store: MemoryArtefacts())
      let provider = String(item.id.prefix { $0 != "/" })
      let bench = AdapterContract.Bench(
        try #require(shelf[provider]),
        Candidate(id: item.id, provider: provider, model: item.model, capabilities: [item.capability]),
        item.capability, input: item.input,
        provocations: [
          ("a fox [[street: too_many_requests]]", .rateConcurrency),
          ("a fox [[street: server_error]]", .transient),
          ("a fox [[street: unauthorized]]", .authCredit), ("a fox [[street: retired]]", .retired),
          ("a fox [[street: moderated]]", .moderated),
        ])
      for clause in AdapterContract.all {
        do {
          try await clause.check(bench)
        } catch {
          Issue.record("\(clause): \(error)")
        }
      }
    }
  }

  @Test("A wrong secret makes a signature that is refused, and no message tells the secrets")
  func wrongSecret() async throws {
    let line = StreetModel.picture("bedrock/stable-image-core", "stability.stable-image-core-v1:1")
    try await StreetWorld.open(.init(models: [line])) { world in
      let shelf = try world.shelf(
        store: MemoryArtefacts(),
        ["AWS_SECRET_ACCESS_KEY": "wrong-secret", "AWS_SESSION_TOKEN": "token-of-today"])
      let adapter = try #require(shelf["bedrock"])
      let failure = try #require(await adapter.health())
      #expect(failure.failureClass == .authCredit)
      #expect(!failure.message.contains("wrong-secret") && !failure.message.contains("token-of-today"))
      #expect(await (try world.shelf(store: MemoryArtefacts()))["bedrock"]?.health() == nil)
    }
  }

  @Test("Bedrock's list of models says what each is for and when it ends")
  func models() async throws {
    let line = StreetModel.picture("bedrock/stable-image-core", "stability.stable-image-core-v1:1")
    try await StreetWorld.open(.init(models: [line])) { world in
      let adapter = try #require(try world.shelf(store: MemoryArtefacts())["bedrock"])
      let models = try await adapter.discover()
      func model(_ id: String) throws -> DiscoveredModel { try #require(models.first { $0.model == id }) }
      #expect(
        try model("amazon.nova-canvas-v1:0").lifecycle
          == Lifecycle(stage: .draining, ends: Instant("2026-09-30")))
      #expect(try model("anthropic.claude-3-haiku-20240307-v1:0").lifecycle == Lifecycle(stage: .legacy))
      #expect(try model("luma.ray-v2:0").lifecycle == Lifecycle())
      #expect(try model("luma.ray-v2:0").capabilities == [.textToVideo])
      #expect(try model("amazon.titan-embed-text-v2:0").capabilities == [.embedding])
    }
  }
}
