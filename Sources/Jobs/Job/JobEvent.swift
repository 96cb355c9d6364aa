public import Routing

/// What can happen to a job. Attempts are named by their position in ``Job/attempts``.
public enum JobEvent: Hashable, Sendable {
  // Queued
  /// It has a slot: submit now.
  case started
  /// The candidate whose turn it is may not be used before `until`; nil is never for this job.
  case blocked(BlockReason, until: Instant?)
  /// No candidate of the plan may be used before `until`; nil is never.
  case noCandidateLeft(BlockReason, until: Instant?)

  // Submitting
  /// The vendor has it.
  case accepted(Int, VendorJob, cost: Money?)
  /// The vendor does not have it, for certain.
  case rejected(Int, VendorFailure)
  /// The vendor may have it.
  case submitLost(Int, VendorFailure)
  case reconciled(Int, Reconciliation)

  // Running
  /// Somebody who can be trusted says how it stands.
  case seen(Int, VendorReport, by: Sighting)
  /// Somebody who cannot be trusted says that something happened.
  case hinted(Int)
  /// A status call got no answer, or not one about the job.
  case pollFailed(Int, VendorFailure)
  case copied(Int, JobResult)
  case copyFailed(Int, VendorFailure)

  // Any time
  case cancelAsked
  case cancelAnswered(Int, CancelAnswer)
  /// The job's timer (``Job/wake``) has fired.
  case due
  case deadlineReached
  /// The router has just read the job from its store; calls that were under way are lost.
  case recovered
}

extension JobEvent {
  /// A submission that failed: ``rejected(_:_:)`` or ``submitLost(_:_:)``, as the failure itself tells.
  public static func submitFailed(_ attempt: Int, _ failure: VendorFailure) -> JobEvent {
    failure.leavesSubmissionUnknown ? .submitLost(attempt, failure) : .rejected(attempt, failure)
  }
}

/// How a vendor's job stands, normalised.
public struct VendorReport: Hashable, Sendable {
  public var status: VendorStatus
  /// How the vendor calls the job, where the report says so; must agree with what is stored.
  public var vendor: VendorJob?
  /// What it costs so far, where the vendor says so; negative is as if not said.
  public var cost: Money?

  public init(_ status: VendorStatus, vendor: VendorJob? = nil, cost: Money? = nil) {
    self.status = status
    self.vendor = vendor
    self.cost = cost
  }
}

public enum VendorStatus: Hashable, Sendable {
  case queued
  case running(progress: Double?)
  case succeeded(JobResult)
  /// Refusals by a content policy are failures of class `moderated`.
  case failed(VendorFailure)
  case canceled
  /// The vendor's own deadline passed.
  case expired
  /// A word never seen before: taken for a job that goes on, since only the vendor's final words may end one.
  case unrecognised(String)
}

/// Who saw a vendor's report.
public enum Sighting: String, CaseIterable, Hashable, Sendable {
  /// The answer to the submission itself, from a vendor that works while one waits.
  case answer
  case poll
  case webhook
}

/// The outcome of an inquiry after a submission of unknown fate.
public enum Reconciliation: Hashable, Sendable {
  case found(VendorJob)
  /// The vendor does not have it, for certain.
  case absent
  case unclear(VendorFailure)
}

public enum CancelAnswer: String, CaseIterable, Hashable, Sendable {
  case canceled
  /// The vendor will try.
  case requested
  /// It was over before; a status call tells how.
  case alreadyEnded = "already_ended"
  /// The vendor did not take the cancellation.
  case refused
}

/// Why a candidate may not be used now.
public enum BlockReason: String, CaseIterable, Hashable, Sendable {
  case circuitOpen = "circuit_open"
  case noHeadroom = "no_headroom"
  case down
  case noCredential = "no_credential"
  /// The caller's own key was held in memory, and is gone since the router started anew.
  case keyGone = "key_gone"
  /// What was bought from the provider beforehand is used up.
  case poolEmpty = "pool_empty"
  case retired

  /// The class of a job's failure for which this was the last obstacle.
  public var failureClass: FailureClass {
    switch self {
    case .circuitOpen, .down: .transient
    case .noHeadroom: .rateConcurrency
    case .noCredential, .poolEmpty: .authCredit
    case .keyGone: .keyGone
    case .retired: .retired
    }
  }
}

/// A candidate of the plan that could not be used.
public struct Block: Hashable, Sendable {
  /// The position in the job's plan.
  public var candidate: Int
  public var reason: BlockReason
  public var until: Instant?
  public var at: Instant
}
