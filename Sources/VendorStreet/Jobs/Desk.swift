import Foundation

/// What every vendor's handlers share: the time, the jobs, the webhooks, the settings.
struct Desk: Sendable {
  let settings: StreetSettings
  let clock: StreetClock
  let jobs: JobBoard
  let webhooks: WebhookSender
  let journal: Journal
}

/// Time since the street opened, and what the wall's clock says to it.
struct StreetClock: Sendable {
  private let start = ContinuousClock().now
  private let startUnix = Date().timeIntervalSince1970

  var now: Duration { start.duration(to: ContinuousClock().now) }

  /// Seconds since 1970.
  func unix(_ time: Duration) -> Double { startUnix + time / .seconds(1) }

  /// `2026-11-20T10:00:00.123Z`
  static func timestamp(_ unix: Double) -> String {
    Date(timeIntervalSince1970: unix).formatted(
      Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

extension Call {
  /// Takes a job in, with its reference and faults.
  func create(_ order: JobOrder, limit: Int? = nil, waits: Bool = false) throws -> VendorJob {
    let job = try desk.jobs.create(order, for: self, limit: limit, waits: waits)
    desk.journal.link(call: number, job: job.id)
    return job
  }

  /// A job of the vendor.
  ///
  /// - Throws: that there is none.
  func job(_ id: String) throws -> VendorJob {
    guard let job = desk.jobs.find(id, of: vendor) else { throw Refusal(.notFound, "There is no \(id).") }
    return job
  }

  /// An id's worth of letters and digits, another for each call.
  func newDigest() -> Digest { desk.jobs.digest(vendor) }

  /// Where what a job made can be fetched, as the vendor writes it.
  func fileURL(_ job: VendorJob, _ place: Int = 0) -> String {
    let path = "/files/\(job.id)/\(place).\(job.products[place].fileExtension)"
    return (job.fault == .relativeURL ? relativeBase : ownBase) + path
  }

  /// What the vendor's own addresses in this answer begin with.
  var ownBase: String { isRelative ? relativeBase : base }

  /// Relative to the host; on the street the vendor's own path belongs to it.
  private var relativeBase: String { "/\(vendor)" }

  /// Whether the URLs of this answer are to be relative ones.
  var isRelative: Bool { fault?.kind == .relativeURL }

  func bytes(of job: VendorJob, _ place: Int = 0) -> [UInt8] {
    job.products[place].bytes(
      Digest(seed: desk.settings.seed).adding(job.vendor).adding(job.model).adding(job.prompt).adding(place))
  }

  /// Does a job within the call: takes it in, waits until it has ended, and turns a bad end into a refusal.
  func perform(_ order: JobOrder) async throws -> VendorJob {
    let job = try await wait(for: create(order.immediate))
    switch job.stage(at: now) {
    case .ended(.succeeded), .ended(.empty): return job
    case .ended(.moderated):
      throw Refusal(.moderated, "Your request was rejected as a result of our safety system.")
    default:
      throw Refusal(.server, "The server had an error while processing your request.", status: 500)
    }
  }

  /// Waits until something was sent about the job that this call made, at most 2 s: a caller may have asked
  /// for no webhook.
  func waitForWebhook() async throws {
    guard let job = desk.journal.job(ofCall: number) else { return }
    for _ in 0..<200 where !desk.journal.hasWebhook(job: job) { try await Task.sleep(for: .milliseconds(10)) }
  }

  /// Waits until a job has ended.
  ///
  /// - Throws: ``EndlessWork`` when it never will.
  func wait(for job: VendorJob) async throws -> VendorJob {
    let job = try await wait(for: job, atMost: .seconds(3_600))
    guard job.stage(at: now).isTerminal else { throw EndlessWork() }
    return job
  }

  /// Waits until a job has ended, but not longer than a given time, and not for one that never ends.
  func wait(for job: VendorJob, atMost limit: Duration) async throws -> VendorJob {
    let end = now + limit
    var job = job
    while now < end, let change = job.nextChange(after: now) {
      try await Task.sleep(for: min(change, end) - now)
      job = desk.jobs.find(job.id, of: job.vendor) ?? job
    }
    return job
  }
}

/// The call waits for work that never ends: it is not answered, and its connection stays open until the caller leaves.
struct EndlessWork: Error {}
