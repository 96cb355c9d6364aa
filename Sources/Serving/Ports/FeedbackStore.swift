package import Routing

/// Which decision of a submission an entry is about: the one it names, or the other one of a comparison.
package enum Half: Int, CaseIterable, Sendable {
  case named = 0
  case other = 1
}

/// One half of a submission, stored or waiting for its decision.
package struct FeedbackEntry: Hashable, Sendable {
  /// Nil while it waits.
  package var sequence: Int64?
  /// The first sequence of the same id and half; nil while it waits.
  package var origin: Int64?
  package var half: Half
  /// The decision that this half is about.
  package var about: Identifier
  package var submission: Submission

  package init(sequence: Int64?, origin: Int64?, half: Half, about: Identifier, submission: Submission) {
    self.sequence = sequence
    self.origin = origin
    self.half = half
    self.about = about
    self.submission = submission
  }
}

/// What a ledger must be able to do so that ``admit(_:)`` and ``join(_:to:)`` can decide what becomes of a
/// submission. The rules are here, once; a ledger brings the storage.
package protocol FeedbackStore {
  var roll: Roll { get }
  /// The sequence of a decision; nil when it is not known yet.
  func sequence(of decision: Identifier) throws -> Int64?
  /// The ordinal that a known decision chose.
  func chosen(by sequence: Int64) throws -> UInt32
  /// Everything under a sender's id: what is stored by sequence, then what waits, in the order of arrival.
  func entries(under id: String) throws -> [FeedbackEntry]
  /// Stores half a submission under the next sequence.
  ///
  /// - Parameter origin: the first entry that it corrects; nil when it is the first itself.
  mutating func store(_ submission: Submission, _ half: Half, about decision: Int64, origin: Int64?) throws
  /// Keeps half a submission until its decision comes.
  mutating func park(_ submission: Submission, _ half: Half, about decision: Identifier) throws
}

extension FeedbackStore {
  /// Takes in a submission, and says what became of it.
  package mutating func admit(_ submission: Submission) throws -> Receipt {
    if case .outcome(let outcome) = submission.content, roll.ordinal(of: outcome.candidate) == nil {
      return .rejected("candidate '\(outcome.candidate)' was never in a catalogue")
    }
    let known = try entries(under: submission.id)
    guard let standing = known.standing else {
      if submission.isRevocation { return .rejected("no feedback with id '\(submission.id)'") }
      return try record(submission, known)
    }
    if submission.isRevocation {
      if standing.submission.isRevocation { return .duplicate }
      for half in Half.allCases { try revoke(half, by: submission, known) }
      return .accepted
    }
    guard submission.decision == standing.submission.decision else {
      return .rejected("id '\(submission.id)' was used for another decision")
    }
    if let other = submission.other, let before = known.first(where: { $0.half == .other }),
      before.about != other
    {
      return .rejected("id '\(submission.id)' was used for another decision")
    }
    if submission.saysTheSame(as: standing.submission) { return .duplicate }
    return try record(submission, known)
  }

  /// Takes in what waited for a decision that has come; what turns out to be forbidden is dropped.
  package mutating func join(_ entry: FeedbackEntry, to decision: Int64) throws {
    guard try !isRatedByItself(entry.submission, decision) else { return }
    let before = try entries(under: entry.submission.id).first { $0.half == entry.half && $0.sequence != nil }
    if entry.submission.isRevocation, before == nil { return }
    try store(entry.submission, entry.half, about: decision, origin: before?.origin)
  }

  private mutating func record(_ submission: Submission, _ known: [FeedbackEntry]) throws -> Receipt {
    guard submission.other != submission.decision else {
      return .rejected("a decision cannot be compared with itself")
    }
    let named = try sequence(of: submission.decision)
    let other = try submission.other.flatMap { try sequence(of: $0) }
    for decision in [named, other] {
      if let decision, try isRatedByItself(submission, decision) {
        return .rejected("a provider cannot rate itself")
      }
    }
    try put(submission, .named, about: submission.decision, named, known)
    if let id = submission.other {
      try put(submission, .other, about: id, other, known)
    } else {
      // What was a comparison is one no longer.
      try revoke(.other, by: submission, known)
    }
    return named == nil ? .parked : .accepted
  }

  private mutating func put(
    _ submission: Submission, _ half: Half, about id: Identifier, _ decision: Int64?, _ known: [FeedbackEntry]
  ) throws {
    if let decision {
      let origin = known.first { $0.half == half && $0.sequence != nil }?.origin
      try store(submission, half, about: decision, origin: origin)
    } else {
      try park(submission, half, about: id)
    }
  }

  /// Takes back one half, if there is one and it was not taken back before. A revocation of what waits waits with it.
  private mutating func revoke(_ half: Half, by submission: Submission, _ known: [FeedbackEntry]) throws {
    let thread = known.filter { $0.half == half }
    guard let standing = thread.standing, !standing.submission.isRevocation else { return }
    var revocation = submission
    revocation.decision = standing.submission.decision
    revocation.content = .revocation
    revocation.value = .nothing
    try put(revocation, half, about: standing.about, try sequence(of: standing.about), known)
  }

  /// Whether the rater is the provider of the candidate that it rates, or one of its models.
  private func isRatedByItself(_ submission: Submission, _ decision: Int64) throws -> Bool {
    guard case .signal = submission.content, let rater = submission.rater else { return false }
    let provider = roll.id(of: try chosen(by: decision)).prefix { $0 != "/" }
    return rater == provider || rater.hasPrefix(provider + "/")
  }
}

extension [FeedbackEntry] {
  /// The entry in force: of the named half (of the other one where that was dropped) the latest by its sender's clock.
  fileprivate var standing: FeedbackEntry? {
    var standing: FeedbackEntry?
    for entry in self {
      if let best = standing,
        (entry.half.rawValue, best.submission.at) > (best.half.rawValue, entry.submission.at)
      {
        continue
      }
      standing = entry
    }
    return standing
  }
}

extension Submission {
  package var isRevocation: Bool { content == .revocation }

  /// The second decision of a comparison.
  package var other: Identifier? {
    if case .signal(_, _, _, let other) = content { other } else { nil }
  }

  /// The kind of the signal, the one of an unusable answer included; nil when it brings no reward.
  package var kind: SignalKind? {
    switch content {
    case .signal(let kind, _, _, _): kind
    case .outcome(let outcome): outcome.state == .badOutput ? .badOutput : nil
    case .revocation: nil
    }
  }

  /// Whether two say the same, whenever they said it.
  package func saysTheSame(as submission: Submission) -> Bool {
    content == submission.content && value == submission.value && rater == submission.rater
      && comment == submission.comment
  }

  /// The submission as the fold sees one half of it.
  ///
  /// - Parameter origin: the first entry that it corrects; nil when it is the first itself.
  package func judgement(_ sequence: Int64, _ half: Half, origin: Int64?, _ roll: Roll) -> Judgement {
    var judgement = Judgement(
      sequence: sequence, origin: origin ?? sequence, kind: kind, reward: 0, rater: raterHash, at: at,
      received: received)
    switch content {
    case .signal(_, let reward, let trust, _):
      judgement.reward = half == .named ? reward : 1 - reward
      judgement.trust = trust
    case .outcome(let outcome):
      judgement.executed = roll.ordinal(of: outcome.candidate)
      // A report without a reward that corrects one with a reward takes the reward back.
      judgement.isRevocation = kind == nil && origin != nil
    case .revocation:
      judgement.isRevocation = true
    }
    return judgement
  }
}
