import Routing

/// What is wrong with a job.
public struct JobFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension Job {
  /// Holds the job against what must be true of every job at every time.
  ///
  /// - Throws: the first thing that is not.
  public func check() throws(JobFault) {
    try checkTimes()
    try checkState()
    for index in attempts.indices { try check(attempts[index], index) }
    try checkSpending()
  }

  private func checkTimes() throws(JobFault) {
    try hold(deadline > created, "the deadline is not after the creation")
    try hold(state.isTerminal == (ended != nil), "a job that is over, and only that, has an end")
    if let wake {
      try hold(!state.isTerminal, "a job that is over has a timer")
      try hold(wake <= deadline, "the timer is set beyond the deadline")
    } else {
      try hold(state.isTerminal, "a job that is not over has no timer")
    }
  }

  private func checkState() throws(JobFault) {
    try hold(attempts.count { $0.state.isActive } <= 1, "two attempts are active")
    try hold((state == .queued) == (turn != nil), "a queued job, and only that, has a turn")
    if let turn { try hold(plan.indices.contains(turn.candidate), "the turn is nobody's") }
    let active = active.map { attempts[$0].state }
    switch state {
    case .queued: try hold(active == nil, "a queued job has an active attempt")
    case .submitting: try hold(active == .submitting, "nothing is being submitted")
    case .submitUnknown: try hold(active == .submitUnknown, "no submission is of unknown fate")
    case .running: try hold(active == .running || active == .collecting, "nothing is running")
    case .succeeded, .failed, .canceled, .expired:
      try hold(active == nil, "a job that is over has an active attempt")
    }
    let delivers = state == .succeeded || active == .collecting
    try hold(delivers == (result != nil), "a result belongs to a job that has delivered, and only to that")
    try hold(
      delivers == (winner != nil || cacheOrigin != nil),
      "a result needs the attempt or the job that it is from")
    if cacheOrigin != nil {
      try hold(
        state == .succeeded && attempts.isEmpty && winner == nil, "a cached job is over, without an attempt")
    }
    if let result { try hold(!result.isEmpty, "the result is empty") }
    if let winner {
      try hold(attempts.indices.contains(winner), "the result is from no attempt")
      let expected: AttemptState = state == .succeeded ? .succeeded : .collecting
      try hold(attempts[winner].state == expected, "the result is from attempt \(winner), which has none")
    }
    try hold(
      (state == .failed || state == .expired) == (failure != nil),
      "a job that has failed or expired, and only that, says why")
    try hold(state != .canceled || cancelAsked != nil, "canceled, and nobody asked")
    for block in blocks { try hold(plan.indices.contains(block.candidate), "a block is of nobody") }
  }

  private func check(_ attempt: Attempt, _ index: Int) throws(JobFault) {
    try hold(plan.indices.contains(attempt.candidate), "attempt \(index) is at no candidate of the plan")
    try hold(
      attempt.state.isActive == (attempt.ended == nil) || attempt.state == .collecting,
      "attempt \(index): \(attempt.state.rawValue) does not fit its end")
    if let ended = attempt.ended {
      try hold(ended >= attempt.started, "attempt \(index) ended before it began")
    }
    if attempt.state == .running {
      try hold(!(attempt.vendor?.id ?? "").isEmpty, "attempt \(index) runs without the vendor's id")
    }
    if attempt.state == .failed || attempt.state == .lost {
      try hold(attempt.failure != nil, "attempt \(index) has ended badly and does not say why")
    }
    let hasEnded = !attempt.state.isActive
    try hold(!hasEnded || attempt.isReported, "the end of attempt \(index) was not reported")
    try hold(
      (attempt.state == .succeeded) == (winner == index && state == .succeeded),
      "attempt \(index) has succeeded and the job has not, or the other way round")
  }

  private func checkSpending() throws(JobFault) {
    for index in attempts.indices.dropLast() where attempts[index].mayBePaid {
      try hold(
        attempts[index].possibleDoubleSpend,
        "the job was submitted again though attempt \(index) may have to be paid, and that is not flagged")
    }
    for attempt in attempts { try hold(attempt.cost >= .zero, "a cost is negative") }
    for candidate in plan.indices {
      let mine = attempts.filter { $0.candidate == candidate }
      try hold(
        mine.dropLast().allSatisfy { $0.state == .failed },
        "\(plan[candidate].candidate) was asked again although an earlier attempt may be with it")
    }
  }

  private func hold(_ condition: Bool, _ message: @autoclosure () -> String) throws(JobFault) {
    guard condition else { throw JobFault("job \(id) (\(state.rawValue)): \(message())") }
  }
}
