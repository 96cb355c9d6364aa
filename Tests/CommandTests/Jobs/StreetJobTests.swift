import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import VendorStreet
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
    /// The least time between two status calls in the vendor's declaration, where the test cannot wait for it.
    var floor: String?

    var testDescription: String { id }
    /// Whose declaration it is.
    var vendor: String { String(id.split(separator: "/")[0]) }
    /// Where on the street the work is done.
    var house: String { vendor == "vertex" ? "google" : vendor }
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
    Sample(id: "luma/uni-1", model: "uni-1"),
    Sample(id: "runway/gen4-image", model: "gen4_image", floor: "5s"),
    film("runway/gen4.5", "gen4.5", floor: "5s"),
    film("openrouter/veo-3.1", "google/veo-3.1", floor: "10s"),
    film("together/hailuo-02", "minimax/hailuo-02", floor: "2s"),
    film("bedrock/ray-2", "luma.ray-v2:0", floor: nil),
    Sample(id: "bedrock/stable-image-core", model: "stability.stable-image-core-v1:1"),
    film("vertex/veo-3.1", "veo-3.1-generate-001", ["prompt": "a fox in the snow"], floor: "5s"),
    // It takes no length.
    film("google/gemini-omni", "gemini-omni-1.1-flash", ["prompt": "a fox in the snow"], floor: "2s"),
  ]

  static func film(
    _ id: String, _ model: String, _ input: JSONValue = ["prompt": "a fox in the snow", "duration_s": 5],
    floor: String?
  ) -> Sample {
    Sample(
      id: id, model: model, capability: "text_to_video", beginning: [0, 0, 0], input: input, floor: floor)
  }

  @Test("A job that is polled ends once, and its copy is served", arguments: samples)
  func polled(sample: Sample) async throws {
    var plan = StreetWorld.Plan(models: [sample.line])
    if let floor = sample.floor {
      plan.changes[sample.vendor] = ["poll_floor: \(floor)": "poll_floor: 300ms"]
    }
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        try await Self.check(sample, try await router.done(sample.capability, sample.input), router, world)
        #expect(try await world.webhookAnswers() == [])
      }
    }
  }

  @Test("A signed webhook ends a job that nobody polls", arguments: samples.prefix(2))
  func told(sample: Sample) async throws {
    // Polled only after the job is long over.
    let vendor = sample.vendor
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
    #expect(world.taken(sample.house) == 1 && world.paid == 1)
    let bytes = try await router.artefact(of: job)
    #expect(bytes.starts(with: sample.beginning) && bytes.count > 40)
    #expect(job["result"]?["artefacts"]?.arrayValue?.first?["bytes"]?.integerValue == Int64(bytes.count))
    let id = try #require(job["id"]?.stringValue.flatMap { Identifier($0) })
    let log = try router.ledger.jobEvents(of: id, after: 0, limit: 100)
    #expect(log.count { $0.kind.isTerminal } == 1 && log.last?.kind == .succeeded)
  }

  @Test(
    "A conversation gives text, its tokens give the cost, and the decision learns of both",
    arguments: [
      ("openai/gpt-5-mini", "gpt-5-mini"),
      ("together/llama-3.3-70b", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
      ("openrouter/gpt-4o-mini", "openai/gpt-4o-mini"), ("bedrock/nova-lite", "amazon.nova-lite-v1:0"),
    ])
  func conversation(id: String, model: String) async throws {
    // Two dollars for a million tokens read, 1,000 for a million written; the estimate is for 5,000 written.
    let line =
      "id: \(id), model: \"\(model)\", capabilities: [text_generation],"
      + " price: {per_million_input_tokens: 2, per_million_output_tokens: 1000}"
    try await StreetWorld.open(.init(models: [line])) { world in
      try await world.serving { router in
        let job = try await router.done(
          "text_generation",
          ["messages": [["role": "user", "content": "tell me of foxes"]], "max_output_tokens": 5_000])
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(job["result"]?["text"]?.stringValue?.isEmpty == false)
        let cost = try #require(job["cost_usd"]?.doubleValue)
        #expect(try #require(job["estimated_cost_usd"]?.doubleValue) > 4.9)
        if id.hasPrefix("openrouter") {
          // It says itself what it charges, and that is booked whatever our price list says.
          #expect(cost == Double(world.street.report().microUSD) / 1e6 && cost > 0)
        } else {
          // The street writes 8 to 31 tokens.
          #expect((0.008...0.032).contains(cost))
        }
        let decision = try #require(job["decision"]?["decision_id"]?.stringValue)
        let attempts = try await router.client.get("/v1/decisions/\(decision)")["attempts"]?.arrayValue
        #expect(attempts?.count == 1)
        #expect(attempts?.first?["state"]?.stringValue == "succeeded")
        #expect(attempts?.first?["cost_usd"]?.doubleValue == cost)
      }
    }
  }
}
