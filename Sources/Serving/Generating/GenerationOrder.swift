public import Credits
public import Recipes
public import Routing
public import Wire

/// What a caller wants generated.
public struct GenerationOrder: Sendable {
  public var capability: Capability
  /// The request's `input`.
  public var input: JSONValue
  /// In words; nil to say what the input says.
  public var intent: String?
  /// A recipe's name, with `@version` or without; nil for what the capability means at present.
  public var recipe: String?
  /// How long all steps together may take; nil is the sum of what each may.
  public var time: Span?
  public var terms: Generation.Terms
  /// The caller's own keys for providers that callers pay themselves, by provider. Held in memory as long as the
  /// generation is, and nowhere else.
  public var credentials: [String: CallerCredential]

  public init(
    capability: Capability, input: JSONValue, intent: String? = nil, recipe: String? = nil,
    time: Span? = nil, terms: Generation.Terms = Generation.Terms(),
    credentials: [String: CallerCredential] = [:]
  ) {
    self.capability = capability
    self.input = input
    self.intent = intent
    self.recipe = recipe
    self.time = time
    self.terms = terms
    self.credentials = credentials
  }
}

/// Why a generation is not taken in. Nothing was recorded, nothing spent.
public enum GenerationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such recipe, or it serves another capability.
  case recipe(String)
  /// What the recipe does not take. Pointers start at the input.
  case input(FieldErrors)
  /// Its first steps cannot begin.
  case start(GenerationFailure)
  /// Its end cannot be told to that address.
  case callback(String)
  /// The caller's budget is used up, or does not cover the first jobs, or his account does not.
  case credits(CreditRefusal)
  /// A caller's own key for a provider that takes none.
  case credential(String)

  public var description: String {
    switch self {
    case .recipe(let message), .callback(let message), .credential(let message): message
    case .credits(let refusal): refusal.description
    case .input(let errors): "\(errors)"
    case .start(let failure): "\(failure)"
    }
  }
}

/// A generation as its caller sees it.
public struct GenerationView: Sendable {
  public var generation: Generation
  /// By their ids: the jobs under way that are there already.
  public var jobs: [Identifier: JobView]
  /// Signs the addresses of artefacts that callers are shown; nil shows them plain.
  public var links: ArtefactLinks?

  public init(
    _ generation: Generation, jobs: [Identifier: JobView] = [:], links: ArtefactLinks? = nil
  ) {
    self.links = links
    self.generation = generation
    self.jobs = jobs
  }
}
