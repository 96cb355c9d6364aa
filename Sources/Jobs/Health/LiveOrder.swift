public import Routing

/// A candidate's figures of the moment.
public struct LiveFigures: Hashable, Sendable {
  public var candidate: String
  /// Jobs at the vendor, over all accounts that may serve it.
  public var inUse: Int
  /// Jobs that wait for its provider.
  public var queued: Int
  /// The most jobs at the vendor at the same time; nil is no known limit.
  public var concurrency: Int?
  public var latencyP50: Span?
  public var latencyP90: Span?

  public init(
    candidate: String, inUse: Int = 0, queued: Int = 0, concurrency: Int? = nil, latencyP50: Span? = nil,
    latencyP90: Span? = nil
  ) {
    self.candidate = candidate
    self.inUse = inUse
    self.queued = queued
    self.concurrency = concurrency
    self.latencyP50 = latencyP50
    self.latencyP90 = latencyP90
  }

  /// Jobs here for each place: (in use + queued)/concurrency. Without a limit each job counts as one of a hundred.
  var load: Double { Double(inUse + queued) / Double(max(concurrency ?? 100, 1)) }
}

/// The strategies that need figures of the moment. Each gives positions in the list, best first; equal candidates stand
/// in the order of their ids, so that the answer is the same wherever the list came from.
public enum LiveOrder {
  /// `least_loaded`: the least work for each place, then the faster.
  public static func leastLoaded(_ candidates: [LiveFigures]) -> [Int] {
    candidates.indices.sorted { one, other in
      let (left, right) = (candidates[one], candidates[other])
      if left.load != right.load { return left.load < right.load }
      return isFaster(left, right)
    }
  }

  /// `latency`: the lowest median, then the lowest p90. A candidate without a figure goes first while it has no work
  /// here, so that it gets some and is measured; with work under way and still no figure it goes last.
  public static func latency(_ candidates: [LiveFigures]) -> [Int] {
    candidates.indices.sorted { one, other in
      let (left, right) = (candidates[one], candidates[other])
      let (isTrial, isOtherTrial) = (left.isUntried, right.isUntried)
      if isTrial != isOtherTrial { return isTrial }
      return isFaster(left, right)
    }
  }

  private static func isFaster(_ left: LiveFigures, _ right: LiveFigures) -> Bool {
    let never = Span(microseconds: .max)
    let medians = (left.latencyP50 ?? never, right.latencyP50 ?? never)
    if medians.0 != medians.1 { return medians.0 < medians.1 }
    let tails = (left.latencyP90 ?? never, right.latencyP90 ?? never)
    if tails.0 != tails.1 { return tails.0 < tails.1 }
    return left.candidate < right.candidate
  }
}

extension LiveFigures {
  fileprivate var isUntried: Bool { latencyP50 == nil && inUse + queued == 0 }
}
