import Foundation
import HTTPTypes
import Wire

/// Together: OpenAI's shapes for chat, embeddings, images and speech, and videos that are polled.
///
/// Written after together 3.1.1 (Python).
struct Together: Vendor {
  let name = "together"
  private let shelf = ModelShelf(
    [
      (.text, ["meta-llama/Llama-3.3-70B-Instruct-Turbo", "Qwen/Qwen2.5-7B-Instruct-Turbo"]),
      (.embedding, ["BAAI/bge-base-en-v1.5"]),
      (.image, ["black-forest-labs/FLUX.1-schnell", "black-forest-labs/FLUX.1.1-pro"]),
      (.speech, ["cartesia/sonic-2"]),
      (.film, ["google/veo-3.0", "minimax/hailuo-02", "kwaivgI/kling-2.1-standard"]),
    ], retired: ["black-forest-labs/FLUX.1-depth"])

  var routes: [Route] {
    let media = OpenAIMedia(shelf: shelf, hasImageURLs: true)
    return [
      Route(.get, "v1/models", .other) { _ in .json(200, .array(shelf.models.map(model))) },
      Route(.post, "v1/chat/completions", .submit, ChatCompletions(shelf: shelf).answer),
      Route(.post, "v1/embeddings", .submit, media.embeddings),
      Route(.post, "v1/images/generations", .submit, media.images),
      Route(.post, "v1/audio/speech", .submit, media.speech),
      Route(.post, "v2/videos", .submit, submit),
      Route(.get, "v2/videos/{id}", .status) { call in
        .json(200, video(try call.job(call["id"]), call))
      },
    ]
  }

  private func model(_ model: ModelShelf.Model) -> JSONValue {
    let type =
      switch model.kind {
      case .text: "chat"
      case .film: "video"
      case .speech, .transcription: "audio"
      default: model.kind.rawValue
      }
    return [
      "id": .string(model.id), "object": "model", "created": 1_735_689_600, "type": .string(type),
      "display_name": .string(model.id), "organization": .string(String(model.id.prefix { $0 != "/" })),
      "context_length": 32_768,
      "pricing": ["hourly": 0, "input": 0.15, "output": 0.6, "base": 0, "finetune": 0],
    ]
  }

  private func submit(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .film)
    let prompt = body.string("prompt") ?? ""
    if prompt.isEmpty, body["media"] == nil {
      throw Refusal(.invalid, "prompt is required", field: "prompt")
    }
    let seconds = MediaInput.seconds(body.string("seconds"), default: 5)
    let size = (
      try body.optionalWhole("width", 64...4_096) ?? 1_280,
      try body.optionalWhole("height", 64...4_096) ?? 720
    )
    let job = try call.create(
      JobOrder(
        id: "video-" + call.newDigest().letters(24), model: model, prompt: prompt,
        products: [.film(width: size.0, height: size.1, seconds: seconds)],
        microUSD: Int(seconds * 80_000),
        echo: [
          "seconds": .string(body.string("seconds") ?? "5"), "size": .string("\(size.0)x\(size.1)"),
        ]))
    return .json(200, video(job, call))
  }

  private func video(_ job: VendorJob, _ call: Call) -> JSONValue {
    var json: JSONValue = [
      "id": .string(job.id), "object": "video", "model": .string(job.model),
      "created_at": .number(job.createdUnix), "seconds": job.echo["seconds"] ?? nil,
      "size": job.echo["size"] ?? nil, "status": "in_progress",
    ]
    let now = call.now
    if let ended = job.endedAt(now) { json = json.with("completed_at", .number(job.unix(ended))) }
    func failed(_ code: String, _ message: String) -> JSONValue {
      json.with("status", "failed").with("error", ["code": .string(code), "message": .string(message)])
    }
    switch job.stage(at: now) {
    case .queued, .running: break
    case .ended(.succeeded):
      json = json.with("status", "completed").with(
        "outputs",
        [
          "cost": .number(Double(job.microUSD) / 1e6),
          "video_url": .string(call.fileURL(job)),
        ])
    case .ended(.empty): json = json.with("status", "completed").with("outputs", nil)
    case .ended(.moderated): json = failed("content_policy", "The request was flagged by moderation.")
    default: json = failed("internal_error", "The video could not be generated.")
    }
    return call.fault?.kind == .unknownStatus ? json.with("status", "rendering") : json
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    OpenAI.envelope(refusal, call, headers: refusalHeaders(refusal))
  }
}
