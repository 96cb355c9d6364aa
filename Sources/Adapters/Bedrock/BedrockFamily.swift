import Routing
import Serving
import Wire

/// What Bedrock can be asked for here. Its models have little in common but the signature: the conversation alone has
/// one form for all, everything else speaks as the model's maker does.
///
/// Written after the API reference of bedrock-runtime and the service model in botocore 1.44.5, and, for the bodies of
/// Titan, Stable Image and Ray, after AWS's user guide; not tried against a live account.
enum BedrockFamily: String, CaseIterable, Sendable {
  /// Converse, with any model that talks.
  case conversation
  /// InvokeModel with Titan's text embeddings.
  case embedding
  /// InvokeModel with Stability's Stable Image and SD3.
  case picture
  /// StartAsyncInvoke with Luma's Ray.
  case film

  /// - Parameter model: a model's id, an inference profile's, or the ARN of either.
  init?(_ capability: Capability, model: String) {
    let name = model.split(separator: "/").last.map(String.init) ?? model
    func isOne(of globs: [String]) -> Bool { globs.contains { Glob($0).matches(name) } }
    switch capability {
    case .textGeneration, .qualityReview:
      guard !isOne(of: Self.embeddings + Self.pictures + Self.films) else { return nil }
      self = .conversation
    case .embedding where isOne(of: Self.embeddings): self = .embedding
    case .imageGeneration where isOne(of: Self.pictures): self = .picture
    case .textToVideo where isOne(of: Self.films): self = .film
    default: return nil
    }
  }

  private static let embeddings = ["*amazon.titan-embed-text-*"]
  private static let pictures = [
    "*stability.stable-image-core-*", "*stability.stable-image-ultra-*", "*stability.sd3-*",
  ]
  private static let films = ["*luma.ray-*"]

  /// Whether the answer to the submission is the finished work.
  var isImmediate: Bool { self != .film }

  /// How the body comes from an order; of a conversation the messages are then put into Converse's form, of the texts to
  /// embed the one is taken, of a film it is the model's part of the body.
  var fields: [FieldRule] {
    switch self {
    case .conversation:
      [
        rule("messages", "messages", isRequired: true),
        rule("inferenceConfig/maxTokens", "max_output_tokens"),
        rule("inferenceConfig/temperature", "temperature"), rule("inferenceConfig/topP", "top_p"),
        rule("inferenceConfig/stopSequences", "stop", form: .list),
      ]
    case .embedding: [rule("inputText", "texts", isRequired: true), rule("dimensions", "dimensions")]
    case .picture:
      [
        rule("prompt", "prompt", isRequired: true), rule("negative_prompt", "negative_prompt"),
        rule(
          "aspect_ratio", "aspect_ratio",
          nearest: ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]),
        rule("seed", "seed"), rule("output_format", "format", oneOf: ["png", "jpeg"]),
      ]
    case .film:
      [
        rule("prompt", "prompt", isRequired: true, longest: 5_000),
        rule(
          "aspect_ratio", "aspect_ratio", nearest: ["1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"]),
        seconds,
      ]
    }
  }

  private func rule(
    _ target: String, _ source: String, form: FieldRule.Form? = nil, isRequired: Bool = false,
    nearest: [JSONValue] = [], oneOf: [JSONValue] = [], longest: Int? = nil
  ) -> FieldRule {
    var rule = FieldRule(
      target: JSONPath(steps: target.split(separator: "/").map(String.init)), source: .name(source))
    rule.form = form
    rule.isRequired = isRequired
    rule.nearest = nearest
    rule.oneOf = oneOf
    rule.longest = longest
    return rule
  }

  /// Ray's `5s`.
  private var seconds: FieldRule {
    var rule = rule("duration", "duration_s", oneOf: ["5s", "9s"])
    if let template = Template("{duration_s}s") { rule.source = .template(template) }
    return rule
  }
}
