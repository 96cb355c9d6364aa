@testable import Jobs
import Routing
import Testing

@Suite("A job")
struct JobTests {
  @Test("A job that goes well is submitted, polled and done, and costs what the vendor says")
  func straight() throws {
    var job = try Sample.job()
    #expect(job.firstActions == [.enqueue(candidate: 0), .wake(at: Sample.at(600))])
    let submitted = job.live((1, .started))
    #expect(
      submitted?.actions == [
        .submit(attempt: 0, candidate: 0, token: job.token(0), limit: .seconds(10)), .wake(at: Sample.at(16)),
      ])
    // Poll floor 1 s, growing by half: at 2.5 + 1 and then 1.5 s later.
    #expect(job.live((2.5, .accepted(0, Sample.vendor, cost: nil)))?.actions == [.wake(at: Sample.at(3.5))])
    #expect(job.live((3.5, .due))?.actions == [.poll(attempt: 0), .wake(at: Sample.at(5))])
    let done = job.live(
      (4, .seen(0, VendorReport(.succeeded(Sample.result), cost: Money(micros: 12_500)), by: .poll)))
    let outcome = try #require(done?.outcome)
    #expect(outcome.state == .succeeded && outcome.executed == "a/model" && !outcome.isFallback)
    #expect(outcome.cost == Money(micros: 12_500) && outcome.exposure == .zero && outcome.error == nil)
    #expect(done?.reports.first?.latency == .seconds(3))
    #expect(done?.reports.first?.submitLatency == .milliseconds(1_500))
    #expect(job.wake == nil && job.revision == 4)
  }

  @Test("A 503 goes to the next candidate at once; the last one left is tried once more, then the job fails")
  func transient() throws {
    var job = try Sample.job()
    let down = VendorFailure(httpStatus: 503, message: "overloaded")
    #expect(job.live((1, .started), (2, .rejected(0, down)))?.actions.first == .enqueue(candidate: 1))
    let second = job.live((2, .started))
    #expect(
      second?.records == [
        .failedOver(
          Failover(from: "a/model", to: "b/model", reason: .transient, possibleDoubleSpend: false))
      ])
    // Both have failed once; with random 0 the jittered delay is 0 and the first of the plan is asked again.
    #expect(job.live((3, .rejected(1, down)))?.actions.first == .enqueue(candidate: 0))
    job.live((3, .started), (4, .rejected(2, down)), (4, .started))
    let end = job.live((5, .rejected(3, down)))
    #expect(job.attempts.map(\.candidate) == [0, 1, 0, 1])
    #expect(end?.outcome?.error?.code == .providerError && end?.outcome?.error?.retryable == true)
    #expect(end?.outcome?.cost == .zero)
  }

  @Test("A submission that may have arrived is not repeated at the same vendor, and the next one is flagged")
  func ambiguous() throws {
    var job = try Sample.job()
    let lost = job.live((1, .started), (11, .submitFailed(0, Sample.timeOut)))
    #expect(lost?.actions.first == .enqueue(candidate: 1))
    #expect(job.attempts[0].state == .lost && !job.attempts[0].possibleDoubleSpend)
    let second = job.live((12, .started))
    #expect(
      second?.records == [
        .failedOver(Failover(from: "a/model", to: "b/model", reason: .ambiguous, possibleDoubleSpend: true))
      ])
    #expect(job.attempts[0].possibleDoubleSpend && !job.attempts[1].possibleDoubleSpend)
    // The second fails for good, and a/model is not asked again although its class of failure would come back.
    let end = job.live((13, .rejected(1, VendorFailure(httpStatus: 401, message: "bad key"))))
    #expect(end?.outcome?.state == .failed && end?.outcome?.possibleDoubleSpend == true)
    #expect(end?.outcome?.exposure == Money(micros: 10_000))
    #expect(job.attempts.count == 2)
  }

  @Test("Work that arrives late from the lost attempt is used, and the one under way is canceled")
  func lateSuccess() throws {
    var job = try Sample.job([VendorContract(), VendorContract(cancels: true)])
    job.live(
      (1, .started), (11, .submitFailed(0, Sample.timeOut)), (12, .started),
      (13, .accepted(1, VendorJob(id: "v-1"), cost: nil)))
    let report = VendorReport(.succeeded(Sample.result), vendor: Sample.vendor, cost: Money(micros: 9_000))
    let end = job.live((20, .seen(0, report, by: .webhook)))
    #expect(end?.actions == [.cancel(attempt: 1)])
    #expect(end?.outcome?.executed == "a/model" && end?.outcome?.state == .succeeded)
    #expect(job.attempts.map(\.state) == [.succeeded, .lost])
    // The second delivers all the same and is paid for: 9,000 + 20,000 by its estimate.
    let late = job.live((25, .seen(1, VendorReport(.succeeded(Sample.result)), by: .webhook)))
    #expect(job.state == .succeeded && job.winner == 0 && job.attempts[1].state == .surplus)
    #expect(job.cost == Money(micros: 29_000) && late?.outcome == nil)
    #expect(late?.reports.first?.isRevision == true)
    #expect(
      job.live((26, .seen(1, VendorReport(.succeeded(Sample.result)), by: .poll)))?.ignored == .alreadyEnded)
  }

  @Test("A lost attempt that turns up before the next submission is taken back")
  func takenBack() throws {
    var job = try Sample.job()
    job.live((1, .started), (11, .submitFailed(0, Sample.timeOut)))
    #expect(job.state == .queued)
    job.live((12, .accepted(0, Sample.vendor, cost: nil)))
    #expect(job.state == .running && job.attempts.count == 1 && !job.attempts[0].possibleDoubleSpend)
    #expect(job.live((12, .started))?.ignored == .notNow)
  }

  @Test("Three inquiries by token, then the webhook's window, then the next candidate")
  func inquiries() throws {
    let contract = VendorContract(honoursToken: true, webhookWindow: .minutes(2))
    var job = try Sample.job([contract, VendorContract()])
    let unclear = JobEvent.reconciled(0, .unclear(VendorFailure(httpStatus: 500, message: "")))
    let first = job.live((1, .started), (11, .submitFailed(0, Sample.timeOut)))
    let inquiry = JobAction.reconcile(attempt: 0, by: .token, token: "\(job.id)-0")
    #expect(first?.actions == [inquiry, .wake(at: Sample.at(26))])
    #expect(job.live((12, unclear), (12, .due))?.actions.first == inquiry)
    #expect(job.live((13, unclear), (13, .due))?.actions.first == inquiry)
    #expect(job.live((14, unclear))?.actions == [.wake(at: Sample.at(131))])
    #expect(job.state == .submitUnknown)
    #expect(job.live((131, .due))?.actions.first == .enqueue(candidate: 1))
  }

  @Test("A vendor whose list shows that nothing arrived is asked again, without a flag")
  func provenAbsent() throws {
    var job = try Sample.job([VendorContract(lists: true), VendorContract()])
    job.live((1, .started), (11, .submitFailed(0, Sample.timeOut)))
    #expect(job.live((12, .reconciled(0, .absent)))?.actions.first == .enqueue(candidate: 0))
    #expect(job.live((12, .started))?.submissions == [0])
    #expect(job.attempts.allSatisfy { !$0.possibleDoubleSpend })
  }

  @Test("After a restart a submission under way is of unknown fate, and speaks against nobody")
  func recoveredSubmission() throws {
    var job = try Sample.job()
    let recovered = job.live((1, .started), (30, .recovered))
    #expect(recovered?.actions.first == .enqueue(candidate: 1))
    #expect(recovered?.reports.first?.failure?.failureClass == .local)
    #expect(recovered?.reports.first?.lesson.statistic == FailureTreatment.Statistic.none)
  }

  @Test(
    "After a restart a candidate is asked that was shut without an end before: the obstacle may have gone")
  func recoveredBlocks() throws {
    var job = try Sample.job()
    job.live((1, .blocked(.circuitOpen, until: nil)), (1, .started))
    #expect(job.attempts.map(\.candidate) == [1])
    let recovered = job.live((30, .recovered))
    #expect(recovered?.actions.first == .enqueue(candidate: 0))
    job.live((30, .started))
    #expect(job.attempts.map(\.candidate) == [1, 0] && job.attempts[0].possibleDoubleSpend)
    // Shut again, it is out of question as before.
    var other = try Sample.job()
    other.live((1, .blocked(.circuitOpen, until: nil)), (1, .started), (30, .recovered))
    let end = other.live((30, .blocked(.circuitOpen, until: nil)))
    #expect(end?.outcome?.state == .failed && end?.outcome?.error?.retryable == false)
    // One that passes by itself is still waited for.
    var passing = try Sample.job()
    passing.live((1, .blocked(.circuitOpen, until: Sample.at(90))), (1, .started), (30, .recovered))
    #expect(passing.turn?.notBefore == Sample.at(90))
  }

  @Test("Webhook and poll together advance a job once; what comes second is no news")
  func race() throws {
    var job = try Sample.job()
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    let failed = JobEvent.seen(
      0, VendorReport(.failed(VendorFailure(httpStatus: 500, message: ""))), by: .poll)
    #expect(job.live((3, .seen(0, VendorReport(.succeeded(Sample.result)), by: .webhook)))?.changed == true)
    let after = job
    #expect(job.live((3, failed))?.ignored == .alreadyEnded)
    #expect(
      job.live((4, .seen(0, VendorReport(.succeeded(Sample.result)), by: .poll)))?.ignored == .alreadyEnded)
    #expect(job == after)
  }

  @Test(
    "A webhook that overtakes the submission's answer is believed, and the answer only adds the addresses")
  func overtaking() throws {
    var job = try Sample.job()
    let early = VendorReport(.running(progress: 0.2), vendor: VendorJob(id: "v-0"))
    job.live((1, .started), (2, .seen(0, early, by: .webhook)))
    #expect(job.state == .running && job.attempts[0].vendor?.statusURL == nil)
    #expect(job.live((3, .accepted(0, Sample.vendor, cost: nil)))?.changed == true)
    #expect(job.attempts[0].vendor == Sample.vendor)
    #expect(job.live((4, .submitLost(0, Sample.timeOut)))?.ignored == .outOfOrder)
    #expect(job.live((5, .seen(0, VendorReport(.running(progress: 0.1)), by: .poll)))?.ignored == .outOfOrder)
  }

  @Test(
    "A refusal by a content policy ends the job, unless the caller allows the next candidate",
    arguments: [false, true])
  func moderation(isAllowed: Bool) throws {
    var job = try Sample.job(fallbackOnModeration: isAllowed)
    let refusal = VendorFailure(.moderated, vendorCode: "SAFETY.INPUT.TEXT", message: "refused")
    let end = job.live((1, .started), (2, .rejected(0, refusal)))
    #expect(job.state == (isAllowed ? .queued : .failed))
    #expect(end?.reports.first?.lesson.statistic == .refused)
    #expect(end?.reports.first?.lesson.signal == nil)
    if !isAllowed { #expect(end?.outcome?.error?.code == .contentPolicyViolation) }
  }

  @Test("Bad output is a quality signal of 0 for whoever made it, and the next candidate delivers")
  func badOutput() throws {
    var job = try Sample.job()
    let empty = job.live(
      (1, .started), (2, .accepted(0, Sample.vendor, cost: Money(micros: 10_000))),
      (9, .seen(0, VendorReport(.succeeded(JobResult(text: ""))), by: .poll)))
    #expect(empty?.reports.first?.lesson.signal == .badOutput)
    #expect(empty?.reports.first?.candidate == "a/model")
    let end = job.live((9, .started), (12, .seen(1, VendorReport(.succeeded(Sample.result)), by: .answer)))
    #expect(end?.outcome?.executed == "b/model" && end?.outcome?.isFallback == true)
    // 10,000 stated for the one that was no use, 20,000 by the estimate of the one that was.
    #expect(end?.outcome?.cost == Money(micros: 30_000))
  }
}
