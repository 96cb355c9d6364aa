public import Jobs
public import Routing

extension JobService {
  /// How a job stands; nil for one that nobody knows.
  public func view(_ id: Identifier) async throws -> JobView? {
    guard let job = try await dispatcher.job(id) ?? router.ledger.job(id) else { return nil }
    return try await view(of: job)
  }

  /// The latest first, by id.
  ///
  /// - Parameters:
  ///   - states: nil for all.
  ///   - tenant: whose; nil for everybody's.
  ///   - before: only jobs with lower ids; nil for the first page.
  public func list(
    states: Set<JobState>? = nil, tenant: String? = nil, before: Identifier? = nil, limit: Int
  ) async throws -> [JobView] {
    var views: [JobView] = []
    for job in try router.ledger.jobs(states: states, tenant: tenant, before: before, limit: limit) {
      if let view = try await view(of: job) { views.append(view) }
    }
    return views
  }

  private func view(of job: Job) async throws -> JobView? {
    guard let decision = try router.ledger.decision(job.decision) else { return nil }
    return JobView(
      job: job, decision: decision, retryAfter: JobService.retryAfter(job, at: router.clock.now),
      queuedAhead: await dispatcher.queuedAhead(of: job.id), links: links)
  }

  private static func retryAfter(_ job: Job, at now: Instant) -> Span? {
    if let turn = job.turn { return turn.notBefore > now ? turn.notBefore - now : nil }
    guard let error = JobOutcome(job).error, let wait = error.retryAfter, let ended = job.ended else {
      return nil
    }
    return ended + wait > now ? ended + wait - now : nil
  }

  /// Asks for a job's end. It may take a while where a vendor must be asked; one that is over stays as it is.
  ///
  /// - Returns: the job after that; nil for one that nobody knows.
  /// - Throws: ``ServiceError`` when the wish cannot be stored; then it has not been heard.
  public func cancel(_ id: Identifier) async throws -> JobView? {
    guard try await view(id) != nil else { return nil }
    _ = try await dispatcher.tell(.cancelAsked, to: id)
    return try await view(id)
  }

  /// Waits until a job is over, at most so long; then as it stands. Nil for an unknown job.
  public func wait(for id: Identifier, atMost limit: Span) async throws -> JobView? {
    await dispatcher.wait(for: id, until: router.clock.now + limit)
    return try await view(id)
  }

  /// What happened to a job after an entry's number, then what happens, until it is over; nil for an unknown job.
  public func events(
    of id: Identifier, after number: Int = 0
  ) async throws -> AsyncThrowingStream<JobLogEntry, any Error>? {
    try await dispatcher.events(of: id, after: number)
  }
}
