import Routing

/// Whose turn it is.
extension JobStep {
  mutating func start() -> Ignored? {
    guard job.state == .queued, let turn = job.turn else {
      return pointless
    }
    guard turn.notBefore <= now else { return .tooEarly }
    for attempt in job.attempts.indices where job.attempts[attempt].mayBePaid {
      job.attempts[attempt].possibleDoubleSpend = true
    }
    let planned = job.plan[turn.candidate]
    if let last = job.attempts.last, last.candidate != turn.candidate {
      records.append(
        .failedOver(
          Failover(
            from: job.plan[last.candidate].candidate, to: planned.candidate,
            reason: last.failure?.failureClass,
            possibleDoubleSpend: job.attempts.contains(where: \.mayBePaid))))
    }
    let limit = min(planned.contract.submitLimit, job.deadline - now)
    let attempt = job.attempts.count
    job.attempts.append(
      Attempt(candidate: turn.candidate, started: now, estimatedCost: planned.estimatedCost))
    job.turn = nil
    job.state = .submitting
    actions.append(
      .submit(attempt: attempt, candidate: turn.candidate, token: job.token(attempt), limit: limit))
    wake(at: now + limit + rules.submitGrace)
    return nil
  }

  mutating func block(_ reason: BlockReason, until: Instant?) -> Ignored? {
    guard job.state == .queued, let turn = job.turn else {
      return pointless
    }
    guard turn.notBefore <= now else { return .tooEarly }
    setBlock(turn.candidate, reason, until)
    // What a caller can mend is told before what happened earlier.
    let gone = VendorFailure(
      .keyGone, cause: .found,
      message: "the caller's own key for '\(job.plan[turn.candidate].provider)' was held in memory alone "
        + "and is gone since the router started anew; send the job again with its key")
    advance(after: reason == .keyGone ? gone : job.attempts.last?.failure)
    return nil
  }

  mutating func blockAll(_ reason: BlockReason, until: Instant?) -> Ignored? {
    guard job.state == .queued else { return pointless }
    for candidate in job.plan.indices { setBlock(candidate, reason, until) }
    advance(after: job.attempts.last?.failure)
    return nil
  }

  private mutating func setBlock(_ candidate: Int, _ reason: BlockReason, _ until: Instant?) {
    job.blocks.removeAll { $0.candidate == candidate }
    let end = until.map { max($0, now + rules.minimumBlock) }
    job.blocks.append(Block(candidate: candidate, reason: reason, until: end, at: now))
    job.blocks.sort { $0.candidate < $1.candidate }
  }

  /// Gives the turn to the next candidate, or fails when none is left.
  ///
  /// - Parameters:
  ///   - failure: why the job has to move on; nil when only obstacles stood in its way.
  ///   - preferred: goes first if it may be used now.
  mutating func advance(after failure: VendorFailure?, preferring preferred: Int? = nil) {
    guard now < job.deadline else {
      expire()
      return
    }
    guard let turn = nextTurn(preferring: preferred) else {
      finish(.failed, final(failure))
      return
    }
    job.state = .queued
    job.turn = turn
    if turn.notBefore <= now {
      actions.append(.enqueue(candidate: turn.candidate))
      wake(at: job.deadline)
    } else {
      wake(at: turn.notBefore)
    }
  }

  /// The first candidate of the plan that is fresh and free now; otherwise whoever may be asked soonest before the
  /// deadline, fresh or again.
  func nextTurn(preferring preferred: Int? = nil) -> Job.Turn? {
    guard job.attempts.count < min(rules.maximumAttempts, job.maximumAttempts ?? .max) else { return nil }
    if let preferred, let time = opening(of: preferred, isProvenAbsent: true), time <= now {
      return Job.Turn(candidate: preferred, notBefore: now)
    }
    var best: Job.Turn?
    for candidate in job.plan.indices {
      guard let time = opening(of: candidate), time < job.deadline else { continue }
      let isFresh = !job.attempts.contains { $0.candidate == candidate }
      if isFresh, time <= now { return Job.Turn(candidate: candidate, notBefore: now) }
      if best.map({ time < $0.notBefore }) ?? true { best = Job.Turn(candidate: candidate, notBefore: time) }
    }
    return best
  }

  /// When a candidate may be asked: now, if it never was; again, as its last failure allows; nil if not at all.
  private func opening(of candidate: Int, isProvenAbsent: Bool = false) -> Instant? {
    var time = now
    let mine = job.attempts.filter { $0.candidate == candidate }
    if let last = mine.last {
      // Nobody is asked again while he may still be at work for us.
      guard mine.allSatisfy(\.state.isSettled), last.state == .failed, let failure = last.failure,
        let ended = last.ended
      else { return nil }
      let alike = mine.count { $0.failure?.treatment.retry == failure.treatment.retry }
      switch failure.treatment.retry {
      case .never: return nil
      case .once:
        guard alike <= 1 else { return nil }
        if !isProvenAbsent {
          time = ended + rules.backoff.delay(attempt: 0, random: random, retryAfter: failure.retryAfter)
        }
      case .afterCooldown:
        guard alike <= rules.rateRetries else { return nil }
        time =
          ended + rules.cooldown.delay(attempt: alike - 1, random: random, retryAfter: failure.retryAfter)
      }
    }
    if let block = job.blocks.first(where: { $0.candidate == candidate }) {
      guard let until = block.until else { return nil }
      time = max(time, until)
    }
    return max(time, now)
  }

  /// The failure that a job ends with when nobody is left, with the soonest time at which somebody would be.
  private func final(_ failure: VendorFailure?) -> VendorFailure {
    let obstacle = job.blocks.max { ($0.at, $0.candidate) < ($1.at, $1.candidate) }
    var result =
      failure
      ?? VendorFailure(
        obstacle?.reason.failureClass ?? .unknown, cause: .found,
        message: "no candidate of the plan can be used: \(obstacle?.reason.rawValue ?? "all have been tried")"
      )
    let openings = job.blocks.compactMap(\.until).filter { $0 > now }
    if let soonest = openings.min() {
      result.retryAfter = min(result.retryAfter ?? soonest - now, soonest - now)
    }
    return result
  }
}
