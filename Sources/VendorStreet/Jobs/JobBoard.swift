import Synchronization
import Wire

/// What a vendor's handler asks to be done.
struct JobOrder: Sendable {
  var id: String
  var model: String
  var prompt: String
  var products: [Product]
  /// What the job costs once it started, in millionths of a US dollar.
  var microUSD: Int
  var echo: JSONValue = .null
  var webhook: String?
  /// How long after its creation it is stopped, as the caller wished.
  var deadline: Duration?
  /// Whether the work is done within the call, so that there is no queue.
  var isImmediate = false

  /// The same, done within the call.
  var immediate: JobOrder {
    var order = self
    order.isImmediate = true
    return order
  }
}

/// All jobs of the street.
final class JobBoard: Sendable {
  private struct State {
    var jobs: [VendorJob] = []
    var places: [String: Int] = [:]
    /// Of each vendor the jobs that may be unfinished.
    var open: [String: [Int]] = [:]
    var made = 0
  }

  private let state = Mutex(State())
  private let settings: StreetSettings

  init(_ settings: StreetSettings) { self.settings = settings }

  /// Where ids come from; each call gives another, in the order of asking.
  func digest(_ vendor: String) -> Digest {
    let made = state.withLock { state in
      state.made += 1
      return state.made
    }
    return Digest(seed: settings.seed).adding(vendor).adding(made)
  }

  /// Takes a job in.
  ///
  /// - Parameters:
  ///   - limit: how many jobs of the vendor may be unfinished, unless the settings say so.
  ///   - waits: whether a job over the limit waits for one before it to end, instead of being refused.
  /// - Throws: when the limit is reached and the job may not wait.
  func create(_ order: JobOrder, for call: Call, limit: Int?, waits: Bool) throws(Refusal) -> VendorJob {
    var job = job(order, for: call)
    let vendor = call.vendor
    let limit = settings.vendors[vendor]?.concurrency ?? limit
    let now = job.createdAt
    let isTaken = state.withLock { state in
      var open = state.open[vendor] ?? []
      open.removeAll { state.jobs[$0].stage(at: now).isTerminal }
      if let limit, open.count >= limit {
        state.open[vendor] = open
        guard waits else { return false }
        let end = open.map { state.jobs[$0].endsAt }.sorted()[open.count - limit]
        job.isThrottled = true
        job.endsAt =
          job.endsAt == .seconds(Int64.max)
          ? job.endsAt : max(end, job.startsAt) + (job.endsAt - job.startsAt)
        job.startsAt = max(end, job.startsAt)
      }
      open.append(state.jobs.count)
      state.open[vendor] = open
      state.places[vendor + "/" + job.id] = state.jobs.count
      state.jobs.append(job)
      return true
    }
    guard isTaken else {
      throw Refusal(.throttled(retryAfter: 1), "Too many tasks are in flight: at most \(limit ?? 0).")
    }
    return job
  }

  private func job(_ order: JobOrder, for call: Call) -> VendorJob {
    let own = settings.vendors[call.vendor]
    let now = call.now
    let fault = call.fault?.kind
    let isEarly = fault == .earlyWebhook
    let starts = now + (isEarly || order.isImmediate ? .zero : own?.queue ?? settings.queue)
    let ends = starts + (isEarly ? .zero : own?.run ?? settings.run)
    let ending: VendorJob.Ending =
      switch fault {
      case .fails: .failed
      case .moderated: .moderated
      case .emptyOutput: .empty
      default: .succeeded
      }
    var job = VendorJob(
      id: order.id, vendor: call.vendor, model: order.model, prompt: order.prompt, reference: call.reference,
      call: call.number, products: order.products, microUSD: order.microUSD, echo: order.echo,
      webhook: order.webhook, createdAt: now, startsAt: starts,
      endsAt: fault == .stuck ? .seconds(Int64.max) : ends, createdUnix: call.desk.clock.unix(now),
      ending: ending, fault: fault)
    job.deadline = order.deadline.map { now + $0 }
    return job
  }

  func find(_ id: String, of vendor: String) -> VendorJob? {
    state.withLock { state in state.places[vendor + "/" + id].map { state.jobs[$0] } }
  }

  /// Changes a job in place; nil when there is none.
  func change(_ id: String, of vendor: String, _ change: (inout VendorJob) -> Void) -> VendorJob? {
    state.withLock { state in
      guard let place = state.places[vendor + "/" + id] else { return nil }
      change(&state.jobs[place])
      return state.jobs[place]
    }
  }

  /// Stops a job unless it has ended.
  func cancel(_ id: String, of vendor: String, at now: Duration) -> VendorJob? {
    change(id, of: vendor) { job in
      if !job.stage(at: now).isTerminal { job.canceledAt = now }
    }
  }

  /// The fault that waits for the next such call about a job.
  func order(_ id: String, of vendor: String, _ operation: CallKind) -> Fault? {
    state.withLock { state in
      guard let place = state.places[vendor + "/" + id],
        let waiting = state.jobs[place].orders.firstIndex(where: { $0.operation == operation && $0.times > 0 }
        )
      else { return nil }
      state.jobs[place].orders[waiting].times -= 1
      return state.jobs[place].orders[waiting].fault
    }
  }

  /// In the order of their creation.
  func all(of vendor: String? = nil) -> [VendorJob] {
    state.withLock { state in state.jobs.filter { vendor == nil || $0.vendor == vendor } }
  }

  /// A page of them, and how many there are in all.
  func page(after: Int, limit: Int) -> (jobs: [VendorJob], total: Int) {
    state.withLock { state in (Array(state.jobs.dropFirst(after).prefix(limit)), state.jobs.count) }
  }

  /// Forgets every job; calls about them find nothing any more.
  func removeAll() {
    state.withLock { state in
      state.jobs = []
      state.places = [:]
      state.open = [:]
    }
  }
}
