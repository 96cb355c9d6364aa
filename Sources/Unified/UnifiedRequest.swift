public import Routing
public import Wire

/// A request of the current version of the unified contract: one shape for every provider and kind of media.
///
/// Source: the multi-model document's request contract, version 2.0.
public struct UnifiedRequest: Hashable, Sendable {
  public enum MediaType: String, CaseIterable, Hashable, Sendable {
    case image, video, audio, text
  }

  /// The caller's own name for it; the same name and the same words are the same request.
  public var id: String?
  /// Nil for whoever suits best, which requests write as `auto`.
  public var provider: String?
  /// In the provider's own words.
  public var model: String?
  public var prompt: String
  public var mediaType: MediaType
  /// Normalised parameters by their names, all others in the provider's own.
  public var parameters: [JSONValue.Member]
  /// Comes back with the answer, and means nothing here.
  public var metadata: [JSONValue.Member]
  public var timestamp: Instant?
  /// How long all attempts together may take.
  public var timeout: Span?
  /// Attempts after the first, over all candidates; nil for the router's own rule.
  public var maximumRetries: Int?
  public var callbackURL: String?
  /// What is asked for, where the kind of media does not tell.
  private var named: Capability?

  /// The most retries that a request may ask for.
  public static let mostRetries = 7

  /// Reads a request of version 2.0 strictly.
  ///
  /// - Throws: every field that is missing, wrong or unknown.
  public init(_ value: JSONValue) throws(FieldErrors) {
    var reader = try FieldReader(value)
    _ = reader.choice("schema_version", SchemaVersion.self)
    id = reader.optionalString("request_id", length: 1...200)
    let provider = reader.optionalString("provider", length: 1...200)
    self.provider = provider == "auto" ? nil : provider
    model = reader.optionalString("model", length: 1...200)
    if model != nil, self.provider == nil, reader.has("model") {
      reader.fail("model", "needs a provider beside it; leave it out where the router is to choose")
    }
    prompt = reader.string("prompt")
    mediaType = reader.choice("media_type", MediaType.self) ?? .text
    parameters = UnifiedRequest.free("parameters", &reader)
    metadata = UnifiedRequest.free("metadata", &reader)
    timestamp = reader.optionalParsed("timestamp", as: "a time such as 2026-11-21T12:00:00Z") { Instant($0) }
    timeout = reader.optionalInteger("timeout", in: 1...604_800).map { .seconds($0) }
    maximumRetries =
      reader.optionalObject("retry_config") { config in
        // How long it waits between them follows each vendor's word, so no caller sets it.
        config.optionalInteger("max_retries", in: 0...Int64(UnifiedRequest.mostRetries)).map(Int.init)
      } ?? nil
    callbackURL = reader.optionalString("callback_url", length: 1...2_048)
    if let place = parameters.firstIndex(where: { $0.name == "capability" }) {
      named = parameters.remove(at: place).value.stringValue.flatMap { Capability(name: $0) }
      if named == nil {
        reader.absorb(
          FieldErrors([FieldError(pointer: "", message: "must be one of \(Capability.listing)")]),
          under: "/parameters/capability")
      }
    }
    try reader.finish()
  }

  /// What is asked for: what `parameters.capability` names, and otherwise what the kind of media and the inputs that
  /// come with it say.
  public var capability: Capability {
    if let named { return named }
    let given = Set(parameters.map(\.name))
    switch mediaType {
    case .text: return given.contains("audio_url") ? .speechToText : .textGeneration
    case .image:
      if given.contains("mask_url") { return .inpainting }
      return given.contains("image_url") ? .imageToImage : .imageGeneration
    case .video:
      if given.contains("video_urls") { return .videoComposition }
      return given.contains("image_url") ? .imageToVideo : .textToVideo
    case .audio: return given.contains("audio_url") ? .voiceCloning : .textToSpeech
    }
  }

  private static func free(_ name: String, _ reader: inout FieldReader) -> [JSONValue.Member] {
    guard let value = reader.json(name), !value.isNull else { return [] }
    guard let members = value.members else {
      reader.fail(name, "must be an object, got \(value.summary)")
      return []
    }
    return members
  }
}
