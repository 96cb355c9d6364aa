import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Wire

/// Jobs that are at their vendors, written straight into a ledger on which no router runs: each with a decision of its
/// own, and a contract by which nobody is asked how it stands.
struct WaitingJobs {
  struct Work: Sendable {
    var job: Identifier
    /// The vendor's own name for it.
    var name: String

    var token: String { "\(job)-0" }
  }

  /// Makes some, by decisions that a router has made.
  ///
  /// - Parameters:
  ///   - copies: whether results are copied before the job is over.
  ///   - series: tells their names apart from those of others.
  static func fill(
    _ ledger: SQLiteLedger, _ vendor: WebhookSigner.Vendor, decisions: [Identifier], copies: Bool,
    series: String
  ) throws -> [Work] {
    let start = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    var works: [Work] = []
    var batch = LedgerBatch()
    for (number, decision) in decisions.enumerated() {
      let name = "\(series)-\(number)"
      var job = try Job(
        id: Identifier(at: start, random: decision.high, decision.low), decision: decision,
        capability: .imageGeneration, input: JobInput(reference: "bench", byteCount: 25),
        plan: [
          PlannedCandidate(
            candidate: vendor.candidate, provider: vendor.rawValue, estimatedCost: Money(micros: 3_000),
            contract: VendorContract(poll: nil))
        ], created: start, budget: .hours(2), copiesArtefacts: copies)
      _ = job.apply(.started, at: start + .milliseconds(1), random: 0.5)
      _ = job.apply(.accepted(0, VendorJob(id: name), cost: nil), at: start + .milliseconds(2), random: 0.5)
      let kinds: [JobLogEntry.Kind] = [.queued, .submitting, .running]
      let entries = kinds.enumerated().map { place, kind in
        JobLogEntry(number: place + 1, at: start, kind: kind, detail: Array("{}".utf8))
      }
      batch.jobs.append(
        JobChange(job, before: nil, entries: entries, input: Array(#"{"prompt":"a lighthouse"}"#.utf8)))
      works.append(Work(job: job.id, name: name))
      if batch.jobs.count == 1_000 || number == decisions.count - 1 {
        _ = try ledger.append(batch)
        batch = LedgerBatch()
      }
    }
    return works
  }

  /// How jobs stand: over by one success, still running and untouched, or something else.
  static func tally(_ works: [Work], _ ledger: SQLiteLedger) throws -> (done: Int, untouched: Int, other: Int)
  {
    var tally = (done: 0, untouched: 0, other: 0)
    for work in works {
      let state = try ledger.job(work.job)?.state
      let kinds = try ledger.jobEvents(of: work.job, after: 0, limit: 100).map(\.kind)
      switch state {
      case .succeeded where kinds.count(where: { $0 == .succeeded }) == 1: tally.done += 1
      case .running where kinds.count == 3: tally.untouched += 1
      default: tally.other += 1
      }
    }
    return tally
  }
}
