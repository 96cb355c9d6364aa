import Jobs
import Wire

extension Dispatcher {
  /// What a job leaves for others with its end, in the same transaction; nothing while it goes on, and nothing where
  /// nobody asked for it.
  func cached(of job: Job, before: Job) async -> [CachedAnswer] {
    guard let cache, job.cacheTicket != nil, job.state == .succeeded, !before.state.isTerminal,
      let winner = job.winner
    else { return [] }
    let model = model(of: job.plan[job.attempts[winner].candidate])
    let (ledger, reference) = (router.ledger, job.input.reference)
    let answer = await cache.answer(of: job, model: model) {
      guard let bytes = try? ledger.jobInput(reference) else { return nil }
      return (try? JSONValue.parse(bytes))?[WorkParameter.prompt.rawValue]?.stringValue
    }
    return answer.map { [$0] } ?? []
  }
}
