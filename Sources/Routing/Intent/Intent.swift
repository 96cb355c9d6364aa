/// What a caller wants made, and what it insists on: the question that a decision answers.
public struct Intent: Hashable, Sendable {
  public var capability: Capability
  /// Nil when the caller brought an embedding only.
  public var text: String?
  public var constraints: Constraints
  public var work: Work
  /// λ ≥ 0 of AgentRank: how much a dearer candidate is marked down.
  public var costWeight: Double
  /// Whether this request may be explored on.
  public var allowsExploration: Bool
  /// Requests of one session stay with one candidate.
  public var session: String?

  public init(
    capability: Capability, text: String? = nil, constraints: Constraints = Constraints(),
    work: Work = Work(),
    costWeight: Double = 0, allowsExploration: Bool = true, session: String? = nil
  ) {
    self.capability = capability
    self.text = text
    self.constraints = constraints
    self.work = work
    self.costWeight = costWeight
    self.allowsExploration = allowsExploration
    self.session = session
  }

  /// The work with all amounts said, for estimates of cost.
  ///
  /// A text's length is rounded up to a power of two: an estimate needs no more, and requests of similar length then
  /// share one propensity table.
  public var assumedWork: Work {
    let bytes = max(1, text?.utf8.count ?? 256)
    let rounded = 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    return work.assumed(intentBytes: bytes == 1 ? 1 : rounded)
  }
}
