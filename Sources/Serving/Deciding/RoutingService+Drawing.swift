public import Routing

/// A decision for this router's own executors, not recorded yet.
public struct Drawn: Sendable {
  public var answered: Answered
  /// Of the intent, D floats: recorded with the decision.
  public var embedding: [Float]
  /// When the first candidate can be asked, where all have to be waited for and that is known; nil otherwise.
  public var opens: Instant?
  /// Everyone who is not eligible, with the reason, by id.
  public var excluded: [Exclusion]
  /// Ids: the chosen candidate, then its fallbacks by falling AgentRank.
  public var order: [String]
}

extension RoutingService {
  /// What is known of the candidates at this moment.
  public var market: LiveMarket { current.value.market?.market ?? LiveMarket() }

  /// Decides by another market from now on, the next decision included.
  public func adopt(market: LiveMarket) { current.swap(to: market) }

  /// The roster position that the capability's policy prefers at this moment among some candidates; nil where it goes by
  /// no order of the moment, or nothing is known of it.
  public func preferred(_ capability: Capability, among candidates: CandidateSet) -> Int? {
    current.value.market?[capability]?.first(among: candidates)
  }

  /// Decides for this router's own executors, and records nothing: the caller commits decision and embedding together
  /// with the job.
  ///
  /// All obstacles that stand keep candidates out. Where nobody would be left, those whom only a passing obstacle keeps
  /// out (``LiveObstacle/Kind/passes``) are let in, the policy decides among them, and the job waits.
  ///
  /// - Parameters:
  ///   - embedding: the caller's own, D floats; nil to embed the intent's text.
  ///   - unable: candidate id → why it cannot do this work at all.
  ///   - tenant: whose decision it is; nil for nobody's in particular.
  /// - Throws: ``NoEligibleCandidate``, ``ServiceError``.
  public func draw(
    _ intent: Intent, embedding: [Float]? = nil, unable: [String: String] = [:], tenant: String? = nil
  ) async throws -> Drawn {
    let vector = try await self.vector(intent, embedding)
    let (answered, admission) = try answer(intent, vector, .here(unable: unable), tenant: tenant)
    let table = answered.choice.table
    let order = [answered.choice.arm] + table.ranking.filter { $0 != answered.choice.arm }
    return Drawn(
      answered: answered, embedding: vector, opens: admission.opens, excluded: answered.excluded,
      order: order.map { table.scene.arms[$0].id })
  }
}
