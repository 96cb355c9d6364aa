import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import VendorStreet
@testable import pointsman

/// Every fault of the street at the first of two vendors: what becomes of the job, and who was asked how often.
@Suite("Faults of vendors")
struct StreetFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    /// Of the street's file, without vendor and frequency.
    var fault: String
    /// The vendor that it strikes; the other one is the second choice, and well.
    var vendor = "fal"
    var hasWebhooks = false
    /// How the job ends.
    var state = "succeeded"
    /// Why the first attempt failed; nil where it did not.
    var failure: FailureClass?
    /// How often the first vendor and the second took the work on.
    var taken: [Int]
    var isFlagged = false
    /// In the place of what stands in the first vendor's declaration.
    var changes: [String: String] = [:]

    var testDescription: String { "\(vendor): \(fault)\(hasWebhooks ? ", webhooks" : "")" }
  }

  static let cases = [
    // Nothing was taken on, and the vendor said so.
    Case(fault: "latency, delay_ms: 300", taken: [1, 0]),
    Case(fault: "too_many_requests, retry_after_s: 5", failure: .rateConcurrency, taken: [0, 1]),
    Case(fault: "server_error", failure: .transient, taken: [0, 1]),
    Case(
      fault: "server_error, status: 400", vendor: "openai", state: "failed", failure: .callerError,
      taken: [0, 0]),
    Case(
      fault: "server_error, status: 422", vendor: "replicate", state: "failed", failure: .callerError,
      taken: [0, 0]),
    Case(fault: "retired", failure: .retired, taken: [0, 1]),
    Case(fault: "unauthorized", failure: .authCredit, taken: [0, 1]),
    Case(fault: "out_of_credit", failure: .authCredit, taken: [0, 1]),
    Case(fault: "server_error", vendor: "replicate", failure: .transient, taken: [0, 1]),
    Case(fault: "unauthorized", vendor: "openai", failure: .authCredit, taken: [0, 1]),
    // Whether it was taken on cannot be known: it was not, and it was.
    Case(fault: "server_error, status: 502", failure: .ambiguous, taken: [0, 1], isFlagged: true),
    Case(
      fault: "hang", failure: .ambiguous, taken: [0, 1], isFlagged: true,
      changes: ["submit_limit: 10s": "submit_limit: 1s"]),
    Case(fault: "lost", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    Case(fault: "reset", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    Case(fault: "truncated", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    Case(fault: "malformed_json", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    Case(fault: "html", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    Case(fault: "lost", vendor: "openai", failure: .ambiguous, taken: [1, 1], isFlagged: true),
    // It cannot be known from the answer, and is found out: by the list, or by the webhook.
    Case(fault: "lost", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "html", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "lost", hasWebhooks: true, taken: [1, 0]),
    // Strange, and no reason to go elsewhere.
    Case(fault: "slow_body, delay_ms: 400", taken: [1, 0]),
    Case(fault: "oversize, bytes: 4000000", taken: [1, 0]),
    Case(fault: "missing_polling_url", taken: [1, 0]),
    Case(fault: "relative_url", taken: [1, 0]),
    Case(fault: "relative_url", vendor: "replicate", taken: [1, 0]),
    Case(fault: "unknown_status", taken: [1, 0]),
    Case(fault: "server_error, on: status", taken: [1, 0]),
    Case(fault: "html, on: status", vendor: "replicate", taken: [1, 0]),
    // What becomes of the work.
    Case(
      fault: "stuck", failure: .transient, taken: [1, 1], isFlagged: true,
      changes: ["attempt_limit: 10m": "attempt_limit: 2s"]),
    Case(fault: "fails", failure: .transient, taken: [1, 1]),
    Case(fault: "fails", vendor: "replicate", failure: .transient, taken: [1, 1]),
    Case(fault: "moderated", state: "failed", failure: .moderated, taken: [1, 0]),
    // What was delivered was of no use, and may be on the bill.
    Case(fault: "empty_output", failure: .badOutput, taken: [1, 1], isFlagged: true),
    Case(fault: "expired_asset", failure: .badOutput, taken: [1, 1], isFlagged: true),
    // Webhooks.
    Case(fault: "duplicate_webhook", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "duplicate_webhook", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "webhook_out_of_order", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "wrong_signature", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "wrong_signature", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "early_webhook", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "early_webhook", vendor: "replicate", hasWebhooks: true, taken: [1, 0]),
    Case(fault: "lost_webhook", hasWebhooks: true, taken: [1, 0]),
  ]

  @Test("No fault of the street is left out", arguments: FaultKind.allCases.map(\.rawValue))
  func complete(kind: String) {
    #expect(Self.cases.contains { $0.fault.split(separator: ",").first.map(String.init) == kind })
  }

  static func plan(_ item: Case) -> (plan: StreetWorld.Plan, second: String) {
    let models = [
      "fal": StreetModel.fal, "replicate": StreetModel.replicate, "openai": StreetModel.openAI,
    ]
    let second = item.vendor == "fal" ? "replicate" : "fal"
    let plan = StreetWorld.Plan(
      models: [models[item.vendor]!, models[second]!],
      faults: ["{fault: \(item.fault), vendor: \(item.vendor), calls: [1]}"], hasWebhooks: item.hasWebhooks,
      changes: [item.vendor: item.changes])
    return (plan, second)
  }

  @Test(
    "A fault has the consequence that its class has, and nothing is bought twice unsaid", arguments: cases)
  func fault(item: Case) async throws {
    let (plan, second) = Self.plan(item)
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let job = try await router.done("image_generation", ["prompt": "a fox in the snow"])
        #expect(job["state"]?.stringValue == item.state, "\(job)")
        let first = job["attempts"]?.arrayValue?.first
        #expect(first?["provider"]?.stringValue == item.vendor)
        #expect(first?["error"]?["class"]?.stringValue == item.failure?.rawValue, "\(job)")
        #expect([world.taken(item.vendor), world.taken(second)] == item.taken)
        #expect(job["possible_double_spend"]?.boolValue == item.isFlagged, "\(job)")
        #expect(world.paid <= 1 || item.isFlagged)
        if item.state == "succeeded" { #expect(try await router.artefact(of: job).count > 40) }
        try await Self.checkEnd(of: job, router)
        if item.hasWebhooks, !item.fault.hasPrefix("lost_webhook") {
          let isForged = item.fault.hasPrefix("wrong_signature")
          let count = item.fault.hasPrefix("duplicate") ? 3 : 1
          #expect(await eventually { (try? await world.webhookAnswers().count) ?? 0 >= count })
          let answers = try await world.webhookAnswers()
          #expect(Set(answers) == [isForged ? 401 : 200])
          // Whatever came later has changed nothing.
          let again = try await router.client.get("/v1/jobs/\(try #require(job["id"]?.stringValue))")
          #expect(Self.settled(again) == Self.settled(job))
          try await Self.checkEnd(of: job, router)
        }
      }
    }
  }

  /// A job without the addresses of its result, which are signed anew whenever they are asked for.
  private static func settled(_ job: JSONValue) -> [JSONValue.Member]? {
    job.members?.filter { $0.name != "result" }
  }

  /// A job ends once, and nothing is written down after it.
  static func checkEnd(of job: JSONValue, _ router: StreetWorld.Router) async throws {
    let id = try #require(job["id"]?.stringValue.flatMap { Identifier($0) })
    let log = try router.ledger.jobEvents(of: id, after: 0, limit: 1_000)
    #expect(log.count { $0.kind.isTerminal } == 1)
    #expect(log.map(\.number) == Array(1...max(log.count, 1)))
    try router.ledger.job(id)?.check()
  }

  @Test("What one vendor's policy refuses goes to another where the caller allows it")
  func moderatedAndAllowed() async throws {
    let (plan, _) = Self.plan(Case(fault: "moderated", taken: [1, 1]))
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let job = try await router.done(
          "image_generation", ["prompt": "a fox"], [.init("fallback_on_moderation", true)])
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(world.taken("fal") == 1 && world.taken("replicate") == 1)
      }
    }
  }

  @Test("One refusal shuts a provider until it is checked; where the check is good, the next job is done")
  func refusedOnce() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.replicate],
      faults: ["{fault: unauthorized, vendor: replicate, on: submit, calls: [1]}"])
    try await StreetWorld.open(plan) { world in
      // Checked a while ago, so that the next check is due at once when somebody asks for it.
      let ledger = try SQLiteLedger(path: world.database)
      var batch = LedgerBatch()
      let check = ProviderHealth.Check(at: SystemClock().now - .minutes(1), latency: .milliseconds(80))
      batch.checks = [HealthRecord(provider: "replicate", entry: .init(check: check, state: .healthy))]
      _ = try ledger.append(batch)
      try ledger.close()
      try await world.serving { router in
        let first = try await router.done("image_generation", ["prompt": "a fox"])
        #expect(first["error"]?["class"]?.stringValue == "auth_credit")
        let jobs = router.executors.jobs
        #expect(
          await eventually {
            await jobs.providers().first { $0.provider == "replicate" }?.circuit == .halfOpen(step: 0)
          })
        let second = try await router.done("image_generation", ["prompt": "a fox"])
        #expect(second["state"]?.stringValue == "succeeded", "\(second)")
        #expect(world.taken("replicate") == 1)
      }
    }
  }
}
