/// Nobody may serve an intent: the answer, with everyone's reason.
public struct NoEligibleCandidate: Error, Sendable {
  public var capability: Capability
  public var excluded: [Exclusion]

  /// After how long the same request may find somebody; nil where waiting alone does not help.
  public var retryAfter: Span? { excluded.compactMap(\.retryAfter).min() }
}

/// Why one candidate may not serve an intent.
public struct Exclusion: Hashable, Sendable {
  public var candidate: String
  public var reason: Ineligibility
  /// How long after the decision the reason will have gone, ≥ 0; nil when that is not known or it does not go by itself.
  public var retryAfter: Span?
}

extension Snapshot {
  /// Everyone on the roster who is not eligible, with the reason, by id.
  ///
  /// - Parameter circumstances: those of the decision; nil when they are not known any more. Whoever was kept out by
  ///   them is then ``Ineligibility/unavailableThen``.
  public func exclusions(
    for intent: Intent, except eligible: CandidateSet, _ circumstances: Circumstances? = nil
  ) -> [Exclusion] {
    let roster = self[intent.capability].roster
    return (0..<roster.count).compactMap { position in
      guard !eligible.contains(position) else { return nil }
      let candidate = roster.candidates[position].id
      let live = circumstances.flatMap { $0.live?.ineligibility(position, $0) }
      // What must be mended says more than what this one piece of work is too much for; what passes says less.
      let lasting = circumstances.flatMap { now in
        live.flatMap { $0.passes(after: now.now) == nil ? $0 : nil }
      }
      let reason =
        roster.ineligibility(position, for: intent, circumstances?.live) ?? lasting
        ?? circumstances?.execution.inability(of: candidate).map { .unable($0) } ?? live ?? .unavailableThen
      return Exclusion(
        candidate: candidate, reason: reason,
        retryAfter: circumstances.flatMap { reason.passes(after: $0.now) })
    }
  }
}
