public import Routing

/// A piece of work on its way through the candidates of its decision, as a value: events go in, and what is to be
/// stored and done comes out (``apply(_:at:random:rules:)``). It knows no clock, no network and no store.
///
/// A shell keeps three rules. It stores the job and a transition's records in one transaction, on condition that the
/// stored ``revision`` is the one it read; only then it carries out the actions; and after a restart it gives every
/// job that is not over the event `recovered`.
public struct Job: Hashable, Sendable {
  public let id: Identifier
  public let decision: Identifier
  public let capability: Capability
  public let input: JobInput
  /// The chosen candidate first, then the fallbacks in order. Never empty.
  public let plan: [PlannedCandidate]
  public let created: Instant
  /// Ends all attempts together.
  public let deadline: Instant
  public let priority: JobPriority
  public let tenant: String?
  public let callbackURL: String?
  /// Whether a refusal by one content policy may be answered by asking the next candidate.
  public let fallbackOnModeration: Bool
  /// The caller's own bound on submissions, over all candidates; nil for the rules' alone.
  public let maximumAttempts: Int?
  /// Whether artefacts are copied before the job has succeeded: vendors' addresses expire.
  public let copiesArtefacts: Bool
  /// What its result is to be kept under for others; nil when it is not.
  public let cacheTicket: CacheTicket?
  /// The key under which it was taken in, against whose budget it counts; nil where there are no keys.
  public let apiKey: Identifier?
  /// Whether its tenant has an account that pays for it.
  public let isBilled: Bool

  public internal(set) var state: JobState
  public internal(set) var attempts: [Attempt] = []
  /// In `queued`: whose turn it is.
  public internal(set) var turn: Turn?
  /// The latest obstacle of each candidate that could not be used, in the order of the plan.
  public internal(set) var blocks: [Block] = []
  public internal(set) var result: JobResult?
  /// The attempt that the result is from.
  public internal(set) var winner: Int?
  /// Why it has failed or expired.
  public internal(set) var failure: VendorFailure?
  public internal(set) var cancelAsked: Instant?
  /// When it next wants the event `due`, at the latest at its deadline; nil when it is over.
  public internal(set) var wake: Instant?
  public internal(set) var ended: Instant?
  /// Counts the changes.
  public internal(set) var revision = 0
  /// Whose result it was answered with; nil for a job that somebody works on.
  public internal(set) var cacheOrigin: CacheOrigin?

  /// The candidate to be served next.
  public struct Turn: Hashable, Sendable {
    /// The position in the plan.
    public var candidate: Int
    public var notBefore: Instant
  }

  /// A new job, in the queue of its first candidate.
  ///
  /// - Parameters:
  ///   - budget: how long all attempts together may take, > 0.
  /// - Throws: when there is no candidate, one appears twice or has an impossible estimate, or the budget is not
  ///   positive.
  public init(
    id: Identifier, decision: Identifier, capability: Capability, input: JobInput, plan: [PlannedCandidate],
    created: Instant, budget: Span, priority: JobPriority = .normal, tenant: String? = nil,
    callbackURL: String? = nil, fallbackOnModeration: Bool = false, maximumAttempts: Int? = nil,
    copiesArtefacts: Bool = false, cacheTicket: CacheTicket? = nil, apiKey: Identifier? = nil,
    isBilled: Bool = false
  ) throws(JobFault) {
    guard !plan.isEmpty else { throw JobFault("a job needs at least one candidate in its plan") }
    if let maximumAttempts, maximumAttempts < 1 {
      throw JobFault("a job needs at least one attempt, got \(maximumAttempts)")
    }
    guard budget > .seconds(0) else { throw JobFault("a job's time must be more than 0, got \(budget)") }
    for planned in plan {
      guard (.zero...Attempt.mostCost).contains(planned.estimatedCost ?? .zero) else {
        throw JobFault("the estimated cost of '\(planned.candidate)' must be 0 or more, and below a billion")
      }
    }
    for (position, planned) in plan.enumerated()
    where plan[..<position].contains(where: { $0.candidate == planned.candidate }) {
      throw JobFault("candidate '\(planned.candidate)' stands twice in the plan")
    }
    self.id = id
    self.decision = decision
    self.capability = capability
    self.input = input
    self.plan = plan
    self.created = created
    deadline = created + budget
    self.priority = priority
    self.tenant = tenant
    self.callbackURL = callbackURL
    self.fallbackOnModeration = fallbackOnModeration
    self.maximumAttempts = maximumAttempts
    self.copiesArtefacts = copiesArtefacts
    self.cacheTicket = cacheTicket
    self.apiKey = apiKey
    self.isBilled = isBilled
    state = .queued
    turn = Turn(candidate: 0, notBefore: created)
    wake = deadline
  }

  /// A job that is over as it is made, because an earlier one was the same: nobody is asked, nothing is spent, and
  /// nothing is learned. Its decision is the one that chose who made the result; what is said about it counts for him.
  ///
  /// - Parameters:
  ///   - similarity: the cosine between the prompts; nil for the same order.
  /// - Throws: when the budget is not positive.
  public init(
    id: Identifier, answeredBy answer: CachedAnswer, similarity: Double?, input: JobInput, created: Instant,
    budget: Span, priority: JobPriority = .normal, tenant: String? = nil, callbackURL: String? = nil
  ) throws(JobFault) {
    let planned = PlannedCandidate(
      candidate: answer.candidate, provider: answer.provider, estimatedCost: .zero)
    try self.init(
      id: id, decision: answer.decision, capability: answer.capability, input: input, plan: [planned],
      created: created, budget: budget, priority: priority, tenant: tenant, callbackURL: callbackURL)
    state = .succeeded
    turn = nil
    wake = nil
    ended = created
    result = answer.result
    cacheOrigin = CacheOrigin(job: answer.job, kept: answer.created, similarity: similarity)
  }

  /// What to do when a new job has been stored.
  public var firstActions: [JobAction] { [.enqueue(candidate: 0), .wake(at: deadline)] }

  /// Lets something happen.
  ///
  /// - Parameters:
  ///   - now: when the event is handled. Once the deadline has passed, whatever event comes ends the job.
  ///   - random: in [0, 1), for jitter.
  public mutating func apply(
    _ event: JobEvent, at now: Instant, random: Double, rules: JobRules = JobRules()
  ) -> JobTransition {
    let from = state
    var step = JobStep(job: self, now: now, random: random, rules: rules)
    let ignored = step.run(event)
    if ignored == nil {
      step.job.revision += 1
      self = step.job
    }
    return JobTransition(
      from: from, to: state, ignored: ignored, records: step.records, actions: step.actions)
  }

  /// The attempt that the job depends on now, if there is one.
  public var active: Int? { attempts.firstIndex { $0.state.isActive } }

  /// What all attempts together are booked at.
  public var cost: Money { attempts.reduce(.zero) { $0 + $1.cost } }

  /// What may yet be charged for attempts whose end is unknown.
  public var exposure: Money { attempts.reduce(.zero) { $0 + $1.exposure } }

  /// The cancellations asked of vendors and not answered yet, for attempts that the job no longer waits for. `recovered`
  /// gives them again; for jobs that ended just before a restart, a shell may carry them out itself.
  public var openCancellations: [JobAction] {
    attempts.indices.compactMap { attempt in
      attempts[attempt].state == .lost && attempts[attempt].cancelAsked != nil
        ? .cancel(attempt: attempt) : nil
    }
  }

  /// The same text for the same attempt, whenever asked: 36 characters and its number, all printable ASCII.
  public func token(_ attempt: Int) -> String { "\(id)-\(attempt)" }
}
