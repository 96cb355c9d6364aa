public import Routing

/// What an event did to a job: the answer of ``Job/apply(_:at:random:rules:)``.
public struct JobTransition: Hashable, Sendable {
  public let from: JobState
  public let to: JobState
  /// Nil when the job has changed; otherwise why the event changed nothing.
  public let ignored: Ignored?
  /// What must be stored in the same transaction as the job.
  public let records: [JobRecord]
  /// What is to be done after that transaction. If the router stops in between, the event `recovered` gives again
  /// what still matters.
  public let actions: [JobAction]

  public var changed: Bool { ignored == nil }
}

/// Why an event changed nothing.
public enum Ignored: String, CaseIterable, Hashable, Sendable {
  /// The job is over; the first terminal observation has won.
  case alreadyEnded = "already ended"
  /// It has been said before.
  case duplicate
  /// Something later has been said before.
  case outOfOrder = "out of order"
  /// There is no such attempt.
  case unknownAttempt = "unknown attempt"
  /// It is about another job of the vendor.
  case foreign
  /// It makes no sense in this state.
  case notNow = "not now"
  case tooEarly = "too early"
  case tooLate = "too late"
}

/// What a shell must do for a job. Carrying one out twice must do no harm; only `submit` spends money, and no attempt
/// is ever given to `submit` twice.
public enum JobAction: Hashable, Sendable {
  /// Put it in the queue of its candidate's provider; the queue answers with `started` or `blocked`.
  case enqueue(candidate: Int)
  /// Make the one call that submits. `token` is the same for the same attempt, for vendors that honour one.
  case submit(attempt: Int, candidate: Int, token: String, limit: Span)
  /// Find out whether a submission arrived: by repeating it under its token, or by the vendor's list.
  case reconcile(attempt: Int, by: Inquiry, token: String)
  case poll(attempt: Int)
  case cancel(attempt: Int)
  case copy(attempt: Int, JobResult)
  /// Give the event `due` at that time. Replaces the timer set before.
  case wake(at: Instant)
}

public enum Inquiry: String, CaseIterable, Hashable, Sendable { case token, listing }

/// What is stored with a change of a job.
public enum JobRecord: Hashable, Sendable {
  case attemptEnded(AttemptReport)
  case failedOver(Failover)
  case finished(JobOutcome)
}

/// A job went to another candidate than before.
public struct Failover: Hashable, Sendable {
  public var from: String
  public var to: String
  /// Nil when the candidate before was canceled or has not failed by itself.
  public var reason: FailureClass?
  /// An attempt before may still be alive, or have to be paid though it was unusable: the work may be paid twice.
  public var possibleDoubleSpend: Bool
}
