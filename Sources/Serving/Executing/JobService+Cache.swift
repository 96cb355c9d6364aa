import Jobs
import Routing

extension JobService {
  /// Answers an order with the result of an earlier job: the job is over as it is stored. Nobody is asked, nothing is
  /// spent, and no outcome is reported, so that nothing is learned twice from one piece of work.
  ///
  /// - Parameter address: where its end is told, checked; nil for nowhere.
  /// - Returns: nil when nothing kept will do, and the order must be worked on.
  func answer(
    _ order: JobOrder, to address: String?, at now: Instant, budget: Span,
    keep: (@Sendable (JobView) -> Answer)?
  ) async throws -> JobView? {
    guard let wish = order.cache, let cache, let found = await cache.find(order, wish),
      let decision = try router.ledger.decision(found.answer.decision)
    else { return nil }
    let job = try Job(
      id: router.mintIdentifier(), answeredBy: found.answer, similarity: found.similarity,
      input: JobService.reference(to: order.inputJSON), created: now, budget: budget,
      priority: order.priority, tenant: order.tenant, callbackURL: address)
    let view = JobView(job: job, decision: decision, links: links)
    var batch = LedgerBatch()
    batch.jobs = [
      JobChange(job, before: nil, entries: [JobLog.cached(job, at: now)], input: order.inputJSON)
    ]
    batch.cacheHits = [CacheHit(key: found.answer.ticket.key, at: now)]
    if let deliveries { batch.deliveries = try deliveries.delivery(of: job, at: now).map { [$0] } ?? [] }
    if let keep { batch.answers = [keep(view)] }
    let whole = batch
    guard
      try await cache.holding(found.answer, { try await router.recorder.commit(whole) }) != nil
    else { return nil }
    if !whole.deliveries.isEmpty { deliveries?.ring() }
    return view
  }
}
