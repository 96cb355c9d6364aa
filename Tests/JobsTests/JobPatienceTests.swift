import Jobs
import Routing
import Testing

@Suite("A job's patience")
struct JobPatienceTests {
  @Test("Whatever comes after the deadline ends the job; delivered work is still taken")
  func deadline() throws {
    var job = try Sample.job(budget: .seconds(60))
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    var other = job
    let expired = job.live((60, .due))
    #expect(expired?.outcome?.state == .expired && expired?.outcome?.error?.code == .timeout)
    #expect(expired?.actions == [] && job.attempts[0].state == .lost)
    let done = other.live((61, .seen(0, VendorReport(.succeeded(Sample.result)), by: .webhook)))
    #expect(done?.outcome?.state == .succeeded)
  }

  @Test("A turn or a timer that comes after the deadline spends nothing and asks nobody")
  func tooLate() throws {
    var queued = try Sample.job(budget: .seconds(60))
    #expect(queued.live((60, .started))?.actions == [])
    #expect(queued.attempts.isEmpty && queued.state == .expired)
    var running = try Sample.job(budget: .seconds(60))
    running.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    #expect(running.live((61, .hinted(0)))?.outcome?.state == .expired)
    #expect(running.attempts[0].polls == 0)
  }

  @Test("The submission's limit shrinks to what is left of the deadline")
  func shrinkingLimit() throws {
    var job = try Sample.job(budget: .seconds(12))
    let submitted = job.live((7, .started))
    #expect(
      submitted?.actions.first
        == .submit(attempt: 0, candidate: 0, token: job.token(0), limit: .seconds(5)))
    #expect(job.wake == job.deadline)
  }

  @Test("A 429 goes on to the next candidate; the last one left is asked again after its cooldown")
  func cooldown() throws {
    var job = try Sample.job([VendorContract()])
    let busy = VendorFailure(httpStatus: 429, message: "slow down", retryAfter: .seconds(30))
    #expect(job.live((1, .started), (2, .rejected(0, busy)))?.actions == [.wake(at: Sample.at(32))])
    #expect(job.live((31, .started))?.ignored == .tooEarly)
    #expect(job.live((32, .due))?.actions == [.enqueue(candidate: 0), .wake(at: Sample.at(600))])
    job.live((32, .started), (33, .rejected(1, busy)), (63, .due), (63, .started), (64, .rejected(2, busy)))
    #expect(job.state == .queued)
    let end = job.live((94, .due), (94, .started), (95, .rejected(3, busy)))
    #expect(end?.outcome?.error?.code == .rateLimitExceeded && end?.outcome?.error?.retryAfterSeconds == 30)
  }

  @Test(
    "Blocked candidates are passed over; when all are, the job waits for the soonest, or says when to come back"
  )
  func blocks() throws {
    var job = try Sample.job(budget: .seconds(100))
    #expect(
      job.live((1, .blocked(.circuitOpen, until: Sample.at(50))))?.actions == [.enqueue(candidate: 1)])
    let waiting = job.live((1, .blocked(.noHeadroom, until: Sample.at(40))))
    #expect(waiting?.actions == [.wake(at: Sample.at(40))])
    #expect(job.turn?.candidate == 1)
    #expect(job.live((40, .due))?.actions.first == .enqueue(candidate: 1))
    let end = job.live((40, .noCandidateLeft(.circuitOpen, until: Sample.at(160))))
    #expect(end?.outcome?.error?.retryAfterSeconds == 120 && end?.outcome?.error?.retryable == true)
    #expect(end?.outcome?.state == .failed && job.attempts.isEmpty)
  }

  @Test("An attempt beyond its limit is given up while another candidate is left, and only then")
  func attemptLimit() throws {
    let slow = VendorContract(attemptLimit: .seconds(30), cancels: true)
    var job = try Sample.job([slow, slow])
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    let given = job.live((31, .due))
    #expect(given?.actions.prefix(2) == [.cancel(attempt: 0), .enqueue(candidate: 1)])
    job.live((31, .started), (32, .accepted(1, VendorJob(id: "v-1"), cost: nil)))
    #expect(job.attempts[0].possibleDoubleSpend)
    #expect(job.live((62, .due))?.actions.first == .poll(attempt: 1))
    // The vendor has not answered the cancellation, and a restart asks again.
    #expect(job.live((63, .recovered))?.actions.prefix(2) == [.cancel(attempt: 0), .poll(attempt: 1)])
    job.live((64, .cancelAnswered(0, .canceled)))
    #expect(job.openCancellations == [] && job.attempts[0].state == .canceled)
  }

  @Test("A vendor that denies the job three times in a row has lost it")
  func missing() throws {
    var job = try Sample.job()
    let none = VendorFailure(httpStatus: 404, message: "Task not found")
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    job.live(
      (3, .pollFailed(0, none)), (4, .pollFailed(0, none)), (5, .seen(0, VendorReport(.queued), by: .poll)))
    job.live((6, .pollFailed(0, none)), (7, .pollFailed(0, none)))
    #expect(job.state == .running)
    #expect(job.live((8, .pollFailed(0, none)))?.actions.first == .enqueue(candidate: 1))
    #expect(job.attempts[0].state == .lost)
  }

  @Test("A status call's Retry-After is honoured")
  func pollRetryAfter() throws {
    var job = try Sample.job()
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    job.live((3, .pollFailed(0, VendorFailure(httpStatus: 429, message: "", retryAfter: .seconds(20)))))
    #expect(job.wake == Sample.at(23))
  }

  @Test("An unsigned hint leads to one status call, and a flood of them to no more than the floor allows")
  func hints() throws {
    let contract = VendorContract(poll: PollSchedule(floor: .seconds(5), ceiling: .seconds(60)))
    var job = try Sample.job([contract])
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    #expect(job.live((3, .hinted(0)))?.actions.first == .poll(attempt: 0))
    #expect(job.live((4, .hinted(0)))?.actions == [.wake(at: Sample.at(8))])
    #expect(job.live((5, .hinted(0)))?.ignored == .tooEarly)
    #expect(job.live((8, .due))?.actions.first == .poll(attempt: 0))
  }

  @Test("Artefacts are copied before success; a store that refuses is not the vendor's fault")
  func copying() throws {
    var job = try Sample.job(copies: true)
    let seen = job.live(
      (1, .started), (2, .accepted(0, Sample.vendor, cost: nil)),
      (9, .seen(0, VendorReport(.succeeded(Sample.result)), by: .poll)))
    #expect(seen?.actions.first == .copy(attempt: 0, Sample.result) && job.state == .running)
    let refused = VendorFailure(.local, cause: .found, message: "disk full")
    for try_ in 1...4 {
      job.live((Double(9 + try_), .copyFailed(0, refused)), (Double(9 + try_), .due))
    }
    #expect(job.attempts[0].copies == 5)
    let end = job.live((20, .copyFailed(0, refused)))
    #expect(end?.outcome?.state == .succeeded && end?.outcome?.result == Sample.result)
    // The vendor took from 1 s to 9 s, however long the copying took.
    #expect(end?.reports.first?.latency == .seconds(8))
  }

  @Test("A copy replaces the vendor's address, and an unusable file is bad output")
  func copied() throws {
    var job = try Sample.job(copies: true)
    job.live(
      (1, .started), (2, .accepted(0, Sample.vendor, cost: nil)),
      (9, .seen(0, VendorReport(.succeeded(Sample.result)), by: .poll)))
    var other = job
    let own = JobResult(artefacts: [Artefact(url: "/artefacts/1", byteCount: 70, isCopied: true)])
    #expect(job.live((10, .copied(0, own)))?.outcome?.result == own)
    let gone = VendorFailure(.badOutput, cause: .found, message: "the file is empty")
    #expect(other.live((10, .copyFailed(0, gone)))?.reports.first?.lesson.signal == .badOutput)
    #expect(other.state == .queued && other.result == nil)
  }

  @Test("Cancelling a running job asks the vendor, and waits for its word at most 30 s")
  func cancellation() throws {
    var job = try Sample.job([VendorContract(cancels: true)])
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    #expect(job.live((10, .cancelAsked))?.actions.first == .cancel(attempt: 0))
    #expect(job.live((11, .cancelAsked))?.ignored == .duplicate)
    var confirmed = job
    #expect(confirmed.live((12, .cancelAnswered(0, .canceled)))?.outcome?.state == .canceled)
    #expect(confirmed.exposure == .zero)
    job.live((12, .cancelAnswered(0, .requested)))
    while job.state == .running, let wake = job.wake { _ = job.apply(.due, at: wake, random: 0) }
    #expect(job.state == .canceled && job.ended == Sample.at(40))
    #expect(job.exposure == Money(micros: 10_000))
  }

  @Test("Nonsense from a vendor adds up to nothing", arguments: [Int64.min, -1, Int64.max])
  func impossibleCosts(micros: Int64) throws {
    var job = try Sample.job()
    let report = VendorReport(.succeeded(Sample.result), cost: Money(micros: micros))
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: Money(micros: micros))))
    job.live((3, .seen(0, report, by: .poll)))
    #expect(job.cost == Money(micros: 10_000))
  }

  @Test("A plan without candidates, with one twice, or without time is refused")
  func impossiblePlans() throws {
    #expect(throws: JobFault.self) { try Sample.job([]) }
    #expect(throws: JobFault.self) { try Sample.job(budget: .seconds(0)) }
    let twice = Sample.plan([VendorContract()]) + Sample.plan([VendorContract()])
    #expect(throws: JobFault("candidate 'a/model' stands twice in the plan")) {
      try Job(
        id: Identifier(high: 1, low: 2), decision: Identifier(high: 1, low: 3), capability: .embedding,
        input: JobInput(reference: "", byteCount: 0), plan: twice, created: Sample.start, budget: .seconds(1))
    }
  }
}
