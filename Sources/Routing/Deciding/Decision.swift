/// A decision as it is recorded: everything that is needed to make it again.
///
/// With the snapshot of its epoch, a decision's intent, row, eligible set and id give the same table, the same draw
/// and the same propensity, bit for bit (``Snapshot/rederive(_:)``).
public struct Decision: Hashable, Sendable {
  public var id: Identifier
  /// The epoch whose snapshot decided.
  public var epoch: Int
  public var decided: Instant
  public var intent: Intent
  /// The region map that placed it; 0 when no map has been recorded yet.
  public var mapVersion: Int
  public var placement: Placement
  /// Positions in the capability's roster: who was let in, by everything that was known at the moment. The propensity
  /// is conditional on it.
  public var eligible: CandidateSet
  /// Ordinal of the candidate that serves.
  public var chosen: UInt32
  public var reason: Reason
  public var propensity: Double
  /// In `observe`: the ordinal of the one that the policy would have served.
  public var shadow: UInt32?
  /// Ordinal of the session's candidate, if the session had one.
  public var sticky: UInt32?
  /// The counter of rotating policies; under `least_loaded` and `latency` the roster position that the order of the
  /// moment put first among the eligible.
  public var turn: UInt64
  /// Ordinal of whom the intent's own direction preferred to the first of its region; nil where it preferred that one.
  public var preferred: UInt32?
  /// Whose it is: only that tenant's keys and those of no tenant may read it. Nil for nobody's in particular.
  public var tenant: String?

  public init(
    id: Identifier, epoch: Int, decided: Instant, intent: Intent, mapVersion: Int, placement: Placement,
    eligible: CandidateSet, chosen: UInt32, reason: Reason, propensity: Double, shadow: UInt32? = nil,
    sticky: UInt32? = nil, turn: UInt64 = 0, preferred: UInt32? = nil, tenant: String? = nil
  ) {
    self.id = id
    self.epoch = epoch
    self.decided = decided
    self.intent = intent
    self.mapVersion = mapVersion
    self.placement = placement
    self.eligible = eligible
    self.chosen = chosen
    self.reason = reason
    self.propensity = propensity
    self.shadow = shadow
    self.sticky = sticky
    self.turn = turn
    self.preferred = preferred
    self.tenant = tenant
  }

  /// The key of the table that it was drawn from.
  public var tableKey: TableKey {
    TableKey(
      capability: intent.capability, row: placement.row, eligible: eligible,
      allowsExploration: intent.allowsExploration, costWeight: intent.costWeight,
      work: intent.costWeight > 0 ? intent.assumedWork : nil, preferred: preferred)
  }
}

extension TableCache {
  /// Decides with nothing known of the moment: who serves this intent.
  ///
  /// - Parameters:
  ///   - placement: of the intent in the snapshot's map.
  ///   - sticky: ordinal of the candidate that the session already has.
  ///   - direction: of the intent (``Snapshot/direction(of:row:_:)``); empty where only its region is heard.
  ///   - turn: for rotating policies.
  /// - Returns: the record and the choice behind it.
  public func decide(
    _ intent: Intent, _ placement: Placement, direction: [Float] = [], id: Identifier, at now: Instant,
    sticky: UInt32? = nil, turn: UInt64 = 0
  ) throws(NoEligibleCandidate) -> (decision: Decision, choice: Choice) {
    let made = try decide(
      intent, placement, direction: direction, Circumstances(id: id, at: now), sticky: sticky, turn: turn)
    return (made.decision, made.choice)
  }

  /// Decides: who serves this intent, in these circumstances.
  ///
  /// - Returns: the record, the choice behind it, and among whom it was made.
  public func decide(
    _ intent: Intent, _ placement: Placement, direction: [Float] = [], _ circumstances: Circumstances,
    sticky: UInt32? = nil, turn: UInt64 = 0
  ) throws(NoEligibleCandidate) -> (decision: Decision, choice: Choice, admission: Admission) {
    let capability = intent.capability
    let roster = snapshot[capability].roster
    let admission = roster.admission(intent, circumstances)
    let eligible = admission.eligible
    guard let first = eligible.first else {
      throw NoEligibleCandidate(
        capability: capability, excluded: snapshot.exclusions(for: intent, except: eligible, circumstances))
    }
    var key = TableKey(
      capability: capability, row: placement.row, eligible: eligible,
      allowsExploration: intent.allowsExploration, costWeight: intent.costWeight,
      work: intent.costWeight > 0 ? intent.assumedWork : nil)
    let table = preferring(along: direction, &key)
    let turn =
      table.allocation.isOrdered ? UInt64(circumstances.live?.first(among: eligible) ?? first) : turn
    let id = circumstances.id
    let choice = Draw.choose(table, id: id, sticky: sticky.flatMap { roster.position(of: $0) }, turn: turn)
    let decision = Decision(
      id: id, epoch: snapshot.epoch, decided: circumstances.now, intent: intent,
      mapVersion: snapshot.map.version, placement: placement, eligible: eligible,
      chosen: roster.ordinals[table.scene.arms[choice.arm].position],
      reason: choice.reason, propensity: choice.propensity,
      shadow: choice.shadow.map { roster.ordinals[table.scene.arms[$0].position] }, sticky: sticky,
      turn: turn,
      preferred: key.preferred)
    return (decision, choice, admission)
  }
}

extension TableCache {
  /// The table of a key, or of the same key with whom a direction prefers, which the key then says.
  ///
  /// - Parameter direction: as of ``Snapshot/direction(of:row:_:)``.
  public func preferring(along direction: [Float], _ key: inout TableKey) -> PropensityTable {
    let table = table(key)
    guard let preferred = snapshot.preferred(table.scene, along: direction, key.capability) else {
      return table
    }
    key.preferred = preferred
    return self.table(key)
  }
}

extension Snapshot {
  /// Ordinal of whom a decision's intent prefers to the first of its region; nil where that is the one.
  public func preferred(_ decision: Decision, along direction: [Float]) -> UInt32? {
    var key = decision.tableKey
    key.preferred = nil
    return preferred(table(key).scene, along: direction, key.capability)
  }

  fileprivate func preferred(_ scene: Scene, along direction: [Float], _ capability: Capability) -> UInt32? {
    guard !direction.isEmpty, let scorer = self[capability].scorer else { return nil }
    let preferred = scene.preferred(scorer, along: direction[...])
    return preferred == scene.regional
      ? nil : self[capability].roster.ordinals[scene.arms[preferred].position]
  }

  /// Makes a recorded decision again, from its record and the snapshot of its epoch alone.
  public func rederive(_ decision: Decision) -> Choice {
    let roster = self[decision.intent.capability].roster
    return Draw.choose(
      table(decision.tableKey), id: decision.id, sticky: decision.sticky.flatMap { roster.position(of: $0) },
      turn: decision.turn)
  }
}
