import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// One job from the order to the file, through the declared adapters and real connections.
@Suite("Jobs on the street")
struct StreetJobTests {
  /// A model of the street, and how what it makes begins.
  struct Sample: Sendable, CustomTestStringConvertible {
    var id: String
    var model: String
    var capability = "image_generation"
    var beginning: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
    var input: JSONValue = ["prompt": "a fox in the snow"]

    var testDescription: String { id }
    var line: String { "id: \(id), model: \"\(model)\", capabilities: [\(capability)]" }
  }

  static let samples = [
    Sample(id: "fal/flux-dev", model: "fal-ai/flux/dev"),
    Sample(id: "replicate/flux-schnell", model: "black-forest-labs/flux-schnell"),
    Sample(id: "openai/gpt-image-1-mini", model: "gpt-image-1-mini"),
    Sample(id: "bfl/flux-2-pro", model: "flux-2-pro"),
    Sample(id: "together/flux-1-schnell", model: "black-forest-labs/FLUX.1-schnell"),
    Sample(id: "stability/core", model: "stable-image/generate/core"),
    Sample(
      id: "openai/gpt-4o-mini-tts", model: "gpt-4o-mini-tts", capability: "text_to_speech", beginning: []),
    Sample(id: "fal/f5-tts", model: "fal-ai/f5-tts", capability: "text_to_speech", beginning: []),
  ]

  @Test("A job that is polled ends once, and its copy is served", arguments: samples)
  func polled(sample: Sample) async throws {
    try await StreetWorld.open(.init(models: [sample.line])) { world in
      try await world.serving { router in
        try await Self.check(sample, try await router.done(sample.capability, sample.input), router, world)
        #expect(try await world.webhookAnswers() == [])
      }
    }
  }

  @Test("A signed webhook ends a job that nobody polls", arguments: samples.prefix(2))
  func told(sample: Sample) async throws {
    // Polled only after the job is long over.
    let vendor = String(sample.id.split(separator: "/")[0])
    let plan = StreetWorld.Plan(
      models: [sample.line], hasWebhooks: true,
      changes: [
        vendor: [
          "poll_floor: \(vendor == "fal" ? "500ms" : "1s")": "poll_floor: 40s",
          "poll_ceiling: 1": "poll_ceiling: 4",
        ]
      ])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let job = try await router.done(sample.capability, sample.input)
        try await Self.check(sample, job, router, world)
        #expect(await eventually { (try? await world.webhookAnswers()) == [200] })
        let id = try #require(job["id"]?.stringValue.flatMap { Identifier($0) })
        #expect(try router.ledger.job(id)?.attempts.first?.polls == 0)
      }
    }
  }

  static func check(
    _ sample: Sample, _ job: JSONValue, _ router: StreetWorld.Router, _ world: StreetWorld
  ) async throws {
    #expect(job["state"]?.stringValue == "succeeded", "\(job)")
    #expect(job["executed"]?.stringValue == sample.id)
    #expect(job["possible_double_spend"]?.boolValue == false)
    #expect(world.taken(String(sample.id.split(separator: "/")[0])) == 1 && world.paid == 1)
    let bytes = try await router.artefact(of: job)
    #expect(bytes.starts(with: sample.beginning) && bytes.count > 40)
    #expect(job["result"]?["artefacts"]?.arrayValue?.first?["bytes"]?.integerValue == Int64(bytes.count))
    let id = try #require(job["id"]?.stringValue.flatMap { Identifier($0) })
    let log = try router.ledger.jobEvents(of: id, after: 0, limit: 100)
    #expect(log.count { $0.kind.isTerminal } == 1 && log.last?.kind == .succeeded)
  }

  @Test("A conversation gives text, its tokens give the cost, and the decision learns of both")
  func conversation() async throws {
    // Two dollars for a million tokens read, 1,000 for a million written; the estimate is for 5,000 written.
    let line =
      "id: openai/gpt-5-mini, model: gpt-5-mini, capabilities: [text_generation],"
      + " price: {per_million_input_tokens: 2, per_million_output_tokens: 1000}"
    try await StreetWorld.open(.init(models: [line])) { world in
      try await world.serving { router in
        let job = try await router.done(
          "text_generation",
          [
            "messages": [["role": "user", "content": "tell me of foxes"]], "max_output_tokens": 5_000,
          ])
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(job["result"]?["text"]?.stringValue?.isEmpty == false)
        let cost = try #require(job["cost_usd"]?.doubleValue)
        let estimate = try #require(job["estimated_cost_usd"]?.doubleValue)
        // The street writes 8 to 31 tokens.
        #expect((0.008...0.032).contains(cost))
        #expect(estimate > 4.9)
        let id = try #require(job["decision"]?["decision_id"]?.stringValue)
        #expect(
          await eventually {
            let outcome = try? await router.client.get("/v1/decisions/\(id)")["attempts"]?.arrayValue?.first
            return outcome?["cost_usd"]?.doubleValue == cost
          })
        let decision = try await router.client.get("/v1/decisions/\(id)")
        #expect(decision["attempts"]?.arrayValue?.first?["state"]?.stringValue == "succeeded")
      }
    }
  }
}
