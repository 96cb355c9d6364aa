public import Jobs
import Routing
public import Serving

/// Jobs that were driven to where they are by events, as the service does it.
extension Sample {
  public static let result = JobResult(
    artefacts: [Artefact(url: "https://north.example/1.png", contentType: "image/png", byteCount: 90)],
    text: "done")

  /// The n-th job of the n-th decision, for `north/a` and then `south/c`, with ten minutes of time.
  public static func job(_ number: Int, input: String = "sha256-0", vendors: [String] = ["north", "south"])
    throws -> Job
  {
    let plan = vendors.map { vendor in
      PlannedCandidate(
        candidate: "\(vendor)/\(vendor == "north" ? "a" : "c")", provider: vendor,
        estimatedCost: Money(micros: 10_000))
    }
    return try Job(
      id: Identifier(at: at(Int64(number)), random: UInt64(number), 77), decision: id(number),
      capability: .textGeneration, input: JobInput(reference: input, byteCount: 90), plan: plan,
      created: at(Int64(number)), budget: .minutes(10), priority: .high, tenant: "acme",
      callbackURL: "https://acme.example/done", fallbackOnModeration: true)
  }

  /// Something that happened, without anything more to say.
  public static func entry(_ number: Int, _ kind: JobLogEntry.Kind = .progress, at minutes: Int64 = 0)
    -> JobLogEntry
  {
    JobLogEntry(number: number, at: at(minutes), kind: kind, detail: Array(#"{"n":\#(number)}"#.utf8))
  }

  public static func batch(jobs: [JobChange]) -> LedgerBatch {
    var batch = LedgerBatch()
    batch.jobs = jobs
    return batch
  }

  /// A job in each state that there is.
  public static func jobsInAllStates() throws -> [Job] {
    let accepted = JobEvent.accepted(0, VendorJob(id: "v", statusURL: "https://north.example/v"), cost: nil)
    let bad = VendorFailure(.callerError, httpStatus: 422, vendorCode: "X", message: "no\u{0} such “size”")
    let lost = VendorFailure(.transient, cause: .timedOut, message: "no answer")
    let stories: [[JobEvent]] = [
      [], [.blocked(.circuitOpen, until: at(3)), .blocked(.noCredential, until: nil)], [.started],
      [.started, accepted, .seen(0, VendorReport(.running(progress: 0.25)), by: .webhook)],
      [.started, accepted, .seen(0, VendorReport(.succeeded(result), cost: Money(micros: 7)), by: .poll)],
      [.started, .rejected(0, bad)], [.cancelAsked], [.started, accepted, .deadlineReached],
      [.started, .submitFailed(0, lost), .started],
    ]
    var jobs: [Job] = []
    for (number, story) in stories.enumerated() {
      var job = try Sample.job(number + 1)
      for event in story { job.live(event) }
      jobs.append(job)
    }
    // Only a vendor that can be asked about it leaves a submission unknown for a while.
    let asked = VendorContract(honoursToken: true)
    var unknown = try Job(
      id: Identifier(at: at(90), random: 90, 77), decision: id(90), capability: .textToVideo,
      input: JobInput(reference: "sha256-0", byteCount: 90),
      plan: [PlannedCandidate(candidate: "north/a", provider: "north", contract: asked)], created: at(90),
      budget: .minutes(10))
    unknown.live(.started)
    unknown.live(.submitFailed(0, lost))
    return jobs + [unknown]
  }
}

extension Job {
  /// Lets something happen a second after the job's last change, or at its deadline when that is the event.
  public mutating func live(_ event: JobEvent) {
    let now = event == .deadlineReached ? deadline : created + .seconds(Int64(revision) + 1)
    _ = apply(event, at: now, random: 0)
  }

  /// A change to this job by an event.
  public mutating func change(_ event: JobEvent, _ entries: [JobLogEntry] = []) -> JobChange {
    let before = revision
    live(event)
    return JobChange(self, before: before, entries: entries)
  }
}
