import Jobs
import Wire

/// A way in which a declared vendor works, and the work that it is given on the street.
struct MatrixLine: Sendable {
  /// The vendor, and what it makes where it has several lines.
  var name: String
  /// As declared, and in the catalogue.
  var vendor: String
  var capability: String
  /// A line of the catalogue.
  var model: String
  var second: Second
  var input: JSONValue = ["prompt": "a fox in the snow"]
  /// The answer to the submission is the finished work.
  var isImmediate = false
  /// The work lies at addresses, and not in the answer.
  var hasFiles = true
  /// Answers name the address to ask for the status.
  var givesStatusURL = false
  var hasWebhooks = false
  /// Whose vendor on the street it is, where that has another name.
  var streetName: String?
  /// A further line of the catalogue's providers, where the street is not found without it.
  var provider: String?
  /// Whether it asks for a credential.
  var hasKey = true
  /// In the place of what stands in the declaration: questions a few times a second, as the street's work is brief.
  var quick: [String: String] = [:]
  /// The same: limits that can be waited for, where no answer ever comes; empty where there are none.
  var brief: [String: String] = [:]
  /// Faults after which the vendor never says how its work ended.
  var endless: Set<String> = []
  /// What a fault means here, where it means something else than at most vendors; nil where the job is done all the
  /// same.
  var otherwise: [String: FailureClass?] = [:]

  /// Who is asked next.
  enum Second: String, Sendable {
    case fal, replicate, openai, openaiSpeech, openaiWords, falFilms, falUpscaling

    var vendor: String {
      switch self {
      case .fal, .falFilms, .falUpscaling: "fal"
      case .replicate: "replicate"
      case .openai, .openaiSpeech, .openaiWords: "openai"
      }
    }

    var model: String {
      switch self {
      case .fal: StreetModel.fal
      case .replicate: StreetModel.replicate
      case .openai: MatrixLine.model("openai/gpt-5-mini", "gpt-5-mini", "text_generation")
      case .openaiSpeech: MatrixLine.model("openai/gpt-4o-mini-tts", "gpt-4o-mini-tts", "text_to_speech")
      case .openaiWords: MatrixLine.model("openai/whisper-1", "whisper-1", "speech_to_text")
      case .falFilms:
        MatrixLine.model("fal/kling", "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "text_to_video")
      case .falUpscaling: MatrixLine.model("fal/clarity", "fal-ai/clarity-upscaler", "super_resolution")
      }
    }

    var quick: [String: String] {
      switch self {
      case .fal, .falFilms, .falUpscaling: MatrixLine.polls("2s", "20s")
      case .replicate: MatrixLine.polls("1s", "15s")
      case .openai, .openaiSpeech, .openaiWords: [:]
      }
    }
  }

  /// Its name on the street.
  var house: String { streetName ?? vendor }

  var candidate: String { String(model.dropFirst("id: ".count).prefix { $0 != "," }) }

  static func model(_ id: String, _ model: String, _ capability: String) -> String {
    "id: \(id), model: \"\(model)\", capabilities: [\(capability)], price: {per_request: 0.02}"
  }

  static func polls(_ floor: String, _ ceiling: String) -> [String: String] {
    ["poll_floor: \(floor), poll_ceiling: \(ceiling)": "poll_floor: 200ms, poll_ceiling: 1s"]
  }

  private static func limits(submit: String, attempt: String) -> [String: String] {
    ["submit_limit: \(submit)": "submit_limit: 1s", "attempt_limit: \(attempt)": "attempt_limit: 2s"]
  }

  /// Of operations that answer at once and declare no contract.
  private static let noContract = ["immediate: true": "immediate: true\n    contract: {submit_limit: 2s}"]

  /// What stands in a refusal's body outweighs its status.
  private static let wordsOutweigh: [String: FailureClass?] = [
    "server_error 400": .transient, "server_error 422": .transient,
  ]

  /// Declared, and not on the street: ffmpeg is the real one, in `LocalServiceTests` and `CompositorTests`.
  static let elsewhere: Set<String> = ["ffmpeg"]

  /// A service of one's own has no content policy: what the street has it refuse is the caller's fault to it.
  private static let own: [String: FailureClass?] = ["stuck": .ambiguous, "moderated": .callerError]

  static let all = [
    MatrixLine(
      name: "fal", vendor: "fal", capability: "image_generation", model: StreetModel.fal, second: .replicate,
      givesStatusURL: true, hasWebhooks: true, brief: limits(submit: "10s", attempt: "10m"),
      otherwise: wordsOutweigh),
    MatrixLine(
      name: "replicate", vendor: "replicate", capability: "image_generation", model: StreetModel.replicate,
      second: .fal, givesStatusURL: true, hasWebhooks: true, quick: polls("1s", "15s"),
      brief: limits(submit: "10s", attempt: "30m")),
    MatrixLine(
      name: "bfl", vendor: "bfl", capability: "image_generation",
      model: model("bfl/flux-2-pro", "flux-2-pro", "image_generation"), second: .fal, givesStatusURL: true,
      hasWebhooks: true, brief: limits(submit: "10s", attempt: "10m"),
      // Its word for it is "Error", without a reason.
      otherwise: ["fails": .unknown]),
    MatrixLine(
      name: "runway", vendor: "runway", capability: "image_generation",
      model: model("runway/gen4-image", "gen4_image", "image_generation"), second: .fal,
      quick: polls("5s", "15s"), brief: limits(submit: "10s", attempt: "20m"),
      // The street's runway says INTERNAL.BAD_OUTPUT.
      otherwise: ["fails": .badOutput]),
    MatrixLine(
      name: "luma", vendor: "luma", capability: "image_generation",
      model: model("luma/uni-1", "uni-1", "image_generation"), second: .fal, quick: polls("1s", "10s"),
      brief: limits(submit: "10s", attempt: "10m")),
    MatrixLine(
      name: "stability", vendor: "stability", capability: "image_generation",
      model: model("stability/core", "stable-image/generate/core", "image_generation"), second: .fal,
      isImmediate: true, hasFiles: false, brief: noContract, otherwise: ["stuck": .ambiguous]),
    MatrixLine(
      name: "stability upscaling", vendor: "stability", capability: "super_resolution",
      model: model("stability/creative", "stable-image/upscale/creative", "super_resolution"),
      second: .falUpscaling,
      input: ["prompt": "a fox in the snow", "image_url": "data:image/png;base64,iVBORw0KGgo="],
      hasFiles: false, quick: polls("10s", "20s"), brief: limits(submit: "20s", attempt: "10m"),
      // Every question about the work is answered with 500, which may as well be about the question.
      endless: ["fails"]),
    MatrixLine(
      name: "openai", vendor: "openai", capability: "image_generation", model: StreetModel.openAI,
      second: .fal, isImmediate: true, hasFiles: false, brief: ["submit_limit: 5m": "submit_limit: 2s"],
      otherwise: ["stuck": .ambiguous]),
    MatrixLine(
      name: "together", vendor: "together", capability: "image_generation",
      model: model("together/schnell", "black-forest-labs/FLUX.1-schnell", "image_generation"), second: .fal,
      isImmediate: true, hasFiles: false, brief: noContract, otherwise: ["stuck": .ambiguous]),
    MatrixLine(
      name: "together films", vendor: "together", capability: "text_to_video",
      model: model("together/hailuo-02", "minimax/hailuo-02", "text_to_video"), second: .falFilms,
      quick: polls("2s", "20s"), brief: limits(submit: "10s", attempt: "30m")),
    MatrixLine(
      name: "openrouter", vendor: "openrouter", capability: "text_generation",
      model: model("openrouter/gpt-4o-mini", "openai/gpt-4o-mini", "text_generation"), second: .openai,
      isImmediate: true, hasFiles: false, brief: noContract, otherwise: ["stuck": .ambiguous]),
    MatrixLine(
      name: "openrouter films", vendor: "openrouter", capability: "text_to_video",
      model: model("openrouter/veo-3.1", "google/veo-3.1", "text_to_video"), second: .falFilms,
      givesStatusURL: true, hasWebhooks: true, quick: polls("10s", "30s"),
      brief: limits(submit: "10s", attempt: "30m"),
      // It says that it failed, and nothing else.
      otherwise: ["fails": .unknown]),
    MatrixLine(
      name: "google", vendor: "google", capability: "text_generation",
      model: model("google/gemini-2.5-flash", "gemini-2.5-flash", "text_generation"), second: .openai,
      isImmediate: true, hasFiles: false, brief: noContract,
      otherwise: wordsOutweigh.merging(["stuck": .ambiguous]) { $1 }),
    MatrixLine(
      name: "google films", vendor: "google", capability: "text_to_video",
      model: model("google/omni", "gemini-omni-1.1-flash", "text_to_video"), second: .falFilms,
      hasFiles: false, quick: polls("2s", "20s"), brief: limits(submit: "20s", attempt: "20m"),
      otherwise: wordsOutweigh),
    MatrixLine(
      name: "vertex films", vendor: "vertex", capability: "text_to_video",
      model: model("vertex/veo-3.1", "veo-3.1-generate-001", "text_to_video"), second: .falFilms,
      hasFiles: false, streetName: "google", quick: polls("5s", "20s"),
      brief: limits(submit: "20s", attempt: "20m"), otherwise: wordsOutweigh),
    MatrixLine(
      name: "dream machine", vendor: "dreammachine", capability: "image_generation",
      model: model("dreammachine/photon-1", "photon-1", "image_generation"), second: .fal, hasWebhooks: true,
      quick: polls("1s", "10s"), brief: limits(submit: "10s", attempt: "10m"),
      // It says that the job failed, and nothing else.
      otherwise: ["fails": .unknown]),
    MatrixLine(
      name: "bedrock", vendor: "bedrock", capability: "text_generation",
      model: model("bedrock/nova-lite", "amazon.nova-lite-v1:0", "text_generation"), second: .openai,
      isImmediate: true, hasFiles: false, otherwise: wordsOutweigh),
    MatrixLine(
      name: "bedrock films", vendor: "bedrock", capability: "text_to_video",
      model: model("bedrock/ray-2", "luma.ray-v2:0", "text_to_video"), second: .falFilms,
      // Each try is struck here; a submission that is lost once is found by its token (StreetCloudTests).
      otherwise: wordsOutweigh),
    MatrixLine(
      name: "chatterbox", vendor: "chatterbox", capability: "text_to_speech",
      model: model("chatterbox/base", "base", "text_to_speech"), second: .openaiSpeech, isImmediate: true,
      hasFiles: false, streetName: "local",
      provider: LocalServiceTests.provider("chatterbox", "ROOT/local/chatterbox"), hasKey: false,
      brief: ["submit_limit: 10m": "submit_limit: 2s"],
      // No answer of its is JSON, and so none is malformed as such.
      otherwise: own.merging(["malformed_json": nil]) { $1 }),
    MatrixLine(
      name: "whisper", vendor: "whisper", capability: "speech_to_text",
      model: model("whisper/large-v3", "large-v3", "speech_to_text"), second: .openaiWords,
      input: ["audio_url": LocalServiceTests.recording(800), "prompt": "foxes"], isImmediate: true,
      hasFiles: false, streetName: "local",
      provider: LocalServiceTests.provider("whisper", "ROOT/local/whisper"), hasKey: false,
      brief: ["submit_limit: 20m": "submit_limit: 2s"], otherwise: own),
  ]
}
