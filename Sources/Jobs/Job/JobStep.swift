import Routing

/// One event at work on a copy of a job: the changed job, what is to be stored with it and what is to be done.
///
/// The handlers return nil when the job has changed and a reason when it has not; one that returns a reason has
/// touched nothing.
struct JobStep {
  var job: Job
  let now: Instant
  let random: Double
  let rules: JobRules
  var records: [JobRecord] = []
  var actions: [JobAction] = []

  init(job: Job, now: Instant, random: Double, rules: JobRules) {
    self.job = job
    self.now = now
    self.random = random
    self.rules = rules
  }

  mutating func run(_ event: JobEvent) -> Ignored? {
    let timer = job.wake
    var ignored: Ignored?
    if !job.state.isTerminal, now >= job.deadline, !event.mayBringAnEnd {
      expire()
    } else {
      ignored = handle(event)
      if !job.state.isTerminal, now >= job.deadline {
        expire()
        ignored = nil
      }
    }
    if ignored == nil, let wake = job.wake, wake != timer || event == .recovered {
      actions.append(.wake(at: wake))
    }
    return ignored
  }

  private mutating func handle(_ event: JobEvent) -> Ignored? {
    switch event {
    case .started: return start()
    case .blocked(let reason, let until): return block(reason, until: until)
    case .noCandidateLeft(let reason, let until): return blockAll(reason, until: until)
    case .cancelAsked: return askForCancellation()
    case .due: return timerFired()
    case .deadlineReached: return job.state.isTerminal ? .alreadyEnded : .tooEarly
    case .recovered: return recover()
    case .accepted(let attempt, _, _), .rejected(let attempt, _), .submitLost(let attempt, _),
      .reconciled(let attempt, _), .seen(let attempt, _, _), .hinted(let attempt),
      .pollFailed(let attempt, _),
      .copied(let attempt, _), .copyFailed(let attempt, _), .cancelAnswered(let attempt, _):
      guard job.attempts.indices.contains(attempt) else { return .unknownAttempt }
    }
    switch event {
    case .accepted(let attempt, let vendor, let cost): return accept(attempt, vendor, cost: cost)
    case .rejected(let attempt, let failure): return reject(attempt, failure)
    case .submitLost(let attempt, let failure): return loseSubmission(attempt, failure)
    case .reconciled(let attempt, let finding): return reconcile(attempt, finding)
    case .seen(let attempt, let report, _): return see(attempt, report)
    case .hinted(let attempt): return hint(attempt)
    case .pollFailed(let attempt, let failure): return failPoll(attempt, failure)
    case .copied(let attempt, let result): return finishCopy(attempt, result)
    case .copyFailed(let attempt, let failure): return failCopy(attempt, failure)
    case .cancelAnswered(let attempt, let answer): return hearCancelAnswer(attempt, answer)
    default: return .notNow
    }
  }

  // MARK: What the handlers share

  func contract(_ attempt: Int) -> VendorContract { job.plan[job.attempts[attempt].candidate].contract }

  /// The reason for which an event about an attempt that is settled changes nothing.
  var settled: Ignored { job.state.isTerminal ? .alreadyEnded : .duplicate }

  /// The reason for which an event that makes no sense here changes nothing.
  var pointless: Ignored { job.state.isTerminal ? .alreadyEnded : .notNow }

  /// Sets the timer, at the latest at the deadline.
  mutating func wake(at instant: Instant) { job.wake = min(instant, job.deadline) }

  /// Tells the circuit, the statistics and the learning how an attempt has ended.
  mutating func report(_ attempt: Int) {
    records.append(.attemptEnded(AttemptReport(job, attempt)))
    job.attempts[attempt].isReported = true
  }

  /// Stops waiting for an attempt whose end is not known, and asks the vendor to stop too where that is possible.
  mutating func abandon(_ attempt: Int, _ failure: VendorFailure) {
    job.attempts[attempt].failure = job.attempts[attempt].failure ?? failure
    job.attempts[attempt].state = .lost
    job.attempts[attempt].ended = now
    report(attempt)
    cancelAtVendor(attempt)
  }

  /// Whether the vendor could be asked. Asked once; a second asking is a matter of ``recover()``.
  @discardableResult
  mutating func cancelAtVendor(_ attempt: Int) -> Bool {
    guard contract(attempt).cancels, job.attempts[attempt].vendor != nil else { return false }
    if job.attempts[attempt].cancelAsked == nil {
      job.attempts[attempt].cancelAsked = now
      actions.append(.cancel(attempt: attempt))
    }
    return true
  }

  // MARK: Endings

  mutating func finish(_ state: JobState, _ failure: VendorFailure? = nil) {
    if let active = job.active {
      abandon(
        active,
        failure
          ?? VendorFailure(.local, cause: .found, message: "the job was canceled before this attempt ended"))
    }
    job.state = state
    job.failure = failure
    job.ended = now
    job.wake = nil
    job.turn = nil
    records.append(.finished(JobOutcome(job)))
  }

  /// The deadline has passed. What has been delivered and paid for is kept, if need be at the vendor's address.
  mutating func expire() {
    actions.removeAll { if case .cancel = $0 { false } else { true } }
    if let active = job.active, job.attempts[active].state == .collecting {
      settleSuccess(active)
      return
    }
    finish(
      .expired,
      VendorFailure(
        .local, cause: .timedOut,
        message: "the deadline of \(job.deadline) passed; allow the job more time"))
  }
}

extension JobEvent {
  /// Whether the event may end the job by itself, and is therefore heard even after the deadline: work that was
  /// delivered is paid for.
  fileprivate var mayBringAnEnd: Bool {
    switch self {
    case .accepted, .rejected, .submitLost, .reconciled, .seen, .copied, .cancelAnswered: true
    case .started, .blocked, .noCandidateLeft, .hinted, .pollFailed, .copyFailed, .cancelAsked, .due,
      .deadlineReached, .recovered:
      false
    }
  }
}
