/// What a capability may still spend on exploring, in decisions.
///
/// It opens with `exploration_grant` for every candidate, earns `exploration_share` for every decision, and pays one
/// for every explored decision. Where posteriors are sure nothing is spent and it grows; where they are not, it is
/// spent there.
public struct ExplorationAccount: Hashable, Sendable {
  public private(set) var earned = 0.0
  public private(set) var spent = 0.0

  public init() {}

  public init(earned: Double, spent: Double) {
    self.earned = earned
    self.spent = spent
  }

  /// The balance, given the grant of the candidates there are now; negative after an epoch longer than expected.
  public func balance(grant: Double) -> Double { grant + earned - spent }

  mutating func settle(decisions: Int, explored: Int, share: Double) {
    earned += share * Double(decisions)
    spent += Double(explored)
  }

  /// f, 0…1: how much of full probability matching can be afforded in the coming epoch.
  ///
  ///     f = min(1, B / Σ w_r (1 − π_{a*,r}))
  ///
  /// - Parameter demand: the sum: the decisions that full matching would explore in an epoch.
  public static func affordable(balance: Double, demand: Double) -> Double {
    guard balance > 0 else { return 0 }
    return demand > balance ? balance / demand : 1
  }
}
