import Routing

/// Polling a vendor, and fetching what it has made.
extension JobStep {
  mutating func schedulePoll(_ attempt: Int) {
    let contract = contract(attempt)
    var next = job.deadline
    if let poll = contract.poll {
      next = min(next, now + poll.interval(after: job.attempts[attempt].polls, random: random))
    }
    if let limit = contract.attemptLimit {
      let end = job.attempts[attempt].started + limit
      if end > now { next = min(next, end) }
    }
    if let asked = job.attempts[attempt].cancelAsked {
      next = min(next, max(now, asked + rules.cancelWindow))
    }
    wake(at: next)
  }

  mutating func poll(_ attempt: Int) {
    job.attempts[attempt].polls += 1
    job.attempts[attempt].polled = now
    actions.append(.poll(attempt: attempt))
  }

  /// An unsigned word that something has happened: ask, but not more often than the vendor's floor allows.
  mutating func hint(_ attempt: Int) -> Ignored? {
    let state = job.attempts[attempt].state
    guard state == .running || state == .lost else {
      return state.isSettled ? settled : state == .collecting ? .duplicate : pointless
    }
    guard let schedule = contract(attempt).poll, job.attempts[attempt].vendor != nil else { return pointless }
    if let last = job.attempts[attempt].polled, now < last + schedule.floor {
      guard state == .running, let wake = job.wake, wake > last + schedule.floor else { return .tooEarly }
      self.wake(at: last + schedule.floor)
      return nil
    }
    poll(attempt)
    if state == .running { schedulePoll(attempt) }
    return nil
  }

  mutating func failPoll(_ attempt: Int, _ failure: VendorFailure) -> Ignored? {
    guard job.attempts[attempt].state == .running else {
      switch job.attempts[attempt].state {
      case .submitting, .submitUnknown: return .notNow
      case .collecting: return .outOfOrder
      default: return settled
      }
    }
    if failure.httpStatus == 404 || failure.httpStatus == 410 {
      job.attempts[attempt].missing += 1
      if job.attempts[attempt].missing >= rules.missingTries {
        let failure = VendorFailure(
          .transient, cause: .answered, httpStatus: failure.httpStatus,
          message: "the vendor no longer knows the job: \(failure.message)")
        abandon(attempt, failure)
        if job.cancelAsked != nil { finish(.canceled) } else { advance(after: failure) }
        return nil
      }
    }
    schedulePoll(attempt)
    if let retryAfter = failure.retryAfter {
      let asked = now + Backoff.bounded(retryAfter)
      wake(at: max(job.wake ?? asked, asked))
    }
    return nil
  }

  // MARK: Copying

  mutating func copy(_ attempt: Int, _ result: JobResult) {
    job.attempts[attempt].copies += 1
    actions.append(.copy(attempt: attempt, result))
    wake(at: now + rules.copyLimit)
  }

  mutating func finishCopy(_ attempt: Int, _ result: JobResult) -> Ignored? {
    guard job.attempts[attempt].state == .collecting else {
      return job.attempts[attempt].state.isSettled ? settled : pointless
    }
    guard !result.isEmpty else {
      return failCopy(attempt, VendorFailure(.badOutput, cause: .found, message: "what was copied is empty"))
    }
    job.result = result
    settleSuccess(attempt)
    return nil
  }

  /// Artefacts that turn out to be unusable are the vendor's bad output; a store of ours that refuses them is not, and
  /// after some tries the vendor's own addresses must do.
  mutating func failCopy(_ attempt: Int, _ failure: VendorFailure) -> Ignored? {
    guard job.attempts[attempt].state == .collecting else {
      return job.attempts[attempt].state.isSettled ? settled : pointless
    }
    if failure.failureClass == .badOutput {
      job.result = nil
      job.winner = nil
      fail(attempt, failure)
    } else if job.attempts[attempt].copies >= rules.copyTries {
      settleSuccess(attempt)
    } else {
      wake(
        at: now
          + rules.backoff.delay(
            attempt: job.attempts[attempt].copies - 1, random: random, retryAfter: failure.retryAfter))
    }
    return nil
  }
}
