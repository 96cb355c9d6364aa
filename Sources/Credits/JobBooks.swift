public import Jobs
public import Routing

/// What a job means to the books.
///
/// All of it is a function of the job as it stands, so that an entry is the difference between a job before and after
/// an event. It is stored in the transaction that stores the job, on condition that the job is at the revision it was
/// made from: what a job does to the books is done once, however often its vendor says that it is over.
///
/// - A tenant with an account has set aside the highest estimate among the job's plan: the most that it is expected to
///   cost, whoever does the work. It pays what the attempt that delivered cost, at most what was set aside; what goes
///   beyond an estimate is the house's. All is given back where nothing was delivered.
/// - What other attempts cost is the house's `loss`, and what may yet be charged for attempts whose end is unknown its
///   `exposure`: the customer ordered one piece of work and pays for one.
/// - Work at a candidate without a price counts as nothing beforehand; so it is free for a tenant none of whose
///   candidates has one.
/// - Where callers pay with their own keys nothing is booked; what was delivered is counted.
extension Job {
  /// What is set aside for a plan.
  public static func reservation(for plan: [PlannedCandidate]) -> Money {
    plan.filter { $0.payment != .forwarded }.compactMap(\.estimatedCost).max() ?? .zero
  }

  /// What the job counts for its customer: what is set aside while it is not over, then what is charged.
  public var charge: Money {
    guard state.isTerminal else { return Job.reservation(for: plan) }
    guard state == .succeeded, let winner, plan[attempts[winner].candidate].payment != .forwarded else {
      return .zero
    }
    return min(attempts[winner].cost, Job.reservation(for: plan))
  }

  /// All that it has moved so far.
  public var postings: Postings {
    var postings = Postings()
    if isBilled, let tenant {
      postings.move(charge, from: .tenant(tenant), to: state.isTerminal ? .revenue : .reserved(tenant))
    }
    for (number, attempt) in attempts.enumerated() {
      let planned = plan[attempt.candidate]
      let source: CreditAccountID
      switch planned.payment {
      case .prepaidPool: source = .pool(planned.provider)
      case .onDemand: source = .payable(planned.provider)
      case .forwarded:
        if attempt.state == .succeeded || attempt.state == .surplus {
          postings.mention(.forwarded(planned.provider))
        }
        continue
      }
      let isLost = winner != number && (state.isTerminal || !attempt.state.isActive)
      postings.move(
        attempt.cost, from: source, to: isLost ? .loss(planned.provider) : .cost(planned.provider))
      postings.move(attempt.exposure, from: source, to: .exposure(planned.provider))
    }
    return postings
  }

  /// What its key's budget has spent on it: of the day on which it was taken in.
  public var use: BudgetUse? {
    apiKey.map { BudgetUse(key: $0, day: BudgetDay(created), amount: charge) }
  }

  /// What an event has changed; nil when it means nothing to the books.
  ///
  /// - Parameter before: nil for a new job.
  public static func creditChange(from before: Job?, to after: Job, at now: Instant) -> CreditChange? {
    var change = CreditChange()
    let postings = after.postings - (before?.postings ?? Postings())
    if !postings.isEmpty {
      change.entry = CreditEntry(
        key: "job:\(after.id):\(after.revision)", kind: kind(from: before, to: after), postings: postings,
        job: after.id, at: now)
    }
    if let use = after.use {
      let amount = use.amount - (before?.charge ?? .zero)
      if amount != .zero { change.use = BudgetUse(key: use.key, day: use.day, amount: amount) }
    }
    return change.isEmpty ? nil : change
  }

  private static func kind(from before: Job?, to after: Job) -> CreditEntry.Kind {
    guard let before else { return .reserve }
    guard after.state.isTerminal, !before.state.isTerminal else { return .cost }
    return after.state == .succeeded ? .settle : .refund
  }
}
