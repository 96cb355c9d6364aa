public import Routing
import Synchronization
import Vectors

/// A recorded decision made again from the ledger alone.
public struct Explanation: Sendable {
  public let decision: Decision
  /// The snapshot of its epoch.
  public let snapshot: Snapshot
  /// What the record leads to now.
  public let choice: Choice
  /// The direction by which the intent was heard beside its region; empty where it was not, nil where its embedding was
  /// forgotten.
  public let direction: [Float]?

  /// By how much the intent's own direction shifts the quality of an arm, in units of reward; nil where its embedding was
  /// forgotten.
  public func shift(ofArm arm: Int) -> Double? {
    direction.map { direction in
      guard !direction.isEmpty, let scorer = snapshot[decision.intent.capability].scorer else { return 0 }
      return scorer.shift(of: choice.table.scene.arms[arm].position, along: direction[...])
    }
  }

  /// Whether candidate, reason and propensity come out as they were logged, bit for bit; and whom the intent's own
  /// direction preferred, as long as its embedding is kept.
  public var agrees: Bool {
    if let direction, snapshot.preferred(decision, along: direction) != decision.preferred { return false }
    let scene = choice.table.scene
    let chosen = snapshot[decision.intent.capability].roster.ordinals[scene.arms[choice.arm].position]
    return chosen == decision.chosen && choice.reason == decision.reason
      && choice.propensity.bitPattern == decision.propensity.bitPattern
  }
}

/// Why a decision cannot be explained.
public enum ExplanationError: Error, Hashable, CustomStringConvertible {
  case unknownDecision(Identifier)
  case missingState(epoch: Int)

  public var description: String {
    switch self {
    case .unknownDecision(let id): "no decision has the id \(id)"
    case .missingState(let epoch): "the state of epoch \(epoch) is not in the ledger"
    }
  }
}

extension RoutingService {
  /// Makes a recorded decision again.
  public func explain(_ id: Identifier) async throws -> Explanation {
    if let decision = try ledger.decision(id) { return try archive.explain(decision) }
    // It may have been answered and not committed yet.
    try await recorder.flush()
    guard let decision = try ledger.decision(id) else { throw ExplanationError.unknownDecision(id) }
    return try archive.explain(decision)
  }
}

/// Snapshots of past epochs, the latest few kept.
public final class SnapshotArchive: Sendable {
  private let ledger: any Ledger
  private let kept = Mutex<[(epoch: Int, snapshot: Snapshot)]>([])
  private let capacity: Int

  public init(_ ledger: any Ledger, capacity: Int = 8) {
    self.ledger = ledger
    self.capacity = capacity
  }

  public func snapshot(ofEpoch epoch: Int) throws -> Snapshot {
    if let hit = kept.withLock({ $0.first { $0.epoch == epoch } }) { return hit.snapshot }
    guard let state = try ledger.state(ofEpoch: epoch),
      let snapshot = try Snapshot(ledger, state, roll: try ledger.recover().roll)
    else { throw ExplanationError.missingState(epoch: epoch) }
    kept.withLock { kept in
      kept.append((epoch, snapshot))
      if kept.count > capacity { kept.removeFirst() }
    }
    return snapshot
  }

  public func explain(_ decision: Decision) throws -> Explanation {
    let snapshot = try snapshot(ofEpoch: decision.epoch)
    let (capability, row) = (decision.intent.capability, decision.placement.row)
    let embedding = try ledger.embedding(of: decision.id)
    return Explanation(
      decision: decision, snapshot: snapshot, choice: snapshot.rederive(decision),
      direction: embedding.map { snapshot.direction(of: $0.elements, row: row, capability) })
  }
}
