import Jobs
import Routing

/// Whether a candidate may be asked now.
enum Clearance: Hashable, Sendable {
  /// Nothing stands in the way but, perhaps, the want of a place.
  case open
  /// The same, by exception: its circuit is half open, and all others of the plan are closed too. One at a time.
  case probe
  case closed(BlockReason, until: Instant?)
}

extension ProviderBoard {
  /// Whether a candidate of a job may be asked, its places apart.
  ///
  /// - Parameters:
  ///   - candidate: the position in the job's plan.
  ///   - random: in [0, 1), for half-open circuits.
  func clearance(of candidate: Int, in job: Job, at now: Instant, random: Double) -> Clearance {
    let planned = job.plan[candidate]
    if let closed = closure(of: planned, deadline: job.deadline, at: now) { return closed }
    let key = CircuitBoard.Key(candidate: planned.candidate, provider: planned.provider)
    guard let opens = circuits.soonest(key, after: now) else {
      return .closed(.circuitOpen, until: recheck(of: planned.provider, at: now))
    }
    guard opens <= now else { return .closed(.circuitOpen, until: opens) }
    // The choice itself was drawn from what half-open circuits let through; it is not held against them twice.
    let isChoice = candidate == 0 && job.attempts.isEmpty && job.blocks.isEmpty
    if isChoice || circuits.admits(key, at: now, random: random) { return .open }
    let isOtherOpen = rivals(of: candidate, in: job, at: now).contains { other in
      circuits.admits(
        .init(candidate: other.candidate, provider: other.provider), at: now, random: random)
    }
    let pause = Span(microseconds: Int64(Double(ProviderBoard.probePause.microseconds) * (1 + random)))
    if isOtherOpen || isProbed(planned.candidate) { return .closed(.circuitOpen, until: now + pause) }
    return .probe
  }

  /// How long a job waits before it asks again for a half-open candidate that it was not let through to.
  static let probePause = Span.seconds(2)

  /// What shuts a candidate whatever its circuit says.
  private func closure(of planned: PlannedCandidate, deadline: Instant, at now: Instant) -> Clearance? {
    if let obstacle = obstacles[planned.provider] {
      let reason: BlockReason =
        switch obstacle.kind {
        case .noCredential: .noCredential
        case .poolEmpty: .poolEmpty
        default: .down
        }
      return .closed(reason, until: obstacle.until)
    }
    guard let candidate = candidates[planned.candidate], gone[planned.candidate] == nil,
      Retirement.mayBegin(candidate.lifecycle, at: now, deadline: deadline)
    else { return .closed(.retired, until: nil) }
    if health[planned.provider] == .down {
      return .closed(.down, until: now + ProviderHealth.Rules().leastInterval)
    }
    return nil
  }

  /// The others of a job's plan that nobody has asked yet and nothing known shuts.
  private func rivals(of candidate: Int, in job: Job, at now: Instant) -> [PlannedCandidate] {
    job.plan.indices.compactMap { other in
      guard other != candidate, !job.attempts.contains(where: { $0.candidate == other }),
        !job.blocks.contains(where: { $0.candidate == other && ($0.until.map { now < $0 } ?? true) }),
        closure(of: job.plan[other], deadline: job.deadline, at: now) == nil
      else { return nil }
      return job.plan[other]
    }
  }

  /// Whether another candidate of the plan could be asked at once, so that a job need not wait for a place.
  func hasWayAround(_ candidate: Int, in job: Job, at now: Instant, random: Double) -> Bool {
    rivals(of: candidate, in: job, at: now).contains { other in
      let key = AccountKey(
        provider: other.provider, payer: payer(of: other.provider, tenant: job.tenant))
      return (queues[other.provider]?.count ?? 0) == 0 && accounts.headroom(key, at: now) == .free
        && circuits.admits(
          .init(candidate: other.candidate, provider: other.provider), at: now, random: random)
    }
  }
}
