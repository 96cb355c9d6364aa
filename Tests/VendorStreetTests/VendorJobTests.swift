import Testing
import Wire

@testable import VendorStreet

@Suite("A vendor's job")
struct VendorJobTests {
  /// Queued at 0, started at 50 ms, ended at 250 ms.
  private func job(_ change: (inout VendorJob) -> Void = { _ in }, stuck: Bool = false) -> VendorJob {
    var job = VendorJob(
      id: "1", vendor: "fal", model: "m", prompt: "p", reference: nil, call: 1,
      products: [.text(words: 3)], microUSD: 5, echo: .null, webhook: nil, createdAt: .zero,
      startsAt: .milliseconds(50), endsAt: stuck ? .seconds(Int64.max) : .milliseconds(250), createdUnix: 0,
      ending: .succeeded, fault: nil)
    change(&job)
    return job
  }

  @Test("It is queued, runs, and ends, and is charged from its start on")
  func life() {
    let job = job()
    #expect(job.stage(at: .milliseconds(49)) == .queued && !job.isCharged(at: .milliseconds(49)))
    #expect(job.stage(at: .milliseconds(150)) == .running(0.5) && job.isCharged(at: .milliseconds(150)))
    #expect(job.stage(at: .milliseconds(250)) == .ended(.succeeded) && job.isCharged(at: .seconds(9)))
    #expect(job.nextChange(after: .zero) == .milliseconds(50))
    #expect(job.nextChange(after: .milliseconds(60)) == .milliseconds(250))
    #expect(job.nextChange(after: .seconds(1)) == nil)
  }

  @Test("Canceled in the queue it costs nothing, later it does, after its end it is no longer canceled")
  func cancellation() {
    let early = job { $0.canceledAt = .milliseconds(20) }
    #expect(early.stage(at: .seconds(1)) == .canceled(started: false) && !early.isCharged(at: .seconds(1)))
    let late = job { $0.canceledAt = .milliseconds(60) }
    #expect(late.stage(at: .seconds(1)) == .canceled(started: true) && late.isCharged(at: .seconds(1)))
    #expect(late.endedAt(.seconds(1)) == .milliseconds(60))
    let after = job { $0.canceledAt = .milliseconds(300) }
    #expect(after.stage(at: .seconds(1)) == .ended(.succeeded))
  }

  @Test("A deadline before the start expires it unpaid, one after the start cancels it paid")
  func deadlines() {
    let early = job { $0.deadline = .milliseconds(10) }
    #expect(early.stage(at: .milliseconds(9)) == .queued)
    #expect(early.stage(at: .milliseconds(10)) == .expired && !early.isCharged(at: .seconds(1)))
    let late = job({ $0.deadline = .milliseconds(100) }, stuck: true)
    #expect(late.stage(at: .milliseconds(99)) == .running(0.5))
    #expect(late.stage(at: .milliseconds(100)) == .canceled(started: true))
    #expect(late.nextChange(after: .milliseconds(60)) == .milliseconds(100))
  }

  @Test("Stuck, it runs for ever")
  func stuck() {
    let job = job(stuck: true)
    #expect(job.stage(at: .seconds(1_000_000)) == .running(0.5))
    #expect(job.nextChange(after: .seconds(1)) == nil)
  }
}
