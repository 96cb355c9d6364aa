public import Routing

/// Whose a decision is: a tenant's are for its own keys and for those of no tenant.
extension RoutingService {
  /// Makes a recorded decision again, for a tenant.
  ///
  /// - Parameter tenant: who asks; nil for whoever may see everything.
  /// - Throws: ``ExplanationError/unknownDecision(_:)`` for one of somebody else's too.
  public func explain(_ id: Identifier, for tenant: String?) async throws -> Explanation {
    let explanation = try await explain(id)
    guard tenant == nil || explanation.decision.tenant == tenant else {
      throw ExplanationError.unknownDecision(id)
    }
    return explanation
  }

  /// Those of the decisions spoken of that are somebody else's than a tenant's.
  ///
  /// Nobody has heard of a decision before it is on its way to the ledger: what is not found there after all on its way
  /// has arrived is nobody's, and may wait for its decision.
  public func foreign(to tenant: String, in submissions: [Submission]) async throws -> Set<Identifier> {
    var foreign: Set<Identifier> = []
    var unknown: Set<Identifier> = []
    let spokenOf = Set(try submissions.flatMap { try subjects(of: $0) })
    for id in spokenOf {
      guard let decision = try ledger.decision(id) else {
        unknown.insert(id)
        continue
      }
      if decision.tenant != tenant { foreign.insert(id) }
    }
    guard !unknown.isEmpty else { return foreign }
    try await recorder.flush()
    for id in unknown {
      if let decision = try ledger.decision(id), decision.tenant != tenant { foreign.insert(id) }
    }
    return foreign
  }

  /// What a submission is about; a revocation is about what was said under its id.
  private func subjects(of submission: Submission) throws -> Set<Identifier> {
    switch submission.content {
    case .revocation: try ledger.feedbackSubjects(of: submission.id)
    case .signal(_, _, _, let other): Set([submission.decision] + (other.map { [$0] } ?? []))
    case .outcome: [submission.decision]
    }
  }
}
