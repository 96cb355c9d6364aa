import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// Faults at the only vendor that there is: what may be asked again is, and what may be on its way is not.
@Suite("Faults of the only vendor")
struct StreetLastCandidateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    /// Of the street's file, without vendor.
    var fault: String
    var hasWebhooks = false
    /// Why the job failed; nil where it succeeded.
    var failure: FailureClass?
    var attempts = 1
    /// How often the vendor took the work on.
    var taken = 1
    /// What may yet be charged, of two cents.
    var exposure = 0.0

    var testDescription: String { "\(fault)\(hasWebhooks ? ", webhooks" : "")" }
  }

  static let cases = [
    Case(fault: "too_many_requests, retry_after_s: 1, calls: [1]", attempts: 2),
    Case(fault: "server_error, calls: [1]", attempts: 2),
    Case(fault: "fails, calls: [1]", attempts: 2, taken: 2),
    Case(fault: "server_error, calls: [1, 2]", failure: .transient, attempts: 2, taken: 0),
    Case(fault: "unauthorized, calls: [1]", failure: .authCredit, taken: 0),
    Case(fault: "retired, calls: [1]", failure: .retired, taken: 0),
    Case(fault: "lost, calls: [1]", failure: .ambiguous, exposure: 0.02),
    Case(fault: "html, calls: [1]", failure: .ambiguous, exposure: 0.02),
    Case(fault: "lost, calls: [1]", hasWebhooks: true),
    Case(fault: "moderated, calls: [1]", failure: .moderated),
    Case(fault: "empty_output, calls: [1]", failure: .badOutput, exposure: 0.02),
    Case(fault: "expired_asset, calls: [1]", failure: .badOutput, exposure: 0.02),
  ]

  @Test("Nothing that may have been taken on is asked for a second time", arguments: cases)
  func alone(item: Case) async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal], faults: ["{vendor: fal, fault: \(item.fault)}"],
      hasWebhooks: item.hasWebhooks)
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let job = try await router.done("image_generation", ["prompt": "a fox in the snow"])
        #expect(job["state"]?.stringValue == (item.failure == nil ? "succeeded" : "failed"), "\(job)")
        #expect(job["error"]?["class"]?.stringValue == item.failure?.rawValue, "\(job)")
        #expect(job["attempts"]?.arrayValue?.count == item.attempts)
        #expect(world.taken("fal") == item.taken)
        #expect(job["exposure_usd"]?.doubleValue == item.exposure)
        #expect(job["possible_double_spend"]?.boolValue == false)
        // What may be on its way is not to be ordered again either.
        let isRetryable = item.failure.map { VendorFailure($0, message: "").isRetryable }
        #expect(job["error"]?["retryable"]?.boolValue == isRetryable)
        try await StreetFaultTests.checkEnd(of: job, router)
      }
    }
  }
}
