import Routing

/// From the call that submits to the vendor's id, and what happens when the answer is lost on the way.
extension JobStep {
  mutating func accept(_ attempt: Int, _ vendor: VendorJob, cost: Money?) -> Ignored? {
    guard !vendor.id.isEmpty else {
      return loseSubmission(
        attempt,
        VendorFailure(.unknown, cause: .answered, message: "the vendor accepted the job without naming it"))
    }
    let known = job.attempts[attempt].vendor
    if let known, known.id != vendor.id { return .foreign }
    switch job.attempts[attempt].state {
    case .submitting, .submitUnknown:
      setCost(attempt, cost)
      adopt(attempt, vendor)
      return nil
    case .running:
      // A webhook has overtaken the answer, and only the answer has the addresses.
      guard let known, !known.hasURLs, vendor.hasURLs else { return .duplicate }
      setCost(attempt, cost)
      job.attempts[attempt].vendor = vendor
      return nil
    case .lost:
      guard known == nil else { return settled }
      setCost(attempt, cost)
      find(attempt, vendor)
      return nil
    case .collecting, .succeeded, .failed, .canceled, .surplus:
      return settled
    }
  }

  /// The vendor has the job, and this is how it calls it.
  mutating func adopt(_ attempt: Int, _ vendor: VendorJob) {
    job.attempts[attempt].vendor = vendor
    job.attempts[attempt].state = .running
    job.attempts[attempt].accepted = job.attempts[attempt].accepted ?? now
    job.attempts[attempt].ended = nil
    job.attempts[attempt].failure = nil
    job.attempts[attempt].unknownSince = nil
    job.state = .running
    job.turn = nil
    schedulePoll(attempt)
    if job.cancelAsked != nil { cancelRunning(attempt) }
  }

  /// An attempt that was given up turns out to be with the vendor. If nobody has been asked in its place, it is taken
  /// back and nothing is paid twice; otherwise the vendor is asked to stop.
  mutating func find(_ attempt: Int, _ vendor: VendorJob) {
    job.attempts[attempt].vendor = vendor
    job.attempts[attempt].accepted = now
    if job.state == .queued {
      adopt(attempt, vendor)
    } else {
      cancelAtVendor(attempt)
    }
  }

  mutating func setCost(_ attempt: Int, _ cost: Money?) {
    if let cost, cost >= .zero, cost <= Attempt.mostCost { job.attempts[attempt].statedCost = cost }
  }

  mutating func reject(_ attempt: Int, _ failure: VendorFailure) -> Ignored? {
    // A rejection that is not certain is none.
    if failure.failureClass == .ambiguous { return loseSubmission(attempt, failure) }
    switch job.attempts[attempt].state {
    case .submitting, .submitUnknown:
      fail(attempt, failure)
      return nil
    case .lost:
      guard job.attempts[attempt].vendor == nil else { return .outOfOrder }
      settleLost(attempt, .failed, failure)
      return nil
    case .running, .collecting: return .outOfOrder
    case .succeeded, .failed, .canceled, .surplus: return settled
    }
  }

  mutating func loseSubmission(_ attempt: Int, _ failure: VendorFailure) -> Ignored? {
    switch job.attempts[attempt].state {
    case .submitting:
      job.attempts[attempt].state = .submitUnknown
      job.attempts[attempt].unknownSince = now
      job.attempts[attempt].failure = failure.asAmbiguous()
      job.state = .submitUnknown
      if job.cancelAsked != nil { finish(.canceled) } else { inquire(attempt) }
      return nil
    case .submitUnknown: return .duplicate
    case .running, .collecting: return .outOfOrder
    case .lost, .succeeded, .failed, .canceled, .surplus: return settled
    }
  }

  /// The next step towards knowing whether a submission arrived. Never a second submission to the same vendor, unless
  /// the vendor itself promises to do the work once: ask (by token or list), then wait for a webhook that names the
  /// attempt, then go on to the next candidate.
  mutating func inquire(_ attempt: Int) {
    let contract = contract(attempt)
    if contract.honoursToken || contract.lists, job.attempts[attempt].reconciliations < rules.reconcileTries {
      job.attempts[attempt].reconciliations += 1
      actions.append(
        .reconcile(
          attempt: attempt, by: contract.honoursToken ? .token : .listing, token: job.token(attempt)))
      wake(at: now + contract.submitLimit + rules.submitGrace)
      return
    }
    if let window = contract.webhookWindow {
      // With nobody left to ask there is nothing to hurry for.
      let since = job.attempts[attempt].unknownSince ?? now
      let end = nextTurn() == nil ? job.deadline : since + window
      if now < end {
        wake(at: end)
        return
      }
    }
    let failure =
      job.attempts[attempt].failure
      ?? VendorFailure(.ambiguous, cause: .found, message: "whether the submission arrived is unknown")
    abandon(attempt, failure)
    advance(after: failure)
  }

  mutating func reconcile(_ attempt: Int, _ finding: Reconciliation) -> Ignored? {
    if case .found(let vendor) = finding, !vendor.id.isEmpty { return accept(attempt, vendor, cost: nil) }
    switch (job.attempts[attempt].state, finding) {
    case (.submitUnknown, .absent):
      let failure =
        job.attempts[attempt].failure
        ?? VendorFailure(.ambiguous, cause: .found, message: "the submission did not arrive")
      absent(attempt, failure)
      return nil
    case (.submitUnknown, .unclear(let failure)):
      let tries = job.attempts[attempt].reconciliations
      if tries < rules.reconcileTries {
        wake(
          at: now
            + rules.backoff.delay(attempt: tries - 1, random: random, retryAfter: failure.retryAfter))
      } else {
        inquire(attempt)
      }
      return nil
    case (.lost, .absent):
      guard job.attempts[attempt].vendor == nil else { return .outOfOrder }
      settleLost(attempt, .failed, job.attempts[attempt].failure.map(arrivedNowhere))
      return nil
    case (.submitUnknown, .found), (.submitting, _): return .notNow
    case (.running, _), (.collecting, _): return .outOfOrder
    default: return settled
    }
  }

  /// The vendor does not have it: as if the call had never been made, so the same candidate is asked again, once.
  private mutating func absent(_ attempt: Int, _ failure: VendorFailure) {
    let failure = arrivedNowhere(failure)
    job.attempts[attempt].state = .failed
    job.attempts[attempt].failure = failure
    job.attempts[attempt].ended = now
    job.attempts[attempt].unknownSince = nil
    report(attempt)
    advance(after: failure, preferring: job.attempts[attempt].candidate)
  }

  /// An ambiguous failure, once it is known that nothing arrived.
  private func arrivedNowhere(_ failure: VendorFailure) -> VendorFailure {
    var failure = failure
    if failure.failureClass == .ambiguous { failure.failureClass = .transient }
    return failure
  }
}
