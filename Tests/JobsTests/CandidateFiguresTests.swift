import Jobs
import Routing
import Testing

@Suite("A candidate's figures")
struct CandidateFiguresTests {
  /// So slow to forget that a few seconds do not show.
  static let patient = CandidateFigures(halfLife: .days(36_500))

  static func failed(_ failure: VendorFailure) throws -> AttemptReport {
    var job = try Sample.job()
    return try #require(job.live((1, .started), (3, .rejected(0, failure)))?.reports.first)
  }

  static func delivered(cost: Int64?, seconds: Double = 4) throws -> AttemptReport {
    var job = try Sample.job()
    let report = VendorReport(.succeeded(Sample.result), cost: cost.map { Money(micros: $0) })
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    return try #require(job.live((1 + seconds, .seen(0, report, by: .poll)))?.reports.first)
  }

  @Test("Availability counts what the provider could help; refusals are a rate of their own")
  func shares() throws {
    var figures = Self.patient
    let now = Sample.at(10)
    #expect(figures.availability(at: now) == 1 && figures.refusalRate(at: now) == 0)
    for _ in 0..<2 { figures.record(try Self.delivered(cost: nil)) }
    figures.record(try Self.failed(VendorFailure(.moderated, message: "")))
    figures.record(try Self.failed(VendorFailure(.badOutput, message: "")))
    figures.record(try Self.failed(VendorFailure(httpStatus: 503, message: "")))
    for kind in [FailureClass.callerError, .authCredit, .local, .retired] {
      figures.record(try Self.failed(VendorFailure(kind, message: "")))
    }
    // Answered 4, unanswered 1: (4 + 1)/(5 + 1). Refused 1 of 4.
    #expect((figures.availability(at: now) - 5.0 / 6).magnitude < 1e-6)
    #expect((figures.refusalRate(at: now) - 0.25).magnitude < 1e-6)
    #expect((figures.evidence(at: now) - 5).magnitude < 1e-6)
  }

  @Test("Only bad output is a signal; nothing else moves quality")
  func signals() throws {
    for kind in FailureClass.allCases where kind != .ambiguous {
      let report = try Self.failed(VendorFailure(kind, message: ""))
      #expect((report.lesson.signal == .badOutput) == (kind == .badOutput), "\(kind)")
      #expect(report.lesson.candidate == "a/model" && report.lesson.latency == nil)
    }
    #expect(try Self.delivered(cost: 5).lesson.signal == nil)
  }

  @Test("The stated p90 counts until twenty attempts have been measured")
  func latency() throws {
    var figures = Self.patient
    for _ in 0..<19 { figures.record(try Self.delivered(cost: nil, seconds: 4)) }
    #expect(figures.latencyP90(stated: .seconds(60), at: Sample.at(5)) == .seconds(60))
    for _ in 0..<2 { figures.record(try Self.delivered(cost: nil, seconds: 4)) }
    let measured = try #require(figures.latencyP90(stated: .seconds(60), at: Sample.at(5)))
    #expect((measured.seconds / 4 - 1).magnitude < 0.12)
    // One second to be accepted.
    #expect(((figures.submitLatency.quantile(0.9)?.seconds ?? 0) - 1).magnitude < 0.12)
  }

  @Test("An estimate is corrected by the actual cost, carefully at first")
  func costs() throws {
    var figures = Self.patient
    #expect(figures.costFactor(at: Sample.at(5)) == 1 && figures.costDrift(at: Sample.at(5)) == nil)
    for _ in 0..<5 { figures.record(try Self.delivered(cost: 20_000)) }
    figures.record(try Self.delivered(cost: nil))
    // Estimated 10,000, actual 20,000, five times: (5 · 2 + 5)/(5 + 5).
    #expect((figures.costFactor(at: Sample.at(5)) - 1.5).magnitude < 1e-6)
    #expect((try #require(figures.costDrift(at: Sample.at(5))) - 1).magnitude < 1e-6)
  }
}
