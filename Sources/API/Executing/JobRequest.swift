import Jobs
import Routing
import Serving
import Wire

/// The body of `POST /v1/jobs`, read strictly: a decision's fields, and what is to be worked on.
struct JobRequest {
  var decision: DecisionRequest
  var input: WorkInput
  /// How long all attempts together may take; nil for the router's own.
  var budget: Span?
  var priority: JobPriority
  var fallbackOnModeration: Bool
  /// Whose job it is; nil for nobody in particular.
  var tenant: String?
  /// Where its end is to be told.
  var callbackURL: String?
  /// Whether an earlier result will do; nil when it will not.
  var cache: CacheWish?

  static let tenantLength = 1...200

  /// The longest `deadline_s`: a week.
  static let longestBudget = 7 * 86_400.0

  init(_ value: JSONValue, dimension: Int, limits: RequestLimits) throws(FieldErrors) {
    var reader = try FieldReader(value)
    let input = JobRequest.input(&reader)
    // Where the input itself is wrong, that is said and not that an intent is missing too.
    let text = input.map { $0.intentText(limit: limits.intentCharacters) } ?? "unread"
    decision = DecisionRequest(
      &reader, dimension: dimension, limits: limits,
      spare: (text, "a prompt, messages or texts in the input"))
    budget = reader.optionalDouble("deadline_s", in: 0.1...JobRequest.longestBudget).map {
      Span(microseconds: Int64(($0 * 1e6).rounded()))
    }
    priority = reader.optionalChoice("priority", JobPriority.self) ?? .normal
    fallbackOnModeration = reader.optionalBool("fallback_on_moderation") ?? false
    tenant = reader.optionalString("tenant", length: JobRequest.tenantLength)
    callbackURL = reader.optionalString("callback_url", length: 1...2_048)
    cache = JobRequest.cache(&reader, input)
    if let input {
      JobRequest.agree(&decision.intent.work, input.work(for: decision.intent.capability), &reader)
    }
    try reader.finish()
    guard let input else { throw FieldErrors([FieldError(pointer: "/input", message: "is required")]) }
    self.input = input
  }

  private static func input(_ reader: inout FieldReader) -> WorkInput? {
    guard let json = reader.json("input"), !json.isNull else {
      reader.fail("input", "is required: an object of what is to be worked on, such as {\"prompt\": \"…\"}")
      return nil
    }
    do throws(FieldErrors) {
      return try WorkInput(json)
    } catch {
      reader.absorb(error, under: JSONPointer.step("input"))
      return nil
    }
  }

  /// Fills in what the caller did not state by what the input states. What is stated twice must be the same: it is the
  /// input that will be made, and the statement that limits are held against.
  private static func agree(_ stated: inout Work, _ derived: Work, _ reader: inout FieldReader) {
    func settle<Amount: Equatable>(
      _ path: WritableKeyPath<Work, Amount?>, _ pointer: String, _ parameter: WorkParameter,
      _ reader: inout FieldReader
    ) {
      guard let amount = derived[keyPath: path] else { return }
      if let other = stated[keyPath: path], other != amount {
        reader.absorb(
          FieldErrors([
            FieldError(
              pointer: "",
              message: "is \(other), but /input/\(parameter.rawValue) is \(amount); leave one of them out")
          ]), under: pointer)
      }
      stated[keyPath: path] = amount
    }
    settle(\.width, "/constraints/width", .width, &reader)
    settle(\.height, "/constraints/height", .height, &reader)
    settle(\.duration, "/constraints/duration_s", .duration, &reader)
    settle(\.images, "/units/images", .count, &reader)
    // Counts of tokens and characters are estimates here, and the caller's own may be better.
    stated.outputTokens = stated.outputTokens ?? derived.outputTokens
    stated.inputTokens = stated.inputTokens ?? derived.inputTokens
    stated.characters = stated.characters ?? derived.characters
  }
}

extension JobOrder {
  init(_ wanted: JobRequest) {
    self.init(
      intent: wanted.decision.intent, embedding: wanted.decision.embedding, input: wanted.input,
      inputJSON: wanted.input.canonicalJSON, budget: wanted.budget, priority: wanted.priority,
      tenant: wanted.tenant, fallbackOnModeration: wanted.fallbackOnModeration,
      callbackURL: wanted.callbackURL, cache: wanted.cache)
  }
}
