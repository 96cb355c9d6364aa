/// What a caller insists on. Every field is optional; what is nil binds nothing.
public struct Constraints: Hashable, Sendable, Codable {
  /// Dollars, ≥ 0.
  public var maximumCost: Double?
  public var maximumLatency: Span?
  /// Candidate or provider ids; nil lets all in.
  public var only: [String]?
  /// Candidate or provider ids.
  public var exclude: [String]

  public init(
    maximumCost: Double? = nil, maximumLatency: Span? = nil, only: [String]? = nil, exclude: [String] = []
  ) {
    self.maximumCost = maximumCost
    self.maximumLatency = maximumLatency
    self.only = only
    self.exclude = exclude
  }

  public var isEmpty: Bool {
    maximumCost == nil && maximumLatency == nil && only == nil && exclude.isEmpty
  }
}

/// Why a candidate may not serve a request.
public enum Ineligibility: Hashable, Sendable {
  case removed
  case disabled
  case retired(since: Instant?, replacement: String?)
  case notAmongOnly
  case onlyByName
  case excludedByCaller
  case tooWide(limit: Int)
  case tooHigh(limit: Int)
  case tooShort(limit: Double)
  case tooLong(limit: Double)
  case tooManyInputTokens(limit: Int)
  case tooManyOutputTokens(limit: Int)
  case tooManyCharacters(limit: Int)
  case tooManyImages(limit: Int)
  case priceUnknown
  case tooExpensive(dollars: Double)
  case tooSlow(p90: Span)
  /// Something stands in the way at this moment.
  case obstacle(LiveObstacle)
  /// Its circuit is half open, and lets in this share of the work, without this request.
  case halfOpen(admission: Double)
  /// This router's executors cannot have it do the work; says why.
  case unable(String)
  /// Of a decision made before: something stood in the way that was known at that moment only.
  case unavailableThen

  /// The stable slug on the wire.
  public var reason: String {
    switch self {
    case .removed: "removed"
    case .disabled: "disabled"
    case .retired: "retired"
    case .notAmongOnly: "not_in_only"
    case .onlyByName: "only_by_name"
    case .excludedByCaller: "excluded"
    case .tooWide, .tooHigh: "resolution_limit"
    case .tooShort, .tooLong: "duration_limit"
    case .tooManyInputTokens, .tooManyOutputTokens: "token_limit"
    case .tooManyCharacters: "character_limit"
    case .tooManyImages: "image_limit"
    case .priceUnknown: "price_unknown"
    case .tooExpensive: "max_cost"
    case .tooSlow: "max_latency"
    case .obstacle(let obstacle): obstacle.kind.rawValue
    case .halfOpen: LiveObstacle.Kind.circuitOpen.rawValue
    case .unable: "cannot_do"
    case .unavailableThen: "unavailable_then"
    }
  }

  public var detail: String {
    switch self {
    case .removed: "no longer in the catalogue"
    case .disabled: "disabled in the catalogue"
    case .retired(let since, let replacement):
      (since.map { "since \($0.description.prefix(10))" } ?? "by its provider")
        + (replacement.map { "; replaced by \($0)" } ?? "")
    case .notAmongOnly: "neither it nor its provider is among `only`"
    case .onlyByName: "serves only requests that name it or its provider in `only`"
    case .excludedByCaller: "it or its provider is among `exclude`"
    case .tooWide(let limit): "at most \(limit) pixels wide"
    case .tooHigh(let limit): "at most \(limit) pixels high"
    case .tooShort(let limit): "at least \(limit) s"
    case .tooLong(let limit): "at most \(limit) s"
    case .tooManyInputTokens(let limit): "at most \(limit) input tokens"
    case .tooManyOutputTokens(let limit): "at most \(limit) output tokens"
    case .tooManyCharacters(let limit): "at most \(limit) characters"
    case .tooManyImages(let limit): "at most \(limit) images"
    case .priceUnknown: "its price is unknown, so it cannot meet max_cost_usd"
    case .tooExpensive(let dollars): "expected to cost \(Money(dollars: dollars)?.dollars ?? dollars) USD"
    case .tooSlow(let p90): "answers within \(p90) in 90 % of cases"
    case .obstacle(let obstacle): obstacle.detail
    case .halfOpen(let admission):
      "half open: lets in \(Int((100 * admission).rounded())) % of requests, and not this one"
    case .unable(let why): why
    case .unavailableThen: "could not be asked when it was decided; what stood in its way is not recorded"
    }
  }

  /// How long after `now` it will have gone by itself, ≥ 0; nil when it does not, or nobody knows. A half-open circuit
  /// may let the very next request in.
  func passes(after now: Instant) -> Span? {
    switch self {
    case .obstacle(let obstacle): obstacle.until.map { max($0 - now, .seconds(0)) }
    case .halfOpen: .seconds(0)
    default: nil
    }
  }
}

extension Limits {
  /// The first limit that some work breaks, if any. An amount that the caller did not state breaks none.
  func broken(by work: Work) -> Ineligibility? {
    if let limit = maximumWidth, let width = work.width, width > limit { return .tooWide(limit: limit) }
    if let limit = maximumHeight, let height = work.height, height > limit { return .tooHigh(limit: limit) }
    if let limit = minimumDuration, let seconds = work.duration, seconds < limit {
      return .tooShort(limit: limit)
    }
    if let limit = maximumDuration, let seconds = work.duration, seconds > limit {
      return .tooLong(limit: limit)
    }
    if let limit = maximumInputTokens, let count = work.inputTokens, count > limit {
      return .tooManyInputTokens(limit: limit)
    }
    if let limit = maximumOutputTokens, let count = work.outputTokens, count > limit {
      return .tooManyOutputTokens(limit: limit)
    }
    if let limit = maximumCharacters, let count = work.characters, count > limit {
      return .tooManyCharacters(limit: limit)
    }
    if let limit = maximumImages, let count = work.images, count > limit {
      return .tooManyImages(limit: limit)
    }
    return nil
  }
}
