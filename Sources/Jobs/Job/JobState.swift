/// Where a job stands. The last four are terminal, and a job that has reached one never leaves it.
public enum JobState: String, CaseIterable, Hashable, Sendable {
  /// Waits for its turn at the next candidate.
  case queued
  /// Is being submitted, or was when the router stopped: stored before the call is made.
  case submitting
  /// Was submitted, and whether it arrived is not known.
  case submitUnknown = "submit_unknown"
  /// Accepted: the vendor's id is stored.
  case running
  case succeeded
  case failed
  case canceled
  /// The deadline passed first.
  case expired

  public var isTerminal: Bool {
    switch self {
    case .queued, .submitting, .submitUnknown, .running: false
    case .succeeded, .failed, .canceled, .expired: true
    }
  }
}

/// Where one attempt of a job stands.
public enum AttemptState: String, CaseIterable, Hashable, Sendable {
  case submitting
  case submitUnknown = "submit_unknown"
  case running
  /// The vendor has delivered; its artefacts are being copied.
  case collecting
  case succeeded
  case failed
  case canceled
  /// We stopped waiting and do not know its end. The vendor may still be at it, and may charge for it.
  case lost
  /// Was lost, and did succeed in the end when nobody needed it any more: paid for nothing.
  case surplus

  /// Whether the job depends on it now.
  public var isActive: Bool {
    switch self {
    case .submitting, .submitUnknown, .running, .collecting: true
    case .succeeded, .failed, .canceled, .lost, .surplus: false
    }
  }

  /// Whether its end is known.
  public var isSettled: Bool { !isActive && self != .lost }
}

/// How urgent a job is: see ``JobQueue``.
public enum JobPriority: String, CaseIterable, Hashable, Sendable {
  case low, normal, high
}
