import Routing
import Serving
import Statistics
import Synchronization
import Wire

/// The parts of an answer that decisions of one table share, as JSON text: most of an answer is the figures of every
/// candidate, and printing a number costs more than drawing one.
final class AnswerParts: Sendable {
  /// By arm: the members of its object.
  let arms: [[UInt8]]
  /// The array of those who are not eligible; nil where it depends on more than the table.
  let excluded: [UInt8]?
  /// Keeps the table alive for as long as its identity is a key.
  private let table: PropensityTable

  init(_ answered: Answered) {
    let choice = answered.choice
    let intent = answered.decision.intent
    let roster = answered.snapshot[intent.capability].roster
    let work = intent.assumedWork
    table = choice.table
    arms = choice.table.scene.arms.indices.map { index in
      var writer = JSONWriter(reserving: 320)
      writer.arm(index, of: choice, roster, work)
      return writer.bytes
    }
    // Who is kept out by something of the moment is not of the table either.
    excluded =
      AnswerParts.isUnconstrained(intent) && answered.decision.eligible == roster.open
      ? {
        var writer = JSONWriter(reserving: 256)
        writer.exclusions(answered.excluded)
        // Without the name that `exclusions` writes before its array.
        return Array(writer.bytes.drop { $0 != UInt8(ascii: "[") })
      }() : nil
  }

  static func isUnconstrained(_ intent: Intent) -> Bool {
    intent.constraints.isEmpty && intent.work == Work()
  }
}

extension JSONWriter {
  /// One candidate's figures in a decision.
  fileprivate mutating func arm(_ index: Int, of choice: Choice, _ roster: Roster, _ work: Work) {
    let arm = choice.table.scene.arms[index]
    let candidate = roster.candidates[arm.position]
    field("candidate", candidate.id)
    field("provider", candidate.provider)
    field("model", candidate.model)
    field("propensity", choice.probability(ofArm: index))
    field("agent_rank", arm.agentRank)
    field("bid", candidate.bid)
    field("quality", arm.quality)
    field("observations", arm.observations)
    object("posterior") {
      $0.field("alpha", arm.posterior.alpha)
      $0.field("beta", arm.posterior.beta)
    }
    field("expected_cost_usd", candidate.price.map { Money.rounded($0.dollars(for: work)) })
  }
}

/// Keeps the parts of the tables in use.
final class AnswerPartsCache: Sendable {
  private struct Key: Hashable {
    let table: ObjectIdentifier
    let work: Work
    let isUnconstrained: Bool
    /// The arm that is certain, where one is: the propensities are then not the table's.
    let certain: Int?
    /// By an order of the moment it is another one from decision to decision.
    let preferred: Int
  }

  private let parts = Mutex<[Key: AnswerParts]>([:])
  private let capacity: Int

  /// - Parameter capacity: beyond it the cache begins anew; at an epoch's end all tables change anyway.
  init(capacity: Int = 4_096) { self.capacity = capacity }

  func parts(of answered: Answered) -> AnswerParts {
    let intent = answered.decision.intent
    let choice = answered.choice
    let key = Key(
      table: ObjectIdentifier(choice.table), work: intent.assumedWork,
      isUnconstrained: AnswerParts.isUnconstrained(intent),
      certain: choice.reason == .sticky || choice.reason == .fixed ? choice.arm : nil,
      preferred: choice.preferred)
    if let known = parts.withLock({ $0[key] }) { return known }
    let new = AnswerParts(answered)
    parts.withLock { parts in
      if parts.count >= capacity { parts.removeAll(keepingCapacity: true) }
      parts[key] = new
    }
    return new
  }
}
