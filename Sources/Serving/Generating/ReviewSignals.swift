import Recipes
import Routing

/// What a recipe's review says to the learning: its score, about every decision that the result came from.
enum ReviewSignals {
  /// Empty without a verdict. The same ids whenever asked.
  static func submissions(of generation: Generation, at now: Instant) -> [Submission] {
    guard let verdict = generation.verdict else { return [] }
    return generation.steps[generation.recipe.result].elements.compactMap { element -> Submission? in
      guard element.state == .succeeded, let decision = element.decision else { return nil }
      return Submission(
        id: "review:\(generation.id):\(element.job)", decision: decision,
        content: .signal(.review, reward: verdict.score, trust: 1, other: nil),
        value: .number(verdict.score), rater: "recipe \(generation.recipe.name)", at: now, received: now,
        comment: verdict.reason)
    }
  }
}
