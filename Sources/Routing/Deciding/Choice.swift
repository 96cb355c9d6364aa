import Statistics

/// Why a candidate was chosen.
public enum Reason: UInt8, CaseIterable, Sendable {
  /// The policy's preferred arm.
  case exploit
  /// Another one, to learn.
  case explore
  /// The baseline, for the share of traffic that measures uplift.
  case holdout
  /// The baseline, because the mode says so.
  case fixed
  /// The candidate that the session already has.
  case sticky

  public var name: String { ["exploit", "explore", "holdout", "fixed", "sticky"][Int(rawValue)] }
}

/// Which candidate serves, and with what probability it was to be: the outcome of ``Draw``.
public struct Choice: Sendable {
  public let table: PropensityTable
  /// Position in the table's arms.
  public let arm: Int
  public let reason: Reason
  /// P(this candidate is served | the intent, the snapshot), over chance alone.
  public let propensity: Double
  /// In `observe`: the arm that the policy would have served.
  public let shadow: Int?
}

/// The draw: from a table and a decision's id to a choice, without anything else.
///
/// The generator is keyed by the id, so that a logged decision can be drawn again: block 0 decides about the holdout,
/// block 1 draws the arm.
public enum Draw {
  /// - Parameters:
  ///   - sticky: roster position of the session's candidate, if it has one.
  ///   - turn: for rotating policies.
  public static func choose(
    _ table: PropensityTable, id: Identifier, sticky: Int? = nil, turn: UInt64 = 0
  ) -> Choice {
    let rules = table.scene.rules
    if let sticky, let arm = table.arm(at: sticky), rules.mode != .off {
      return Choice(table: table, arm: arm, reason: .sticky, propensity: 1, shadow: nil)
    }
    switch rules.mode {
    case .off:
      return Choice(table: table, arm: table.baseline, reason: .fixed, propensity: 1, shadow: nil)
    case .observe:
      let shadow = draw(table, id, turn)
      return Choice(table: table, arm: table.baseline, reason: .fixed, propensity: 1, shadow: shadow)
    case .apply:
      guard rules.holdout > 0 else { return applied(table, draw(table, id, turn), holdout: 0) }
      var coin = CounterGenerator(key: Draw.holdoutKey, high: id.high, low: id.low)
      if coin.uniform() < rules.holdout {
        let propensity = probability(table, table.baseline, holdout: rules.holdout)
        return Choice(
          table: table, arm: table.baseline, reason: .holdout, propensity: propensity, shadow: nil)
      }
      return applied(table, draw(table, id, turn), holdout: rules.holdout)
    }
  }

  private static func draw(_ table: PropensityTable, _ id: Identifier, _ turn: UInt64) -> Int {
    var generator = CounterGenerator(key: Draw.armKey, high: id.high, low: id.low)
    return table.draw(turn: turn, using: &generator)
  }

  private static func applied(_ table: PropensityTable, _ arm: Int, holdout: Double) -> Choice {
    let propensity = probability(table, arm, holdout: holdout)
    let isPreferred = arm == table.allocation.preferred || table.scene.rules.policy == .fixed
    let reason: Reason = table.scene.rules.policy == .fixed ? .fixed : isPreferred ? .exploit : .explore
    return Choice(table: table, arm: arm, reason: reason, propensity: propensity, shadow: nil)
  }

  /// P(an arm is served) where a share is held out: the one place that computes it, so that it has one value.
  fileprivate static func probability(_ table: PropensityTable, _ arm: Int, holdout: Double) -> Double {
    (1 - holdout) * table.allocation.probabilities[arm] + (arm == table.baseline ? holdout : 0)
  }

  // Arbitrary and for ever: changing either would make every logged decision impossible to draw again.
  private static let holdoutKey: UInt64 = 0x706F_696E_7473_0000
  private static let armKey: UInt64 = 0x706F_696E_7473_0100
}

extension PropensityTable {
  /// P(each arm is served) by arm: the policy's probabilities under the mode and the holdout in force. What off-policy
  /// evaluation calls π(a | x).
  public var served: [Double] {
    scene.arms.indices.map { arm in
      switch scene.rules.mode {
      case .off, .observe: arm == baseline ? 1 : 0
      case .apply: Draw.probability(self, arm, holdout: scene.rules.holdout)
      }
    }
  }
}

extension Choice {
  /// P(an arm is served), on the same terms as ``propensity``.
  public func probability(ofArm arm: Int) -> Double {
    switch reason {
    case .sticky, .fixed: arm == self.arm ? 1 : 0
    case .exploit, .explore, .holdout:
      Draw.probability(table, arm, holdout: table.scene.rules.holdout)
    }
  }
}
