/// The orders by figures of the moment. Each gives positions in the list, best first; equal candidates stand in the
/// order of the list, which is that of their ids where the list is a roster.
public enum LiveOrder: Hashable, Sendable {
  /// `least_loaded`: the least work for each place, then the faster.
  case leastLoaded
  /// `latency`: the lowest median, then the lowest p90. A candidate without a figure goes first while it has no work
  /// here, so that it gets some and is measured; with work under way and still no figure it goes last.
  case latency

  public func positions(_ states: [LiveState]) -> [Int] {
    states.indices.sorted { one, other in
      let (left, right) = (states[one], states[other])
      switch self {
      case .leastLoaded: if left.load != right.load { return left.load < right.load }
      case .latency: if left.isUntried != right.isUntried { return left.isUntried }
      }
      let medians = (left.latencyP50 ?? .never, right.latencyP50 ?? .never)
      if medians.0 != medians.1 { return medians.0 < medians.1 }
      let tails = (left.latencyP90 ?? .never, right.latencyP90 ?? .never)
      return tails.0 == tails.1 ? one < other : tails.0 < tails.1
    }
  }
}

extension LiveState {
  fileprivate var isUntried: Bool { latencyP50 == nil && load == 0 }
}

extension Span {
  fileprivate static let never = Span(microseconds: .max)
}

extension PolicyKind {
  /// The order by figures of the moment that decides; nil for every policy that a snapshot is enough for.
  public var liveOrder: LiveOrder? {
    switch self {
    case .leastLoaded: .leastLoaded
    case .latency: .latency
    case .agentRank, .thompson, .epsilonGreedy, .ucb1, .priority, .roundRobin, .weighted, .fixed: nil
    }
  }
}
