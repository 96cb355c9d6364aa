import Routing

extension TransitionTable {
  struct Situation {
    var name: String
    var job: Job
    var now: Instant
  }

  static let start = Instant(microseconds: 1_800_000_000_000_000)
  static let sampleVendor = VendorJob(id: "v-0", statusURL: "https://vendor.example/v-0")
  static let sampleResult = JobResult(artefacts: [Artefact(url: "https://vendor.example/v-0.png")])

  private static func after(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

  private static func sample(_ contract: VendorContract, copies: Bool = false) throws(JobFault) -> Job {
    try Job(
      id: Identifier(at: start, random: 1, 2), decision: Identifier(at: start, random: 3, 4),
      capability: .imageGeneration, input: JobInput(reference: "input", byteCount: 2),
      plan: [
        PlannedCandidate(
          candidate: "a/first", provider: "a", estimatedCost: Money(micros: 40_000), contract: contract),
        PlannedCandidate(candidate: "b/second", provider: "b", estimatedCost: Money(micros: 50_000)),
      ], created: start, budget: .minutes(10), copiesArtefacts: copies)
  }

  private static func situation(
    _ name: String, _ contract: VendorContract = VendorContract(), copies: Bool = false,
    after story: [(Int64, JobEvent)]
  ) throws(JobFault) -> Situation {
    var job = try sample(contract, copies: copies)
    for (seconds, event) in story { _ = job.apply(event, at: after(seconds), random: 0) }
    return Situation(name: name, job: job, now: after(60))
  }

  /// Every place where a job can stand and wait for something.
  static func situations() throws(JobFault) -> [Situation] {
    let cancels = VendorContract(cancels: true)
    let lost = VendorFailure(.transient, cause: .timedOut, message: "no answer")
    let caller = VendorFailure(httpStatus: 422, message: "too long")
    let submitted: [(Int64, JobEvent)] = [(50, .started)]
    let running: [(Int64, JobEvent)] = [(50, .started), (51, .accepted(0, sampleVendor, cost: nil))]
    let delivered = JobEvent.seen(0, VendorReport(.succeeded(sampleResult)), by: .poll)
    return [
      try situation("queued", after: []),
      try situation(
        "queued, until a candidate is free", after: [(50, .noCandidateLeft(.circuitOpen, until: after(90)))]),
      try situation(
        "queued, the first attempt lost", cancels, after: submitted + [(60, .submitLost(0, lost))]),
      try situation("submitting", cancels, after: submitted),
      try situation("submitting, cancellation asked", cancels, after: submitted + [(51, .cancelAsked)]),
      try situation(
        "submit_unknown, the vendor honours a token", VendorContract(honoursToken: true),
        after: submitted + [(55, .submitLost(0, lost))]),
      try situation(
        "submit_unknown, the vendor lists jobs", VendorContract(lists: true),
        after: submitted + [(55, .submitLost(0, lost))]),
      try situation(
        "submit_unknown, a webhook is awaited", VendorContract(webhookWindow: .seconds(20), cancels: true),
        after: submitted + [(55, .submitLost(0, lost))]),
      try situation("running", cancels, after: running),
      try situation("running, the vendor cannot cancel", after: running),
      try situation("running, cancellation asked", cancels, after: running + [(52, .cancelAsked)]),
      try situation("running, artefacts being copied", copies: true, after: running + [(55, delivered)]),
      try situation("succeeded", after: running + [(55, delivered)]),
      try situation("failed", after: submitted + [(55, .rejected(0, caller))]),
      try situation(
        "canceled, the attempt lost", VendorContract(lists: true, cancels: true),
        after: submitted + [(55, .submitLost(0, lost)), (56, .cancelAsked)]),
      try situation("expired, the attempt lost", cancels, after: submitted + [(600, .deadlineReached)]),
    ]
  }

  /// One of everything that can happen, said of attempt 0.
  static func events(_ job: Job) -> [(String, JobEvent)] {
    func seen(_ status: VendorStatus, _ sighting: Sighting = .poll) -> JobEvent {
      .seen(0, VendorReport(status, vendor: sampleVendor), by: sighting)
    }
    let failures = FailureClass.allCases.map { VendorFailure($0, message: "sample") }
    let answers: [(String, JobEvent)] = [
      ("started", .started),
      ("blocked for a minute", .blocked(.circuitOpen, until: after(120))),
      ("blocked for good", .blocked(.noCredential, until: nil)),
      ("no candidate left for a minute", .noCandidateLeft(.circuitOpen, until: after(120))),
      ("no candidate left", .noCandidateLeft(.down, until: nil)),
      ("accepted", .accepted(0, sampleVendor, cost: Money(micros: 42_000))),
      ("accepted under another id", .accepted(0, VendorJob(id: "v-9"), cost: nil)),
    ]
    let rejections: [(String, JobEvent)] = failures.map {
      ("rejected: \($0.failureClass.rawValue)", .rejected(0, $0))
    }
    let inquiries: [(String, JobEvent)] = [
      ("submission lost", .submitLost(0, VendorFailure(.transient, cause: .timedOut, message: "no answer"))),
      ("reconciled: found", .reconciled(0, .found(sampleVendor))),
      ("reconciled: absent", .reconciled(0, .absent)),
      ("reconciled: unclear", .reconciled(0, .unclear(failures[4]))),
    ]
    let sightings: [(String, JobEvent)] = [
      ("seen queued", seen(.queued)), ("seen half done", seen(.running(progress: 0.5))),
      ("seen in a word never seen", seen(.unrecognised("warming"))),
      ("seen succeeded by poll", seen(.succeeded(sampleResult))),
      ("seen succeeded by webhook", seen(.succeeded(sampleResult), .webhook)),
      ("seen succeeded with nothing", seen(.succeeded(JobResult()))),
      ("seen canceled", seen(.canceled)), ("seen expired", seen(.expired)),
      ("seen under another id", .seen(0, VendorReport(.queued, vendor: VendorJob(id: "v-9")), by: .poll)),
    ]
    let bad: [(String, JobEvent)] = failures.map {
      ("seen failed: \($0.failureClass.rawValue)", seen(.failed($0)))
    }
    let others: [(String, JobEvent)] = [
      ("hinted", .hinted(0)),
      ("poll failed", .pollFailed(0, VendorFailure(httpStatus: 503, message: "down"))),
      ("poll found no such job", .pollFailed(0, VendorFailure(httpStatus: 404, message: "no task"))),
      ("copied", .copied(0, sampleResult)),
      ("copy refused by our store", .copyFailed(0, failures[9])),
      ("copy found nothing usable", .copyFailed(0, failures[5])),
      ("cancel asked", .cancelAsked),
    ]
    let cancellations: [(String, JobEvent)] = CancelAnswer.allCases.map {
      ("cancel answered: \($0.rawValue)", .cancelAnswered(0, $0))
    }
    let rest: [(String, JobEvent)] = [
      ("of an attempt that is not", .rejected(7, failures[0])),
      ("due", .due), ("deadline reached", .deadlineReached), ("recovered", .recovered),
    ]
    return answers + rejections + inquiries + sightings + bad + others + cancellations + rest
  }
}
