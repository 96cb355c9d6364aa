import Jobs
import Routing
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("What the log of a job says")
struct JobLogTests {
  static let start = Sample.at()

  private func job(_ candidates: [String] = ["north/a", "south/b"], copies: Bool = false) throws -> Job {
    try Job(
      id: Sample.id(1), decision: Sample.id(2), capability: .textGeneration,
      input: JobInput(reference: "r", byteCount: 1),
      plan: candidates.map { id in
        PlannedCandidate(
          candidate: id, provider: String(id.prefix { $0 != "/" }), estimatedCost: Money(micros: 5_000))
      }, created: Self.start, budget: .minutes(5), copiesArtefacts: copies)
  }

  /// Lets events happen, one a second, and gives their entries as kind and detail.
  private func tell(_ job: inout Job, _ events: JobEvent...) -> [String] {
    var told: [String] = []
    for (number, event) in events.enumerated() {
      let (before, now) = (job, Self.start + .seconds(Int64(number)))
      let transition = job.apply(event, at: now, random: 0)
      let entries = JobLog.entries(
        from: before, to: job, records: transition.records, at: now, last: told.count, ahead: 2)
      #expect(entries.map(\.number) == entries.indices.map { told.count + $0 + 1 })
      told += entries.map { "\($0.kind.rawValue) \(String(decoding: $0.detail, as: UTF8.self))" }
    }
    return told
  }

  @Test("A new job waits at its first candidate, behind so many others")
  func new() throws {
    let entries = JobLog.entries(from: nil, to: try job(), at: Self.start, last: 0, ahead: 3)
    #expect(entries.map(\.number) == [1] && entries[0].kind == .queued && entries[0].at == Self.start)
    #expect(String(decoding: entries[0].detail, as: UTF8.self) == #"{"candidate":"north/a","ahead":3}"#)
  }

  @Test("A job that runs tells where, how the vendor calls it, how far it is, and what it cost")
  func runs() throws {
    var job = try job()
    let told = tell(
      &job, .started, .accepted(0, VendorJob(id: "v1"), cost: nil),
      .seen(0, VendorReport(.running(progress: 0.5)), by: .poll),
      .seen(0, VendorReport(.running(progress: 0.5)), by: .poll),
      .seen(0, VendorReport(.succeeded(.sample), cost: Money(micros: 4_000)), by: .poll))
    #expect(
      told == [
        #"submitting {"candidate":"north/a","attempt":0}"#,
        #"running {"candidate":"north/a","attempt":0,"vendor_id":"v1"}"#,
        #"progress {"candidate":"north/a","attempt":0,"progress":0.5}"#,
        #"succeeded {"candidate":"north/a","cost_usd":0.004,"possible_double_spend":false}"#,
      ])
  }

  @Test("A failure, the turn of the next one and the failover are told in this order")
  func failover() throws {
    var job = try job()
    let failure = VendorFailure(httpStatus: 503, message: "no")
    let told = tell(&job, .started, .rejected(0, failure), .started)
    #expect(
      told.dropFirst() == [
        #"attempt_failed {"candidate":"north/a","attempt":0,"error":{"code":"PROVIDER_ERROR","class":"transient","#
          + #""message":"no","retryable":true,"provider":"north"}}"#,
        #"queued {"candidate":"south/b","ahead":2}"#,
        #"failover {"from":"north/a","to":"south/b","reason":"transient","possible_double_spend":false}"#,
        #"submitting {"candidate":"south/b","attempt":1}"#,
      ])
  }

  @Test("An obstacle is told with its reason and its end, a cancellation with what it comes to")
  func obstacles() throws {
    var job = try job()
    let until = Self.start + .seconds(30)
    let told = tell(&job, .blocked(.circuitOpen, until: until), .cancelAsked)
    #expect(
      told == [
        #"blocked {"candidate":"north/a","reason":"circuit_open","until":"2026-11-20T10:00:30.000Z"}"#,
        #"queued {"candidate":"south/b","ahead":2}"#, "cancel_requested {}",
        #"canceled {"cost_usd":0.0,"possible_double_spend":false}"#,
      ])
  }

  @Test("A submission of unknown fate is told, and so is what may yet be paid; nothing follows the end")
  func unknown() throws {
    var job = try job(["north/a"])
    let told = tell(
      &job, .started, .submitLost(0, ScriptedVendor.silence),
      .seen(0, VendorReport(.succeeded(.sample), vendor: VendorJob(id: "v1")), by: .webhook))
    #expect(told.count == 3)
    #expect(
      told[1].hasPrefix(#"attempt_failed {"candidate":"north/a","attempt":0,"error":{"code":"TIMEOUT""#))
    #expect(told[2].hasPrefix(#"failed {"cost_usd":0.0,"exposure_usd":0.005,"#))
    #expect(job.attempts[0].state == .surplus)
  }
}
