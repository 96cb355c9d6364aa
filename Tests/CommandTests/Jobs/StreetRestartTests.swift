import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// Routers that end in the middle, and others that go on from the same database.
@Suite("A router that stops while the street works on")
struct StreetRestartTests {
  /// Submits a job, kills the router when `isDue`, and lets another one finish it.
  func interrupted(
    _ plan: StreetWorld.Plan, when isDue: @escaping @Sendable (Job, StreetWorld) -> Bool,
    _ check: @escaping @Sendable (JSONValue, StreetWorld) -> Void
  ) async throws {
    try await StreetWorld.open(plan) { world in
      let first = try await world.start()
      let name = try await first.submit("image_generation", ["prompt": "a fox in the snow"])
      let id = try #require(Identifier(name))
      let isReached = await eventually { (try? first.ledger.job(id)).map { isDue($0, world) } ?? false }
      #expect(isReached)
      await first.kill()
      // What the dead one had under way has left no trace.
      let left = try SQLiteLedger(path: world.database, access: .readOnly)
      #expect(try left.job(id).map { isDue($0, world) && $0.attempts.count == 1 } == true)
      try left.close()
      try await world.serving { second in
        let job = try await second.finish(name)
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(try await second.artefact(of: job).count > 40)
        try await StreetFaultTests.checkEnd(of: job, second)
        check(job, world)
      }
    }
  }

  @Test("Killed while a vendor works: the next one asks for the same work", arguments: [false, true])
  func working(hasWebhooks: Bool) async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal, StreetModel.replicate], hasWebhooks: hasWebhooks, run: 1_500)
    try await interrupted(plan) { job, _ in
      job.state == .running
    } _: { job, world in
      #expect(world.taken("fal") == 1 && world.taken("replicate") == 0)
      #expect(job["possible_double_spend"]?.boolValue == false)
    }
  }

  @Test("Killed before the answer to a submission: a vendor that can be asked has it once")
  func submittingListed() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.replicate, StreetModel.fal],
      faults: ["{fault: slow_body, vendor: replicate, calls: [1], delay_ms: 4000}"], hasWebhooks: true,
      losesWebhooks: true, run: 1_500)
    try await interrupted(plan) { job, world in
      job.state == .submitting && world.taken("replicate") == 1
    } _: { job, world in
      #expect(world.taken("replicate") == 1 && world.taken("fal") == 0)
      #expect(job["possible_double_spend"]?.boolValue == false)
    }
  }

  /// The first vendor has a queue, the second answers a submission with the picture; neither can be asked.
  @Test(
    "Killed before the answer of a vendor that cannot be asked: another one does it, and that is said",
    arguments: ["fal", "openai"])
  func submittingUnlisted(vendor: String) async throws {
    let plan = StreetWorld.Plan(
      models: [vendor == "fal" ? StreetModel.fal : StreetModel.openAI, StreetModel.replicate],
      faults: ["{fault: slow_body, vendor: \(vendor), on: submit, calls: [1], delay_ms: 4000}"])
    try await interrupted(plan) { job, world in
      job.state == .submitting && world.taken(vendor) == 1
    } _: { job, world in
      #expect(world.taken(vendor) == 1 && world.taken("replicate") == 1)
      #expect(job["possible_double_spend"]?.boolValue == true)
      #expect(job["executed"]?.stringValue == "replicate/flux-schnell")
      #expect(job["attempts"]?.arrayValue?.first?["error"]?["class"]?.stringValue == "local")
    }
  }
}
