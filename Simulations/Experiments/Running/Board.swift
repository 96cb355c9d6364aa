import Routing
import Statistics
import World

/// Who may be drawn in one row during one epoch, with everything that does not change from decision to decision.
struct Board {
  /// Of the router's own policies; nil for the others.
  let table: PropensityTable?
  /// Its key.
  let key: TableKey?
  private let scene: Scene
  private let alias: AliasTable?
  private let allocation: Allocation?
  /// Roster positions of the arms.
  let positions: [Int]

  /// A board of the production path.
  init(_ table: PropensityTable, _ key: TableKey) {
    self.table = table
    self.key = key
    scene = table.scene
    positions = table.scene.arms.map(\.position)
    alias = nil
    allocation = nil
  }

  /// A board of another policy; an allocation for every decision if it reads a context, else one for the epoch.
  init(_ scene: Scene, _ policy: any ContenderPolicy) {
    table = nil
    key = nil
    self.scene = scene
    positions = scene.arms.map(\.position)
    guard policy.reads == .nothing else {
      alias = nil
      allocation = nil
      return
    }
    let allocation = policy.allocate(scene)
    self.allocation = allocation
    alias = AliasTable(probabilities: allocation.probabilities)
  }

  /// Arms by falling AgentRank: who stands in for whom.
  var ranking: [Int] { table?.ranking ?? scene.ranking() }

  struct Pick {
    var arm: Int
    var preferred: Int
    var isExplored: Bool
  }

  /// The production draw.
  func pick(_ table: PropensityTable, id: Identifier, turn: UInt64) -> Pick {
    let choice = Draw.choose(table, id: id, turn: turn)
    return Pick(
      arm: choice.arm, preferred: table.allocation.preferred, isExplored: choice.reason == .explore)
  }

  /// The draw of another policy.
  ///
  /// - Parameter context: what the policy reads.
  func pick(_ policy: any ContenderPolicy, context: @autoclosure () -> [Float], seed: UInt64, decision: Int)
    -> Pick
  {
    var chance = Chance.choice.generator(seed: seed, index: UInt64(decision))
    if let allocation, let alias {
      let arm = alias.draw(using: &chance)
      return Pick(arm: arm, preferred: allocation.preferred, isExplored: arm != allocation.preferred)
    }
    var scene = scene
    scene.context = context()
    let allocation = policy.allocate(scene)
    var rest = chance.uniform()
    var arm = allocation.preferred
    for (index, probability) in allocation.probabilities.enumerated() where probability > 0 {
      arm = index
      rest -= probability
      if rest < 0 { break }
    }
    return Pick(arm: arm, preferred: allocation.preferred, isExplored: arm != allocation.preferred)
  }
}
