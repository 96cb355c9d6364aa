public import Credits
public import Jobs
public import Routing
public import Wire

/// What a caller wants done, checked as far as it can be without a vendor.
public struct JobOrder: Sendable {
  public var intent: Intent
  /// The caller's own, D floats; nil to embed the intent's text.
  public var embedding: [Float]?
  public var input: WorkInput
  /// The same as canonical JSON: what is stored, and read again after a restart.
  public var inputJSON: [UInt8]
  /// How long all attempts together may take; nil is what ``JobSettings/budget(for:)`` says.
  public var budget: Span?
  public var priority: JobPriority
  /// Whose job it is; nil for a router that serves one.
  public var tenant: String?
  /// Whether a refusal by one content policy may be answered by asking the next candidate.
  public var fallbackOnModeration: Bool
  /// Submissions in all, over all candidates, from 1; nil for the router's own rule, which always holds too.
  public var maximumAttempts: Int?
  /// Where the end of the job is told; nil for nowhere.
  public var callbackURL: String?
  /// Whether the result of an earlier job will do, and this one's may be kept for others; nil for neither.
  public var cache: CacheWish?
  /// Under which it is sent; nil where there are no keys.
  public var apiKey: APIKey?
  /// The caller's own keys for providers that callers pay themselves, by provider. Held in memory as long as the job
  /// is, and nowhere else.
  public var credentials: [String: CallerCredential]

  public init(
    intent: Intent, embedding: [Float]? = nil, input: WorkInput, inputJSON: [UInt8], budget: Span? = nil,
    priority: JobPriority = .normal, tenant: String? = nil, fallbackOnModeration: Bool = false,
    maximumAttempts: Int? = nil, callbackURL: String? = nil, cache: CacheWish? = nil,
    apiKey: APIKey? = nil, credentials: [String: CallerCredential] = [:]
  ) {
    self.cache = cache
    self.intent = intent
    self.embedding = embedding
    self.input = input
    self.inputJSON = inputJSON
    self.budget = budget
    self.priority = priority
    self.tenant = tenant
    self.fallbackOnModeration = fallbackOnModeration
    self.maximumAttempts = maximumAttempts
    self.callbackURL = callbackURL
    self.apiKey = apiKey
    self.credentials = credentials
  }
}

/// Why a job is not taken in, beside ``NoEligibleCandidate`` and ``ServiceError``. Nothing was recorded, nothing spent.
public enum JobRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// No candidate that could serve accepts this input. Pointers start at the input object.
  case input(FieldErrors)
  /// The budget is not positive.
  case budget(String)
  /// Its end cannot be told to that address.
  case callback(String)
  /// The caller's budget or account does not cover it.
  case credits(CreditRefusal)
  /// A caller's own key for a provider that takes none.
  case credential(String)
  /// The catalogue was replaced again and again while the job was planned; the same order may be taken now.
  case changing

  public var description: String {
    switch self {
    case .input(let errors): "no candidate accepts this input: \(errors)"
    case .budget(let message), .callback(let message), .credential(let message): message
    case .credits(let refusal): refusal.description
    case .changing: "the catalogue changed while the job was planned; send it again"
    }
  }
}
