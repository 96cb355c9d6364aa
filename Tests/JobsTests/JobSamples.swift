import Jobs
import Routing

/// Jobs and times for the examples.
enum Sample {
  static let start = Instant(microseconds: 1_800_000_000_000_000)
  static func at(_ seconds: Double) -> Instant { start + Span(microseconds: Int64(seconds * 1e6)) }

  static let vendor = VendorJob(id: "v-0", statusURL: "https://a.example/v-0")
  static let result = JobResult(artefacts: [
    Artefact(url: "https://a.example/v-0.png", contentType: "image/png")
  ])
  static let timeOut = VendorFailure(.transient, cause: .timedOut, message: "no answer within 10s")

  static func plan(_ contracts: [VendorContract]) -> [PlannedCandidate] {
    contracts.enumerated().map { index, contract in
      let name = ["a", "b", "c", "d"][index]
      return PlannedCandidate(
        candidate: "\(name)/model", provider: name, estimatedCost: Money(micros: Int64(index + 1) * 10_000),
        contract: contract)
    }
  }

  static func job(
    _ contracts: [VendorContract] = [VendorContract(), VendorContract()], budget: Span = .minutes(10),
    fallbackOnModeration: Bool = false, copies: Bool = false, number: UInt64 = 1
  ) throws -> Job {
    try Job(
      id: Identifier(at: start, random: number, 7), decision: Identifier(at: start, random: number, 8),
      capability: .textToVideo, input: JobInput(reference: "sha256-0", byteCount: 90), plan: plan(contracts),
      created: start, budget: budget, tenant: "acme", callbackURL: "https://acme.example/done",
      fallbackOnModeration: fallbackOnModeration, copiesArtefacts: copies)
  }
}

extension Job {
  /// Lets several things happen, with no jitter, and gives back the last transition.
  @discardableResult
  mutating func live(_ story: (Double, JobEvent)...) -> JobTransition? {
    var last: JobTransition?
    for (seconds, event) in story { last = apply(event, at: Sample.at(seconds), random: 0) }
    return last
  }
}

extension JobTransition {
  var outcome: JobOutcome? {
    for case .finished(let outcome) in records { return outcome }
    return nil
  }

  var reports: [AttemptReport] {
    records.compactMap { if case .attemptEnded(let report) = $0 { report } else { nil } }
  }

  /// The candidates that were submitted to.
  var submissions: [Int] {
    actions.compactMap { if case .submit(_, let candidate, _, _) = $0 { candidate } else { nil } }
  }
}
