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
  /// P(this candidate is served | the intent, the snapshot, who was let in), over chance alone.
  public let propensity: Double
  /// In `observe`: the arm that the policy would have served.
  public let shadow: Int?
  /// The arm that the policy preferred.
  public let preferred: Int
}

/// The draw: from a table and a decision's id to a choice, without anything else.
///
/// The generators are keyed by the id, so that a logged decision can be drawn again: one decides about the holdout, one
/// draws the arm, one is the coin of half-open circuits.
public enum Draw {
  /// - Parameters:
  ///   - sticky: roster position of the session's candidate, if it has one.
  ///   - turn: for rotating policies, and those by an order of the moment (``Decision/turn``).
  public static func choose(
    _ table: PropensityTable, id: Identifier, sticky: Int? = nil, turn: UInt64 = 0
  ) -> Choice {
    let rules = table.scene.rules
    let preferred = table.preferred(turn: turn)
    func choice(_ arm: Int, _ reason: Reason, _ propensity: Double, shadow: Int? = nil) -> Choice {
      Choice(
        table: table, arm: arm, reason: reason, propensity: propensity, shadow: shadow, preferred: preferred)
    }
    if let sticky, let arm = table.arm(at: sticky), rules.mode != .off { return choice(arm, .sticky, 1) }
    switch rules.mode {
    case .off: return choice(table.baseline, .fixed, 1)
    case .observe: return choice(table.baseline, .fixed, 1, shadow: draw(table, id, turn))
    case .apply:
      if rules.holdout > 0 {
        var coin = CounterGenerator(key: Draw.holdoutKey, high: id.high, low: id.low)
        if coin.uniform() < rules.holdout {
          return choice(table.baseline, .holdout, probability(table, table.baseline, preferred))
        }
      }
      let arm = draw(table, id, turn)
      let isPreferred = arm == preferred
      let reason: Reason = rules.policy == .fixed ? .fixed : isPreferred ? .exploit : .explore
      return choice(arm, reason, probability(table, arm, preferred))
    }
  }

  /// The coin of half-open circuits: uniform in [0, 1), apart from everything else that is drawn for the id.
  static func admissionCoin(_ id: Identifier) -> Double {
    var coin = CounterGenerator(key: Draw.admissionKey, high: id.high, low: id.low)
    return coin.uniform()
  }

  private static func draw(_ table: PropensityTable, _ id: Identifier, _ turn: UInt64) -> Int {
    var generator = CounterGenerator(key: Draw.armKey, high: id.high, low: id.low)
    return table.draw(turn: turn, using: &generator)
  }

  /// P(an arm is served) under the mode `apply`, whatever share is held out: the one place that computes it, so that it
  /// has one value.
  fileprivate static func probability(_ table: PropensityTable, _ arm: Int, _ preferred: Int) -> Double {
    let holdout = table.scene.rules.holdout
    let share =
      table.allocation.isOrdered ? (arm == preferred ? 1 : 0) : table.allocation.probabilities[arm]
    return (1 - holdout) * share + (arm == table.baseline ? holdout : 0)
  }

  // Arbitrary and for ever: changing one would make every logged decision impossible to draw again.
  private static let holdoutKey: UInt64 = 0x706F_696E_7473_0000
  private static let armKey: UInt64 = 0x706F_696E_7473_0100
  private static let admissionKey: UInt64 = 0x706F_696E_7473_0200
}

extension PropensityTable {
  /// P(each arm is served) by arm: the policy's probabilities under the mode and the holdout in force. What off-policy
  /// evaluation calls π(a | x). Nil where they depend on figures of the moment, which no snapshot holds.
  public var served: [Double]? {
    switch scene.rules.mode {
    case .off, .observe: scene.arms.indices.map { $0 == baseline ? 1 : 0 }
    case .apply:
      allocation.isOrdered
        ? nil : scene.arms.indices.map { Draw.probability(self, $0, allocation.preferred) }
    }
  }
}

extension Choice {
  /// P(an arm is served), on the same terms as ``propensity``.
  public func probability(ofArm arm: Int) -> Double {
    switch reason {
    case .sticky, .fixed: arm == self.arm ? 1 : 0
    case .exploit, .explore, .holdout:
      Draw.probability(table, arm, preferred)
    }
  }
}
