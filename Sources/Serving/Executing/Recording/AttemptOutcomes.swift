import Jobs
import Routing

/// What ends of attempts say to the learning, as reports of an executor about the job's decision.
enum AttemptOutcomes {
  /// The reports of one transition, in the order in which they are to be stored.
  ///
  /// Of several reports about one decision the latest says who executed, and so who gets the rewards. Hence one that
  /// comes after a job's success, about an attempt that did not win (a late delivery, say), is not made; and of those
  /// stored together the winner's comes last.
  ///
  /// - Parameter job: after the transition.
  static func submissions(of job: Job, _ records: [JobRecord], at now: Instant) -> [Submission] {
    var submissions: [(isWinner: Bool, submission: Submission)] = []
    for case .attemptEnded(let report) in records {
      let isWinner = job.winner == report.attempt
      if job.winner != nil, !isWinner, job.state.isTerminal, !hasJustFinished(records) { continue }
      // Nothing is known yet of one that was given up because of us.
      guard let state = state(of: report) else { continue }
      submissions.append((isWinner, submission(report, state, at: now)))
    }
    return submissions.filter { !$0.isWinner }.map(\.submission)
      + submissions.filter(\.isWinner).map(\.submission)
  }

  private static func hasJustFinished(_ records: [JobRecord]) -> Bool {
    records.contains { if case .finished = $0 { true } else { false } }
  }

  /// The same id for the same candidate of the same decision as a report from outside has: later ones correct
  /// earlier ones.
  private static func submission(
    _ report: AttemptReport, _ state: Outcome.State, at now: Instant
  ) -> Submission {
    let isDelivered = report.state == .succeeded
    return Submission(
      id: "outcome:\(report.decision):\(report.candidate)", decision: report.decision,
      content: .outcome(
        Outcome(
          candidate: report.candidate, state: state, latency: report.latency,
          cost: report.statedCost ?? (isDelivered ? report.estimatedCost : nil))),
      at: now, received: now)
  }

  private static func state(of report: AttemptReport) -> Outcome.State? {
    switch report.state {
    case .succeeded: return .succeeded
    case .failed, .lost:
      guard let failure = report.failure else { return .failed }
      switch failure.failureClass {
      case .badOutput: return .badOutput
      case .moderated: return .refused
      case .local, .callerError, .authCredit, .keyGone: return .unmeasured
      case .rateConcurrency, .transient, .retired, .ambiguous, .unknown: return .failed
      }
    case .canceled: return .unmeasured
    case .surplus, .submitting, .submitUnknown, .running, .collecting: return nil
    }
  }
}
