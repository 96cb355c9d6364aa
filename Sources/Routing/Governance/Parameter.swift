/// One governance parameter: its name, what it accepts, what it means, and how it sits in ``Rules``.
public struct Parameter: Sendable {
  public enum Scope: Sendable {
    /// The same for everything.
    case router
    /// May be set for one capability, as `capability.name`.
    case capability
  }

  public let name: String
  public let scope: Scope
  /// What is accepted, for a person.
  public let accepts: String
  public let meaning: String
  let read: @Sendable (Rules) -> Setting
  let write: @Sendable (inout Rules, Setting) throws(ParameterError) -> Void

  public var defaultValue: Setting { read(Rules()) }

  public func value(in rules: Rules) -> Setting { read(rules) }

  public static func named(_ name: String) -> Parameter? { index[name].map { all[$0] } }

  private static let index = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
}

struct ParameterError: Error {
  let message: String
}

extension Parameter {
  private typealias Path<Value> = any WritableKeyPath<Rules, Value> & Sendable

  private static func number(
    _ name: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ meaning: String,
    scope: Scope = .capability
  ) -> Parameter {
    let accepts = "a number from \(Setting.number(range.lowerBound)) to \(Setting.number(range.upperBound))"
    return Parameter(
      name: name, scope: scope, accepts: accepts, meaning: meaning,
      read: { .number($0[keyPath: path]) },
      write: { (rules, setting) throws(ParameterError) in
        guard case .number(let value) = setting, range.contains(value) else {
          throw ParameterError(message: "must be \(accepts), got \(setting)")
        }
        rules[keyPath: path] = value
      })
  }

  private static func optionalNumber(
    _ name: String, _ path: Path<Double?>, _ range: ClosedRange<Double>, _ meaning: String
  ) -> Parameter {
    let accepts =
      "null, or a number from \(Setting.number(range.lowerBound)) to \(Setting.number(range.upperBound))"
    return Parameter(
      name: name, scope: .capability, accepts: accepts, meaning: meaning,
      read: { $0[keyPath: path].map { .number($0) } ?? .none },
      write: { (rules, setting) throws(ParameterError) in
        guard case .number(let value) = setting, range.contains(value) else {
          throw ParameterError(message: "must be \(accepts), got \(setting)")
        }
        rules[keyPath: path] = value
      })
  }

  private static func span(
    _ name: String, _ path: Path<Span>, _ range: ClosedRange<Span>, _ meaning: String,
    scope: Scope = .capability
  ) -> Parameter {
    let accepts = "a span such as 15m, from \(range.lowerBound) to \(range.upperBound)"
    return Parameter(
      name: name, scope: scope, accepts: accepts, meaning: meaning,
      read: { .text($0[keyPath: path].description) },
      write: { (rules, setting) throws(ParameterError) in
        guard let span = Span(setting.description), range.contains(span) else {
          throw ParameterError(message: "must be \(accepts), got \(setting)")
        }
        rules[keyPath: path] = span
      })
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: Path<Value>, _ meaning: String, scope: Scope = .capability
  ) -> Parameter {
    let accepts = "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    return Parameter(
      name: name, scope: scope, accepts: accepts, meaning: meaning,
      read: { .text($0[keyPath: path].rawValue) },
      write: { (rules, setting) throws(ParameterError) in
        guard case .text(let text) = setting, let value = Value(rawValue: text) else {
          throw ParameterError(message: "must be \(accepts), got \(setting)")
        }
        rules[keyPath: path] = value
      })
  }

  /// All parameters, in the order in which a person would read them.
  public static let all: [Parameter] = learning + deciding + regions + signals

  private static let learning: [Parameter] = [
    span(
      "epoch_interval", \.epochInterval, .seconds(1) ... .days(7), "how often feedback becomes knowledge",
      scope: .router),
    span("half_life", \.halfLife, .minutes(1) ... .days(3_650), "age at which an observation counts half"),
    span(
      "correction_horizon", \.correctionHorizon, .minutes(1) ... .days(365),
      "how long a correction or revocation still reaches back", scope: .router),
    choice(
      "ema", \.ema,
      "the posterior mean, or the moving average: its gain by evidence, or the literal pair of gains"),
    number("alpha_new", \.newGain, 0.01...1, "most that Q of a new candidate moves in an epoch"),
    number(
      "alpha_est", \.establishedGain, 0.001...1, "most that Q of an established candidate moves in an epoch"),
    number("minimum_observations", \.minimumObservations, 1...10_000, "observations before Q counts"),
    number(
      "kappa_minimum", \.shrinkageMinimum, 0.1...1_000, "least strength with which a region leans on the rest"
    ),
    number("kappa_maximum", \.shrinkageMaximum, 1...100_000, "greatest strength with which it does"),
    number(
      "change_threshold", \.changeThreshold, 3...1_000_000,
      "log-likelihood ratio from which a candidate counts as changed and is learned again"),
    number(
      "residual_weight", \.residualWeight, 0...1,
      "how much an intent's own direction counts beside its region under agentrank; 0 learns nothing of it"),
    number("rater_cap", \.raterCap, 0.01...1, "greatest share of a cell's new mass that one rater may bring"),
    number(
      "rater_cap_from", \.raterCapFrom, 0...1e9, "observations in a cell's epoch from which the cap holds"),
    span(
      "feedback_window", \.feedbackWindow, .seconds(1) ... .days(365), "how long a decision awaits feedback"),
    optionalNumber(
      "default_reward", \.defaultReward, 0...1, "reward of a decision that got no signal in its window"),
  ]

  private static let deciding: [Parameter] = [
    choice("policy", \.policy, "how a candidate is chosen"),
    choice("mode", \.mode, "apply the policy, observe it beside the baseline, or off"),
    Parameter(
      name: "fixed", scope: .capability, accepts: "null, or a candidate id",
      meaning:
        "the baseline: served by `fixed`, `observe`, `off` and the holdout; null is the first by priority",
      read: { $0.fixed.map { .text($0) } ?? .none },
      write: { (rules, setting) throws(ParameterError) in
        guard case .text(let id) = setting else {
          throw ParameterError(message: "must be a candidate id, got \(setting)")
        }
        rules.fixed = id
      }),
    number("holdout", \.holdout, 0...0.5, "share of traffic kept on the baseline to measure uplift"),
    number(
      "optimism", \.optimism, 0...10, "standard deviations that exploiting adds to the quality estimate"),
    number("exploration_share", \.explorationShare, 0...1, "explored decisions earned per decision"),
    number(
      "exploration_grant", \.explorationGrant, 0...100_000, "explored decisions per candidate to begin with"),
    number(
      "exploration_sharpness", \.explorationSharpness, 0.1...100,
      "how many times the evidence counts where exploring is shared out"),
    number("epsilon", \.epsilon, 0...1, "share of uniform choice under epsilon_greedy"),
    number("confidence_scale", \.confidenceScale, 0...100, "width of the bonus under ucb1"),
    span(
      "session_window", \.sessionWindow, .seconds(0) ... .days(30), "how long a session keeps its candidate"),
    choice(
      "decision_durability", \.decisionDurability, "answer before (grouped) or after (sync) the record",
      scope: .router),
    span(
      "idempotency_window", \.idempotencyWindow, .minutes(1) ... .days(365), "how long a key is remembered",
      scope: .router),
    span(
      "job_retention", \.jobRetention, .days(1) ... .days(3_650),
      "how long jobs that are over, and checks of providers' health, are kept", scope: .router),
    span(
      "artefact_retention", \.artefactRetention, .hours(1) ... .days(3_650),
      "how long copies of what jobs made are kept, whoever refers to them", scope: .router),
    span(
      "artefact_link_life", \.artefactLinkLife, .minutes(1) ... .days(7),
      "how long a signed link to a copy holds", scope: .router),
  ]

  private static let regions: [Parameter] = [
    optionalNumber(
      "novelty_floor", \.noveltyFloor, -1...1,
      "similarity below which an intent is nowhere; null is the embedding's own"),
    number(
      "learned_regions", \.learnedRegions, 0...1_024,
      "regions that the router learns by itself at first, and more as intents come; 0 for none",
      scope: .router),
    number(
      "learned_regions_from", \.learnedRegionsFrom, 10...1e9, "distinct intents before it first does",
      scope: .router),
    span(
      "embedding_retention", \.embeddingRetention, .days(1) ... .days(3_650),
      "how long a decision's embedding is kept", scope: .router),
  ]

  private static let signals: [Parameter] = SignalKind.allCases.flatMap { kind -> [Parameter] in
    let weight = number(
      "weight.\(kind.name)", \.signals[weight: kind], 0...10, "weight of a \(kind.name) signal",
      scope: .router)
    guard kind.hasConfigurableValue else { return [weight] }
    return [
      weight,
      number(
        "value.\(kind.name)", \.signals[value: kind], 0...1, "reward that a \(kind.name) signal stands for",
        scope: .router),
    ]
  }
}
