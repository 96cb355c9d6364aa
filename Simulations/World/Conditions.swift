public import Routing

/// What holds at one moment of the timeline.
public struct Conditions: Hashable, Sendable {
  /// How often intents of each group come, relative to each other.
  public internal(set) var rates: [Double]
  /// Of true quality: groups × candidates.
  public internal(set) var factors: [Double]
  /// Of true quality: groups × candidates.
  public internal(set) var shifts: [Double]
  /// By candidate.
  public internal(set) var priceFactors: [Double]
  /// By candidate: whether it answers.
  public internal(set) var answers: [Bool]
  /// By candidate: whether the catalogue lists it as serving.
  public internal(set) var isListed: [Bool]
  /// By candidate: what is believed of an entrant.
  public internal(set) var priors: [Prior?]
  public var feedback: FeedbackConditions

  /// - Parameters:
  ///   - rates: by group, ≥ 0, not all 0.
  ///   - priors: by candidate.
  public init(rates: [Double], priors: [Prior?], feedback: FeedbackConditions = FeedbackConditions()) {
    let candidates = priors.count
    self.rates = rates
    self.priors = priors
    self.feedback = feedback
    factors = Array(repeating: 1, count: rates.count * candidates)
    shifts = Array(repeating: 0, count: rates.count * candidates)
    priceFactors = Array(repeating: 1, count: candidates)
    answers = Array(repeating: true, count: candidates)
    isListed = answers
  }
}

/// How feedback comes at one moment.
public struct FeedbackConditions: Hashable, Sendable {
  /// Share of decisions without any, 0…1.
  public var missing = 0.0
  public var delay = Delay.constant(0)
  public var noise = RaterNoise()
  /// How many honest raters there are, each as often as another; 0 for feedback that names no rater.
  public var raters = 0
  public var ring: RaterRing?
  /// The decision at which held-back feedback arrives.
  public var heldUntil: Int?
  /// Signals that each decision gets, all the same, ≥ 1.
  public var signals = 1

  public init() {}
}
