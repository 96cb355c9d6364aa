import Credits
import Jobs
import Routing

/// What jobs mean to the books, and whose key pays.
extension Dispatcher {
  /// What an event changes in the books: to be stored with it.
  func creditChanges(from before: Job, to after: Job, at now: Instant) -> [CreditChange] {
    Job.creditChange(from: before, to: after, at: now).map { [$0] } ?? []
  }

  /// Takes in what has been stored. A pool that has run empty takes its provider out of the market at once.
  func book(_ changes: [CreditChange]) { poolsChanged(credits.book(changes)) }

  func poolsChanged(_ providers: Set<String>) {
    guard !providers.isEmpty else { return }
    refreshObstacles()
    for provider in providers.sorted() {
      serve(provider)
      touch(provider)
    }
  }

  /// Providers paid from a pool that has nothing left.
  func refreshPools() {
    for (provider, detail) in credits.emptyPools
    where board.obstacles[provider] == nil
      && board.catalogue.provider(provider)?.access?.payment == .prepaidPool
    {
      board.obstacles[provider] = LiveObstacle(.poolEmpty, detail: detail)
    }
  }

  /// The caller's own key for an attempt's provider, where callers pay it themselves.
  func credential(of job: Job, _ attempt: Int) -> CallerCredential? {
    credential(of: job.id, for: job.plan[job.attempts[attempt].candidate])
  }

  private func credential(of job: Identifier, for planned: PlannedCandidate) -> CallerCredential? {
    planned.payment == .forwarded ? live[job]?.credentials[planned.provider] : nil
  }

  /// Whether a candidate can only be asked with a key of the caller's that is gone: keys are held in memory alone.
  func isKeyGone(_ job: Job, candidate: Int) -> Bool {
    let planned = job.plan[candidate]
    return planned.payment == .forwarded && credential(of: job.id, for: planned) == nil
  }

  /// Whether a vendor refuses a caller's own key: that says nothing about the provider, and must shut it for nobody else.
  func isAboutCallersKey(_ failure: VendorFailure?, _ planned: PlannedCandidate) -> Bool {
    planned.payment == .forwarded && failure?.failureClass == .authCredit
  }

  static func keyGone(_ provider: String) -> VendorFailure {
    VendorFailure(
      .keyGone, cause: .found,
      message: "the caller's own key for '\(provider)' was held in memory alone and is gone since the router "
        + "started anew; send the job again with its key")
  }
}
