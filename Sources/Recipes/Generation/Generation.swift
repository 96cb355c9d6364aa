public import Jobs
public import Routing
public import Wire

/// A recipe on its way from a request to its result, as a value: ends of jobs go in, and which jobs are to begin and
/// which are to be called off comes out (``apply(_:at:)``). It knows no clock, no network and no store.
///
/// It carries its recipe: what it does never depends on what is changed later. A shell stores it on condition that the
/// stored ``revision`` is the one it read, and only then begins jobs. The id of a job follows from the generation, the
/// step and the element (``Element/job``), so that a shell that was stopped in between finds the job or submits it, and
/// in no case both.
public struct Generation: Hashable, Sendable {
  public let id: Identifier
  public let recipe: Recipe
  /// Of the recipe; 0 for a built-in one.
  public let version: Int
  /// The request's input.
  public let request: JSONValue
  /// What the caller wants, in words.
  public let intent: String?
  public let terms: Terms
  public let created: Instant
  /// Of all steps together.
  public let deadline: Instant

  public internal(set) var state = GenerationState.running
  /// By their place in the recipe.
  public internal(set) var steps: [StepRun]
  /// How it will end, once the jobs that are still under way have ended.
  public internal(set) var ending: GenerationState?
  public internal(set) var failure: GenerationFailure?
  public internal(set) var verdict: Verdict?
  public internal(set) var ended: Instant?
  /// Counts the changes.
  public internal(set) var revision = 0

  /// What holds for every job of it.
  public struct Terms: Hashable, Sendable {
    /// Candidates or providers; nil lets all in.
    public var only: [String]?
    public var exclude: [String]
    /// Of all jobs together.
    public var budget: Money?
    public var priority: JobPriority
    public var fallbackOnModeration: Bool
    public var tenant: String?
    /// The API key that it was asked for with, whose budget its jobs count against; nil where there are none.
    public var apiKey: Identifier?
    public var callbackURL: String?
    /// Providers for which the caller sent keys of his own. The keys are not here.
    public var ownKeys: [String]

    public init(
      only: [String]? = nil, exclude: [String] = [], budget: Money? = nil, priority: JobPriority = .normal,
      fallbackOnModeration: Bool = false, tenant: String? = nil, apiKey: Identifier? = nil,
      callbackURL: String? = nil, ownKeys: [String] = []
    ) {
      self.only = only
      self.exclude = exclude
      self.budget = budget
      self.priority = priority
      self.fallbackOnModeration = fallbackOnModeration
      self.tenant = tenant
      self.apiKey = apiKey
      self.callbackURL = callbackURL
      self.ownKeys = ownKeys
    }
  }

  /// A new one, whose first steps begin.
  ///
  /// - Throws: why it cannot begin: what its first steps need is not there.
  public init(
    id: Identifier, recipe: Recipe, version: Int, request: JSONValue, intent: String?, terms: Terms = Terms(),
    created: Instant, deadline: Instant
  ) throws(GenerationFailure) {
    self.init(
      id: id, recipe: recipe, version: version, request: request, intent: intent, terms: terms,
      created: created, deadline: deadline, steps: recipe.steps.map { _ in StepRun() })
    _ = advance(at: created)
    if let failure { throw failure }
  }

  /// For a store, which gives back what it has.
  init(
    id: Identifier, recipe: Recipe, version: Int, request: JSONValue, intent: String?, terms: Terms,
    created: Instant, deadline: Instant, steps: [StepRun]
  ) {
    self.id = id
    self.recipe = recipe
    self.version = version
    self.request = request
    self.intent = intent
    self.terms = terms
    self.created = created
    self.deadline = deadline
    self.steps = steps
  }

  /// What all jobs together are booked at.
  public var cost: Money { elements.reduce(.zero) { $0 + $1.cost } }

  /// What may yet be charged for attempts whose end is unknown.
  public var exposure: Money { elements.reduce(.zero) { $0 + $1.exposure } }

  private var elements: [Element] { steps.flatMap(\.elements) }

  /// The jobs that it waits for.
  public var running: [ElementPlace] {
    steps.indices.flatMap { step in
      steps[step].elements.indices.filter { steps[step].elements[$0].state == .running }
        .map { ElementPlace(step: step, element: $0) }
    }
  }

  public subscript(place: ElementPlace) -> Element { steps[place.step].elements[place.element] }

  /// Whether its jobs are to be called off.
  public var isEnding: Bool { ending != nil || state.isTerminal }

  /// The recipe's result; nil before its step has one.
  public var result: JSONValue? { result(of: recipe.result) }
}

public enum GenerationState: String, CaseIterable, Hashable, Sendable {
  case running
  case succeeded
  /// All was made, and the review found it not good enough. The result is there.
  case rejected
  case failed
  case canceled
  case expired

  public var isTerminal: Bool { self != .running }
}

/// A step as far as it has come.
public struct StepRun: Hashable, Sendable {
  public internal(set) var state = StepState.waiting
  /// One, or one for every element of its list; empty before it has begun.
  public internal(set) var elements: [Element] = []

  init() {}
}

public enum StepState: String, CaseIterable, Hashable, Sendable {
  /// For earlier steps.
  case waiting
  case running
  case succeeded
  case failed
  /// Its `unless` had a value.
  case skipped
  /// The end came before it was over, or before it began.
  case stopped

  var isOver: Bool { self == .succeeded || self == .skipped }
}

/// One job of a step.
public struct Element: Hashable, Sendable {
  /// Known before the job is there.
  public let job: Identifier
  public let began: Instant
  /// The most that it may cost by its candidate's estimate; nil without a budget.
  public let allowance: Money?
  public internal(set) var state = ElementState.running
  public internal(set) var decision: Identifier?
  /// The candidate that delivered.
  public internal(set) var executed: String?
  /// `{"text", "url", "urls", "artefacts": [{"url", "content_type", "bytes"}]}`, what there is of it.
  public internal(set) var result: JSONValue?
  public internal(set) var cost = Money.zero
  public internal(set) var exposure = Money.zero
  public internal(set) var ended: Instant?

  init(job: Identifier, began: Instant, allowance: Money?) {
    self.job = job
    self.began = began
    self.allowance = allowance
  }
}

public enum ElementState: String, CaseIterable, Hashable, Sendable {
  /// Its job is there, or is about to be.
  case running
  case succeeded
  case failed
  /// Called off.
  case stopped
}

/// Where a job belongs in a generation.
public struct ElementPlace: Hashable, Sendable {
  /// The position of the step in the recipe.
  public var step: Int
  /// From 0; 0 for a step without a list.
  public var element: Int

  public init(step: Int, element: Int) {
    self.step = step
    self.element = element
  }
}

/// Why a generation has not succeeded.
public struct GenerationFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The step that failed; nil when none did.
  public var step: String?
  /// The place in the step's list, from 0; nil for a step without one.
  public var element: Int?
  public var code: ErrorCode
  public var message: String
  /// Whether the same request may succeed later.
  public var isRetryable: Bool

  public init(
    step: String?, element: Int? = nil, code: ErrorCode, message: String, isRetryable: Bool = false
  ) {
    self.step = step
    self.element = element
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
  }

  public var description: String {
    let place = element.map { " (element \($0 + 1))" } ?? ""
    return step.map { "step '\($0)'\(place): \(message)" } ?? message
  }
}

/// What a review says of a result.
public struct Verdict: Hashable, Sendable {
  /// 0…1.
  public var score: Double
  public var least: Double
  public var reason: String?

  public var isAccepted: Bool { score >= least }
}
