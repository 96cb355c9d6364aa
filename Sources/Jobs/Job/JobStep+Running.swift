import Routing

/// What is seen of a job at its vendor. The first terminal sighting of an attempt wins; every later one is no news.
extension JobStep {
  mutating func see(_ attempt: Int, _ report: VendorReport) -> Ignored? {
    let known = job.attempts[attempt].vendor
    if let known, let told = report.vendor, known.id != told.id { return .foreign }
    switch job.attempts[attempt].state {
    case .submitting, .submitUnknown, .running: break
    case .collecting: return report.status.isTerminal ? .duplicate : .outOfOrder
    case .lost: return seeLate(attempt, report)
    case .succeeded, .failed, .canceled, .surplus: return settled
    }
    let told = report.vendor.flatMap { $0.id.isEmpty ? nil : $0 }
    guard report.status.isTerminal else { return seeProgress(attempt, report, told) }
    setCost(attempt, report.cost)
    if known == nil, let told { job.attempts[attempt].vendor = told }
    switch report.status.ending {
    case .delivered(let result): succeed(attempt, result)
    case .canceled where job.cancelAsked != nil:
      job.attempts[attempt].state = .canceled
      job.attempts[attempt].ended = now
      self.report(attempt)
      finish(.canceled)
    case .canceled: fail(attempt, VendorReport.strayCancellation)
    case .failed(let failure): fail(attempt, failure)
    case nil: return .notNow
    }
    return nil
  }

  private mutating func seeProgress(_ attempt: Int, _ report: VendorReport, _ told: VendorJob?) -> Ignored? {
    var changed = false
    if job.attempts[attempt].state != .running {
      // Without the vendor's name for it, nobody can be asked how it goes on.
      guard let vendor = job.attempts[attempt].vendor ?? told else { return .notNow }
      adopt(attempt, vendor)
      changed = true
    }
    if case .running(let progress?) = report.status, progress.isFinite {
      let before = job.attempts[attempt].progress ?? -1
      let progress = min(max(progress, 0), 1)
      if progress < before, !changed { return .outOfOrder }
      if progress > before {
        job.attempts[attempt].progress = progress
        changed = true
      }
    }
    if job.attempts[attempt].missing > 0 {
      job.attempts[attempt].missing = 0
      changed = true
    }
    let cost = job.attempts[attempt].statedCost
    setCost(attempt, report.cost)
    if job.attempts[attempt].statedCost != cost { changed = true }
    return changed ? nil : .duplicate
  }

  /// A word about an attempt that was given up.
  private mutating func seeLate(_ attempt: Int, _ report: VendorReport) -> Ignored? {
    let told = report.vendor.flatMap { $0.id.isEmpty ? nil : $0 }
    guard let ending = report.status.ending else {
      guard job.attempts[attempt].vendor == nil, let told else { return settled }
      setCost(attempt, report.cost)
      find(attempt, told)
      return nil
    }
    // That its end is unknown is known.
    if case .failed(let failure) = ending, failure.failureClass == .ambiguous { return settled }
    setCost(attempt, report.cost)
    if job.attempts[attempt].vendor == nil { job.attempts[attempt].vendor = told }
    switch ending {
    case .failed(let failure): settleLost(attempt, .failed, failure)
    case .canceled: settleLost(attempt, .canceled, job.attempts[attempt].failure)
    case .delivered(let result):
      let isNeeded = !job.state.isTerminal && job.result == nil
      guard isNeeded else {
        settleLost(attempt, .surplus, nil)
        break
      }
      if let active = job.active {
        abandon(active, VendorFailure(.local, cause: .found, message: "an earlier attempt delivered first"))
      }
      job.turn = nil
      succeed(attempt, result)
    }
    return nil
  }

  /// The end of an attempt that the job no longer waits for. If it has failed for a reason that forbids going on, and
  /// nobody has been asked in its place yet, nobody is.
  mutating func settleLost(_ attempt: Int, _ state: AttemptState, _ failure: VendorFailure?) {
    job.attempts[attempt].state = state
    job.attempts[attempt].failure = failure
    report(attempt)
    if state == .failed, job.state == .queued, attempt == job.attempts.count - 1, let failure,
      failure.failureClass != .local, !mayGoOn(after: failure)
    {
      finish(.failed, failure)
    }
  }

  private func mayGoOn(after failure: VendorFailure) -> Bool {
    switch failure.treatment.failover {
    case .always: true
    case .ifAllowed: job.fallbackOnModeration
    case .never: false
    }
  }

  mutating func succeed(_ attempt: Int, _ result: JobResult) {
    job.attempts[attempt].ended = now
    job.attempts[attempt].failure = nil
    job.attempts[attempt].unknownSince = nil
    job.result = result
    job.winner = attempt
    job.state = .running
    if job.copiesArtefacts, result.artefacts.contains(where: { !$0.isCopied }) {
      job.attempts[attempt].state = .collecting
      copy(attempt, result)
    } else {
      settleSuccess(attempt)
    }
  }

  mutating func settleSuccess(_ attempt: Int) {
    job.attempts[attempt].state = .succeeded
    report(attempt)
    finish(.succeeded)
  }

  /// An attempt that the job depends on has failed: what its class says about going on is done.
  mutating func fail(_ attempt: Int, _ failure: VendorFailure) {
    // Without its caller's key a vendor that is at work cannot be asked: what becomes of it is not known.
    let isUnasked = failure.failureClass == .keyGone && job.attempts[attempt].vendor != nil
    if failure.failureClass == .ambiguous || isUnasked {
      abandon(attempt, failure)
      if job.cancelAsked != nil { finish(.canceled) } else { advance(after: failure) }
      return
    }
    job.attempts[attempt].state = .failed
    job.attempts[attempt].failure = failure
    job.attempts[attempt].ended = now
    job.attempts[attempt].unknownSince = nil
    report(attempt)
    if job.cancelAsked != nil {
      finish(.canceled)
      return
    }
    if mayGoOn(after: failure) { advance(after: failure) } else { finish(.failed, failure) }
  }
}

extension VendorReport {
  /// A vendor that cancels what nobody asked it to cancel has not done the work.
  static let strayCancellation = VendorFailure(
    .transient, cause: .answered, message: "the vendor canceled the job without being asked")
}

extension VendorStatus {
  enum Ending {
    case delivered(JobResult)
    case failed(VendorFailure)
    case canceled
  }

  /// How the attempt has ended, if it has. Delivering nothing is failing.
  var ending: Ending? {
    switch self {
    case .queued, .running, .unrecognised: nil
    case .succeeded(let result):
      result.isEmpty
        ? .failed(
          VendorFailure(.badOutput, cause: .found, message: "the vendor reports success and delivers nothing")
        )
        : .delivered(result)
    case .failed(let failure): .failed(failure)
    case .canceled: .canceled
    case .expired:
      .failed(
        VendorFailure(.transient, cause: .timedOut, message: "the vendor's own deadline for the job passed"))
    }
  }

  var isTerminal: Bool { ending != nil }
}
