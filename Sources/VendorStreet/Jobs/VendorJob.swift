import Wire

/// One piece of paid work at a vendor. Its state is not kept but follows from the time, so nothing has to run
/// for a job to go on.
struct VendorJob: Sendable {
  /// How it will end when its time has come.
  enum Ending: Sendable, Hashable {
    case succeeded, failed, moderated, empty
  }

  /// Where it stands.
  enum Stage: Sendable, Hashable {
    case queued
    /// With the share done, from 0 to 1.
    case running(Double)
    case ended(Ending)
    case canceled(started: Bool)
    /// The deadline that the caller gave was hit before it started.
    case expired

    var isTerminal: Bool {
      switch self {
      case .queued, .running: false
      default: true
      }
    }

    var name: String {
      switch self {
      case .queued: "queued"
      case .running: "running"
      case .ended(.succeeded): "succeeded"
      case .ended(.empty): "succeeded_empty"
      case .ended(.failed): "failed"
      case .ended(.moderated): "moderated"
      case .canceled: "canceled"
      case .expired: "expired"
      }
    }
  }

  let id: String
  let vendor: String
  let model: String
  let prompt: String
  let reference: String?
  /// The number of the call that made it.
  let call: Int
  let products: [Product]
  let microUSD: Int
  /// What the vendor repeats in its answers.
  let echo: JSONValue
  let webhook: String?
  /// Times since the street opened.
  let createdAt: Duration
  var startsAt: Duration
  var endsAt: Duration
  /// When it was created, in seconds since 1970.
  let createdUnix: Double
  let ending: Ending
  /// The fault that it was submitted with.
  let fault: FaultKind?
  /// Whether it waits for another of the caller's jobs to end.
  var isThrottled = false
  var deadline: Duration?
  var canceledAt: Duration?
  /// Faults that wait for calls about the job.
  var orders: [FaultOrder] = []

  func stage(at now: Duration) -> Stage {
    if let deadline, deadline < startsAt, now >= deadline, canceledAt.map({ $0 > deadline }) ?? true {
      return .expired
    }
    if let stop = canceledAt ?? deadline, stop < endsAt, now >= stop {
      return .canceled(started: stop >= startsAt)
    }
    if now < startsAt { return .queued }
    if now >= endsAt { return .ended(ending) }
    // A stuck job has no end to measure by.
    return .running(endsAt == .seconds(Int64.max) ? 0.5 : (now - startsAt) / (endsAt - startsAt))
  }

  /// When it came to an end; nil while it has not.
  func endedAt(_ now: Duration) -> Duration? {
    switch stage(at: now) {
    case .queued, .running: nil
    case .ended: endsAt
    case .canceled: canceledAt ?? deadline
    case .expired: deadline
    }
  }

  /// Whether the vendor bills it: it started.
  func isCharged(at now: Duration) -> Bool {
    switch stage(at: now) {
    case .queued, .expired, .canceled(started: false): false
    default: true
    }
  }

  /// The next time at which its stage changes by itself; nil when it will not.
  func nextChange(after now: Duration) -> Duration? {
    switch stage(at: now) {
    case .queued: min(startsAt, deadline ?? startsAt)
    case .running: endsAt == .seconds(Int64.max) ? deadline : min(endsAt, deadline ?? endsAt)
    default: nil
    }
  }

  /// Seconds since 1970 of a time of the street.
  func unix(_ time: Duration) -> Double { createdUnix + (time - createdAt) / .seconds(1) }
}
