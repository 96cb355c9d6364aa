import Jobs
import Recipes
import Routing
import Serving
import Wire

/// The body of `POST /v1/generate/{capability}`, read strictly.
struct GenerationRequest {
  var order: GenerationOrder
  var idempotencyKey: String?

  init(_ value: JSONValue, _ capability: Capability, limits: RequestLimits) throws(FieldErrors) {
    var reader = try FieldReader(value)
    let input = reader.json("input") ?? .null
    if input.members == nil {
      reader.fail(
        "input", "is required: an object of what the recipe takes, such as {\"prompt\": \"…\"}")
    }
    let intent = reader.optionalString("intent", length: 1...limits.intentCharacters)
    let recipe = reader.optionalString("recipe", length: 1...80)
    let time = reader.optionalDouble("deadline_s", in: 0.1...JobRequest.longestBudget).map {
      Span(microseconds: Int64(($0 * 1e6).rounded()))
    }
    var terms = Generation.Terms()
    terms.priority = reader.optionalChoice("priority", JobPriority.self) ?? .normal
    terms.fallbackOnModeration = reader.optionalBool("fallback_on_moderation") ?? false
    terms.tenant = reader.optionalString("tenant", length: JobRequest.tenantLength)
    terms.callbackURL = reader.optionalString("callback_url", length: 1...2_048)
    _ = reader.optionalObject("constraints") { part in
      terms.budget = part.optionalDouble("max_cost_usd", in: 0...1e9).flatMap { Money(dollars: $0) }
      terms.only = part.optionalStrings("only", count: 1...256, length: 1...200)
      terms.exclude = part.optionalStrings("exclude", count: 0...256, length: 1...200) ?? []
    }
    idempotencyKey = reader.optionalString("idempotency_key", length: 1...255)
    try reader.finish()
    order = GenerationOrder(
      capability: capability, input: input, intent: intent, recipe: recipe, time: time, terms: terms)
  }
}
