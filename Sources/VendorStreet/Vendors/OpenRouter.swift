import Foundation
import HTTPTypes
import Wire

/// OpenRouter: chat in OpenAI's shape with the cost in its usage, and videos that are polled or called back.
///
/// Written after the OpenAPI document of its TypeScript SDK. The URL to poll is relative, as it is there. The
/// envelope of the webhook's body is not in that document and is the street's own guess.
struct OpenRouter: Vendor {
  let name = "openrouter"
  private static let root = "api/v1"
  private let secret: [UInt8]
  private let shelf = ModelShelf(
    [
      (
        .text,
        ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4.5", "meta-llama/llama-3.3-70b-instruct:free"]
      ),
      (.film, ["google/veo-3.1", "kwaivgi/kling-v2.1"]),
    ], retired: ["openai/sora-2"])

  init(seed: UInt64) { secret = Array(OpenRouter.secret(seed: seed).utf8) }

  /// What a caller would have set in its workspace.
  static func secret(seed: UInt64) -> String {
    "orwh_" + WebhookSignature.hexadecimal(WebhookSignature.secret("openrouter", seed: seed))
  }

  var routes: [Route] {
    let chat = ChatCompletions(shelf: shelf) { cost in
      [.init("cost", .number(cost)), .init("is_byok", false)]
    }
    return [
      Route(.get, "\(Self.root)/models", .other, needsKey: false) { _ in
        .json(200, ["data": .array(shelf.models.filter { $0.kind == .text }.map { model($0.id) })])
      },
      Route(.get, "\(Self.root)/videos/models", .other, needsKey: false) { _ in
        .json(200, ["data": .array(shelf.models.filter { $0.kind == .film }.map { videoModel($0.id) })])
      },
      Route(.post, "\(Self.root)/chat/completions", .submit, chat.answer),
      Route(.post, "\(Self.root)/videos", .submit, submit),
      Route(.get, "\(Self.root)/videos/{id}", .status) { call in
        .json(200, video(try call.job(call["id"]), call))
      },
      Route(.get, "\(Self.root)/videos/{id}/content", .file) { call in
        let job = try call.job(call["id"])
        guard job.stage(at: call.now) == .ended(.succeeded), job.fault != .expiredAsset else {
          throw Refusal(.notFound, "Video content is not available")
        }
        return .bytes(call.bytes(of: job), MP4.contentType)
      },
    ]
  }

  private func model(_ id: String) -> JSONValue {
    let isFree = id.hasSuffix(":free")
    return [
      "id": .string(id), "canonical_slug": .string(id), "name": .string(id), "created": 1_735_689_600,
      "description": "A model of the street", "context_length": 128_000,
      "architecture": [
        "modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"],
        "tokenizer": "Other", "instruct_type": nil,
      ],
      "pricing": [
        "prompt": isFree ? "0" : "0.00000015", "completion": isFree ? "0" : "0.0000006", "request": "0",
        "image": "0",
      ],
      "top_provider": ["context_length": 128_000, "max_completion_tokens": 16_384, "is_moderated": false],
      "per_request_limits": nil, "supported_parameters": ["max_tokens", "temperature"],
    ]
  }

  private func videoModel(_ id: String) -> JSONValue {
    [
      "id": .string(id), "name": .string(id), "supported_durations": [4, 5, 8],
      "supported_resolutions": ["720p", "1080p"], "supported_aspect_ratios": ["16:9", "9:16"],
      "pricing_skus": ["per_second": "0.05"],
    ]
  }

  private func submit(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .film)
    let prompt = try body.requiredText("prompt")
    let seconds = try body.optionalWhole("duration", 1...60) ?? 5
    let job = try call.create(
      JobOrder(
        id: "vid-" + call.newDigest().letters(20), model: model, prompt: prompt,
        products: [.film(width: 1_280, height: 720, seconds: Double(seconds))], microUSD: seconds * 50_000,
        webhook: body.string("callback_url")))
    let sign = WebhookSignature.hexadecimal("x-openrouter-signature", secret: secret) { timestamp, body in
      Array("\(timestamp),".utf8) + body
    } value: { timestamp, code in
      "t=\(timestamp),v1=\(code)"
    }
    let event = WebhookEvent(id: job.id, name: "terminal", due: job.endsAt) { id, timestamp, body in
      var headers = sign(id, timestamp, body)
      let state = ((try? JSONValue.parse(body))?.string("data", "status")) ?? "completed"
      headers.append(WebhookSignature.field("x-openrouter-idempotency-key", "\(job.id)-\(state)"))
      return headers
    } body: { job, _ in
      let video = video(job, call)
      return JSONValue.object([
        .init("type", .string("video.generation.\(video.string("status") ?? "")")),
        .init("created_at", .integer(Int64(job.createdUnix))), .init("data", video),
      ]).serialized()
    }
    call.desk.webhooks.schedule([event], of: job)
    return .json(202, video(job, call))
  }

  private func video(_ job: VendorJob, _ call: Call) -> JSONValue {
    // Relative to the host; on the street the vendor's own path belongs to it.
    let path = "/\(name)/\(Self.root)/videos/\(job.id)"
    var json: JSONValue = [
      "id": .string(job.id), "generation_id": .string("gen-\(job.id)"), "polling_url": .string(path),
      "status": "pending",
    ]
    if call.fault?.kind == .missingPollingURL { json = json.without("polling_url") }
    let usage: JSONValue = ["cost": .number(Double(job.microUSD) / 1e6), "is_byok": false]
    switch job.stage(at: call.now) {
    case .queued: break
    case .running: json = json.with("status", "in_progress")
    case .ended(.succeeded):
      let url = job.fault == .relativeURL ? path : call.root + path
      json = json.with("status", "completed").with("usage", usage)
        .with("unsigned_urls", [.string(url + "/content?index=0")])
    case .ended(.empty):
      json = json.with("status", "completed").with("usage", usage).with("unsigned_urls", [])
    case .ended(.moderated):
      json = json.with("status", "failed").with("error", "The request was blocked by content moderation")
    case .ended(.failed): json = json.with("status", "failed").with("error", "Video generation failed")
    case .canceled: json = json.with("status", "cancelled")
    case .expired: json = json.with("status", "expired")
    }
    return call.fault?.kind == .unknownStatus ? json.with("status", "buffering") : json
  }

  /// `{"error": {"code", "message"}}`, the code being the status.
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let status = refusal.reason == .moderated ? 403 : refusal.status
    return .json(
      status, ["error": ["code": .integer(Int64(status)), "message": .string(refusal.message)]],
      headers: refusalHeaders(refusal))
  }
}
