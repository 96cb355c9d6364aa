public import Routing
public import World

/// A policy that stands beside the production ones for comparison: a value behind the same ``Routing/Policy`` that
/// learns from the same feedback at the same epoch boundaries.
public protocol ContenderPolicy: Policy {
  /// What it reads in ``Routing/Scene/context``.
  var reads: ContextKind { get }
  /// Takes in an epoch's feedback, in the order in which it arrived.
  mutating func learn(_ lessons: [Lesson])
  /// Told whenever the truth changes. Only an oracle listens.
  mutating func see(_ truth: Truth)
}

extension ContenderPolicy {
  public var reads: ContextKind { .nothing }
  public mutating func learn(_ lessons: [Lesson]) {}
  public mutating func see(_ truth: Truth) {}
}

public enum ContextKind: Sendable {
  /// One allocation holds for an epoch.
  case nothing
  /// The intent's embedding.
  case embedding
  /// The number of the intent's true group, as a single element: an oracle's privilege.
  case group
}

/// One decision's feedback, as a contextual policy learns from it.
public struct Lesson: Sendable {
  /// The intent's embedding.
  public var context: [Float]
  /// Id of the candidate that served.
  public var candidate: String
  /// y, 0…1.
  public var reward: Double

  public init(context: [Float], candidate: String, reward: Double) {
    self.context = context
    self.candidate = candidate
    self.reward = reward
  }
}

/// Everybody alike, by chance.
public struct UniformPolicy: ContenderPolicy {
  public init() {}

  public func allocate(_ scene: Scene) -> Allocation {
    let share = 1 / Double(scene.arms.count)
    return Allocation(
      preferred: scene.exploit, probabilities: Array(repeating: share, count: scene.arms.count))
  }
}

/// Always the candidate that turns out best over the whole run; the next best while it is away. Known in hindsight only.
public struct BestSingleOracle: ContenderPolicy {
  /// Ids, the best first.
  private let order: [String]

  public init(order: [String]) { self.order = order }

  public func allocate(_ scene: Scene) -> Allocation {
    let arm = order.lazy.compactMap { id in scene.arms.firstIndex { $0.id == id } }.first ?? scene.exploit
    return .certainly(arm, of: scene.arms.count)
  }
}

/// Always the candidate that is truly best in the intent's group now.
public struct BestPerGroupOracle: ContenderPolicy {
  private let candidates: [String]
  /// By group: ids, the best first.
  private var order: [[String]] = []

  public init(candidates: [String]) { self.candidates = candidates }

  public var reads: ContextKind { .group }

  public mutating func see(_ truth: Truth) {
    let means = truth.groupMeans
    order = truth.best.indices.map { group in
      candidates.indices.filter { truth.conditions.answers[$0] }.sorted { left, right in
        let (a, b) = (means[group * candidates.count + left], means[group * candidates.count + right])
        return a == b ? left < right : a > b
      }.map { candidates[$0] }
    }
  }

  public func allocate(_ scene: Scene) -> Allocation {
    let group = Int(scene.context.first ?? 0)
    let best = order[group].lazy.compactMap { id in scene.arms.firstIndex { $0.id == id } }.first
    return .certainly(best ?? scene.exploit, of: scene.arms.count)
  }
}

extension Allocation {
  /// One arm and no other.
  static func certainly(_ arm: Int, of count: Int) -> Allocation {
    var probabilities = [Double](repeating: 0, count: count)
    probabilities[arm] = 1
    return Allocation(preferred: arm, probabilities: probabilities)
  }
}
