public import Jobs
public import Routing
import Wire

/// What can happen to a generation.
public enum GenerationEvent: Hashable, Sendable {
  /// A job is over.
  case ended(ElementPlace, ElementOutcome)
  /// A job was never taken in, and will not be.
  case refused(ElementPlace, GenerationFailure)
  case cancelAsked
}

/// How a job ended, as far as its generation wants to know.
public struct ElementOutcome: Hashable, Sendable {
  public var state: JobState
  public var decision: Identifier
  public var executed: String?
  public var result: JobResult?
  public var cost: Money
  public var exposure: Money
  public var error: ErrorDetails?

  public init(
    state: JobState, decision: Identifier, executed: String? = nil, result: JobResult? = nil,
    cost: Money = .zero, exposure: Money = .zero, error: ErrorDetails? = nil
  ) {
    self.state = state
    self.decision = decision
    self.executed = executed
    self.result = result
    self.cost = cost
    self.exposure = exposure
    self.error = error
  }

  /// - Parameter job: one that is over.
  public init(_ job: Job) {
    let outcome = JobOutcome(job)
    state = outcome.state
    decision = outcome.decision
    executed = outcome.executed
    result = outcome.result
    cost = outcome.cost
    exposure = outcome.exposure
    error = outcome.error
  }
}

/// What an event has led to. Nothing of it is true before the generation is stored.
public struct GenerationTransition: Hashable, Sendable {
  /// Whether anything is different.
  public var changed: Bool
  /// Jobs to be submitted.
  public var begun: [ElementPlace] = []
  /// Jobs to be called off; their ends are still awaited.
  public var stopped: [ElementPlace] = []
}

extension Generation {
  /// Lets something happen. What has happened already changes nothing.
  public mutating func apply(_ event: GenerationEvent, at now: Instant) -> GenerationTransition {
    let before = self
    var transition = GenerationTransition(changed: false)
    switch event {
    case .ended(let place, let outcome):
      guard isRunning(place) else { return transition }
      note(outcome, at: place, now)
    case .refused(let place, let failure):
      guard isRunning(place) else { return transition }
      close(place, ending == nil ? .failed : .stopped, at: now)
      if ending == nil { fail(failure, at: now) }
    case .cancelAsked:
      guard !isEnding else { return transition }
      ending = .canceled
    }
    if ending == nil { transition.begun = advance(at: now) }
    if ending != nil {
      transition.begun = []
      if before.ending == nil { transition.stopped = before.running.filter { isRunning($0) } }
      finishEnding(at: now)
    }
    guard self != before else { return transition }
    revision += 1
    transition.changed = true
    return transition
  }

  private func isRunning(_ place: ElementPlace) -> Bool {
    steps.indices.contains(place.step) && steps[place.step].elements.indices.contains(place.element)
      && self[place].state == .running
  }

  private mutating func close(_ place: ElementPlace, _ state: ElementState, at now: Instant) {
    steps[place.step].elements[place.element].state = state
    steps[place.step].elements[place.element].ended = now
  }

  private mutating func note(_ outcome: ElementOutcome, at place: ElementPlace, _ now: Instant) {
    steps[place.step].elements[place.element].decision = outcome.decision
    steps[place.step].elements[place.element].executed = outcome.executed
    steps[place.step].elements[place.element].cost = outcome.cost
    steps[place.step].elements[place.element].exposure = outcome.exposure
    if outcome.state == .succeeded {
      steps[place.step].elements[place.element].result = outcome.result.map { Generation.json($0) }
      close(place, .succeeded, at: now)
      if steps[place.step].elements.allSatisfy({ $0.state == .succeeded }) { complete(place.step, at: now) }
      return
    }
    close(place, ending == nil ? .failed : .stopped, at: now)
    guard ending == nil else { return }
    fail(
      GenerationFailure(
        step: recipe.steps[place.step].name,
        element: recipe.steps[place.step].forEach == nil ? nil : place.element,
        code: outcome.error?.code ?? (outcome.state == .expired ? .timeout : .unknownError),
        message: outcome.error?.message ?? "its job has \(outcome.state.rawValue)",
        isRetryable: outcome.error?.retryable ?? false), at: now)
  }

  /// All that a step was to do is done.
  private mutating func complete(_ step: Int, at now: Instant) {
    guard let review = recipe.steps[step].review else {
      steps[step].state = .succeeded
      return
    }
    let text = steps[step].elements[0].result?["text"]?.stringValue
    guard let verdict = text.flatMap({ Verdict(reading: $0, least: review.least) }) else {
      fail(
        GenerationFailure(
          step: recipe.steps[step].name, code: .providerError,
          message: "the review's answer has no \"score\" from 0 to 1: \(text.map { $0.prefix(120) } ?? "")"),
        at: now)
      return
    }
    self.verdict = verdict
    steps[step].state = .succeeded
  }

  mutating func fail(_ failure: GenerationFailure, at now: Instant) {
    self.failure = failure
    ending = now >= deadline ? .expired : .failed
    if let step = recipe.steps.firstIndex(where: { $0.name == failure.step }) { steps[step].state = .failed }
  }

  /// The end itself, once nothing is under way.
  private mutating func finishEnding(at now: Instant) {
    guard let ending, running.isEmpty else { return }
    for step in steps.indices where steps[step].state == .waiting || steps[step].state == .running {
      steps[step].state = .stopped
    }
    end(ending, at: now)
  }

  mutating func end(_ state: GenerationState, at now: Instant) {
    self.state = state
    ended = now
    ending = nil
  }

  /// A job's result as templates see it.
  static func json(_ result: JobResult) -> JSONValue {
    var members: [JSONValue.Member] = []
    if let text = result.text { members.append(.init("text", .string(text))) }
    if let first = result.artefacts.first { members.append(.init("url", .string(first.url))) }
    members.append(.init("urls", .array(result.artefacts.map { .string($0.url) })))
    let artefacts = result.artefacts.map { artefact -> JSONValue in
      [
        "url": .string(artefact.url), "content_type": artefact.contentType.map { .string($0) } ?? .null,
        "bytes": artefact.byteCount.map { .integer(Int64($0)) } ?? .null,
      ]
    }
    members.append(.init("artefacts", .array(artefacts)))
    return .object(members)
  }
}

extension Verdict {
  /// Reads the answer of a review: an object with a `score` from 0 to 1 and perhaps a `reason`, whatever stands around
  /// it. Nil when there is none.
  init?(reading answer: String, least: Double) {
    let text = answer.prefix(Verdict.longest)
    let ends = text.indices.filter { text[$0] == "}" }
    for start in text.indices.filter({ text[$0] == "{" }).prefix(Verdict.mostBraces) {
      for end in ends.filter({ $0 > start }).prefix(Verdict.mostBraces) {
        guard let value = try? JSONValue.parse(Array(text[start...end].utf8)),
          let score = value["score"]?.doubleValue, (0...1).contains(score)
        else { continue }
        self.init(score: score, least: least, reason: value["reason"]?.stringValue)
        return
      }
    }
    return nil
  }

  /// Characters of an answer that are looked at, and braces in it: a verdict is short.
  private static let longest = 20_000
  private static let mostBraces = 64
}
