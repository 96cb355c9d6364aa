public import Routing
import Vectors

/// For each candidate the mean reward of the k past intents most like this one that it served; the largest is chosen,
/// but a share `epsilon` of decisions goes to anybody.
///
///     q̂_a = (Σ_{i ∈ kNN_a} y_i + ȳ) / (|kNN_a| + 1)
///
/// ȳ, the mean of all that is remembered, stands for one more neighbour, so that a single lucky reward does not decide.
/// Only the latest ``memory`` rewarded decisions are remembered: a decision costs `memory` × D multiplications.
public struct NearestNeighboursPolicy: ContenderPolicy {
  /// k.
  public let neighbours: Int
  public let memory: Int
  private var dimension = 0
  private var contexts: [Float] = []
  private var owners: [Int] = []
  private var rewards: [Double] = []
  private var ids: [String] = []
  /// The oldest, once the memory is full.
  private var next = 0

  public init(neighbours: Int = 20, memory: Int = 2_000) {
    self.neighbours = neighbours
    self.memory = memory
  }

  public var reads: ContextKind { .embedding }

  public mutating func learn(_ lessons: [Lesson]) {
    for lesson in lessons {
      dimension = lesson.context.count
      let owner = ids.firstIndex(of: lesson.candidate) ?? ids.count
      if owner == ids.count { ids.append(lesson.candidate) }
      if rewards.count < memory {
        contexts += lesson.context
        owners.append(owner)
        rewards.append(lesson.reward)
      } else {
        contexts.replaceSubrange(next * dimension..<(next + 1) * dimension, with: lesson.context)
        owners[next] = owner
        rewards[next] = lesson.reward
        next = (next + 1) % memory
      }
    }
  }

  public func allocate(_ scene: Scene) -> Allocation {
    let estimates = estimates(scene.context)
    var preferred = 0
    var best = -Double.infinity
    for (index, arm) in scene.arms.enumerated() {
      let owner = ids.firstIndex(of: arm.id)
      let value = arm.weight * (owner.map { estimates.byOwner[$0] } ?? estimates.mean)
      if value > best { (preferred, best) = (index, value) }
    }
    let epsilon = scene.allowsExploration ? scene.rules.epsilon : 0
    var probabilities = [Double](repeating: epsilon / Double(scene.arms.count), count: scene.arms.count)
    probabilities[preferred] += 1 - epsilon
    return Allocation(preferred: preferred, probabilities: probabilities)
  }

  /// q̂ of everybody who was ever rewarded, and ȳ (½ where nothing is remembered).
  func estimates(_ context: [Float]) -> (byOwner: [Double], mean: Double) {
    let mean = rewards.isEmpty ? 0.5 : rewards.reduce(0, +) / Double(rewards.count)
    var nearest = [[(similarity: Float, reward: Double)]](repeating: [], count: ids.count)
    contexts.withUnsafeBufferPointer { contexts in
      context.withUnsafeBufferPointer { context in
        for place in rewards.indices {
          let past = UnsafeBufferPointer(rebasing: contexts[place * dimension..<(place + 1) * dimension])
          let similarity = DeterministicDot.dot(past, context)
          let owner = owners[place]
          let count = nearest[owner].count
          if count == neighbours, similarity <= nearest[owner][count - 1].similarity { continue }
          // Few neighbours, in falling order: an insertion is all it takes. Of equals the earlier stays first.
          var slot = count
          while slot > 0, nearest[owner][slot - 1].similarity < similarity { slot -= 1 }
          nearest[owner].insert((similarity, rewards[place]), at: slot)
          if count == neighbours { nearest[owner].removeLast() }
        }
      }
    }
    let byOwner = nearest.map { near in
      (near.reduce(0) { $0 + $1.reward } + mean) / Double(near.count + 1)
    }
    return (byOwner, mean)
  }
}
