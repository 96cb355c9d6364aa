import Routing

/// Cancelling, timers, and picking a job up again.
extension JobStep {
  mutating func askForCancellation() -> Ignored? {
    guard !job.state.isTerminal else { return .alreadyEnded }
    guard job.cancelAsked == nil else { return .duplicate }
    if let active = job.active, job.attempts[active].state == .collecting { return .tooLate }
    job.cancelAsked = now
    switch job.state {
    // A call under way cannot be taken back: its answer decides.
    case .submitting: break
    case .running: if let active = job.active { cancelRunning(active) }
    default: finish(.canceled)
    }
    return nil
  }

  /// Asks the vendor to stop; where it cannot, stops waiting for it.
  mutating func cancelRunning(_ attempt: Int) {
    if cancelAtVendor(attempt) {
      wake(at: min(job.wake ?? job.deadline, now + rules.cancelWindow))
    } else {
      finish(.canceled)
    }
  }

  mutating func hearCancelAnswer(_ attempt: Int, _ answer: CancelAnswer) -> Ignored? {
    switch job.attempts[attempt].state {
    case .submitting, .submitUnknown: return .notNow
    case .collecting: return .tooLate
    case .succeeded, .failed, .canceled, .surplus: return settled
    case .lost:
      guard answer == .canceled else { return settled }
      settleLost(attempt, .canceled, job.attempts[attempt].failure)
      return nil
    case .running:
      guard job.attempts[attempt].cancelAsked != nil, job.cancelAsked != nil else { return .notNow }
      switch answer {
      case .canceled:
        job.attempts[attempt].state = .canceled
        job.attempts[attempt].ended = now
        report(attempt)
        finish(.canceled)
      case .requested:
        schedulePoll(attempt)
      case .alreadyEnded where contract(attempt).poll != nil:
        poll(attempt)
        schedulePoll(attempt)
      case .alreadyEnded, .refused:
        finish(.canceled)
      }
      return nil
    }
  }

  mutating func timerFired() -> Ignored? {
    guard let wake = job.wake else { return .alreadyEnded }
    guard now >= wake else { return .tooEarly }
    guard let active = job.active else {
      if let turn = job.turn { actions.append(.enqueue(candidate: turn.candidate)) }
      self.wake(at: job.deadline)
      return nil
    }
    switch job.attempts[active].state {
    case .submitting:
      return loseSubmission(
        active,
        VendorFailure(.ambiguous, cause: .timedOut, message: "no word of the submission came in time"))
    case .submitUnknown: inquire(active)
    case .collecting:
      if job.attempts[active].copies < rules.copyTries, let result = job.result {
        copy(active, result)
      } else {
        settleSuccess(active)
      }
    default: watch(active)
    }
    return nil
  }

  /// The timer of a running attempt: its cancellation is overdue, its time is up, or it is to be polled.
  private mutating func watch(_ attempt: Int) {
    let contract = contract(attempt)
    if let asked = job.attempts[attempt].cancelAsked, now >= asked + rules.cancelWindow {
      finish(.canceled)
      return
    }
    if let limit = contract.attemptLimit, now >= job.attempts[attempt].started + limit,
      job.cancelAsked == nil,
      let turn = nextTurn(), turn.notBefore <= now
    {
      let failure = VendorFailure(
        .transient, cause: .timedOut, message: "not done within \(limit), which is this candidate's limit")
      abandon(attempt, failure)
      advance(after: failure)
      return
    }
    if contract.poll != nil { poll(attempt) }
    schedulePoll(attempt)
  }

  /// After a restart: every call that was under way is lost, and so is every action that was not yet begun.
  mutating func recover() -> Ignored? {
    guard !job.state.isTerminal else { return .alreadyEnded }
    // What stood in the way without an end stood there for the router that stopped; this one sees for itself.
    job.blocks.removeAll { $0.until == nil }
    actions += job.openCancellations
    guard let active = job.active else {
      if let turn = job.turn {
        if turn.notBefore <= now { actions.append(.enqueue(candidate: turn.candidate)) }
        wake(at: turn.notBefore <= now ? job.deadline : turn.notBefore)
      }
      return nil
    }
    switch job.attempts[active].state {
    case .submitting:
      return loseSubmission(
        active, VendorFailure(.local, cause: .found, message: "the router stopped while it was submitting"))
    case .submitUnknown: inquire(active)
    case .collecting:
      if let result = job.result { actions.append(.copy(attempt: active, result)) }
      wake(at: now + rules.copyLimit)
    default:
      if job.attempts[active].cancelAsked != nil { actions.append(.cancel(attempt: active)) }
      if contract(active).poll != nil { poll(active) }
      schedulePoll(active)
    }
    return nil
  }
}
