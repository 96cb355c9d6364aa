/// A world under the conditions of a moment: what each candidate is truly worth now.
public struct Truth: Sendable {
  private let qualities: [Double]
  private let lineOfIntent: [Int]
  private let groupOfIntent: [Int]
  private let members: [[Int]]
  private let count: Int
  public private(set) var conditions: Conditions
  /// Mean true quality of each candidate over the intents of each group, now: groups × candidates.
  public private(set) var groupMeans: [Double]
  private let originalMeans: [Double]
  /// By group: the candidate that is best there on the mean among those that answer; ties go to the first.
  public private(set) var best: [Int]

  public init(_ world: some WorldModel, _ conditions: Conditions) {
    qualities = world.qualities
    lineOfIntent = world.lineOfIntent
    groupOfIntent = world.groupOfIntent
    count = world.candidates.count
    var members = [[Int]](repeating: [], count: world.groups.count)
    for (intent, group) in world.groupOfIntent.enumerated() { members[group].append(intent) }
    self.members = members
    self.conditions = conditions
    let candidates = count
    var means = [Double](repeating: 0, count: members.count * candidates)
    for (group, intents) in members.enumerated() {
      for candidate in 0..<candidates {
        let sum = intents.reduce(0) { $0 + world.qualities[world.lineOfIntent[$1] * candidates + candidate] }
        means[group * candidates + candidate] = intents.isEmpty ? 0 : sum / Double(intents.count)
      }
    }
    originalMeans = means
    groupMeans = means
    best = Array(repeating: 0, count: members.count)
    derive(from: nil)
  }

  /// True expected quality of a candidate on an intent, now, whether it answers or not: clamp(q·factor + shift).
  public func quality(intent: Int, candidate: Int) -> Double {
    let place = groupOfIntent[intent] * count + candidate
    let value =
      qualities[lineOfIntent[intent] * count + candidate] * conditions.factors[place]
      + conditions.shifts[place]
    return min(max(value, 0), 1)
  }

  /// Moves on to other conditions.
  public mutating func move(to conditions: Conditions) {
    let old = self.conditions
    self.conditions = conditions
    derive(from: old)
  }

  private mutating func derive(from old: Conditions?) {
    for group in members.indices {
      for candidate in 0..<count {
        let place = group * count + candidate
        let (factor, shift) = (conditions.factors[place], conditions.shifts[place])
        guard old.map({ $0.factors[place] != factor || $0.shifts[place] != shift }) ?? true else { continue }
        if shift == 0, factor <= 1 {
          // Nothing is held to 0…1, so the mean moves as every intent does.
          groupMeans[place] = originalMeans[place] * factor
        } else if !members[group].isEmpty {
          let sum = members[group].reduce(0) { $0 + quality(intent: $1, candidate: candidate) }
          groupMeans[place] = sum / Double(members[group].count)
        }
      }
      var best = -1
      for candidate in 0..<count where conditions.answers[candidate] {
        if best < 0 || groupMeans[group * count + candidate] > groupMeans[group * count + best] {
          best = candidate
        }
      }
      self.best[group] = max(best, 0)
    }
  }
}
