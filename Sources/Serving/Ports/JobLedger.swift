public import Jobs
public import Routing

/// Jobs in the ledger: their present state, what happened to them, and what they were given to work on.
///
/// Written through ``LedgerBatch``, so that a job, the decision behind it and what its end says about a candidate are
/// durable together or not at all. Only the router that has the ledger open writes jobs, each on condition that the
/// stored revision is the one that it read.
public protocol JobLedger: Sendable {
  func job(_ id: Identifier) throws -> Job?

  /// Every job that is not over, by id.
  func unfinishedJobs(_ body: (Job) throws -> Void) throws

  /// The latest jobs first, by id.
  ///
  /// - Parameters:
  ///   - states: nil for all.
  ///   - tenant: whose; nil for everybody's.
  ///   - before: only jobs with lower ids; nil for the first page.
  func jobs(states: Set<JobState>?, tenant: String?, before: Identifier?, limit: Int) throws -> [Job]

  /// The jobs that were made from a decision, by id.
  func jobs(of decision: Identifier) throws -> [Job]

  /// The attempt that a vendor calls by a name: the first that was stored with it, should a vendor use one twice.
  func attempt(atVendor id: String, of provider: String) throws -> (job: Identifier, attempt: Int)?

  /// What was stored under a key; nil when there is nothing.
  func jobInput(_ reference: String) throws -> [UInt8]?

  /// What happened to a job, by number; those after `number`, `limit` at most.
  func jobEvents(of id: Identifier, after number: Int, limit: Int) throws -> [JobLogEntry]

  /// Checks of providers' health, newest first.
  func healthChecks(of provider: String, limit: Int) throws -> [ProviderHealth.Entry]

  /// Drops the jobs that ended before an instant with all that belongs to them: what happened, vendors' names, and
  /// input that no other job was given. What was decided and judged stays.
  ///
  /// - Returns: how many there were.
  func dropJobs(endedBefore: Instant) throws -> Int

  /// Drops checks of health made before an instant.
  func dropHealthChecks(before: Instant) throws
}

extension JobLedger {
  /// Everybody's.
  public func jobs(states: Set<JobState>?, before: Identifier?, limit: Int) throws -> [Job] {
    try jobs(states: states, tenant: nil, before: before, limit: limit)
  }
}

/// A job as it is after an event, with what is stored in the same transaction.
public struct JobChange: Hashable, Sendable {
  public var job: Job
  /// The revision that must be stored at present; nil for a job that is not there yet.
  public var before: Int?
  /// Numbered on from the last one stored, or the change is refused.
  public var entries: [JobLogEntry]
  /// Of a new job: the bytes that its ``JobInput/reference`` names. Stored once, whoever else refers to them.
  public var input: [UInt8]?

  public init(_ job: Job, before: Int?, entries: [JobLogEntry], input: [UInt8]? = nil) {
    self.job = job
    self.before = before
    self.entries = entries
    self.input = input
  }
}

/// One thing that happened to a job, as its caller is told.
public struct JobLogEntry: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Waits for its turn at a candidate.
    case queued
    /// A candidate cannot be used now.
    case blocked
    case submitting
    /// Whether a submission arrived is not known.
    case submitUnknown = "submit_unknown"
    /// The vendor has it.
    case running
    case progress
    case attemptFailed = "attempt_failed"
    case failover
    /// The result is being copied.
    case collecting
    case cancelRequested = "cancel_requested"
    case succeeded, failed, canceled, expired

    public var isTerminal: Bool {
      switch self {
      case .succeeded, .failed, .canceled, .expired: true
      default: false
      }
    }
  }

  /// From 1, without gaps.
  public var number: Int
  public var at: Instant
  public var kind: Kind
  /// One JSON object, UTF-8.
  public var detail: [UInt8]

  public init(number: Int, at: Instant, kind: Kind, detail: [UInt8]) {
    self.number = number
    self.at = at
    self.kind = kind
    self.detail = detail
  }
}

/// A check of a provider's health, to be kept.
public struct HealthRecord: Hashable, Sendable {
  public var provider: String
  public var entry: ProviderHealth.Entry

  public init(provider: String, entry: ProviderHealth.Entry) {
    self.provider = provider
    self.entry = entry
  }
}
