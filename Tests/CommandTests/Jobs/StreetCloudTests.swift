import Foundation
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// What goes wrong at the two vendors whose films run for minutes and cost dollars: Bedrock, which honours a token, and
/// Vertex, which does not.
@Suite("Films from Bedrock and Vertex")
struct StreetCloudTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var fault: String
    /// In the catalogue, and on the street.
    var vendor = "bedrock"
    var house = "bedrock"
    var state = "succeeded"
    /// Why the first attempt failed; nil where it did not.
    var failure: FailureClass?
    /// How often the first vendor and the second took the work on.
    var taken: [Int]
    var isFlagged = false

    var testDescription: String { "\(vendor): \(fault)" }

    static func vertex(
      _ fault: String, state: String = "succeeded", failure: FailureClass? = nil, taken: [Int],
      isFlagged: Bool = false
    ) -> Case {
      Case(
        fault: fault, vendor: "vertex", house: "google", state: state, failure: failure, taken: taken,
        isFlagged: isFlagged)
    }
  }

  static let cases = [
    Case(fault: "too_many_requests, retry_after_s: 5", failure: .rateConcurrency, taken: [0, 1]),
    Case(fault: "server_error", failure: .transient, taken: [0, 1]),
    Case(fault: "retired", failure: .retired, taken: [0, 1]),
    Case(fault: "unauthorized", failure: .authCredit, taken: [0, 1]),
    Case(fault: "moderated", state: "failed", failure: .moderated, taken: [1, 0]),
    Case(fault: "fails", failure: .transient, taken: [1, 1]),
    Case(fault: "expired_asset", failure: .badOutput, taken: [1, 1], isFlagged: true),
    // The answer is lost, the work is found again under its token, and nobody else is asked.
    Case(fault: "lost", taken: [1, 0]),
    Case(fault: "reset", taken: [1, 0]),
    Case(fault: "html", taken: [1, 0]),
    Case(fault: "truncated", taken: [1, 0]),
    // Whether it arrived is not known, and it did not: under the token it is submitted once.
    Case(fault: "server_error, status: 502", taken: [1, 0]),
    Case(fault: "unknown_status", taken: [1, 0]),
    Case(fault: "server_error, on: status", taken: [1, 0]),
    .vertex("too_many_requests, retry_after_s: 5", failure: .rateConcurrency, taken: [0, 1]),
    .vertex("retired", failure: .retired, taken: [0, 1]),
    .vertex("unauthorized", failure: .authCredit, taken: [0, 1]),
    .vertex("moderated", state: "failed", failure: .moderated, taken: [1, 0]),
    .vertex("fails", failure: .transient, taken: [1, 1]),
    .vertex("empty_output", failure: .badOutput, taken: [1, 1], isFlagged: true),
    // It has no token and no list: the loss stays one, and is said.
    .vertex("lost", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    .vertex("html", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    .vertex("server_error, on: status", taken: [1, 0]),
  ]

  static let ray =
    "id: bedrock/ray-2, model: \"luma.ray-v2:0\", capabilities: [text_to_video], price: {per_second: 0.75}"
  static let veo =
    "id: vertex/veo-3.1, model: veo-3.1-generate-001, capabilities: [text_to_video], price: {per_second: 0.4}"
  static let second =
    "id: openrouter/veo-3.1, model: google/veo-3.1, capabilities: [text_to_video], price: {per_second: 0.4}"

  static func plan(_ fault: String?, _ vendor: String, _ house: String) -> StreetWorld.Plan {
    StreetWorld.Plan(
      models: [vendor == "bedrock" ? ray : veo, second],
      faults: fault.map { ["{fault: \($0), vendor: \(house), calls: [1]}"] } ?? [],
      changes: [
        "vertex": ["poll_floor: 5s": "poll_floor: 300ms"],
        "openrouter": ["poll_floor: 10s": "poll_floor: 300ms"],
      ])
  }

  @Test("A fault has the consequence that its class has, and no film is paid twice unsaid", arguments: cases)
  func fault(item: Case) async throws {
    try await StreetWorld.open(Self.plan(item.fault, item.vendor, item.house)) { world in
      try await world.serving { router in
        let job = try await router.done("text_to_video", ["prompt": "a fox in the snow"])
        #expect(job["state"]?.stringValue == item.state, "\(job)")
        let first = job["attempts"]?.arrayValue?.first
        #expect(first?["provider"]?.stringValue == item.vendor)
        #expect(first?["error"]?["class"]?.stringValue == item.failure?.rawValue, "\(job)")
        #expect([world.taken(item.house), world.taken("openrouter")] == item.taken)
        #expect(job["possible_double_spend"]?.boolValue == item.isFlagged, "\(job)")
        #expect(world.paid <= 1 || item.isFlagged)
        if item.state == "succeeded" {
          #expect(try await router.artefact(of: job).starts(with: [0, 0, 0]))
        }
        try await StreetFaultTests.checkEnd(of: job, router)
      }
    }
  }

  @Test("A router that is killed while Bedrock's answer is on its way finds the film again, and pays once")
  func killed() async throws {
    var plan = Self.plan("slow_body, delay_ms: 3000", "bedrock", "bedrock")
    plan.run = 1_000
    try await StreetWorld.open(plan) { world in
      let first = try await world.start()
      let id = try await first.submit("text_to_video", ["prompt": "a fox in the snow"])
      #expect(await eventually { world.taken("bedrock") == 1 })
      await first.kill()
      try await world.serving { router in
        let job = try await router.finish(id)
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(job["executed"]?.stringValue == "bedrock/ray-2")
        #expect(job["possible_double_spend"]?.boolValue == false)
        #expect(world.taken("bedrock") == 1 && world.taken("openrouter") == 0 && world.paid == 1)
      }
    }
  }

  @Test("A conversation that a guardrail stops is moderated, its tokens are paid, and nobody else is asked")
  func guardrail() async throws {
    let models = [
      "bedrock/nova-lite, model: \"amazon.nova-lite-v1:0\"", "openai/gpt-5-mini, model: gpt-5-mini",
    ]
    .map {
      "id: \($0), capabilities: [text_generation],"
        + " price: {per_million_input_tokens: 1000, per_million_output_tokens: 1000}"
    }
    let fault = "{fault: moderated, vendor: bedrock, calls: [1]}"
    try await StreetWorld.open(.init(models: models, faults: [fault])) { world in
      try await world.serving { router in
        let job = try await router.done("text_generation", ["prompt": "tell me of foxes"])
        #expect(job["state"]?.stringValue == "failed", "\(job)")
        #expect(job["error"]?["class"]?.stringValue == "moderated")
        #expect(world.taken("openai") == 0)
        // The street counts 24 tokens for what it withholds.
        #expect(try #require(job["cost_usd"]?.doubleValue) >= 0.024)
      }
    }
  }
}
