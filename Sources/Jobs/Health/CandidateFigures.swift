public import Routing

/// What attempts have shown of a candidate, apart from its quality: how often it answers, how often it refuses, how
/// long it takes, and what it really costs. Older attempts count less.
public struct CandidateFigures: Hashable, Sendable {
  public private(set) var latency: LatencyHistogram
  public private(set) var submitLatency: LatencyHistogram
  private var answered: DiscountedCount
  private var unanswered: DiscountedCount
  private var refused: DiscountedCount
  private var delivered: DiscountedCount
  private var actualDollars: DiscountedCount
  private var estimatedDollars: DiscountedCount

  /// - Parameter halfLife: after which an attempt counts half.
  public init(halfLife: Span = .hours(6)) {
    latency = LatencyHistogram(halfLife: halfLife)
    submitLatency = LatencyHistogram(halfLife: halfLife)
    answered = DiscountedCount(halfLife: halfLife)
    unanswered = DiscountedCount(halfLife: halfLife)
    refused = DiscountedCount(halfLife: halfLife)
    delivered = DiscountedCount(halfLife: halfLife)
    actualDollars = DiscountedCount(halfLife: halfLife)
    estimatedDollars = DiscountedCount(halfLife: halfLife)
  }

  public mutating func record(_ report: AttemptReport) {
    let now = report.ended
    let lesson = report.lesson
    switch lesson.statistic {
    case .none: break
    case .available: answered.add(1, at: now)
    case .refused:
      answered.add(1, at: now)
      refused.add(1, at: now)
    case .unavailable: unanswered.add(1, at: now)
    }
    if let latency = lesson.latency { self.latency.record(latency, at: now) }
    if !report.isRevision, let latency = report.submitLatency { submitLatency.record(latency, at: now) }
    if let cost = lesson.cost {
      delivered.add(1, at: now)
      actualDollars.add(cost.actual.dollars, at: now)
      estimatedDollars.add(cost.estimated.dollars, at: now)
    }
  }

  /// The share of attempts that were answered, one of two unseen ones being so: (a + 1)/(a + u + 1); 1 before the
  /// first.
  public func availability(at now: Instant) -> Double {
    let answered = answered.value(at: now)
    return (answered + 1) / (answered + unanswered.value(at: now) + 1)
  }

  /// The share of answered attempts that the content policy refused; 0 before the first.
  public func refusalRate(at now: Instant) -> Double {
    let answered = answered.value(at: now)
    return answered > 0 ? refused.value(at: now) / answered : 0
  }

  /// How many recent attempts the shares rest on.
  public func evidence(at now: Instant) -> Double { answered.value(at: now) + unanswered.value(at: now) }

  /// The measured p90, once it rests on enough (twenty attempts' worth); what the candidate states otherwise. The
  /// figure for `max_latency_ms`.
  public func latencyP90(stated: Span?, at now: Instant) -> Span? {
    latency.evidence(at: now) >= 20 ? latency.quantile(0.9) : stated
  }

  /// What an estimate is to be multiplied with: the ratio r of actual to estimated cost, drawn to 1 while it rests on
  /// little, (n·r + 5)/(n + 5).
  public func costFactor(at now: Instant) -> Double {
    let count = delivered.value(at: now)
    let estimated = estimatedDollars.value(at: now)
    guard count > 0, estimated > 0 else { return 1 }
    return (count * actualDollars.value(at: now) / estimated + 5) / (count + 5)
  }

  /// Actual less estimated cost, as a share of the estimate: the drift that a report shows. Nil before the first.
  public func costDrift(at now: Instant) -> Double? {
    let estimated = estimatedDollars.value(at: now)
    return estimated > 0 ? actualDollars.value(at: now) / estimated - 1 : nil
  }
}
