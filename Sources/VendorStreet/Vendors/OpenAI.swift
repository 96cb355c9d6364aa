import HTTPTypes
import Wire

/// OpenAI, and with it any endpoint that is compatible: chat, embeddings, images, speech, transcription.
///
/// Written after the published SDK (openai-python 3.52): shapes in `types/`, errors in `_exceptions.py`.
struct OpenAI: Vendor {
  let name = "openai"
  let shelf = ModelShelf(
    [
      (.text, ["gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"]),
      (.embedding, ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"]),
      (.image, ["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-1-mini"]),
      (.speech, ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"]),
      (.transcription, ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-transcribe"]),
    ],
    retired: ["gpt-image-1", "dall-e-2", "dall-e-3", "sora-2", "sora-2-pro"])

  var routes: [Route] {
    let media = OpenAIMedia(shelf: shelf)
    return [
      Route(.get, "v1/models", .other) { _ in
        .json(200, ["object": "list", "data": .array(shelf.models.map { model($0.id) })])
      },
      Route(.get, "v1/models/{model}", .other) { call in
        guard shelf.models.contains(where: { $0.id == call["model"] }) else {
          throw Refusal(
            .notFound, "The model `\(call["model"])` does not exist or you do not have access to it.")
        }
        return .json(200, model(call["model"]))
      },
      Route(.post, "v1/chat/completions", .submit, ChatCompletions(shelf: shelf).answer),
      Route(.post, "v1/embeddings", .submit, media.embeddings),
      Route(.post, "v1/images/generations", .submit, media.images),
      Route(.post, "v1/audio/speech", .submit, media.speech),
      Route(.post, "v1/audio/transcriptions", .submit, media.transcription),
      Route(.post, "v1/videos", .submit) { _ in
        throw Refusal(.gone, "The Videos API was shut down on September 24, 2026.")
      },
    ]
  }

  private func model(_ id: String) -> JSONValue {
    ["id": .string(id), "object": "model", "created": 1_735_689_600, "owned_by": "openai"]
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    OpenAI.envelope(refusal, call, headers: refusalHeaders(refusal))
  }

  /// `{"error": {"message", "type", "param", "code"}}`
  static func envelope(_ refusal: Refusal, _ call: Call, headers: HTTPFields) -> Answer {
    let (type, code): (String, JSONValue) =
      switch refusal.reason {
      case .unauthorized: ("invalid_request_error", "invalid_api_key")
      case .outOfCredit: ("insufficient_quota", "insufficient_quota")
      case .throttled: ("requests", "rate_limit_exceeded")
      case .server: ("server_error", nil)
      case .retired, .notFound: ("invalid_request_error", "model_not_found")
      case .moderated where call.path.contains("images"):
        ("image_generation_user_error", "moderation_blocked")
      case .moderated: ("invalid_request_error", "content_policy_violation")
      default: ("invalid_request_error", nil)
      }
    // Credit that ran out is a 429 here.
    let status = refusal.reason == .outOfCredit ? 429 : refusal.status
    return .json(
      status,
      [
        "error": [
          "message": .string(refusal.message), "type": .string(type), "param": .optional(refusal.field),
          "code": code,
        ]
      ], headers: headers)
  }
}
